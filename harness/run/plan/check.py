"""A plan held against what a run took: of each cell, what its shards were predicted to take and what they took."""

from collections.abc import Mapping, Sequence
from math import exp, log
from typing import Any

import numpy as np

from harness.claim import SCALES
from harness.report.predictions import LEAST, Check, Checked
from harness.run.plan.costs import identity
from harness.run.plan.predict import Priced, alone
from harness.run.plan.requests import Cell, Request
from harness.run.plan.stored import Taken

Entries = Mapping[str, Sequence[Taken]]


def check(
    cells: Sequence[Cell],
    priced: Mapping[str, Priced],
    measured_before: Mapping[str, Any],
    results: Mapping[str, Any],
    entries: Entries,
    whole: bool = True,
) -> Check:
    """Predicted seconds against those of these entries of the store, of all cells that took a look.

    whole: leave out cells that lack some of their entries; else they are held against those they have.
    """
    looks = {(cell["claim"], cell["id"]): cell["estimate"]["looks"] for cell in results["cells"] if cell["estimate"]}
    effort = SCALES[results["run"]["scale"]].effort
    load = _load(priced, measured_before, entries)
    found, missing = [], 0
    for cell in cells:
        if (cell.claim, cell.id) not in looks:
            continue
        predicted, took, before, complete = 0.0, 0.0, 0.0, True
        for each, shards in alone(cell, priced, effort, looks[cell.claim, cell.id]):
            mine = [one.seconds for one in _of(each.request, entries) if one.shard is None or one.shard < shards]
            complete = complete and len(mine) >= shards
            predicted += load * each.seconds.value * len(mine)
            took += sum(mine)
            before += sum(mine) if identity(each.request) in measured_before else 0.0
        if whole and not complete:
            missing += 1
        elif took >= LEAST:
            found.append(Checked(cell.claim, cell.id, predicted, took, before))
    return Check(tuple(found), load, missing)


def _of(request: Request, entries: Entries) -> list[Taken]:
    """Its own, not those of other seeds, devices or versions of the samplers."""
    return [one for one in entries.get(identity(request), ()) if one.name == request.name]


def _load(priced: Mapping[str, Priced], known: Mapping[str, Any], entries: Entries) -> float:
    """The median over descriptions measured before of what they took over what they had taken."""
    ratios = []
    for each in priced.values():
        took = [one.seconds for one in _of(each.request, entries)]
        if identity(each.request) in known and took and np.mean(took) >= LEAST:
            ratios.append(log(float(np.mean(took)) / each.seconds.value))
    return exp(float(np.median(ratios))) if ratios else 1.0
