"""Measures what shards cost, for `python -m harness plan`: a designed set of them, drawn one by one.

python -m benchmarks.speed.costs [--device cuda] [--store STORE …] [--minutes 10] [--out PATH]

All that the claims can ask for at any scale is known without drawing (`harness/run/plan/requests.py`). Begun with what
the stores of earlier runs hold, the next shard is one of the description whose cost to a full run is known least: the
greatest predicted cost times its scatter, among those that take at most a minute. On a CPU the seconds are the
processor's, which others on the machine do not lengthen; those of a run's store are as they are.
"""

import argparse
import multiprocessing
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from harness.claim import SCALES
from harness.execution.machine import describe, one_thread
from harness.lab import Lab, shards
from harness.run.plan.absent import ABSENT
from harness.run.plan.costs import PACKAGED, Costs, Machine, Measured, identity, identity_of, write
from harness.run.plan.quantities import quantities
from harness.run.plan.requests import Cell, claims, dry_run, record
from harness.run.plan.speed import multiplications
from harness.run.plan.stored import Taken, measured, taken
from harness.store import Store
from harness.store.entries import key

# Seconds a shard may be predicted to take to be drawn; one that takes three times as long is given up.
LONGEST = 20.0
# Seconds of a look at a cell besides its shards: a run of all claims at smoke scale from the store, 468 looks by two
# processes, took 13.7 s.
LOOK = 2 * 13.7 / 468
# Bytes of an entry besides its arrays.
_HEAD = 900


class Drawn(Exception):
    """The shard that was wanted is drawn."""


class Drawing(Lab):
    """A lab that draws one shard of one description, without keeping it, and gives nothing for all others."""

    wanted = ""
    seconds, size = 0.0, 0

    def gather(self, kind: Any, spec: dict[str, Any], compute: Callable[..., Any], grows: bool = True) -> Any:  # noqa: ARG002
        """Draw it, if it is the one."""
        if identity_of(spec) != self.wanted:
            return ABSENT
        clock = time.process_time if self.device.type == "cpu" else time.perf_counter
        start = clock()
        arrays = shards.Shard(compute, self.seed, key(spec), 0)(self.device)
        self.seconds = clock() - start
        self.size = sum(array.nbytes for array in arrays.values()) + _HEAD
        raise Drawn

    def once(self, spec: dict[str, Any], compute: Callable[[], Any]) -> Any:
        """Compute it."""
        clock = time.process_time
        start = clock()
        arrays = compute()
        if identity_of(spec) == self.wanted:
            self.seconds = clock() - start
            self.size = sum(array.nbytes for array in arrays.values()) + _HEAD
            raise Drawn
        return arrays


class Figures(NamedTuple):
    """Of a shard: seconds, and bytes in the store."""

    seconds: float
    size: int


def drawn(cell: Cell, wanted: str, device: str, limit: float) -> Figures | None:
    """One shard in a process of its own; None where it takes too long or fails."""
    here, there = multiprocessing.Pipe(duplex=False)

    def child() -> None:
        lab = Drawing(SCALES["full"], torch.device(device), 0, Store(Path()))
        lab.wanted = wanted
        try:
            with dry_run(shards.identity), warnings.catch_warnings(action="ignore"):
                cell.ask(lab)
        except Drawn:
            there.send(Figures(lab.seconds, lab.size))

    process = multiprocessing.get_context("fork").Process(target=child)
    process.start()
    found = here.recv() if here.poll(limit) else None
    process.kill()
    process.join()
    return found


def together(found: Mapping[str, Measured], more: Sequence[Measured]) -> dict[str, Measured]:
    """Of what both have measured, the earlier; of the rest of `more` the seconds scaled so that the median of what both
    have agrees: another run may have shared the machine."""
    ratios = [each.seconds / found[each.identity].seconds for each in more if each.identity in found]
    load = float(np.median(ratios)) if ratios else 1.0
    return {each.identity: replace(each, seconds=float(f"{each.seconds / load:.4g}")) for each in more} | dict(found)


def main() -> None:
    """Measure, and write what was found after every shard."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu")
    parser.add_argument(
        "--store", type=Path, nargs="*", default=[], help="stores of runs on this machine, the least disturbed first"
    )
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--out", type=Path, default=Path("harness") / "run" / "plan" / PACKAGED)
    asked = parser.parse_args()
    one_thread()
    device = torch.device(asked.device)
    machine = Machine(describe(device), device.type, float(f"{multiplications(device):.3g}"), LOOK)
    cells = [cell for scale in SCALES for cell in record(claims(), scale, asked.device)]
    requests = {identity(request): (request, cell) for cell in cells for request in cell.requests}
    parts = {name: quantities(request) for name, (request, _) in requests.items()}
    shards_of = {name: request.shards(SCALES["full"].effort, 0) for name, (request, _) in requests.items()}
    every = [request for request, _ in requests.values()]
    found: dict[str, Measured] = {}
    for folder in asked.store:
        found = together(found, measured(every, taken(folder)))
    given_up: set[str] = set()
    end = time.monotonic() + 60 * asked.minutes
    while time.monotonic() < end:
        costs = Costs(machine, found.values())
        # Of each family, the one that is worth most to know.
        worthiest: dict[str, tuple[float, str]] = {}
        for name in requests.keys() - found.keys() - given_up:
            amount = costs.seconds(requests[name][0], parts[name])
            if amount.value < LONGEST:
                worth = amount.value * shards_of[name] * amount.scatter
                worthiest[parts[name].family] = max(worthiest.get(parts[name].family, (0.0, "")), (worth, name))
        if not worthiest:
            break
        for _, name in worthiest.values():
            request, cell = requests[name]
            figures = drawn(cell, name, asked.device, 3 * LONGEST)
            if figures is None:
                given_up.add(name)
                continue
            found |= {name: measured([request], {name: [Taken(0, figures.seconds, figures.size)]})[0]}
            said = f"{figures.seconds:8.2f} s {parts[name].family}:"
            print(said, getattr(request.architecture, "name", ""), flush=True)
        write(asked.out, machine, found.values())
    write(asked.out, machine, found.values())


if __name__ == "__main__":
    main()
