"""python -m harness plan: what a run would cost, before it is run."""

import argparse
import json
from math import inf

from harness.arguments import path_option, short_repr
from harness.errors import BadInput
from harness.spelling import did_you_mean
from harness.writing import check_writable, write_text


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command and its options."""
    parser = commands.add_parser("plan", help="what a run would cost in time, memory and disk, before it is run")
    parser.add_argument("--scale", default="smoke", help="smoke, standard or full")
    parser.add_argument("--device", default="auto", help="as pytest takes it, also one that is not here")
    parser.add_argument("--budget", help="sampling time of each process, such as 10h (default: no end)")
    parser.add_argument("--seed", default="0")
    parser.add_argument("-k", dest="claim", help="only claims with this in their names")
    parser.add_argument("--json", type=path_option, help="also write the plan as data")
    parser.set_defaults(run=run)


def run(asked: argparse.Namespace) -> int:
    """Print the plan; BadInput as a run would have it."""
    from harness.claim import SCALES
    from harness.execution.machine import processes, resolve_device
    from harness.report.terminal import console, plan_table
    from harness.run.plan.forecast import Forecast
    from harness.run.plan.requests import claims, record
    from harness.run.session import parse_budget, parse_device, parse_seed
    from harness.samplers.prices import packaged

    parse_device(asked.device)
    advice = "name another place with --json."
    if asked.json:
        check_writable(asked.json, advice)
    if asked.scale not in SCALES:
        raise BadInput(f"--scale takes {', '.join(SCALES)}, not {short_repr(asked.scale)}.")
    scale, seed, prices = SCALES[asked.scale], parse_seed(asked.seed), packaged()
    budget = None if asked.budget is None else parse_budget(asked.budget)
    gpus = asked.device.startswith("cuda")
    device = "cuda" if gpus else resolve_device(asked.device).type
    count = asked.device.count(",") + 1 if gpus else processes(asked.device)
    chosen = [module for module in claims() if (asked.claim or "") in module.__name__.rpartition(".")[2]]
    cells = record(chosen, asked.scale, device, seed)
    if asked.claim and not cells:
        meant = did_you_mean(asked.claim, [module.__name__.rpartition(".")[2] for module in claims()])
        raise BadInput(f"No claim has {short_repr(asked.claim)} in its name.{meant}")
    forecast = Forecast(cells, prices, scale)
    sampling = forecast.first_looks(inf, count)[1]
    by_claim = {slug: [cell for cell in forecast.cells if cell.claim == slug] for slug in {c.claim: 0 for c in cells}}
    plan = {
        **{"scale": asked.scale, "device": device, "processes": count, "budget": budget},
        **{"machine": prices.machine, "within": prices.within, "unpriced": forecast.unpriced},
        "claims": {slug: {"cells": len(of), **forecast.total(of)} for slug, of in by_claim.items()},
        "total": {"cells": len(forecast.cells), **forecast.total(forecast.cells)},
        "left_out": len(cells) - len(forecast.cells),
        "sampling": sampling,
        "seconds": sampling + prices.look * len(forecast.cells) / count,
        "unjudged": forecast.first_looks(inf if budget is None else budget, count)[0],
    }
    plan_table(plan, console())
    if asked.json:
        text = json.dumps(plan, ensure_ascii=False, indent=1) + "\n"
        write_text(asked.json, text, advice)
    return 0
