"""What the run was predicted to take and what it took, as the appendix shows it: a sentence, and a row a claim."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import ceil, floor, log2
from statistics import fmean, median
from typing import Any, Self

from harness.report.forest import Axis
from harness.report.words import number, plural

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

    @property
    def right(self) -> bool:
        """Whether it lies within the factor."""
        return 1 / RIGHT <= self.ratio <= RIGHT


@dataclass(frozen=True)
class Check:
    """Of a run's cells.

    load: by what factor descriptions measured before took longer in this run, on the median; predictions are multiplied
    by it, since it is the machine's doing (another machine, or others on it). missing: cells whose shards the store has
    no longer.
    """

    cells: tuple[Checked, ...]
    load: float
    missing: int = 0

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """From what `to_data` gives, or a results file holds."""
        names = tuple(Checked.__dataclass_fields__)
        return cls(tuple(Checked(**{name: cell[name] for name in names}) for cell in data["cells"]), data["load"])

    @property
    def right(self) -> float | None:
        """The share of cells within a factor of two; None of no cells."""
        return _share(self.cells)

    @property
    def first_measured(self) -> tuple[Checked, ...]:
        """Cells most of whose seconds no measurement was known of before."""
        return tuple(each for each in self.cells if each.before < 0.5 * each.took)

    @property
    def new(self) -> float | None:
        """The share of these within a factor of two."""
        return _share(self.first_measured)

    def to_data(self) -> dict[str, Any]:
        """JSON-ready."""
        return {**asdict(self), "cells": [asdict(each) for each in self.cells], "right": self.right, "new": self.new}


def _share(cells: Sequence[Checked]) -> float | None:
    return fmean(each.right for each in cells) if cells else None


# In doublings: what the axis shows at least to either side of what was predicted, and beyond what was measured.
_LEAST, _MARGIN = 2.25, 0.25
_MOST_TICKS = 9


def appendix(document: Mapping[str, Any], claims: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """None where the results say nothing of a plan.

    claims: as the page orders them, with `slug` and `name`. A row's l, v, h are the least, median and greatest of what
    its cells took over what was predicted, as places on the axis; a, b are the region that counts as right.
    """
    if "plan" not in document:
        return None
    check = Check.of(document["plan"])
    axis = _axis(check.cells)
    of = {claim["slug"]: [cell for cell in check.cells if cell.claim == claim["slug"]] for claim in claims}
    return {
        "note": document["plan"]["note"],
        "sentences": list(_sentences(check, len(document["cells"]))),
        "rows": [{**claim, **_row(of[claim["slug"]], axis)} for claim in claims if of[claim["slug"]]],
        "ticks": _ticks(axis),
        "region": f"--a:{axis.at(-log2(RIGHT)):.5g};--b:{axis.at(log2(RIGHT)):.5g}",
    }


def _sentences(check: Check, of: int) -> list[str]:
    if check.right is None:
        return []
    said = (
        f"Of {plural(of, 'cell')}, {len(check.cells):,} computed for long enough to tell, and {_percent(check.right)} "
        f"of these took between 1/{RIGHT:g} and {RIGHT:g} times what was predicted"
    )
    if check.new is not None:
        new = len(check.first_measured)
        said += (
            f"; of the {plural(new, 'cell')} most of whose time nobody had measured before, {_percent(check.new)} did"
        )
    return [
        f"{said}.",
        f"Predictions are times {check.load:.2g}, by which what had been measured before took longer in this run, on "
        "the median. A cell has the time of all that it asked for, also where it shared that with others.",
    ]


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _axis(cells: Sequence[Checked]) -> Axis:
    doublings = [_doublings(cell) for cell in cells]
    return Axis(
        min([*(each - _MARGIN for each in doublings), -_LEAST]), max([*(each + _MARGIN for each in doublings), _LEAST])
    )


def _doublings(cell: Checked) -> float:
    return log2(cell.took) - log2(cell.predicted)


def _ticks(axis: Axis) -> list[tuple[float, str]]:
    first, last = ceil(axis.low), floor(axis.high)
    step = -(-(last - first + 1) // _MOST_TICKS)
    powers = [power for power in range(first, last + 1) if power % step == 0]
    return [(axis.at(power), ("1/" if power < 0 else "") + number(2.0 ** abs(power))) for power in powers]


def _row(cells: Sequence[Checked], axis: Axis) -> dict[str, Any]:
    doublings = [_doublings(cell) for cell in cells]
    places = {"l": min(doublings), "v": median(doublings), "h": max(doublings)}
    return {
        "strip": ";".join(f"--{name}:{axis.at(place):.5g}" for name, place in places.items()),
        "right": sum(cell.right for cell in cells),
        "of": len(cells),
        "median": float(f"{2.0 ** median(doublings):.2g}"),
        "predicted": sum(cell.predicted for cell in cells),
        "took": sum(cell.took for cell in cells),
    }
