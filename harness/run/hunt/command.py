"""python -m harness hunt: the place in a claim's space where it fails hardest, the simplest such, confirmed."""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from harness.arguments import path_option

if TYPE_CHECKING:
    from harness.run.session import Session

FOLDER = Path("reports") / "hunt"


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command and its options."""
    parser = commands.add_parser("hunt", help="search a claim's space for the simplest place where it fails")
    parser.add_argument("claim", nargs="*", help="claim, claim/test, or a part of it (default: all that have a space)")
    parser.add_argument(
        "--budget", default="20m", help="time of a core for all of it, at the packaged prices (default: 20m)"
    )
    parser.add_argument(
        "--turn", help="hunt one test only, the N-th from 0 and round again, as night by night", metavar="N"
    )
    parser.add_argument("--again", type=path_option, metavar="FILE", help="ask the place of an earlier hunt once more")
    parser.add_argument("--scale", default="smoke", help="smoke, standard or full")
    parser.add_argument("--device", default="auto", help="auto, cpu, mps, cuda or cuda:N")
    parser.add_argument("--seed", default="0", help="whole number from 0; another one is another hunt (default: 0)")
    store = os.environ.get("HARNESS_STORE") or ".store"
    parser.add_argument("--store", type=path_option, default=store, help=f"folder of stored samples (default: {store})")
    parser.add_argument("--workers", help="start so many Dask workers on this machine")
    parser.add_argument("--cluster", help="address of a Dask scheduler, such as tcp://host:8786")
    parser.add_argument("--out", type=path_option, default=FOLDER, help=f"folder of the pages (default: {FOLDER})")
    parser.set_defaults(run=run)


def run(asked: argparse.Namespace) -> int:
    """Hunt, and print what is found; 0, or 1 where a point was an error or nothing was estimated, 130 after Ctrl-C."""
    from harness.errors import BadInput
    from harness.run.hunt.hunting import ask_again, hunt_target
    from harness.run.hunt.targets import targets
    from harness.run.plan.requests import claims
    from harness.run.session import parse_budget, parse_whole

    if asked.again is not None and asked.claim:
        raise BadInput("--again asks the place of an earlier hunt; its file names the claim, so leave the name out.")
    if asked.again is not None and asked.turn is not None:
        raise BadInput("--again asks the place of an earlier hunt, so that there are no turns; leave one of both out.")
    turn = None if asked.turn is None else parse_whole("--turn", asked.turn)
    budget = parse_budget(asked.budget)
    session = _session(asked)
    try:
        if asked.again is not None:
            return ask_again(asked.again, session, claims())
        chosen = targets(claims(), asked.claim)
        if turn is not None:
            chosen = [chosen[turn % len(chosen)]]
        return max([hunt_target(each, budget / len(chosen), session, asked.out) for each in chosen])
    except KeyboardInterrupt:
        print("Interrupted: what was drawn is in the store, and the same command goes on from there.")
        return 130
    finally:
        session.close()


def _session(asked: argparse.Namespace) -> "Session":
    from harness.arguments import one_of
    from harness.claim import SCALES
    from harness.run.session import Session, parse_cluster, parse_device, parse_seed

    one_of(asked.scale, SCALES, "There is no scale")
    return Session(
        root=Path(),
        scale=asked.scale,
        device=parse_device(asked.device),
        seed=parse_seed(asked.seed),
        budget=None,
        store=asked.store,
        fresh=False,
        report=asked.out,
        cluster=asked.cluster,
        started=parse_cluster(asked.cluster, asked.workers, asked.device),
    )
