"""The search for the places where a claim fails hardest, on first looks: where to look next, given what was seen.

Every point is judged once, on one seed for all, so that neighbours share training sets. What is found here chooses, and
decides nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product
from math import isnan

import numpy as np
from scipy import linalg

from harness.claim.space import Point, Space
from harness.run.hunt.cells import Cells
from harness.run.judging import Judged
from harness.verdicts import Looks

# Points and their scores so far -> where to look next; None: everything has been seen.
Propose = Callable[[Mapping[Point, float]], Point | None]
# Of one look that decides nothing, any level will do.
_FIRST_LOOK = Looks(0.05, 1, 1)
# Looked at before the process says where.
_AT_RANDOM = 10
# The process: correlation exp(−roughness × distance); optimism in standard deviations; least variance of the scores.
_ROUGHNESS, _ERRORS_ABOVE, _LEAST_VARIANCE = 0.5, 2.0, 0.3
# Points that it chooses among: all, if there are so few, or some at random and the neighbours of the best.
_ALL, _SOME, _NEAR = 400, 200, 3
# In the place of the score of a point without an estimate: as well within the region.
_NOTHING = -2.0


@dataclass(frozen=True)
class Probe:
    """A point's first look. score: standard errors outside the region; NaN without an estimate."""

    point: Point
    score: float
    judged: Judged


def search(cells: Cells, propose: Propose, until: float) -> list[Probe]:
    """Look at one point after another.

    Args:
        cells: judges them.
        propose: where to look next.
        until: priced seconds of the budget at which the search ends.

    Returns:
        The first looks, in their order.
    """
    probes: list[Probe] = []
    while cells.spent < until:
        scores = {each.point: each.score for each in probes}
        point = propose({at: _NOTHING if isnan(found) else found for at, found in scores.items()})
        if point is None:
            break
        judged = cells.judge(point, "search", 0, _FIRST_LOOK)
        probes.append(Probe(point, cells.score(point, judged), judged))
    return probes


def at_random(space: Space, rng: np.random.Generator) -> Propose:
    """Points drawn without replacement, the simplest first: what a search is compared with."""

    def propose(seen: Mapping[Point, float]) -> Point | None:
        unseen = _unseen(space, seen, rng)
        return space.simplest if not seen else unseen[int(rng.integers(len(unseen)))] if unseen else None

    return propose


def by_gaussian_process(space: Space, rng: np.random.Generator) -> Propose:
    """The point whose score may be the largest, by a Gaussian process of the scores (Srinivas et al. 2010, GP-UCB).

    Scores are in standard errors, so that the variance of their noise is known to be 1: nothing is fitted but mean and
    variance. Roughness and optimism are the best of four settings on 30 toy spaces of which 0.2 to 1 % fails: before a
    failing point there were 23 looks in the median, and 28 to 44 at the other settings; random points took 73, Optuna's
    TPE, untuned, 65. Where up to 4 % fails TPE is level. `benchmarks/hunt.py` compares it with random points.
    """
    first = at_random(space, rng)
    steps = [max(length - 1, 1) for length in space.lengths]
    lengths = np.where(space.ordered(), steps, 1)
    words = ~np.array(space.ordered())

    def apart(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """(a, b) sums over the axes of how far two points are apart, 1 from the first value to the last."""
        ranks = np.abs(a[:, None] - b[None]).astype(float)
        return (np.where(words, ranks > 0, ranks) / lengths).sum(axis=-1)

    def propose(seen: Mapping[Point, float]) -> Point | None:
        if len(seen) < _AT_RANDOM:
            return first(seen)
        best = sorted(seen, key=lambda point: -seen[point])[:_NEAR]
        pool = {point for each in best for point in space.neighbours(each)} | set(_unseen(space, seen, rng))
        among = sorted(pool - set(seen))
        if not among:
            return None
        at, scores = np.array(list(seen)), np.array(list(seen.values()))
        variance = max(float(scores.var()) - 1, _LEAST_VARIANCE)
        known = variance * np.exp(-_ROUGHNESS * apart(at, at)) + np.eye(len(at))
        to_known = variance * np.exp(-_ROUGHNESS * apart(np.array(among), at))
        factor = linalg.cho_factor(known)
        mean = scores.mean() + to_known @ linalg.cho_solve(factor, scores - scores.mean())
        left = variance - np.einsum("ij,ji->i", to_known, linalg.cho_solve(factor, to_known.T))
        return among[int(np.argmax(mean + _ERRORS_ABOVE * np.sqrt(np.maximum(left, 0))))]

    return propose


def _unseen(space: Space, seen: Mapping[Point, float], rng: np.random.Generator) -> list[Point]:
    """All points that were not seen, of a large space some of them at random."""
    if space.size <= _ALL:
        return [point for point in product(*map(range, space.lengths)) if point not in seen]
    drawn = rng.integers(0, space.lengths, (_SOME, len(space.lengths))).tolist()
    return [point for point in dict.fromkeys(map(tuple, drawn)) if point not in seen]
