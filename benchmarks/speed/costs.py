"""Measures what samplers cost, for `python -m harness plan`: shards of some requests of the claims, drawn one by one.

python -m benchmarks.speed.costs [--device cuda] [--shards 6] [--out PATH]

Of each sampler and architecture class, requests are chosen evenly by their work among those that are predicted to take
less than 20 s. On a CPU the seconds are the processor's, which others on the machine do not lengthen.
"""

import argparse
import json
import multiprocessing
import time
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from statistics import fmean, median
from typing import Any, NamedTuple, NoReturn

import numpy as np
import torch

from harness.claim import SCALES
from harness.execution.machine import describe, one_thread
from harness.lab import Lab, shards
from harness.run.plan.absent import ABSENT
from harness.run.plan.forecast import packaged
from harness.run.plan.requests import Cell, Request, claims, dry_run, record
from harness.samplers.sampler import Computation, R, Sampler
from harness.store import Store, key

# Seconds a shard may be predicted to take to be drawn; one that takes three times as long is given up.
LONGEST = 20.0
# Seconds of a look at a cell besides its shards: a run of all claims at smoke scale from the store, 468 looks by two
# processes, took 13.7 s.
LOOK = 2 * 13.7 / 468
# An architecture class has a price of its own where it is this much dearer or cheaper than the sampler.
APART = 1.5
# Bytes of an entry besides its arrays.
HEAD = 900


class Row(NamedTuple):
    """A shard that was measured."""

    sampler: str
    architecture: str
    work: float
    seconds: float
    bytes: float


class Drawn(Exception):
    """The shard that was wanted is drawn: its seconds and its bytes."""


class Drawing(Lab):
    """A lab that draws one shard of one request, without keeping it, and gives nothing for other samples."""

    wanted = ""

    def gather(self, sampler: Sampler[R], *, check: bool = True) -> R:  # noqa: ARG002
        """Draw it, if it is the one."""
        if (name := key(self.spec(sampler))) == self.wanted:
            self._measure(shards.Shard(sampler, self.seed, name, 0))
        return ABSENT  # type: ignore[return-value]

    def once(self, computation: Computation) -> dict[str, np.ndarray]:
        """Compute it."""
        if key(self.spec(computation)) == self.wanted:
            self._measure(shards.Once(computation))
        return computation.compute()

    def _measure(self, job: Callable[[torch.device], dict[str, np.ndarray]]) -> NoReturn:
        clock = time.process_time if self.device.type == "cpu" else time.perf_counter
        # The first time loads and compiles what later shards of a run find.
        job(self.device)
        start = clock()
        arrays = job(self.device)
        raise Drawn(clock() - start, sum(array.nbytes for array in arrays.values()) + HEAD)


def drawn(cell: Cell, request: Request, scale: str, device: str) -> tuple[float, float] | None:
    """Seconds and bytes of one shard, drawn in a process of its own; None where it takes too long or fails."""
    here, there = multiprocessing.Pipe(duplex=False)

    def child() -> None:
        lab = Drawing(SCALES[scale], torch.device(device), 0, Store(Path()))
        lab.wanted = request.name
        try:
            with dry_run(), warnings.catch_warnings(action="ignore"):
                cell.ask(lab)
        except Drawn as done:
            there.send(done.args)

    process = multiprocessing.get_context("fork").Process(target=child)
    process.start()
    there.close()
    try:
        return here.recv() if here.poll(3 * LONGEST) else None
    except EOFError:
        return None
    finally:
        process.kill()
        process.join()


def table(machine: str, rows: Iterable[Row]) -> dict[str, Any]:
    """What `costs.json` holds: medians of seconds over work, and how far shards are off the median of the others."""
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
        abs(np.log(row.seconds / row.work / _price(others)["seconds"]))
        for of in by_class.values()
        for row in of
        if (others := [each for each in of if each is not row])
    ]
    within = {
        f"{share:.0%}".replace("%", " %"): _rounded(float(np.exp(np.quantile(off, share)))) for share in (0.5, 0.9)
    }
    return {"machine": machine, "look": _rounded(LOOK), "within": within, "prices": dict(sorted(prices.items()))}


def _price(rows: list[Row]) -> dict[str, float]:
    seconds, size = median(row.seconds / row.work for row in rows), fmean(row.bytes for row in rows)
    return {"seconds": _rounded(seconds), "bytes": _rounded(size), "measured": len(rows)}


def _rounded(number: float) -> float:
    return float(f"{number:.3g}")


def write(path: Path, found: Mapping[str, Any]) -> None:
    """One line a price."""
    prices = ",\n".join(f"  {json.dumps(name)}: {json.dumps(price)}" for name, price in found["prices"].items())
    head = "".join(f"{json.dumps(name)}: {json.dumps(found[name])},\n" for name in ("machine", "look", "within"))
    path.write_text(f'{{{head}"prices": {{\n{prices}\n}}}}\n', encoding="utf-8")


def chosen(requests: list[Request], shards: int, predicted: Callable[[Request], float]) -> list[Request]:
    """So many of them, evenly by work from the least to the greatest that is not predicted to take too long."""
    by_work = sorted(requests, key=lambda request: request.asked.work)
    short = [request for request in by_work if predicted(request) < LONGEST] or by_work[:1]
    return [short[i] for i in sorted({round(i) for i in np.linspace(0, len(short) - 1, shards)})]


def main() -> None:
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--shards", type=int, default=6, help="of each sampler and architecture class, two at least")
    parser.add_argument("--out", type=Path, default=Path("harness") / "run" / "plan" / "costs.json")
    asked = parser.parse_args()
    one_thread()
    device, known = torch.device(asked.device), packaged()
    machine = f"one core of an {describe(device)}" if device.type == "cpu" else describe(device)
    places: dict[str, tuple[Cell, str]] = {}
    groups = defaultdict[tuple[str, str], dict[str, Request]](dict)
    for scale in SCALES:
        for cell in record(claims(), scale, asked.device):
            for request in cell.requests:
                places.setdefault(request.name, (cell, scale))
                groups[request.sampler, type(request.architecture).__name__][request.name] = request
    rows: list[Row] = []
    for (sampler, architecture), requests in sorted(groups.items()):
        for request in chosen(list(requests.values()), asked.shards, lambda each: (known.of(each) or (0.0, 0.0))[0]):
            amount, found = (
                request.asked.work,
                drawn(*places[request.name][:1], request, places[request.name][1], asked.device),
            )
            print(f"{sampler}, {architecture}: {f'{found[0]:.3g} s' if found else 'not measured'}", flush=True)
            if amount and found:
                rows.append(Row(sampler, architecture, amount, *found))
    write(asked.out, table(machine, rows))


if __name__ == "__main__":
    main()
