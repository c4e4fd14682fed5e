"""Samplers and evidences in the limit of infinite width, where networks are a Gaussian process."""

from harness.samplers.infinite_width.approximations import GaussianApproximation
from harness.samplers.infinite_width.gaussian_process import GaussianProcess
from harness.samplers.infinite_width.orthant_evidence import OrthantEvidence, log_probability
from harness.samplers.infinite_width.truncated_gaussian import ChainsPosterior, truncated_gaussian

__all__ = [
    "ChainsPosterior",
    "GaussianApproximation",
    "GaussianProcess",
    "OrthantEvidence",
    "log_probability",
    "truncated_gaussian",
]
