"""What became of a plan: of each cell, what its shards were predicted to take and what they took."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any, Self

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
