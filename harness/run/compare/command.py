"""python -m harness compare: one page on a network and optimisers of one's own."""

import argparse
import os
import shlex
import sys
from pathlib import Path

from harness.arguments import path_option


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command and its options."""
    parser = commands.add_parser("compare", help="a network and optimisers of your own against random sampling, a page")
    parser.add_argument(
        "network", help="file and name of a module or architecture: mynet.py:Net, mynet.py:Net(width=40)"
    )
    parser.add_argument("--data", required=True, help="digits, mnist, …, or an .npz, .csv or .parquet file")
    parser.add_argument("--m", type=int, nargs="+", required=True, help="training points of each set; several numbers")
    parser.add_argument("--n", type=int, default=64, help="evaluation points of each set (default: 64)")
    parser.add_argument("--columns", help="of a file: those of the inputs, then that of the labels, as image,label")
    parser.add_argument("--task", help='groups of classes, such as "3/8"')
    parser.add_argument(
        "--optimiser",
        action="append",
        help="sgd, adam, torch.optim.NAdam, mynet.py:rule; may be given several times (default: sgd and adam)",
    )
    parser.add_argument(
        "--rates",
        nargs="+",
        default=["0.3"],
        help="learning rates in units of the edge of stability, or: own (default: 0.3)",
    )
    parser.add_argument("--loss", default="cross-entropy", help='"cross-entropy" or "squared error"')
    parser.add_argument("--scale", default="smoke", help="smoke, standard or full")
    parser.add_argument("--device", default="auto", help="auto, cpu, mps, cuda or cuda:N")
    parser.add_argument("--seed", type=int, default=0, help="whole number from 0 (default: 0)")
    parser.add_argument("--budget", help="time for all of it, such as 30m")
    store = os.environ.get("HARNESS_STORE") or ".store"
    parser.add_argument("--store", type=path_option, default=store, help=f"folder of stored samples (default: {store})")
    page = Path("reports/compare/report.html")
    parser.add_argument("--report", type=path_option, default=page, help=f"the page (default: {page})")
    parser.set_defaults(run=run)


def run(asked: argparse.Namespace) -> int:
    """Run the comparison; 0, or 1 where a cell ended in an error or nothing was judged, or 130 after Ctrl-C."""
    from harness.run.compare.comparison import compare
    from harness.run.own_problem import columns

    x, y = columns(asked.columns)
    try:
        found = compare(
            asked.network,
            asked.data,
            asked.m,
            asked.optimiser or ("sgd", "adam"),
            rates=_rates(asked.rates),
            n=asked.n,
            task=asked.task,
            x=x,
            y=y,
            loss=asked.loss,
            scale=asked.scale,
            device=asked.device,
            seed=asked.seed,
            store=asked.store,
            report=asked.report,
            budget=asked.budget,
            command=shlex.join(["python", "-m", "harness", *sys.argv[1:]]),
        )
    except KeyboardInterrupt:
        print(
            f"Interrupted: {asked.report.parent / 'results.json'} has the finished cells, and the same command goes on."
        )
        return 130
    verdicts = {cell["verdict"] for cell in found.cells}
    return 0 if verdicts & {"supported", "refuted", "inconclusive"} and "error" not in verdicts else 1


def _rates(words: list[str]) -> list[float] | None:
    from harness.errors import BadInput

    if words == ["own"]:
        return None
    try:
        return [float(each) for each in words]
    except ValueError:
        raise BadInput(f"--rates takes numbers such as 0.3, or own, not {' '.join(words)!r}.") from None
