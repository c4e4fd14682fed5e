"""Measures what samplers cost, from the seconds and the work of the entries of a store that a run has filled.

python -m benchmarks.speed.costs STORE [--device cpu|cuda] [--out PATH]

The prices decide how far the cells of a run go, and `python -m harness plan` forecasts with them. Measure on a quiet
machine, with one process a core, after `pytest claims/ --fresh --store STORE`.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

import numpy as np
import torch

from harness.execution.machine import describe
from harness.samplers.prices import FILE
from harness.store.entries import described

# Seconds of a look at a cell besides its shards: a run of all claims at smoke scale from the store, 468 looks by two
# processes, took 13.7 s.
LOOK = 2 * 13.7 / 468
# An architecture class has a price of its own where it is this much dearer or cheaper than the sampler.
APART = 1.5


class Row(NamedTuple):
    """An entry that was measured."""

    sampler: str
    architecture: str
    work: float
    seconds: float
    bytes: float


def rows(store: Path, device: str) -> Iterable[Row]:
    """The samples and computations of a store, as far as their work is known; those of other devices are left out."""
    for path in sorted(store.rglob("[0-9a-f][0-9a-f]/*.entry")):
        said = described(path)
        if said is None or "work" not in said[1]:
            continue
        spec, facts = json.loads(said[0]), said[1]
        if spec.get("device", device) == device and facts["work"] > 0:
            architecture = spec["architecture"].partition("(")[0]
            yield Row(facts["name"], architecture, facts["work"], facts["seconds"], path.stat().st_size)


def table(machine: str, rows: Iterable[Row]) -> dict[str, Any]:
    """What `costs.json` holds: seconds over work, and how far shards are off that."""
    by_sampler, by_class = defaultdict[str, list[Row]](list), defaultdict[str, list[Row]](list)
    for row in rows:
        by_sampler[row.sampler].append(row)
        by_class[f"{row.sampler}, {row.architecture}"].append(row)
    prices = {name: _price(of) for name, of in by_sampler.items()}
    for name, of in by_class.items():
        apart = _price(of)["seconds"] / prices[of[0].sampler]["seconds"]
        if not 1 / APART < apart < APART:
            prices[name] = _price(of)
    off = [
        abs(np.log(row.seconds / row.work / _price(of)["seconds"]))
        for of in by_class.values()
        for row in of
        if len(of) > 1
    ]
    within = {
        f"{share:.0%}".replace("%", " %"): _rounded(float(np.exp(np.quantile(off, share)))) for share in (0.5, 0.9)
    }
    return {"machine": machine, "look": _rounded(LOOK), "within": within, "prices": dict(sorted(prices.items()))}


def _price(rows: list[Row]) -> dict[str, float]:
    # Seconds in all over work in all, so that the price of a whole run is right, whatever its shards are off.
    seconds = sum(row.seconds for row in rows) / sum(row.work for row in rows)
    size = fmean(row.bytes for row in rows)
    return {"seconds": _rounded(seconds), "bytes": _rounded(size), "measured": len(rows)}


def _rounded(number: float) -> float:
    return float(f"{number:.3g}")


def write(path: Path, found: Mapping[str, Any]) -> None:
    """One line a price."""
    prices = ",\n".join(f"  {json.dumps(name)}: {json.dumps(price)}" for name, price in found["prices"].items())
    head = "".join(f"{json.dumps(name)}: {json.dumps(found[name])},\n" for name in ("machine", "look", "within"))
    path.write_text(f'{{{head}"prices": {{\n{prices}\n}}}}\n', encoding="utf-8")


def main() -> None:
    """Measure, and write the table; samplers that the store lacks keep the price that they had."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", type=Path)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--out", type=Path, default=Path("harness") / "samplers" / FILE)
    asked = parser.parse_args()
    device = torch.device(asked.device)
    machine = f"one core of an {describe(device)}" if device.type == "cpu" else describe(device)
    found = table(machine, rows(asked.store, asked.device))
    before = json.loads(asked.out.read_text(encoding="utf-8"))["prices"] if asked.out.exists() else {}
    found["prices"] = dict(sorted({**before, **found["prices"]}.items()))
    write(asked.out, found)


if __name__ == "__main__":
    main()
