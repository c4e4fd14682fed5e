"""Intervals of log volumes over training sets, of functions whose volumes are known one by one."""

import numpy as np

from benchmarks.calibration.case import case
from harness.samplers.log_volumes import LogVolumes
from harness.statistics.log_volumes import log_volume, typicality, whose_volume
from harness.verdicts import Estimate

# Scramblings of an orthant scatter by this much; training sets and functions by their own, in nats.
_ORTHANT, _SETS, _FUNCTIONS = 0.2, 2.0, 1.5


def _volumes(rng: np.random.Generator, values: np.ndarray) -> LogVolumes:
    noise = rng.normal(-(_ORTHANT**2) / 2, _ORTHANT, (8, len(values) + 1))
    return LogVolumes(values + noise[:, 1:], noise[:, 0])


def _mean(rng: np.random.Generator, sets: int, skewed: bool) -> tuple[Estimate, float]:
    """Volumes of functions on training sets; skewed: as where a few sets are far harder than the others."""
    apart = rng.normal(size=sets) if not skewed else 1 - rng.standard_exponential(sets)
    return log_volume([_volumes(rng, -10 + _SETS * each + _FUNCTIONS * rng.normal(size=12)) for each in apart]), -10.0


def _whose(rng: np.random.Generator, sets: int, rivals: int, apart: float) -> tuple[Estimate, float]:
    """Rivals that are all equally near, of which one looks nearest."""
    own = rng.normal(-10, _SETS, sets)
    others = {
        str(rival): [_volumes(rng, np.array([each - apart + rng.normal(0, 0.4)])) for each in own]
        for rival in range(rivals)
    }
    return whose_volume([_volumes(rng, np.array([each])) for each in own], others), apart


def _typicality(rng: np.random.Generator, sets: int, sharper: float) -> tuple[Estimate, float]:
    """Minus a gamma variable for the volume of a function, as of typical ones; trained ones are likelier."""
    centres = rng.normal(-10, _SETS, sets)
    sampled = [_volumes(rng, each - rng.gamma(2, _FUNCTIONS, 24)) for each in centres]
    trained = [_volumes(rng, each - rng.gamma(2, _FUNCTIONS, 24) + sharper) for each in centres]
    return typicality(trained, sampled), sharper


CASES = [
    case("ln P(f|S) over 8 training sets", "training set", _mean, 8, False),
    case("ln P(f|S) over 32 training sets, a few far harder", "training set", _mean, 32, True),
    case("own volume less that of the one rival, 8 training sets", "training set", _whose, 8, 1, 0.3),
    case("own volume less that of the nearest of 5, 8 training sets", "training set", _whose, 8, 5, 0.3),
    case("own volume less that of the nearest of 5, 16 training sets", "training set", _whose, 16, 5, 0.0),
    case("typicality of the posterior's own draws, 8 training sets", "training set", _typicality, 8, 0.0),
    case("typicality of sharper training, 16 training sets", "training set", _typicality, 16, 1.0),
]
