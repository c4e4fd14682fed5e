"""Samplers of the posterior P_B(f|S), of the evidence P(S), and of the density of states."""

from harness.posterior.annealed import AnnealedPosterior
from harness.posterior.annealing import annealed_posterior
from harness.posterior.approximations import GaussianApproximation
from harness.posterior.density_of_states import density_of_states
from harness.posterior.gaussian_process import GaussianProcess
from harness.posterior.orthant import OrthantEvidence, log_probability
from harness.posterior.rejection import RejectionPosterior, rejection
from harness.posterior.runs import RunsPosterior
from harness.posterior.states import DensityOfStates
from harness.posterior.subset_simulation import subset_simulation
from harness.posterior.tempered import tempered
from harness.posterior.truncated_gaussian import ChainsPosterior, truncated_gaussian

__all__ = [
    "AnnealedPosterior",
    "ChainsPosterior",
    "DensityOfStates",
    "GaussianApproximation",
    "GaussianProcess",
    "OrthantEvidence",
    "RejectionPosterior",
    "RunsPosterior",
    "annealed_posterior",
    "density_of_states",
    "log_probability",
    "rejection",
    "subset_simulation",
    "tempered",
    "truncated_gaussian",
]
