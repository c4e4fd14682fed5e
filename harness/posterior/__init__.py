"""Samplers of the posterior P_B(f|S) and of the evidence P(S)."""

from harness.posterior.rejection import RejectionPosterior, rejection
from harness.posterior.runs import RunsPosterior
from harness.posterior.subset_simulation import subset_simulation

__all__ = ["RejectionPosterior", "RunsPosterior", "rejection", "subset_simulation"]
