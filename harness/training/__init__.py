"""Ensembles of networks under an optimiser."""

from harness.training.ensemble import Trained, train
from harness.training.losses import LOSSES
from harness.training.optimisers import OPTIMISERS, SGD, Adam, Optimiser

__all__ = ["LOSSES", "OPTIMISERS", "SGD", "Adam", "Optimiser", "Trained", "train"]
