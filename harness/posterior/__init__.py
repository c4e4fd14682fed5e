"""Samplers of the posterior P_B(f|S), of the evidence P(S), and of the density of states."""

from harness.posterior.density_of_states import density_of_states
from harness.posterior.rejection import RejectionPosterior, rejection
from harness.posterior.runs import RunsPosterior
from harness.posterior.states import DensityOfStates
from harness.posterior.subset_simulation import subset_simulation

__all__ = [
    "DensityOfStates",
    "RejectionPosterior",
    "RunsPosterior",
    "density_of_states",
    "rejection",
    "subset_simulation",
]
