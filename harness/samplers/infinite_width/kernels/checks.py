"""Checks that inputs can have a kernel, and that a kernel can be inverted."""

import numpy as np
from numpy.typing import DTypeLike
from scipy import linalg

from harness.errors import BadInput

# Entries that should be equal may differ by this share of their standard deviations' product: rounding is far smaller
# in float64, and a Monte-Carlo kernel is symmetric by construction.
_ASYMMETRY = 1e-8

# The share of its variance that an input must keep given those before it: below this, rounding of the entries (1e-16 of
# them) leaves less than four digits of it.
_LEAST_KEPT = 1e-12

# Sums of correlations that are smaller move the logarithm of a probability by no more than rounding does.
_ROUNDING = 1e-12

NOT_FINITE = "The kernel has entries that are not finite numbers; take smaller inputs, or a smaller σ_w."


def finite_inputs(inputs: np.ndarray, dtype: DTypeLike) -> np.ndarray:
    """(points, ...) of that type; BadInput if there are none or some are not finite."""
    x = np.asarray(inputs, dtype=dtype)
    if x.ndim < 2 or not x.size or not np.isfinite(x).all():
        raise BadInput(f"A kernel takes inputs (points, ...) of finite numbers, at least one, not of shape {x.shape}.")
    return x


def positive_definite(kernel: np.ndarray, jitter: float = 0.0) -> np.ndarray:
    """The kernel as a symmetric float64 matrix (points, points) that can be inverted.

    jitter: amount added to the diagonal, as a share of it. It is the variance of a noise added to each logit, so the
    caller states it; 1e-6 is enough for inputs that occur twice. BadInput if the matrix is not square, finite and
    symmetric, or if, after the jitter, less than 1e-12 of some input's variance is left given the inputs before it.
    """
    kernel = np.asarray(kernel, dtype=np.float64)
    if kernel.ndim != 2 or kernel.shape[0] != kernel.shape[1] or not kernel.size:
        raise BadInput(f"A kernel is a square matrix, not of shape {kernel.shape}.")
    if not np.isfinite(kernel).all():
        raise BadInput(NOT_FINITE)
    if not 0 <= jitter < np.inf:
        raise BadInput(f"A jitter is a share of the mean variance, 0 or a little more, not {jitter}.")
    kernel = kernel + jitter * np.diag(kernel.diagonal())
    variances = kernel.diagonal()
    if (variances <= 0).any():
        raise BadInput(f"Input {int(np.argmin(variances))} has no positive variance in the kernel; leave it out.")
    scale = np.sqrt(np.outer(variances, variances))
    if (np.abs(kernel - kernel.T) > _ASYMMETRY * scale).any():
        raise BadInput("The kernel is not symmetric; the covariance of two inputs is one number.")
    kernel = (kernel + kernel.T) / 2
    correlation = kernel / scale
    factor, failed = linalg.lapack.dpotrf(correlation, lower=1, clean=1)
    done = failed - 1 if failed else len(kernel)
    lost = np.flatnonzero(factor.diagonal()[:done] ** 2 < _LEAST_KEPT)
    if failed or len(lost):
        raise BadInput(_singular(correlation, int(lost[0]) if len(lost) else done))
    return kernel


# A share of the variance: a noise of 1e-4 of a logit's standard deviation, on labels of each point. From 1e-8 to
# 1e-4 it moves ln P of linear functions of 64 to 160 digits by less than 0.1 nats.
LEAST_JITTER = 1e-8


def correlation_of(kernel: np.ndarray) -> np.ndarray:
    """The correlation matrix of a kernel (points, points), with a row of 0 for a logit that is always 0.

    Labels do not depend on how large each logit is, and rounding that is small beside the largest of them may be all
    that there is of another. BadInput for entries that are not finite.
    """
    if not np.isfinite(kernel).all():
        raise BadInput(NOT_FINITE)
    deviations = np.sqrt(np.maximum(np.diag(kernel), 0))
    inverse = np.divide(1.0, deviations, out=np.zeros_like(deviations), where=deviations > 0)
    return kernel * inverse[:, None] * inverse


def independent(kernel: np.ndarray) -> bool:
    """Whether the logits of a kernel (points, points) are independent, so that any signs of theirs have probability
    2^−points; correlations count whose sum could move its logarithm by more than rounding does.
    """
    return float(np.abs(np.triu(correlation_of(kernel), 1)).sum()) <= _ROUNDING


def with_least_jitter(kernel: np.ndarray) -> np.ndarray:
    """The kernel if it can be inverted; if not, as that of a perceptron of fewer weights than inputs cannot, with
    LEAST_JITTER; BadInput if that does not help either.
    """
    try:
        return positive_definite(kernel)
    except BadInput:
        return positive_definite(kernel, LEAST_JITTER)


def _singular(correlation: np.ndarray, point: int) -> str:
    """The reason why the inputs up to this one have no inverse, and the remedy."""
    before = np.abs(correlation[point, :point])
    if abs(before.max() - 1) < _LEAST_KEPT:
        return (
            f"The kernel cannot tell input {point} from input {int(before.argmax())}, but for a factor; leave one out, "
            "or add a jitter and say so."
        )
    return (
        f"The kernel is not positive definite up to rounding: the inputs before input {point} leave it no variance; "
        "leave some out, or add a jitter and say so."
    )
