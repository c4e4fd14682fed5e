"""Ensembles of networks under an optimiser."""

from harness.training.ensemble import Finished, train, trained_networks
from harness.training.losses import LOSSES
from harness.training.optimisers import OPTIMISERS, SGD, Adam, Optimiser
from harness.training.stopping import After, FirstFit, Stop
from harness.training.trained import Trained

__all__ = [
    "LOSSES",
    "OPTIMISERS",
    "SGD",
    "Adam",
    "After",
    "Finished",
    "FirstFit",
    "Optimiser",
    "Stop",
    "Trained",
    "train",
    "trained_networks",
]
