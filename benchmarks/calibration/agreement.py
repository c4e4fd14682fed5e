"""Evidences by samplers that share no code, of networks and problems that the tests leave out because they take long.

python -m benchmarks.calibration.agreement

1 where two of them disagree: intervals at a level that fails once in a million times do not meet, or one at level 0.95
is so wide that this would say nothing.
"""

from collections.abc import Callable, Iterator
from functools import partial
from math import asin, cos, log, pi
from typing import Literal

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from harness.networks import FullyConnected, perceptron
from harness.problems import Problem, digits
from harness.samplers.posterior import annealed_posterior, rejection, subset_simulation
from harness.statistics.volumes import named_function
from harness.verdicts import Estimate
from harness.verdicts.intervals import log_evidence

ALPHA = 1e-6
Route = Literal["sharpness", "likelihood"]
ROUTES: tuple[Route, ...] = ("sharpness", "likelihood")
# (low, high) of ln P(S) at a level.
Interval = Callable[[float], tuple[float, float]]
# A name, the widest that an interval may be at level 0.95, and the intervals that must meet, by name.
Agreement = tuple[str, float, dict[str, Interval]]


def _generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _exactly(value: float) -> Interval:
    return lambda _: (value, value)


def _in_logarithms(evidence: Estimate) -> Interval:
    def interval(alpha: float) -> tuple[float, float]:
        low, high = evidence.interval(alpha)
        return float(np.log(low)), float(np.log(high))

    return interval


def parity() -> Agreement:
    """Three bits on 40-40 units, by both routes of annealing and by subset simulation."""
    network, problem = FullyConnected((40, 40)), named_function(3, "parity")
    annealed = partial(
        annealed_posterior, network, problem, runs=6, particles=64, trajectories=16, leaps=15, max_doublings=0
    )
    found: dict[str, Interval] = {
        path: annealed(_generator(15 + i), path=path).evidence.interval for i, path in enumerate(ROUTES)
    }
    found["subset simulation"] = subset_simulation(
        network, problem, _generator(17), runs=6, max_doublings=0
    ).evidence.interval
    return "parity of 3 bits, 40-40", 1.0, found


def beyond_rejection() -> Agreement:
    """32 digits on 40-40 units, by annealing and by subset simulation."""
    network, problem = FullyConnected((40, 40)), digits(32, 4)
    annealed = annealed_posterior(
        network, problem, _generator(11), runs=6, particles=64, trajectories=8, leaps=15, max_doublings=0
    )
    by_levels = subset_simulation(network, problem, _generator(12), runs=6, max_doublings=0)
    found: dict[str, Interval] = {
        "sharpness": annealed.evidence.interval,
        "subset simulation": by_levels.evidence.interval,
    }
    return "32 digits, 40-40", 1.0, found


def ntk_by_likelihood() -> Agreement:
    """The NTK parametrisation by the slower route, and by rejection."""
    network, problem = FullyConnected((20,), parametrisation="ntk"), digits(5, 4)
    annealed = annealed_posterior(
        network, problem, _generator(2), runs=6, particles=64, trajectories=4, leaps=10, path="likelihood"
    )
    drawn = rejection(network, problem, 10_000, _generator(3), last_layers=16)
    found: dict[str, Interval] = {
        "likelihood": annealed.evidence.interval,
        "rejection": _in_logarithms(drawn.evidence),
    }
    return "5 digits, 20, NTK", 1.0, found


def two_points() -> Iterator[Agreement]:
    """A perceptron's orthant of two points, there and back, with many particles; and unbiased with few."""
    x = np.array([[1, 0], [np.cos(2.5), np.sin(2.5)]])
    problem, truth = Problem.from_arrays(x, [1, 1], x[:1], [0]), log(1 / 4 + asin(cos(2.5)) / (2 * pi))
    for path in ROUTES:
        annealed = partial(annealed_posterior, perceptron(), problem, max_doublings=0, path=path)
        many = annealed(_generator(9), runs=100, particles=1024, trajectories=2, leaps=10)
        few = annealed(_generator(4), runs=400, particles=32, trajectories=1, leaps=5)
        back = log_evidence((-many.back).tolist())
        found: dict[str, Interval] = {"truth": _exactly(truth), "there": many.evidence.interval}
        yield f"two points, {path}, 1,024 particles", 0.06, found
        yield f"two points, {path}, back", 0.06, {"truth": _exactly(-truth), "back": back.interval}
        yield f"two points, {path}, 32 particles", 0.1, {"truth": _exactly(truth), "there": few.evidence.interval}


def orthants() -> Iterator[Agreement]:
    """Orthogonal inputs by subset simulation: 2⁻³⁰ for two classes, 10⁻¹² for ten."""
    for m, classes in ((30, 2), (12, 10)):
        labels = np.arange(m) % classes
        problem = Problem.from_arrays(np.eye(m), labels, np.eye(m)[:1], [0], classes=classes)
        found = subset_simulation(perceptron(), problem, _generator(0), runs=12, chains=64, last_layers=50)
        intervals: dict[str, Interval] = {
            "truth": _exactly(-m * log(classes)),
            "subset simulation": found.evidence.interval,
        }
        yield f"orthogonal inputs, {m} of {classes} classes", 3.0, intervals


def agreements() -> Iterator[Agreement]:
    """All of them."""
    yield parity()
    yield beyond_rejection()
    yield ntk_by_likelihood()
    yield from two_points()
    yield from orthants()


def main() -> int:
    """A row a sampler; 1 where some disagree."""
    table, wrong = Table("what", "by", "95 % interval of ln P(S)"), 0
    for name, widest, found in agreements():
        for by, interval in found.items():
            low, high = interval(0.05)
            table.add_row(name, by, f"{low:.3f} to {high:.3f}" + (" too wide" if high - low > widest else ""))
            wrong += high - low > widest
        ends = [interval(ALPHA) for interval in found.values()]
        if max(low for low, _ in ends) > min(high for _, high in ends):
            table.add_row(name, "they disagree", "")
            wrong += 1
    Console(width=120).print(table)
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
