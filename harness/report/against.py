"""Two runs side by side: which estimates differ, which verdicts changed, which cells are in one only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from harness.report import words
from harness.report.accepted import DECIDED
from harness.report.grouping import Cell

ALPHA = 0.05
# No smaller p is said: arms so far out are anybody's guess.
LEAST = 1e-12
_HALVINGS = 50


def p_values(values: np.ndarray, arms: np.ndarray, alphas: np.ndarray, freedoms: np.ndarray) -> np.ndarray:
    """p of no difference for each pair of estimates, before the correction for several looks.

    Args:
        values: (2, pairs) the estimates.
        arms: (2, pairs) the longer sides of their intervals.
        alphas: (2, pairs) 1 − level of the intervals.
        freedoms: (2, pairs) degrees of freedom.

    Returns:
        (pairs,) p, at least LEAST.
    """
    apart = abs(values[0] - values[1])
    low, high = np.full(apart.shape, np.log(LEAST)), np.zeros(apart.shape)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        reach = np.hypot(*(arms * _stretch(np.exp(middle), alphas, freedoms)))
        low, high = np.where(apart > reach, low, middle), np.where(apart > reach, middle, high)
    return np.exp(high)


def _stretch(to: np.ndarray, alphas: np.ndarray, freedoms: np.ndarray) -> np.ndarray:
    """How many times as long as at alphas an arm is at the level 1 − to; (2, pairs)."""
    shorter = special.ndtri(to / 2) / special.ndtri(alphas / 2)
    student = special.stdtrit(freedoms, to / 2) / special.stdtrit(freedoms, alphas / 2)
    longer = np.maximum(student, np.log(2 / to) / np.log(2 / alphas))
    return np.where(to >= alphas, shorter, longer)


def of_estimates(pairs: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> list[float | None]:
    """p of each pair of estimates as the results have them; None if one has no value or no finite interval."""
    ps: list[float | None] = [None] * len(pairs)
    told = [i for i, pair in enumerate(pairs) if all(_bounded(each) for each in pair)]
    if not told:
        return ps

    def column(of: Any) -> np.ndarray:
        return np.array([[of(pairs[i][side]) for i in told] for side in (0, 1)], dtype=float)

    found = p_values(
        column(lambda each: each["value"]),
        column(lambda each: max(each["value"] - each["low"], each["high"] - each["value"])),
        column(lambda each: min(max(1 - each["level"], LEAST), 0.5)),
        column(lambda each: max((each["effective_n"] or 0) - 1, 1)),
    )
    looks = column(lambda each: each["looks"]).sum(axis=0) - 1
    for i, p in zip(told, np.minimum(found * np.maximum(looks, 1), 1.0), strict=True):
        ps[i] = float(p)
    return ps


def _bounded(estimate: Mapping[str, Any]) -> bool:
    return all(estimate[key] is not None for key in ("value", "low", "high"))


def holm(ps: Sequence[float]) -> list[float]:
    """Adjusted p-values (Holm 1979): if all that are at most alpha are called different, any is called so wrongly with
    probability at most alpha.
    """
    order = np.argsort(ps)
    steps = np.asarray(ps, dtype=float)[order] * np.arange(len(ps), 0, -1)
    adjusted = np.empty(len(ps))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted.tolist()


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
    """A cell in this run and in the other. p: adjusted for all cells; None if they cannot be compared. said: one of
    ORDER.
    """

    cell: Cell
    other: Cell
    p: float | None
    said: str

    @property
    def bound(self) -> bool:
        """Whether the predicted regions differ, which can change a verdict by itself."""
        return bool(self.cell["predicted"]["text"] != self.other["predicted"]["text"])


@dataclass(frozen=True)
class Comparison:
    """All pairs, in the order in which a reader wants them; the cells of one run only; sentences on how the runs
    differ.
    """

    pairs: list[Pair]
    only_here: list[Cell]
    only_there: list[Cell]
    runs: list[str]

    def count(self, said: str) -> int:
        """Number of pairs with this result."""
        return sum(pair.said == said for pair in self.pairs)

    def summary(self) -> str:
        """The comparison in a sentence."""
        counts = ", ".join(f"{self.count(said):,} {said}" for said in ORDER if self.count(said))
        compared = [pair.p for pair in self.pairs if pair.p is not None]
        differing = sum(p <= ALPHA for p in compared)
        return (
            f"{words.plural(len(self.pairs), 'cell')} in both runs{': ' if counts else ''}{counts}; "
            f"{len(self.only_here):,} only in this one, {len(self.only_there):,} only in the other. Of "
            f"{words.plural(len(compared), 'estimate')} compared {differing:,} differ, with a chance of at most "
            f"{words.percent(ALPHA)} that any is called different wrongly."
        )


def compare(document: Mapping[str, Any], other: Mapping[str, Any]) -> Comparison:
    """Compare this run's results with another's."""
    here = {(cell["claim"], cell["id"]): cell for cell in document["cells"]}
    there = {(cell["claim"], cell["id"]): cell for cell in other["cells"]}
    both = [(cell, there[key]) for key, cell in here.items() if key in there]
    alike = [pair for pair in both if _same_quantity(*pair)]
    found = of_estimates([(cell["estimate"], twin["estimate"]) for cell, twin in alike])
    told = [i for i, p in enumerate(found) if p is not None]
    adjusted = holm([p for p in found if p is not None])
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
    if p is not None and p <= ALPHA:
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
