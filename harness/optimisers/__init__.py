"""Optimisers for ensembles: every network has its own state, so networks may come and go at any step.

If `torch.optim` has an optimiser of the same name, the two take numerically the same steps. To add one: one class and
one entry in OPTIMISERS.
"""

from collections.abc import Callable

from harness.optimisers.adaptive import Adadelta, Adagrad, Adam, AdamW, RMSprop
from harness.optimisers.binary import BinaryConnect
from harness.optimisers.descent import SGD, GradientDescent, Momentum, Nesterov
from harness.optimisers.noise import Langevin, Whitened
from harness.optimisers.relative import Relative
from harness.optimisers.rule import Noisy, Optimiser
from harness.optimisers.schedules import Cosine, Schedule, Scheduled, StepDecay, WarmUp
from harness.optimisers.search import GreedyRandomSearch, GuessAndCheck, PatternSearch
from harness.optimisers.stopping import After, BestValidation, FirstFit, Stop
from harness.optimisers.torch_optim import TorchOptimiser, from_optim

__all__ = [
    "OPTIMISERS",
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "After",
    "BestValidation",
    "BinaryConnect",
    "Cosine",
    "FirstFit",
    "GradientDescent",
    "GreedyRandomSearch",
    "GuessAndCheck",
    "Langevin",
    "Momentum",
    "Nesterov",
    "Noisy",
    "Optimiser",
    "PatternSearch",
    "RMSprop",
    "Relative",
    "Schedule",
    "Scheduled",
    "StepDecay",
    "Stop",
    "TorchOptimiser",
    "WarmUp",
    "Whitened",
    "from_optim",
    "whitened_sgd",
]


def whitened_sgd(learning_rate: float = 0.1) -> Whitened:
    """SGD with the noise of its minibatches made isotropic."""
    return Whitened(SGD(learning_rate))


OPTIMISERS: dict[str, Callable[..., Optimiser]] = {
    "sgd": SGD,
    "gd": GradientDescent,
    "momentum": Momentum,
    "nesterov": Nesterov,
    "adam": Adam,
    "adamw": AdamW,
    "rmsprop": RMSprop,
    "adagrad": Adagrad,
    "adadelta": Adadelta,
    "langevin": Langevin,
    "whitened sgd": whitened_sgd,
}
