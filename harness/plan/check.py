"""A plan held against what a run took: of each cell, what its shards were predicted to take and what they took."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import exp, log
from typing import Any

import numpy as np

from harness.lab import SCALES
from harness.plan.costs import identity
from harness.plan.predict import Priced, alone
from harness.plan.requests import Cell
from harness.plan.stored import Taken

# A prediction counts as right within this factor, as it is aimed at for 90 % of cells.
RIGHT, AIMED = 2.0, 0.9
# Cells that took less are left out: nobody waits for them, and a clock's and a process's first moments are in them.
LEAST = 0.05


@dataclass(frozen=True)
class Checked:
    """A cell at the looks it took. before: the part of the seconds taken whose description had been measured."""

    claim: str
    id: str
    predicted: float
    took: float
    before: float

    @property
    def ratio(self) -> float:
        """Predicted over taken."""
        return self.predicted / self.took


@dataclass(frozen=True)
class Check:
    """Of a run's cells.

    load: by what factor descriptions measured before took longer in this run, on the median; predictions are multiplied
    by it, since it is the machine's doing (another machine, or others on it). right: share of cells within a factor of
    two; new: the same among cells most of whose seconds no measurement was known of before. missing: cells whose shards
    the store has no longer.
    """

    cells: tuple[Checked, ...]
    load: float
    right: float | None
    new: float | None
    missing: int

    def to_data(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


def check(
    cells: Sequence[Cell],
    priced: Mapping[str, Priced],
    measured_before: Mapping[str, Any],
    results: Mapping[str, Any],
    entries: Mapping[str, Sequence[Taken]],
) -> Check:
    """Predicted seconds against those of the store's entries, of all cells that took a look."""
    looks = {(cell["claim"], cell["id"]): cell["estimate"]["looks"] for cell in results["cells"] if cell["estimate"]}
    effort = SCALES[results["run"]["scale"]].effort
    load = _load(priced, measured_before, entries)
    found, missing = [], 0
    for cell in cells:
        if (cell.claim, cell.id) not in looks:
            continue
        predicted, took, before, whole = 0.0, 0.0, 0.0, True
        for each, shards in alone(cell, priced, effort, looks[cell.claim, cell.id]):
            name = identity(each.request)
            mine = [one.seconds for one in entries.get(name, ()) if one.shard is None or one.shard < shards]
            whole = whole and len(mine) >= shards
            predicted += load * each.seconds.value * shards
            took += sum(mine)
            before += sum(mine) if name in measured_before else 0.0
        if not whole:
            missing += 1
        elif took >= LEAST:
            found.append(Checked(cell.claim, cell.id, predicted, took, before))
    new = [each for each in found if each.before < 0.5 * each.took]
    return Check(tuple(found), load, _right(found), _right(new), missing)


def _load(priced: Mapping[str, Priced], known: Mapping[str, Any], entries: Mapping[str, Sequence[Taken]]) -> float:
    """The median over descriptions measured before of what they took over what they had taken."""
    ratios = []
    for each in priced.values():
        name = identity(each.request)
        took = [one.seconds for one in entries.get(name, ())]
        if name in known and took and np.mean(took) >= LEAST:
            ratios.append(log(float(np.mean(took)) / each.seconds.value))
    return exp(float(np.median(ratios))) if ratios else 1.0


def _right(cells: Sequence[Checked]) -> float | None:
    """The share within the factor; None of no cells."""
    if not cells:
        return None
    return float(np.mean([1 / RIGHT <= each.ratio <= RIGHT for each in cells]))
