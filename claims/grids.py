"""Grids that several claims share: problems and architectures by scale."""

from collections.abc import Mapping, Sequence

from harness.claim import registry
from harness.errors import BadInput
from harness.lab import Lab
from harness.lab.posteriors import SUBSET_SIMULATION_UP_TO
from harness.networks import LSTM, Architecture, Convolutional, FullyConnected, Residual, Transformer
from harness.optimisers import (
    SGD,
    Adadelta,
    Adagrad,
    Adam,
    GradientDescent,
    Momentum,
    Optimiser,
    Relative,
    RMSprop,
)
from harness.problems import Problem, TrainingSets, boolean_cube, digits, fashion_mnist, mnist, training_sets
from harness.samplers.enumeration import ClauseNetwork
from harness.statistics.volumes import in_bits
from harness.verdicts import Estimate

# Evaluation points: 2^8 functions, few enough to see each posterior's whole distribution.
EVALUATION_POINTS = 8
# A test error wants more of them; the first 8 of these are the 8 above, so one sample serves both.
ERROR_POINTS = 64
# How random sampling and training compare as one of these numbers grows and the others stay at WIDTH, M, two layers.
WIDTH, M = 40, 16
TRAINING_SIZES = {"smoke": (8, 16, 32), "standard": (8, 16, 32, 64, 128), "full": (8, 16, 32, 64, 128, 256, 600)}
WIDTHS = {"smoke": (10, 40, 160), "standard": (5, 10, 40, 160), "full": (5, 10, 20, 40, 80, 160, 320, 640)}
DEPTHS = {"smoke": (1, 2, 3), "standard": (1, 2, 3, 4, 5), "full": (1, 2, 3, 4, 5)}
# Data with more classes than the two that they are put in here.
IMAGES = {"digits": digits, "mnist": mnist, "fashion_mnist": fashion_mnist}
# What outside files have added (`harness/claim/registry.py`) is in every grid.
_ALL_DATA = (*IMAGES, *registry.data)
DATA = {
    "smoke": ("digits", "fashion_mnist", *registry.data),
    "standard": _ALL_DATA,
    "full": _ALL_DATA,
}
# Where time is short and the sentence is of no one kind of data.
DIGITS_FIRST = {**DATA, "smoke": ("digits", *registry.data)}
# Networks all of whose settings are counted on this cube, so that the volume of every function is exact.
COUNTED_CUBE = boolean_cube(4)
CLAUSES = [ClauseNetwork(8), ClauseNetwork(16)]
COUNTED: list[ClauseNetwork | FullyConnected] = [
    *CLAUSES,
    FullyConnected((4,), sigma_b=0.0, distribution="binary"),
]
# Learning rates are in units of the edge of stability (Cohen et al. 2021, arXiv 2103.00065), beyond which full-batch
# descent diverges on the quadratic approximation; claims that are not about the rate stay well below it.
BELOW = 0.3
# Where the rate is an axis of its own, or fixed by the sentence.
RULES: dict[str, Optimiser] = {"sgd": SGD(), "momentum": Momentum(), "adam": Adam()}
BY_RULE = {"smoke": ("sgd",), "standard": tuple(RULES), "full": tuple(RULES)}
OPTIMISERS: list[Optimiser] = [Relative(SGD(), BELOW), Relative(Adam(), BELOW), *registry.optimisers]
_BOTH_LOSSES = ("cross-entropy", "squared error")
LOSSES = {"smoke": ("cross-entropy",), "standard": _BOTH_LOSSES, "full": _BOTH_LOSSES}


def image_problem(data: str, m: int, points: int = ERROR_POINTS) -> Problem:
    """One set of images in two classes: even digits against odd, or the first five classes against the last."""
    return {**IMAGES, **registry.data}[data](m, points)


def image_sets(data: str, m: int, points: int = ERROR_POINTS) -> TrainingSets:
    """Training sets of such images, drawn anew for each, with their evaluation points."""
    return training_sets({**IMAGES, **registry.data}[data], m, points)


def image_problems(**sizes: Sequence[int]) -> Mapping[str, list[Problem]]:
    """Digits and Fashion-MNIST at the sizes of a scale."""
    return {
        scale: [image_problem(data, m) for data in ("digits", "fashion_mnist", *registry.data) for m in training_sizes]
        for scale, training_sizes in sizes.items()
    }


def cannot_take(
    architecture: Architecture, problem: Problem | None = None, data: str = "", m: int = 0, **_: object
) -> str | None:
    """Why a network is not asked of a problem, or of so many points of these data; what outside files have added may
    be, or take, other than images."""
    if isinstance(architecture, FullyConnected):
        return None
    try:
        inputs = (problem or image_problem(data, m)).inputs
        architecture.parameters(architecture.prepare(inputs).shape[1:])
    except BadInput as why:
        return str(why)
    return None


def two_layers(width: int) -> FullyConnected:
    """Two hidden ReLU layers of one width."""
    return FullyConnected((width, width))


def log2_volume(lab: Lab, architecture: FullyConnected, named: Problem) -> Estimate:
    """log2 P(f) of a named function on the whole cube, at finite width: by subset simulation, of many inputs by
    annealing, along the likelihood, since parity is learnt all at once."""
    if named.m > SUBSET_SIMULATION_UP_TO:
        return in_bits(lab.annealed_evidence(architecture, named, trajectories=16, path="likelihood"))
    return in_bits(lab.subset_posterior(architecture, named, runs=8).evidence)


def image_networks(**widths: Sequence[int]) -> Mapping[str, list[Architecture]]:
    """Two hidden ReLU layers of the widths of a scale."""
    return {scale: [*map(two_layers, chosen), *registry.architectures] for scale, chosen in widths.items()}


def cube_networks(depths: Sequence[int], width: int = 40) -> list[FullyConnected]:
    """Hidden ReLU layers of width 40, as many as each depth says."""
    return [FullyConnected((width,) * depth) for depth in depths]


_SMALL: list[Architecture] = [
    Convolutional((4,), (8,)),
    Convolutional((4,), (8,), pooling=None),
    Residual(4, 1),
    LSTM((8,)),
    Transformer(8, 2, 16, 1),
]
_LARGE: list[Architecture] = [
    Convolutional((8, 16), (32,)),
    Convolutional((8, 16), (32,), pooling=None),
    Residual(8, 2),
    LSTM((16,)),
    Transformer(16, 2, 32, 1),
]
# Networks on images besides those that are fully connected; where time is short small ones, and no residual network,
# whose posterior takes as long as those of the others together.
ON_IMAGES = {
    "smoke": [each for each in _SMALL if not isinstance(each, Residual)],
    "standard": _LARGE,
    "full": [*_SMALL, *_LARGE],
}
# Tokens of a sentence, as `sentences` has them where it is not told otherwise.
VOCABULARY = 500
RECURRENT = LSTM((16,), VOCABULARY)
ATTENTIVE = Transformer(16, 2, 32, 1, VOCABULARY)
FURTHER_OPTIMISERS: list[Optimiser] = [
    Relative(rule, BELOW) for rule in (Momentum(), RMSprop(), Adagrad(), Adadelta(), GradientDescent())
]
EVERY_OPTIMISER: list[Optimiser] = [*OPTIMISERS[:2], *FURTHER_OPTIMISERS]
