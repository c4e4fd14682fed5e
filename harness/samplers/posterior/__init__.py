"""Samplers of the posterior P_B(f|S), of the evidence P(S), and of the density of states, at finite width."""

from harness.samplers.posterior.annealing import annealed_posterior
from harness.samplers.posterior.density_of_states import density_of_states
from harness.samplers.posterior.rejection import RejectionPosterior, rejection, tempered
from harness.samplers.posterior.samples import AnnealedPosterior, DensityOfStates, RunsPosterior
from harness.samplers.posterior.subset_simulation import subset_simulation

__all__ = [
    "AnnealedPosterior",
    "DensityOfStates",
    "RejectionPosterior",
    "RunsPosterior",
    "annealed_posterior",
    "density_of_states",
    "rejection",
    "subset_simulation",
    "tempered",
]
