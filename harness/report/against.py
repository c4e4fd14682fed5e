"""Two runs side by side: which estimates differ, which verdicts changed, which cells are in one only."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.accepted import DECIDED
from harness.report import differences, words
from harness.report.grouping import Cell

# How a pair of cells came out, in the order in which a reader wants them.
CHANGED, DIFFER, CLOSE, SAME, UNTOLD = (
    "verdict changed",
    "differ",
    "no difference shown",
    "identical",
    "not compared",
)
ORDER = (CHANGED, DIFFER, CLOSE, UNTOLD, SAME)
_NUMBERS = ("value", "low", "high")


@dataclass(frozen=True)
class Pair:
    """A cell in this run and in the other. p: adjusted for all cells; None where they cannot be compared."""

    cell: Cell
    other: Cell
    p: float | None
    said: str

    @property
    def bound(self) -> bool:
        """Whether the predicted region was another, which can change a verdict by itself."""
        return bool(self.cell["predicted"]["text"] != self.other["predicted"]["text"])


@dataclass(frozen=True)
class Comparison:
    """All pairs, those to look at first in front; the cells that are in one run only; how the runs differ, in words."""

    pairs: list[Pair]
    only_here: list[Cell]
    only_there: list[Cell]
    runs: list[str]

    def count(self, said: str) -> int:
        """Pairs that came out so."""
        return sum(pair.said == said for pair in self.pairs)

    def summary(self) -> str:
        """The comparison in a sentence."""
        counts = ", ".join(f"{self.count(said):,} {said}" for said in ORDER if self.count(said))
        compared = [pair.p for pair in self.pairs if pair.p is not None]
        differing = sum(p <= differences.ALPHA for p in compared)
        return (
            f"{words.plural(len(self.pairs), 'cell')} in both runs{': ' if counts else ''}{counts}; "
            f"{len(self.only_here):,} only in this one, {len(self.only_there):,} only in the other. Of "
            f"{words.plural(len(compared), 'estimate')} compared {differing:,} differ, with a chance of at most "
            f"{differences.ALPHA:.0%} that any is called different wrongly."
        )


def compare(document: Mapping[str, Any], other: Mapping[str, Any]) -> Comparison:
    """This run's results against another's."""
    here = {(cell["claim"], cell["id"]): cell for cell in document["cells"]}
    there = {(cell["claim"], cell["id"]): cell for cell in other["cells"]}
    both = [(cell, there[key]) for key, cell in here.items() if key in there]
    alike = [pair for pair in both if _same_quantity(*pair)]
    found = differences.of_estimates([(cell["estimate"], twin["estimate"]) for cell, twin in alike])
    told = [i for i, p in enumerate(found) if p is not None]
    adjusted = differences.holm([p for p in found if p is not None])
    of = {id(alike[i][0]): p for i, p in zip(told, adjusted, strict=True)}
    pairs = [Pair(cell, twin, p := of.get(id(cell)), _said(cell, twin, p)) for cell, twin in both]
    pairs.sort(key=lambda pair: (ORDER.index(pair.said), 1.0 if pair.p is None else pair.p))
    return Comparison(
        pairs,
        [cell for key, cell in here.items() if key not in there],
        [cell for key, cell in there.items() if key not in here],
        list(_runs(document["run"], other["run"])),
    )


def _same_quantity(cell: Cell, twin: Cell) -> bool:
    estimates = cell["estimate"], twin["estimate"]
    return all(estimates) and estimates[0]["quantity"] == estimates[1]["quantity"]


def _said(cell: Cell, twin: Cell, p: float | None) -> str:
    verdicts = {cell["verdict"], twin["verdict"]}
    if len(verdicts) == 2 and verdicts <= set(DECIDED):
        return CHANGED
    if p is not None and p <= differences.ALPHA:
        return DIFFER
    if _same_quantity(cell, twin) and all(cell["estimate"][key] == twin["estimate"][key] for key in _NUMBERS):
        return SAME
    return UNTOLD if p is None else CLOSE


def _runs(run: Mapping[str, Any], other: Mapping[str, Any]) -> Any:
    """Sentences on what the two runs differ in, and what that means for the test."""
    here, there = (f"{_commit(each)}, {each['device']}, seed {each['seed']}, {_day(each)}" for each in (run, other))
    yield f"This run: {here}. The other: {there}."
    if run["scale"] != other["scale"]:
        yield f"Their scales differ ({run['scale']} and {other['scale']}): only cells that both have are compared."
    if run["seed"] == other["seed"]:
        yield (
            f"Both have seed {run['seed']}, so they are not independent: where the code and the device draw alike, "
            "the samples are the same. Identical figures then say that nothing changed, not that a second run confirms "
            "the first; figures that are not identical come from a change of the code, the device or the budget; and "
            "the test, which is for independent runs, can miss a difference between samples that are partly the same."
        )
    else:
        yield "Their seeds differ, so they are independent, and one confirms the other where they agree."


def _commit(run: Mapping[str, Any]) -> str:
    return f"commit {words.commit(run.get('commit'))}"


def _day(run: Mapping[str, Any]) -> str:
    return words.day(run["started"])
