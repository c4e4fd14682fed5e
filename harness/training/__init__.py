"""Ensembles of networks under an optimiser."""

from harness.training.ensemble import Finished, train, trained_networks
from harness.training.losses import LOSSES
from harness.training.optimisers import (
    OPTIMISERS,
    SGD,
    Adadelta,
    Adagrad,
    Adam,
    AdamW,
    Cosine,
    GradientDescent,
    Langevin,
    Momentum,
    Nesterov,
    Optimiser,
    RMSprop,
    Scheduled,
    StepDecay,
    WarmUp,
    Whitened,
)
from harness.training.search import GreedyRandomSearch, GuessAndCheck, PatternSearch
from harness.training.stopping import After, FirstFit, Stop
from harness.training.trained import Trained

__all__ = [
    "LOSSES",
    "OPTIMISERS",
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "After",
    "Cosine",
    "Finished",
    "FirstFit",
    "GradientDescent",
    "GreedyRandomSearch",
    "GuessAndCheck",
    "Langevin",
    "Momentum",
    "Nesterov",
    "Optimiser",
    "PatternSearch",
    "RMSprop",
    "Scheduled",
    "StepDecay",
    "Stop",
    "Trained",
    "WarmUp",
    "Whitened",
    "train",
    "trained_networks",
]
