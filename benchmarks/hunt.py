"""Hunts where the truth is known: how often they find what is planted, and how often what is not there.

python -m benchmarks.hunt [--nulls 200] [--planted 50]

A toy claim says of a number that it is at least 0. It is estimated as claims over training sets are, from 8 draws at
the first look and twice as many at each of the next, in a space of six axes and 5,625 points; one draw has a standard
deviation of 1. Where the claim holds, it does so by nothing: the number is 0 everywhere. Where it is broken, it is
−0.8 or less in a corner, which three axes make, and 0.05 or more everywhere else:

- step: each axis that is in the corner brings the number a step nearer to the bound;
- near: it falls within a step or two of the corner only;
- cliff: nothing outside of the corner tells of it, so that no search can be better than chance.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass, field
from math import sqrt
from statistics import median
from typing import Any, cast

import numpy as np
from scipy import special

from harness.claim import Question
from harness.claim.space import Point, Space
from harness.lab import Lab
from harness.run.hunt.cells import Cells
from harness.run.hunt.hunt import Hunt, hunt
from harness.run.hunt.search import Propose, at_random, by_gaussian_process
from harness.verdicts import Estimate, at_least
from harness.verdicts.intervals import clopper_pearson

SPACE = Space(
    {
        "layers": (1, 2, 3, 4, 6),
        "width": (4, 10, 40, 160, 640),
        "m": (8, 16, 32, 64, 128),
        "ρ": (0.1, 0.3, 1.0, 3.0, 10.0),
        "data": ("digits", "mnist", "fashion"),
        "rule": ("sgd", "momentum", "adam"),
    }
)
ALPHA, LOOKS, SETS = 0.05, 4, 8
# Of the space, a corner's share; seconds of a hunt, of which a first look takes about one.
SHARES, BUDGET = (0.002, 0.04), 150.0
SEARCHES: dict[str, Callable[[Space, np.random.Generator], Propose]] = {
    "Gaussian process": by_gaussian_process,
    "at random": at_random,
}


@dataclass
class Sets:
    """A lab of numbers in place of networks: draws by its seed, half of whose variance all points of a seed share."""

    seed: int
    look: int = 0
    work: float = 0.0
    ahead: float = 0.0
    taken: float = 0.0
    spent: float = 0.0

    def begin(self, cell: str, first: float) -> None:  # noqa: ARG002 — the lab's signature
        self.look, self.work = 0, 0.0

    def draws(self, point: Point, price: float) -> np.ndarray:
        """Standard normal numbers of a point at this look, at a price."""
        n = SETS * 2**self.look
        self.work, self.ahead = price * 2**self.look, price * 2**self.look
        common, own = (np.random.default_rng([self.seed, *key]).normal(size=n) for key in ((), point))
        return np.asarray((common + own) / sqrt(2))


def mean(values: np.ndarray) -> Estimate:
    """Their mean, with Student's interval."""
    n, value = len(values), float(values.mean())
    error = float(values.std(ddof=1)) / sqrt(n)

    def interval(alpha: float) -> tuple[float, float]:
        half = float(special.stdtrit(n - 1, 1 - alpha / 2)) * error
        return value - half, value + half

    return Estimate("number", value, interval, n, "sets", float(n), "simulated")


@dataclass(frozen=True)
class Planted:
    """A corner that breaks the claim.

    inside: of each axis, whether a rank is in it. tilts: of each axis, what its ranks add to the number, so that there
    are hills elsewhere.
    """

    kind: str
    inside: tuple[np.ndarray, ...]
    tilts: tuple[np.ndarray, ...] = field(repr=False)

    @classmethod
    def draw(cls, rng: np.random.Generator, kind: str) -> "Planted":
        """Of three axes: numbers from some rank on or up to one, or one word; the simplest point lies outside."""
        lengths = SPACE.lengths
        while True:
            inside = [np.ones(length, dtype=bool) for length in lengths]
            for axis in rng.choice(len(lengths), 3, replace=False):
                ranks, cut = np.arange(lengths[axis]), int(rng.integers(1, lengths[axis]))
                if not SPACE.ordered()[axis]:
                    inside[axis] = ranks == rng.integers(lengths[axis])
                else:
                    inside[axis] = ranks >= cut if rng.random() < 0.6 else ranks < cut
            share = np.prod([each.mean() for each in inside])
            if SHARES[0] <= share <= SHARES[1] and not all(each[0] for each in inside):
                return cls(kind, tuple(inside), tuple(rng.uniform(-0.1, 0.1, length) for length in lengths))

    @property
    def simplest(self) -> Point:
        """The corner's own simplest point."""
        return tuple(int(np.flatnonzero(each)[0]) for each in self.inside)

    def truth(self, point: Point) -> float:
        """The number at a point."""
        hill = sum(float(tilt[rank]) for tilt, rank in zip(self.tilts, point, strict=True))
        out = [self._steps(axis, rank) for axis, rank in enumerate(point)]
        if not any(out):
            return -1 + min(hill, 0.2)
        near = {"step": 0.15 * (3 - sum(steps > 0 for steps in out)), "near": 2 * 0.25 ** sum(out), "cliff": 0.0}
        return max(0.6 + hill / 2 - near[self.kind], 0.05)

    def _steps(self, axis: int, rank: int) -> int:
        steps = int(np.abs(np.flatnonzero(self.inside[axis]) - rank).min())
        return steps if SPACE.ordered()[axis] else min(steps, 1)


def hunted(truth: Callable[[Point], float], search: str, seed: int, budget: float = BUDGET) -> tuple[Hunt, Cells]:
    """Hunt a toy claim.

    Args:
        truth: the number at a point.
        search: a name in SEARCHES.
        seed: of the hunt.
        budget: priced seconds.

    Returns:
        The hunt, and its cells with what it has cost.
    """

    def ask(lab: Any, **values: Any) -> Estimate:
        point = SPACE.point(values)
        # Larger networks and training sets cost more.
        price = 0.5 + sum(point[:3]) / 12
        return mean(truth(point) + lab.draws(point, price))

    question = Question("toy", "empirical", "number", at_least(0.0, because="toy"), {}, lambda **_: None)
    cells = Cells(question, ask, SPACE, lambda run: cast(Lab, Sets(run)), f"toy {seed}", budget)
    return hunt(cells, SEARCHES[search](SPACE, np.random.default_rng(seed)), ALPHA, LOOKS), cells


def false_alarms(hunts: int, search: str, budget: float = BUDGET) -> int:
    """How many of so many hunts report a counterexample where the number is on the bound everywhere.

    Args:
        hunts: number of hunts, of seeds from 0.
        search: a name in SEARCHES.
        budget: priced seconds of each.

    Returns:
        How many of them report one.
    """
    return sum(hunted(lambda _: 0.0, search, seed, budget)[0].counterexample is not None for seed in range(hunts))


@dataclass(frozen=True)
class Result:
    """Of one planted hunt: whether a counterexample was found, whether it is the corner's simplest point, whether it is
    outside of the corner, and the first looks until the search saw the corner (None: never)."""

    found: bool
    shrunk: bool
    wrong: bool
    looks: int | None


def planted(kind: str, search: str, seed: int, budget: float = BUDGET) -> Result:
    """Hunt for a corner that is drawn by the seed.

    Args:
        kind: step, near or cliff.
        search: a name in SEARCHES.
        seed: of the corner and of the hunt.
        budget: priced seconds.

    Returns:
        What came of it.
    """
    corner = Planted.draw(np.random.default_rng([seed, 20261130]), kind)
    found, _ = hunted(corner.truth, search, seed, budget)
    seen = [i + 1 for i, each in enumerate(found.probes) if corner.truth(each.point) < 0]
    at = found.counterexample.point if found.counterexample else None
    wrong = at is not None and corner.truth(at) >= 0
    return Result(at is not None, at == corner.simplest, wrong, next(iter(seen), None))


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hunt", description=__doc__.splitlines()[0])
    parser.add_argument("--nulls", type=int, default=200)
    parser.add_argument("--planted", type=int, default=50)
    asked = parser.parse_args()
    for search in SEARCHES:
        wrong = false_alarms(asked.nulls, search)
        low, high = clopper_pearson(wrong, asked.nulls, 0.05)
        print(f"{search}: {wrong} false counterexamples in {asked.nulls} hunts, {low:.1%} to {high:.1%}", flush=True)
    print("| claim | search | budget | found | shrunk to the corner | wrong | first looks to the corner, median |")
    print("|---|---|---|---|---|---|---|")
    for kind in ("step", "near", "cliff"):
        for search in SEARCHES:
            for budget in (BUDGET, 3 * BUDGET):
                results = [planted(kind, search, seed, budget) for seed in range(asked.planted)]
                found, shrunk, wrong = (sum(getattr(r, each) for r in results) for each in ("found", "shrunk", "wrong"))
                looks = median(r.looks or 10**6 for r in results)
                said = f"{looks:.0f}" if looks < 10**6 else "never"
                print(f"| {kind} | {search} | {budget:g} s | {found} | {shrunk} | {wrong} | {said} |", flush=True)


if __name__ == "__main__":
    main()
