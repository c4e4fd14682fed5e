"""Log volumes of what training found, for the claims that compare architectures by them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from claims.grids import BY_RULE, DATA, image_sets, two_layers
from harness.claim import Space
from harness.functions import FunctionCounts
from harness.functions.runs import Runs
from harness.lab import Lab
from harness.networks import FullyConnected
from harness.optimisers import Optimiser
from harness.problems import TrainingSets
from harness.statistics.log_volumes import some_functions

# Enough evaluation points that no marginals or label frequencies fake a whole function; m and width as in the first
# measurement of these matrices.
POINTS, M, WIDTH = 32, 32, 160
# Functions whose volume is measured on each training set, of so many trained networks: the sets' spread is what counts.
FUNCTIONS, NETWORKS = 8, 32
_SEED = 20210512

PERCEPTRON = FullyConnected(())
RELU = {depth: FullyConnected((WIDTH,) * depth) for depth in (1, 2, 4)}


def tanh(sigma_w: float, depth: int = 2) -> FullyConnected:
    """Hidden tanh layers, ordered at σ_w = 1 and chaotic at σ_w = 4."""
    return FullyConnected((WIDTH,) * depth, "tanh", sigma_w, 0.2)


ORDERED, CHAOTIC = tanh(1.0), tanh(4.0)
EVERY = {
    "perceptron": PERCEPTRON,
    "ReLU 1": RELU[1],
    "ReLU 2": RELU[2],
    "ReLU 4": RELU[4],
    "tanh, σ_w = 1": ORDERED,
    "tanh, σ_w = 4": CHAOTIC,
}

# At finite width a function takes a second or two on a set, and runs scatter with the number of points: fewer of all.
AT_WIDTH_M, AT_WIDTH_POINTS, AT_WIDTH_FUNCTIONS = 16, 16, 2
# Chains of narrow networks mix slowly; width 40 takes twice as long, and chaotic networks several times.
AT_WIDTH_STEPS = 16
AT_WIDTH_DATA = {**DATA, "smoke": (), "standard": DATA["smoke"]}
AT_WIDTHS = {"smoke": (), "standard": (10,), "full": (10, 40)}


def at_width(name: str, width: int) -> FullyConnected:
    """Networks whose biases differ most, by their names among EVERY, at another width."""
    return two_layers(width) if name == "ReLU 2" else replace(EVERY[name], hidden=(width, width))


def sets_at_width(data: str) -> TrainingSets:
    """Training sets of the claims about finite width."""
    return image_sets(data, AT_WIDTH_M, AT_WIDTH_POINTS)


_CHAOTIC = [CHAOTIC, tanh(3.0, 4)]
# What the claims about a chaotic start are asked over, below the edge of stability and beyond it.
CHAOTIC_GRID: dict[str, Any] = {
    "data": DATA,
    "m": {"smoke": (M,), "standard": (16, M), "full": (16, M, 64)},
    "network": {"smoke": _CHAOTIC, "standard": [*_CHAOTIC, tanh(8.0)], "full": [*_CHAOTIC, tanh(8.0)]},
    "rule": BY_RULE,
}
# All that their sentences cover: no start that is less chaotic than CHAOTIC, of which a bias might be left.
CHAOTIC_SPACE = Space(
    {"m": (16, 32, 64), "layers": (2, 3, 4, 6), "σ_w": (4, 6, 8), "data": DATA["full"], "rule": BY_RULE["full"]},
    lambda m, layers, σ_w, data, rule: {"data": data, "m": m, "network": tanh(σ_w, layers), "rule": rule},
)


def first_setting(network: FullyConnected, rule: str, **_: object) -> bool:
    """The setting at which both camps' claims about a chaotic start were measured first."""
    return network == CHAOTIC and rule == "sgd"


def sets_of(data: str, m: int = M) -> TrainingSets:
    """Training sets with the evaluation points of these claims."""
    return image_sets(data, m, POINTS)


def trained_functions(
    lab: Lab, architecture: FullyConnected, sets: TrainingSets, optimiser: Optimiser, loss: str = "cross-entropy"
) -> list[FunctionCounts]:
    """Functions of the networks that fit, on each training set."""
    return [each.functions for each in lab.train_on_sets(architecture, sets, optimiser, loss, NETWORKS)]


def some_of_each(samples: Sequence[FunctionCounts | Runs], k: int = FUNCTIONS) -> list[np.ndarray]:
    """(k, n) labels of some functions of each sample."""
    return [some_functions(each, k, _SEED) for each in samples]
