"""Terms of training and random sampling on training sets whose means are known, and what is simulated of them.

On each set P_B − U has a length and P_OPT − U s times that length at an angle of cosine c, in a space of twenty
directions with the noise of a hundred networks and of three hundred. Over sets ln length, ln s and ln(1 − c) are
normal.
Spreads are fitted to 24 training sets of 8 points, width 40: "digits" and "fashion" at a small and a large learning
rate; "wild" spreads half as much again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from benchmarks.calibration.case import Case, case
from harness.statistics.distances.products import Products
from harness.statistics.exponent_over_sets import exponent_over_sets
from harness.statistics.jackknife import log_ratio_slope_over_sets
from harness.statistics.over_sets import (
    bias_explained_of,
    direction_of,
    mean_over_sets,
    ratio_over_sets,
    sharpness_of,
    slope_over_sets,
)
from harness.verdicts import Estimate

_DIRECTIONS = 20
# Variance in each direction of the mean of a hundred trained networks, and of three hundred sampled ones.
_NOISE = 5e-4, 1.7e-4
_LENGTH2 = 0.07
_MANY = 2_000_000


@dataclass(frozen=True)
class Spread:
    """Medians of s and 1 − c, and standard deviations over sets of ln ‖P_B − U‖², ln s and ln(1 − c)."""

    s: float
    apart: float
    of_length2: float
    of_s: float
    of_apart: float

    def draw(self, rng: np.random.Generator, sets: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """‖P_B − U‖², s and c of each set."""
        b = _LENGTH2 * np.exp(self.of_length2 * rng.normal(size=sets))
        s = self.s * np.exp(self.of_s * rng.normal(size=sets))
        return b, s, 1 - np.minimum(self.apart * np.exp(self.of_apart * rng.normal(size=sets)), 1.0)


SPREADS = {
    "digits, small rate": Spread(1.0, 0.012, 0.5, 0.1, 0.9),
    "digits, large rate": Spread(1.63, 0.03, 0.5, 0.1, 0.7),
    "fashion, small rate": Spread(1.13, 0.04, 0.5, 0.17, 1.1),
    "fashion, large rate": Spread(2.05, 0.09, 0.5, 0.14, 0.8),
    "wild": Spread(1.5, 0.1, 0.8, 0.3, 1.1),
}


def terms(rng: np.random.Generator, name: str, sets: int) -> list[Products]:
    """Unbiased products on so many sets."""
    b, s, c = SPREADS[name].draw(rng, sets)
    p, q = np.zeros((2, sets, _DIRECTIONS))
    p[:, 0], p[:, 1], q[:, 0] = s * np.sqrt(b) * c, s * np.sqrt(b * (1 - c**2)), np.sqrt(b)
    p, q = (each + rng.normal(size=each.shape) * noise**0.5 for each, noise in zip((p, q), _NOISE, strict=True))
    squares = ((each**2).sum(axis=1) - _DIRECTIONS * noise for each, noise in zip((p, q), _NOISE, strict=True))
    return [Products(*each) for each in zip(*squares, (p * q).sum(axis=1), strict=True)]


@cache
def means(name: str) -> Products:
    """Means of the products over all sets there are; length, s and c are independent."""
    _, s, c = SPREADS[name].draw(np.random.default_rng(20210512), _MANY)
    b = _LENGTH2 * float(np.exp(SPREADS[name].of_length2 ** 2 / 2))
    return Products(float((s**2).mean()) * b, b, float((s * c).mean()) * b)


def truth(what: str, name: str) -> float:
    """Bias explained, c, s, or the mean of the squared distance."""
    mean = means(name)
    return {
        "bias explained": 1 - mean.distance2 / mean.b,
        "direction c": mean.ab / (mean.a * mean.b) ** 0.5,
        "sharpness s": (mean.a / mean.b) ** 0.5,
        "mean squared distance": mean.distance2,
        "ratio of squared distances": mean.distance2 / mean.b,
    }[what]


MEASURES: dict[str, Callable[[list[Products]], Estimate]] = {
    "bias explained": bias_explained_of,
    "direction c": direction_of,
    "sharpness s": sharpness_of,
    "mean squared distance": lambda of: mean_over_sets([each.distance2 for each in of], "distance"),
    "ratio of squared distances": lambda of: ratio_over_sets(
        [each.distance2 for each in of], [each.b for each in of], "ratio"
    ),
}


def estimated(rng: np.random.Generator, what: str, name: str, sets: int) -> tuple[Estimate, float]:
    """An estimate and its truth."""
    return MEASURES[what](terms(rng, name, sets)), truth(what, name)


def slope_of_errors(rng: np.random.Generator, sets: int) -> tuple[Estimate, float]:
    """Errors at three rates on the same sets, which differ by 0.08; their slopes by 0.02, exponentially spread."""
    x = np.array([-1.0, 0.0, 1.0])
    slopes = -0.02 * rng.exponential(size=sets)
    errors = rng.normal(0.3, 0.08, sets) + x[:, None] * slopes + rng.normal(0, 0.01, (3, sets))
    return slope_over_sets(x, errors, "slope"), -0.02


WIDTHS = np.array([2.0, 3, 5, 10])
# Standard deviation over sets of the logarithm of the values at each width, besides a common one of 0.5: alike, or as
# of narrow networks, whose values differ more from set to set.
APART = {"alike": (0.3, 0.3, 0.3, 0.3), "narrow apart": (1.0, 0.6, 0.3, 0.1)}


def powers(rng: np.random.Generator, spread: str, sets: int) -> np.ndarray:
    """(widths, sets) values whose mean falls as 1/width; lognormal over sets, with noise that may make one negative."""
    law, apart = 3 / WIDTHS[:, None], np.array(APART[spread])[:, None]
    common = rng.lognormal(-(0.5**2) / 2, 0.5, sets)
    own = np.exp(apart * rng.normal(size=(len(WIDTHS), sets)) - apart**2 / 2)
    return np.asarray(law * (common * own + 0.1 * rng.normal(size=(len(WIDTHS), sets))))


def exponent_of_powers(rng: np.random.Generator, spread: str, sets: int) -> tuple[Estimate, float]:
    """Exponent −1 of those values."""
    return exponent_over_sets(WIDTHS.tolist(), powers(rng, spread, sets).tolist(), "exponent"), -1.0


PLACES = np.log([8, 16, 32])
# Chances of an error at these m, of random sampling and of training.
CHANCES = np.array([[0.16, 0.10, 0.06], [0.14, 0.07, 0.03]])


def slope_of_ratios(rng: np.random.Generator, sets: int) -> tuple[Estimate, float]:
    """Slope of the logarithm of a ratio of errors: binomial counts, of sets that are hard at all m and for both."""
    hard = rng.gamma(6, 1 / 6, sets)
    errors = rng.binomial(256, np.minimum(CHANCES[:, :, None] * hard, 1)) / 256
    truth = float(np.polyfit(PLACES, np.log(CHANCES[0] / CHANCES[1]), 1)[0])
    by_volume, by_training = errors
    return log_ratio_slope_over_sets(PLACES, by_volume.tolist(), by_training.tolist(), "slope"), truth


_SIZES = (8, 16, 32)
CASES: list[Case] = [
    *(
        case(f"{what} over {sets} training sets, {name}", "training set", estimated, what, name, sets)
        for what in ("bias explained", "direction c", "sharpness s")
        for name in SPREADS
        for sets in _SIZES
    ),
    *(
        case(f"{what} over {sets} training sets, {name}", "training set", estimated, what, name, sets)
        for what in ("mean squared distance",)
        for name in ("digits, large rate", "fashion, large rate")
        for sets in _SIZES
    ),
    *(case(f"slope over {sets} training sets", "training set", slope_of_errors, sets) for sets in _SIZES),
    *(
        case(f"exponent over {sets} training sets, {spread}", "training set", exponent_of_powers, spread, sets)
        for spread in APART
        for sets in _SIZES
    ),
    *(
        case(f"slope of ln ratio over {sets} training sets, jackknife", "training set", slope_of_ratios, sets)
        for sets in _SIZES
    ),
]


def on_looks(what: str, name: str) -> Callable[[Any], Estimate]:
    """What a cell asks: 8 training sets at the first look, twice as many at each of the next."""
    return lambda lab: MEASURES[what](lab.units(f"training sets, {name}", lambda rng: terms(rng, name, 8)))
