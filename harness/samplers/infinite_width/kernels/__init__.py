"""Kernels of infinitely wide networks in closed form, and of finite ones by Monte Carlo.

The NNGP kernel is the covariance of the logits at initialisation (Neal 1996; Lee et al. 2018). The NTK is the inner
product of the logits' gradients (Jacot et al. 2018); the logits move by it under gradient descent.
"""

from harness.samplers.infinite_width.kernels.checks import correlation_of, positive_definite, with_least_jitter
from harness.samplers.infinite_width.kernels.empirical import EmpiricalKernel, empirical_nngp, empirical_ntk
from harness.samplers.infinite_width.kernels.fully_connected import has_closed_form, in_the_limit, nngp, ntk

__all__ = [
    "EmpiricalKernel",
    "correlation_of",
    "empirical_nngp",
    "empirical_ntk",
    "has_closed_form",
    "in_the_limit",
    "nngp",
    "ntk",
    "positive_definite",
    "with_least_jitter",
]
