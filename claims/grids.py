"""Grids that several claims share: problems and architectures by scale."""

from collections.abc import Mapping, Sequence

from harness.networks import FullyConnected
from harness.problems import Problem, digits, fashion_mnist

# Evaluation points: 2^8 functions, few enough to see each posterior's whole distribution.
EVALUATION_POINTS = 8


def image_problems(**sizes: Sequence[int]) -> Mapping[str, list[Problem]]:
    """Digits, even against odd, and Fashion-MNIST, the first five classes against the last, at the sizes of a scale."""
    return {
        scale: [
            *(digits(m, EVALUATION_POINTS) for m in training_sizes),
            *(fashion_mnist(m, EVALUATION_POINTS) for m in training_sizes),
        ]
        for scale, training_sizes in sizes.items()
    }


def image_networks(**widths: Sequence[int]) -> Mapping[str, list[FullyConnected]]:
    """Two hidden ReLU layers of the widths of a scale."""
    return {scale: [FullyConnected((width, width)) for width in chosen] for scale, chosen in widths.items()}


def cube_networks(depths: Sequence[int], width: int = 40) -> list[FullyConnected]:
    """Hidden ReLU layers of width 40, as many as each depth says."""
    return [FullyConnected((width,) * depth) for depth in depths]
