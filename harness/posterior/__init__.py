"""Samplers of the posterior P_B(f|S) and of the evidence P(S)."""

from harness.posterior.rejection import RejectionPosterior, rejection

__all__ = ["RejectionPosterior", "rejection"]
