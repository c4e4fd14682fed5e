"""Log volumes of what training found, for the claims that compare architectures by them."""

import numpy as np

from claims.grids import image_sets
from harness.functions.packing import unpack
from harness.lab import Lab
from harness.networks import FullyConnected
from harness.optimisers import Optimiser
from harness.problems import TrainingSets

# Enough evaluation points that no marginals or label frequencies fake a whole function; m and width as in the first
# measurement of these matrices.
POINTS, M, WIDTH = 32, 32, 160
# Trained networks whose functions are measured on each training set; the sets' spread is what counts.
NETWORKS = 8

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


def sets_of(data: str, m: int = M) -> TrainingSets:
    """Training sets with the evaluation points of these claims."""
    return image_sets(data, m, POINTS)


def found_by_training(
    lab: Lab, architecture: FullyConnected, sets: TrainingSets, optimiser: Optimiser, loss: str = "cross-entropy"
) -> list[np.ndarray]:
    """Functions that training found on each set, (networks, n) labels."""
    trained = lab.train_on_sets(architecture, sets, optimiser, loss, NETWORKS)
    return [labels(each.functions) for each in trained]


def labels(functions) -> np.ndarray:
    """(draws, n) the labels of every draw."""
    return np.repeat(unpack(functions.words, functions.n, functions.classes), functions.counts, axis=0)


def log_volumes(
    lab: Lab, architecture: FullyConnected, sets: TrainingSets, functions: list[np.ndarray]
) -> np.ndarray:
    """(sets,) mean ln P(f|S) of each set's functions under an architecture's volume, in nats."""
    found = lab.log_volumes_on_sets(architecture, sets, functions)
    return np.array([each.values.mean() for each in found])
