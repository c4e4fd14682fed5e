"""Moments of an activation φ under Gaussians: E[φ(u)φ(v)] and E[φ'(u)φ'(v)] for (u, v) ~ N(0, covariance).

Each function takes the covariance of u and v and their variances, float64 arrays that broadcast, and returns an array
of the covariance's shape. The covariance is at most the root of the variances' product; rounding beyond that is cut
off.
"""

from collections.abc import Callable
from math import pi, sqrt
from typing import NamedTuple

import numpy as np
from scipy import stats

Moment = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


class Moments(NamedTuple):
    """The two moments of an activation.

    of_values: E[φ(u)φ(v)].
    of_slopes: E[φ'(u)φ'(v)].
    """

    of_values: Moment
    of_slopes: Moment


def _angle(covariance: np.ndarray, variance_u: np.ndarray, variance_v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """√(variances' product), and the angle between u and v: arccos of their correlation, π/2 if one variance is 0."""
    # The root of the product, not the product of the roots: of equal variances it is exact, and the angle exactly 0.
    scale = np.sqrt(variance_u * variance_v)
    correlation = np.divide(covariance, scale, out=np.zeros_like(covariance), where=scale > 0)
    return scale, np.arccos(np.clip(correlation, -1, 1))


def _relu_values(covariance: np.ndarray, variance_u: np.ndarray, variance_v: np.ndarray) -> np.ndarray:
    """Half the arc-cosine kernel of degree 1: Cho & Saul 2009, J₁."""
    scale, theta = _angle(covariance, variance_u, variance_v)
    return scale * (np.sin(theta) + (pi - theta) * np.cos(theta)) / (2 * pi)


def _relu_slopes(covariance: np.ndarray, variance_u: np.ndarray, variance_v: np.ndarray) -> np.ndarray:
    """Half the arc-cosine kernel of degree 0: Cho & Saul 2009, J₀.

    Two inputs that are equal up to rounding are an angle of 1e-8 apart: accurate to that. If u or v is always 0, as for
    an input of zeros without biases, the slope at the kink has no effect, since no parameter moves that logit.
    """
    _, theta = _angle(covariance, variance_u, variance_v)
    return (pi - theta) / (2 * pi)


def _erf_values(covariance: np.ndarray, variance_u: np.ndarray, variance_v: np.ndarray) -> np.ndarray:
    """Williams 1997, V_erf."""
    ratio = 2 * covariance / np.sqrt((1 + 2 * variance_u) * (1 + 2 * variance_v))
    return 2 / pi * np.arcsin(np.clip(ratio, -1, 1))


def _erf_slopes(covariance: np.ndarray, variance_u: np.ndarray, variance_v: np.ndarray) -> np.ndarray:
    """The derivative of the above by the covariance (Price 1958)."""
    # A determinant of a covariance, which rounding must not make negative.
    determinant = np.maximum(variance_u * variance_v - covariance**2, 0)
    return 4 / pi / np.sqrt(1 + 2 * (variance_u + variance_v) + 4 * determinant)


def _gelu_parts(
    covariance: np.ndarray, variance_u: np.ndarray, variance_v: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """For u and v: the determinants of their covariance Σ and of 1 + Σ, 1/(1 + variance) summed over both, and
    E[Φ(u)Φ(v)].
    """
    determinant = np.maximum(variance_u * variance_v - covariance**2, 0)
    # Not the product of 1 + variances less the covariance's square, whose digits cancel.
    of_one_more = 1 + variance_u + variance_v + determinant
    both_positive = 1 / 4 + np.arctan2(covariance, np.sqrt(of_one_more)) / (2 * pi)
    return determinant, of_one_more, 1 / (1 + variance_u) + 1 / (1 + variance_v), both_positive


def _gelu_values(covariance: np.ndarray, variance_u: np.ndarray, variance_v: np.ndarray) -> np.ndarray:
    """E[uΦ(u)·vΦ(v)], by Stein's lemma; Tsuchida et al. 2021 (arXiv 2002.08517), section 3.1."""
    determinant, of_one_more, shares, both_positive = _gelu_parts(covariance, variance_u, variance_v)
    return (determinant + covariance**2 * shares) / (2 * pi * np.sqrt(of_one_more)) + covariance * both_positive


def _gelu_slopes(covariance: np.ndarray, variance_u: np.ndarray, variance_v: np.ndarray) -> np.ndarray:
    """The derivative of the above by the covariance (Price 1958)."""
    _, of_one_more, shares, both_positive = _gelu_parts(covariance, variance_u, variance_v)
    return covariance * (shares + 1 / of_one_more) / (2 * pi * np.sqrt(of_one_more)) + both_positive


def _tanh_as_erfs() -> tuple[np.ndarray, np.ndarray]:
    """Scales α and weights w with tanh(z) = Σ w·erf(αz) within 4e-9 and tanh'(z) within 2e-8, for every z.

    The logistic distribution is a Gaussian of random spread (Andrews & Mallows 1974, J. R. Statist. Soc. B 36:99), so
    tanh(z) = E[erf(z/(√2 S))] with S of Kolmogorov's distribution: here by the trapezoidal rule in ln S.
    """
    spread = np.geomspace(0.29, 3.0, 12)
    weight = stats.kstwobign.pdf(spread) * spread
    return 1 / (sqrt(2) * spread), weight / weight.sum()


_ALPHA, _WEIGHT = _tanh_as_erfs()


def _of_erfs(moment: Moment, scales: np.ndarray) -> Moment:
    """Moments of Σ wᵢ·erf(αᵢz) from those of erf: those of erf(αᵢu) and erf(αⱼv), times scalesᵢ·scalesⱼ, summed."""

    def of_tanh(covariance: np.ndarray, variance_u: np.ndarray, variance_v: np.ndarray) -> np.ndarray:
        total = np.zeros_like(covariance)
        for a, of_u in zip(_ALPHA, scales, strict=True):
            for b, of_v in zip(_ALPHA, scales, strict=True):
                total += of_u * of_v * moment(a * b * covariance, a * a * variance_u, b * b * variance_v)
        return total

    return of_tanh


# Those of tanh are right to 1e-8 (values) and 4e-8 (slopes): twice the errors of tanh, since both lie within ±1.
MOMENTS = {
    "relu": Moments(_relu_values, _relu_slopes),
    "erf": Moments(_erf_values, _erf_slopes),
    "gelu": Moments(_gelu_values, _gelu_slopes),
    "linear": Moments(lambda covariance, *_: covariance, lambda covariance, *_: np.ones_like(covariance)),
    "tanh": Moments(_of_erfs(_erf_values, _WEIGHT), _of_erfs(_erf_slopes, _WEIGHT * _ALPHA)),
}
