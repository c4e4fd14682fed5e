"""What is simulated for each kind of prediction: cells judged with the looks, and by the code, that claims use."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np

from benchmarks.calibration import errors, over_sets
from benchmarks.calibration.distributions import named, ratio, sample
from harness.claim import Question
from harness.functions import FunctionCounts
from harness.lab import Lab
from harness.run.judging import Allowance, judge_cell
from harness.statistics.chi_squared import goodness_of_fit
from harness.statistics.distances import bias_explained, relative_distance
from harness.statistics.generalisation import advantage_of_training
from harness.verdicts import (
    Estimate,
    Looks,
    Prediction,
    Verdict,
    at_least,
    at_most,
    decreasing,
    exact_distribution,
    increasing,
    power_law,
    within,
)
from harness.verdicts.intervals import exponent, proportion, slope

LOOKS = 4
ALPHA = 0.05
_WHY = "simulated"

# From a generator of random numbers and a number of units to that many new units; merges like a sum.
Units = Any


@dataclass
class _Units:
    """A lab that has spent nothing and hands out 2^look shards, of which earlier looks saw the first."""

    rng: np.random.Generator
    look: int = 0
    spent: float = 0.0
    work: float = 0.0
    ahead: float = 0.0
    taken: float = 0.0
    _shards: dict[str, list[Units]] = field(default_factory=dict)

    def begin(self, cell: str, first: float) -> None:  # noqa: ARG002 — the lab's signature
        self.look = 0

    def units(self, name: str, draw: Callable[[np.random.Generator], Units]) -> Units:
        shards = self._shards.setdefault(name, [])
        while len(shards) < 2**self.look:
            shards.append(draw(self.rng))
        total = shards[0]
        for shard in shards[1 : 2**self.look]:
            total = total + shard
        return total


@dataclass(frozen=True)
class Cell:
    """A prediction with what it is judged on. wrong: the verdict that would be an error; right: the other one."""

    prediction: Prediction
    ask: Callable[[_Units], Estimate]
    wrong: Verdict


@dataclass(frozen=True)
class Scene:
    """Cells of one claim that share its error and its samples. effect: for power, what is assumed to be true."""

    name: str
    cells: list[Cell]
    effect: str = ""


def verdicts(scene: Scene, rng: np.random.Generator) -> list[Verdict]:
    """The verdict of each cell, judged as the claims' cells are; an error is none and ends the simulation."""
    lab = _Units(rng)
    looks = Looks(ALPHA, len(scene.cells), LOOKS)
    found: list[Verdict] = []
    for cell in scene.cells:
        question = Question("simulated", "empirical", "simulated", cell.prediction, {}, lambda **_: None)
        judged = judge_cell(cell.ask, question, {}, cast(Lab, lab), looks, Allowance())
        if judged.verdict is Verdict.ERROR:
            raise RuntimeError(judged.reason)
        found.append(judged.verdict)
    return found


def _share(p: float, n: int = 50, name: str = "share") -> Callable[[_Units], Estimate]:
    def ask(lab: _Units) -> Estimate:
        seen = lab.units(name, lambda rng: np.array([rng.binomial(n, p), n]))
        return proportion(int(seen[0]), int(seen[1]), quantity="share", unit="networks")

    return ask


def _line(shares: tuple[float, ...], n: int = 50) -> Callable[[_Units], Estimate]:
    def ask(lab: _Units) -> Estimate:
        return slope(range(len(shares)), [_share(p, n, f"share {i}")(lab) for i, p in enumerate(shares)])

    return ask


def _power(first: float, power: float, n: int) -> Callable[[_Units], Estimate]:
    x = np.array([4, 16, 64])

    def ask(lab: _Units) -> Estimate:
        estimates = [_share(float(first * (k / 4) ** power), n, f"share {k}")(lab) for k in x]
        return exponent(x, estimates, quantity="exponent")

    return ask


def _fit(tilt: float, n: int) -> Callable[[_Units], Estimate]:
    """A distribution on 8 outcomes; tilt moves as much from every second outcome to the next one."""
    q = np.full(8, 1 / 8)
    p = q + tilt / 8 * np.where(np.arange(8) % 2, 1, -1)

    def ask(lab: _Units) -> Estimate:
        return goodness_of_fit(lab.units("fit", lambda rng: rng.multinomial(n, p)), q, unit="networks")

    return ask


def _distance(
    p: np.ndarray, q: np.ndarray, n: int, measure: Callable[[FunctionCounts, FunctionCounts], Estimate]
) -> Callable[[_Units], Estimate]:
    def ask(lab: _Units) -> Estimate:
        return measure(
            lab.units("p", lambda rng: sample(rng, p, n)),
            lab.units("q", lambda rng: sample(rng, q, n)),
        )

    return ask


def _advantage(error: float, lab: _Units, name: str = "") -> Estimate:
    """None: trained networks and runs of the sampler have the same error."""
    trained = lab.units(f"trained {name}", lambda rng: errors.networks(rng, error, 200))
    by_volume = lab.units(f"sampled {name}", lambda rng: errors.runs(rng, error, 8))
    return advantage_of_training(trained, by_volume.sample, errors.PROBLEM)


def _advantages(lab: _Units) -> Estimate:
    return slope(range(3), [_advantage(error, lab, str(error)) for error in (0.35, 0.3, 0.25)])


_SHIFTED, _ZIPF, _GEOMETRIC = named("zipf shifted"), named("zipf"), named("geometric")
_GAP, _FAR = ratio(_SHIFTED, _ZIPF), ratio(_GEOMETRIC, _ZIPF)
_S, _R = Verdict.SUPPORTED, Verdict.REFUTED

# The truth on the edge of the region, on the side where the named verdict is an error.
NULLS = [
    Scene("at least, truth just below", [Cell(at_least(0.3 + 1e-12, because=_WHY), _share(0.3), _S)]),
    Scene("at least, truth on the bound", [Cell(at_least(0.3, because=_WHY), _share(0.3), _R)]),
    Scene("at most, truth just above", [Cell(at_most(0.3 - 1e-12, because=_WHY), _share(0.3), _S)]),
    Scene("within, truth just outside", [Cell(within(0.4, 0.1 - 1e-12, because=_WHY), _share(0.3), _S)]),
    Scene("within, truth on the edge", [Cell(within(0.4, 0.1, because=_WHY), _share(0.3), _R)]),
    Scene("within a hair, truth at its centre", [Cell(within(0.3, 1e-9, because=_WHY), _share(0.3), _R)]),
    Scene("increasing, no slope", [Cell(increasing(because=_WHY), _line((0.3, 0.3, 0.3)), _S)]),
    Scene("decreasing, no slope", [Cell(decreasing(because=_WHY), _line((0.3, 0.3, 0.3)), _S)]),
    Scene(
        "power law, truth just outside", [Cell(power_law(-0.75, 0.25 - 1e-9, because=_WHY), _power(0.6, -0.5, 200), _S)]
    ),
    Scene("exact distribution, it is that one", [Cell(exact_distribution(0.0, because=_WHY), _fit(0.0, 500), _R)]),
    Scene(
        "exact distribution, truth at the margin",
        [Cell(exact_distribution(0.01 - 1e-12, because=_WHY), _fit(0.1, 500), _S)],
    ),
    Scene(
        "bias explained at least, truth just below",
        [Cell(at_least(1 - _FAR + 1e-12, because=_WHY), _distance(_GEOMETRIC, _ZIPF, 200, bias_explained), _S)],
    ),
    Scene(
        "bias explained at least, truth on the bound",
        [Cell(at_least(1 - _FAR, because=_WHY), _distance(_GEOMETRIC, _ZIPF, 200, bias_explained), _R)],
    ),
    Scene(
        "bias explained equal, truth just outside",
        [Cell(within(1, _GAP - 1e-12, because=_WHY), _distance(_SHIFTED, _ZIPF, 200, bias_explained), _S)],
    ),
    Scene(
        "relative distance at least a hair, samples of one distribution",
        [Cell(at_least(1e-12, because=_WHY), _distance(_ZIPF, _ZIPF, 200, relative_distance), _S)],
    ),
    Scene(
        "advantage of training at least a hair, none",
        [Cell(at_least(1e-12, because=_WHY), lambda lab: _advantage(0.25, lab), _S)],
    ),
    Scene("advantages of training decreasing, all alike", [Cell(decreasing(because=_WHY), _advantages, _S)]),
    Scene(
        "a claim of two cells that share an estimate between their bounds",
        [
            Cell(at_least(0.28, because=_WHY), _share(0.3), _R),
            Cell(at_least(0.32, because=_WHY), _share(0.3), _S),
        ],
    ),
    Scene(
        "a claim of ten cells with samples of their own",
        [Cell(at_least(0.3 + 1e-12, because=_WHY), _share(0.3, 50, f"share {i}"), _S) for i in range(10)],
    ),
    *(
        Scene(
            f"{what} over training sets {side}, truth on the edge, {name}",
            [Cell(region(over_sets.truth(what, name) + edge, because=_WHY), over_sets.on_looks(what, name), _S)],
        )
        for what, name in (
            ("bias explained", "digits, small rate"),
            ("bias explained", "fashion, small rate"),
            ("bias explained", "fashion, large rate"),
            ("direction c", "fashion, small rate"),
            ("direction c", "fashion, large rate"),
            ("sharpness s", "fashion, large rate"),
        )
        for side, region, edge in (("at least", at_least, 1e-9), ("at most", at_most, -1e-9))
    ),
]

# right verdict, and how often it is reached.
POWERS = [
    Scene("at least 0.5", [Cell(at_least(0.5, because=_WHY), _share(0.7), _R)], "0.7, 50 to 400 networks"),
    Scene("within 0.1 of 0.5", [Cell(within(0.5, 0.1, because=_WHY), _share(0.5), _R)], "0.5, 50 to 400 networks"),
    Scene(
        "increasing",
        [Cell(increasing(because=_WHY), _line((0.3, 0.4, 0.5)), _R)],
        "0.3 to 0.5, 50 to 400 networks each",
    ),
    Scene(
        "power law −0.5 to within 0.25",
        [Cell(power_law(-0.5, 0.25, because=_WHY), _power(0.6, -0.5, 200), _R)],
        "exponent −0.5, 200 to 1,600 networks each",
    ),
    Scene(
        "exact distribution to 0.02",
        [Cell(exact_distribution(0.02, because=_WHY), _fit(0.0, 500), _R)],
        "exactly it, 500 to 4,000 networks",
    ),
    Scene(
        "bias explained at least 0.5",
        [Cell(at_least(0.5, because=_WHY), _distance(_SHIFTED, _ZIPF, 200, bias_explained), _R)],
        f"{1 - _GAP:.3f}, 200 to 1,600 networks each",
    ),
    Scene(
        "bias explained 1 to within 0.1",
        [Cell(within(1, 0.1, because=_WHY), _distance(_ZIPF, _ZIPF, 200, bias_explained), _R)],
        "1, 200 to 1,600 networks each",
    ),
    Scene(
        "bias explained at least 0.5, when it is not",
        [Cell(at_least(0.5, because=_WHY), _distance(_GEOMETRIC, _ZIPF, 200, bias_explained), _S)],
        f"{1 - _FAR:.3f}, 200 to 1,600 networks each",
    ),
]
