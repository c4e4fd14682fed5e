"""python -m harness plan: what a run would cost, or how a plan compares with what a run took."""

import argparse
import json
import os
from pathlib import Path
from typing import Any

from harness.arguments import path_option, short_repr
from harness.errors import BadInput

# An NVIDIA A100 multiplies so many numbers a second in float32 at its peak (19.5 TFLOP/s, two operations each).
_A100 = 9.75e12


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The command and its options."""
    parser = commands.add_parser("plan", help="what a run would cost in time, memory and disk, before it is run")
    parser.add_argument("--scale", default="smoke", help="smoke, standard or full")
    parser.add_argument("--device", default="auto", help="as pytest takes it; one that is not here is assumed")
    parser.add_argument("--budget", help="sampling time of each process, such as 10h (default: the scale's)")
    parser.add_argument("--seed", default="0")
    parser.add_argument("-k", dest="claim", help="only claims with this in their names")
    parser.add_argument("--results", type=path_option, help="results of an earlier run, for how many looks cells take")
    parser.add_argument("--json", type=path_option, help="also write the plan, or the check, as data")
    parser.add_argument(
        "--check", type=path_option, metavar="RESULTS", help="hold the plan of this run against what it took"
    )
    parser.add_argument(
        "--store", type=path_option, default=Path(os.environ.get("HARNESS_STORE", ".store")), help="its store"
    )
    parser.set_defaults(run=run)


def run(asked: argparse.Namespace) -> int:
    """Print it; BadInput as a run would have it."""
    if asked.check:
        return _check(asked)
    from harness.claim import SCALES
    from harness.claim import SCALES as NAMES
    from harness.report.terminal import console
    from harness.run.plan import paper
    from harness.run.plan.costs import read
    from harness.run.plan.predict import plan
    from harness.run.plan.requests import record
    from harness.run.plan.table import paper_table, plan_table
    from harness.run.session import parse_budget, parse_device, parse_seed

    parse_device(asked.device)
    if asked.scale not in NAMES:
        raise BadInput(f"--scale takes {', '.join(NAMES)}, not {short_repr(asked.scale)}.")
    scale, costs = SCALES[asked.scale], read()
    budget = scale.budget_seconds if asked.budget is None else parse_budget(asked.budget)
    device, count, speed, assumed = _device(asked.device, costs.machine.multiplications)
    cells = record(_claims(asked.claim), asked.scale, device, parse_seed(asked.seed))
    earlier = _read(asked.results) if asked.results else None
    found = plan(cells, costs, scale, budget, count, device, costs.machine.multiplications / speed, assumed, earlier)
    out = console()
    plan_table(found, out)
    out.print()
    paper_table(paper.cases(_A100, within_hours=1000.0), "an A100 in float32", out)
    if asked.json:
        _write(asked.json, found.to_json())
    return 0


def _device(name: str, known: float) -> tuple[str, int, float, str | None]:
    """(device, processes, multiplications a second, what was assumed of it)."""
    from harness.execution.machine import processes, resolve_device
    from harness.run.plan.speed import multiplications

    try:
        device = resolve_device(name.split(",")[0])
    except BadInput:
        said = (
            f"no GPU is here, so one is taken to be an A100, and to be faster in all by as much as it multiplies "
            f"matrices faster, {_A100 / known:,.0f} times a core of the machine that costs were measured on. Small "
            "networks gain less than that: what a GPU really takes, benchmarks/costs.py measures on one."
        )
        return name, name.count(",") + 1, _A100, said
    if device.type == "cuda":
        speed = multiplications(device)
        said = (
            f"costs were measured on a CPU, and this GPU multiplies matrices {speed / known:,.0f} times as fast; all "
            "is taken to be faster by that. Small networks gain less: benchmarks/costs.py measures what they take."
        )
        return name, processes(name), speed, said
    speed = multiplications(device)
    # The clock of a busy machine is not that good: a machine about as fast is as fast.
    return "cpu", processes(name), speed if not 0.7 < speed / known < 1.4 else known, None


def _claims(part: str | None) -> list:
    from harness.run.plan.requests import claims

    modules = claims()
    if part is None:
        return modules
    from harness.claim import questions_in

    names = {module: {question.slug for question in questions_in(module)} for module in modules}
    found = [module for module, slugs in names.items() if any(part in slug for slug in slugs)]
    if not found:
        known = ", ".join(sorted(slug for slugs in names.values() for slug in slugs))
        raise BadInput(f"No claim has {short_repr(part)} in its name; they are {known}.")
    return found


def _read(path: Path) -> dict[str, Any]:
    """Results that a plan can go by."""
    from harness.claim import SCALES
    from harness.report import results
    from harness.run.session import parse_device

    document = results.read(path)
    results.check(document)
    run = document["run"]
    if run["scale"] not in SCALES:
        raise BadInput(
            f"{path} is of the scale {short_repr(run['scale'])}, which is none; make it anew with pytest claims/."
        )
    parse_device(run["device"])
    return document


def _check(asked: argparse.Namespace) -> int:
    from harness.report.terminal import console
    from harness.run.plan.check import check
    from harness.run.plan.costs import read
    from harness.run.plan.predict import price
    from harness.run.plan.requests import claims, record
    from harness.run.plan.stored import taken
    from harness.run.plan.table import check_table

    if not asked.store.is_dir():
        raise BadInput(f"There is no store at {asked.store}; name one with --store.")
    document, costs = _read(asked.check), read()
    run = document["run"]
    cells = record(claims(), run["scale"], run["device"], run["seed"])
    found = check(cells, price(cells, costs), costs.measured, document, taken(asked.store))
    check_table(found, console())
    if asked.json:
        _write(asked.json, json.dumps(found.to_data(), ensure_ascii=False, indent=1) + "\n")
    return 0


def _write(path: Path, text: str) -> None:
    from harness.report.results import write_text

    write_text(path, text, "name another place with --json.")
