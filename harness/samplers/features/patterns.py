"""Patterns of hidden units: on which points each unit is active, as a distribution over functions after each layer.

A unit's pattern is the string of its signs on some points of S and some of E, held as functions are. A network's units
are not independent, so patterns are kept by network, as those of last layers are by hidden draw, and the distances
between distributions over functions apply to them unchanged.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from harness.errors import BadInput
from harness.functions import ClusteredCounts
from harness.functions.brief import Brief
from harness.functions.packing import pack
from harness.samplers.features.layer_statistics import View

# Points of S and of E each, and units of each layer, that patterns are taken of.
PATTERN_POINTS, PATTERN_UNITS = 6, 8


@dataclass(frozen=True)
class LayerPatterns(Brief):
    """The units' patterns of each hidden layer.

    layers: one entry per hidden layer, with one cluster per network or hidden draw.
    """

    layers: tuple[ClusteredCounts, ...]

    def __add__(self, other: "LayerPatterns") -> "LayerPatterns":
        return LayerPatterns(tuple(a + b for a, b in zip(self.layers, other.layers, strict=True)))

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Arrays for the store."""
        return {
            f"{layer} {name}": array
            for layer, counts in enumerate(self.layers)
            for name, array in counts.to_arrays().items()
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "LayerPatterns":
        """The inverse of `to_arrays`."""
        layers: dict[int, dict[str, np.ndarray]] = {}
        for key, array in arrays.items():
            layer, name = key.split(" ")
            layers.setdefault(int(layer), {})[name] = array
        return cls(tuple(ClusteredCounts.from_arrays(layers[layer]) for layer in sorted(layers)))


def patterns(view: View, points: int, units: int) -> list[np.ndarray]:
    """Pack the activation patterns of each hidden layer's units.

    A layer's units are exchangeable, at initialisation and after any training or posterior that treats all units
    equally.

    Args:
        view: the networks on S, then E.
        points: points of S, and as many of E, on which patterns are taken: the first ones.
        units: units of each layer, the first ones; all if there are fewer.

    Returns:
        (networks, units, words) for each hidden layer.

    Raises:
        BadInput: if S or E has fewer points.
    """
    if not 1 <= points <= min(view.m, len(view.signs) - view.m):
        raise BadInput(
            f"Patterns on {points} points of S and of E need as many of each, not {view.m} and "
            f"{len(view.signs) - view.m}."
        )
    chosen = [*range(points), *range(view.m, view.m + points)]
    return [pack((h[:, chosen, :units] > 0).mT.cpu().numpy()) for h in view.layers]


def clustered(words: list[np.ndarray], points: int, weights: np.ndarray | None = None) -> LayerPatterns:
    """Count packed patterns by network.

    Args:
        words: (networks, units, words) packed patterns of each layer.
        points: points of S, and as many of E, that a pattern has.
        weights: (networks,) whole numbers, the multiplicity of each network; None for 1 each.

    Returns:
        The counts of each layer, one cluster per network.
    """
    found = []
    for each in words:
        networks, units, _ = each.shape
        unit = np.repeat(np.arange(networks), units)
        counts = ClusteredCounts.from_words(each.reshape(networks * units, -1), unit, 2 * points, networks)
        if weights is not None:
            weighted = counts.counts * weights[counts.unit]
            some = weighted > 0
            counts = replace(counts, unit=counts.unit[some], words=counts.words[some], counts=weighted[some])
        found.append(counts)
    return LayerPatterns(tuple(found))
