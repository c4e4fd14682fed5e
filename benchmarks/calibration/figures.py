"""Simulations counted: measured coverage, error, power and noise floors with their Monte-Carlo intervals."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import sqrt

import numpy as np
import torch
from scipy import stats

from benchmarks.calibration.case import Case
from benchmarks.calibration.intervals import CASES, FLOORS
from benchmarks.calibration.verdicts import ALPHA, NULLS, POWERS, Scene, verdicts
from harness.verdicts import Verdict
from harness.verdicts.intervals import clopper_pearson

_SEED = 20210512
LEVELS = (0.05, 0.01, 0.002)
# Chance that a Monte-Carlo interval misses what it measures: a tenth of one among a hundred figures.
MONTE_CARLO = 1e-3


@dataclass(frozen=True)
class Figure:
    """kind: coverage, error, power, end (how often one end of an interval missed), or floor (read over stated).

    low, high: Monte-Carlo interval of `measured`. nominal: what is promised, None for power.
    """

    kind: str
    name: str
    unit: str
    nominal: float | None
    measured: float
    low: float
    high: float
    simulations: int

    @property
    def holds(self) -> bool:
        """Whether the promise is kept, as far as this many simulations can tell."""
        if self.nominal is None:
            return True
        if self.kind == "floor":
            return self.low <= self.nominal <= self.high
        return self.high >= self.nominal if self.kind == "coverage" else self.low <= self.nominal

    @property
    def note(self) -> str:
        """How the measured figure stands to the promise."""
        if self.nominal is None:
            return ""
        if not self.holds:
            return "NOT AS PROMISED"
        if self.low <= self.nominal <= self.high or self.kind == "floor":
            return "as promised"
        more, less = (1 - self.nominal, 1 - self.measured) if self.kind == "coverage" else (self.nominal, self.measured)
        return f"conservative: errs {less:.3g} of the time where {more:.3g} would do"


def _counted(kind: str, name: str, unit: str, nominal: float | None, k: int, n: int) -> Figure:
    return Figure(kind, name, unit, nominal, k / n, *clopper_pearson(k, n, MONTE_CARLO), n)


def _streams(name: str, simulations: int) -> list[np.random.Generator]:
    """A stream of random numbers for each simulation, whichever process runs it."""
    seeds = np.random.SeedSequence([_SEED, *name.encode()]).spawn(simulations)
    return [np.random.default_rng(seed) for seed in seeds]


def coverage(case: Case, simulations: int) -> list[Figure]:
    """Coverage of the interval at each level, and how often each end missed."""
    below, above = np.zeros(len(LEVELS), dtype=int), np.zeros(len(LEVELS), dtype=int)
    for rng in _streams(case.name, simulations):
        estimate, truth = case.draw(rng)
        for i, alpha in enumerate(LEVELS):
            low, high = estimate.interval(alpha)
            # Truths are sums of probabilities: a rounding error beyond a closed end is no miss.
            below[i] += truth < low - 1e-9
            above[i] += truth > high + 1e-9
    figures = []
    for i, alpha in enumerate(LEVELS):
        covered = int(simulations - below[i] - above[i])
        name = f"{case.name}, at {1 - alpha:.1%}"
        figures.append(_counted("coverage", name, case.unit, 1 - alpha, covered, simulations))
        for end, misses in (("lower", below[i]), ("upper", above[i])):
            figures.append(_counted("end", f"{name}, {end} end", case.unit, alpha / 2, int(misses), simulations))
    return figures


def error(scene: Scene, simulations: int) -> list[Figure]:
    """How often any cell of the scene got the wrong verdict."""
    wrong = 0
    for rng in _streams(scene.name, simulations):
        found = verdicts(scene, rng)
        wrong += any(verdict is cell.wrong for verdict, cell in zip(found, scene.cells, strict=True))
    return [_counted("error", scene.name, "cell", ALPHA, wrong, simulations)]


def power(scene: Scene, simulations: int) -> list[Figure]:
    """How often the right verdict was reached."""
    decided = (Verdict.SUPPORTED, Verdict.REFUTED)
    right = 0
    for rng in _streams(scene.name, simulations):
        (verdict,) = verdicts(scene, rng)
        right += verdict in decided and verdict is not scene.cells[0].wrong
    return [_counted("power", f"{scene.name}: truth {scene.effect}", "cell", None, right, simulations)]


def floor(case: Case, moment: int, simulations: int) -> list[Figure]:
    """Mean (or root mean square) of the distance between samples of one distribution, over the floor stated with it."""
    drawn = [case.draw(rng)[0] for rng in _streams(case.name, simulations)]
    ratios = np.array([abs(each.value / (each.noise_floor or np.nan)) ** moment for each in drawn])
    mean, spread = float(ratios.mean()), float(ratios.std(ddof=1)) / sqrt(simulations)
    # The floor is itself an estimate, from the sample: right to a twentieth is right.
    half = float(stats.norm.isf(MONTE_CARLO / 2)) * spread
    low, high = (max(mean + sign * half, 0.0) ** (1 / moment) * (1 + sign / 20) for sign in (-1, 1))
    return [Figure("floor", case.name, case.unit, 1.0, mean ** (1 / moment), low, high, simulations)]


@dataclass(frozen=True)
class Piece:
    """A piece of the work: the figures of one case or scene."""

    name: str
    figures: Callable[[], list[Figure]]


def work(simulations: int) -> list[Piece]:
    """Everything there is to simulate, so often each."""
    return [
        *(Piece(case.name, partial(coverage, case, simulations)) for case in CASES),
        *(Piece(scene.name, partial(error, scene, simulations)) for scene in NULLS),
        *(Piece(scene.name, partial(power, scene, simulations)) for scene in POWERS),
        *(Piece(case.name, partial(floor, case, moment, simulations)) for case, moment in FLOORS),
    ]


def nth(i: int, simulations: int) -> list[Figure]:
    """One piece of that work, for a process of its own."""
    torch.set_num_threads(1)
    return work(simulations)[i].figures()
