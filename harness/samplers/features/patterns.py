"""Which of a hidden layer's units are active on which points: the distribution over functions after each layer.

A unit's pattern is the string of its signs on some points of S and some of E, held as functions are. A network's units
are not independent, so that patterns are kept by network, as those of last layers are by hidden draw, and the distances
between distributions over functions serve for them as they are.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from harness.errors import BadInput
from harness.functions import ClusteredCounts
from harness.functions.packing import pack
from harness.samplers.features.layer_statistics import View

# Points of S and of E each, and units of each layer, that patterns are taken of.
PATTERN_POINTS, PATTERN_UNITS = 6, 8


@dataclass(frozen=True)
class LayerPatterns:
    """layers: for each hidden layer the units' patterns, one cluster a network or hidden draw."""

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
    """Packed patterns of each hidden layer, (networks, units, words): of its first `units` units, or of all where there
    are fewer, on the first `points` points of S and of E each.

    A layer's units are exchangeable, at initialisation and after any training or posterior that treats them alike.
    BadInput where S or E has fewer points.
    """
    if not 1 <= points <= min(view.m, len(view.signs) - view.m):
        raise BadInput(
            f"Patterns on {points} points of S and of E need as many of each, not {view.m} and "
            f"{len(view.signs) - view.m}."
        )
    chosen = [*range(points), *range(view.m, view.m + points)]
    return [pack((h[:, chosen, :units] > 0).mT.cpu().numpy()) for h in view.layers]


def clustered(words: list[np.ndarray], points: int, weights: np.ndarray | None = None) -> LayerPatterns:
    """words: of each layer, (networks, units, words). weights: (networks,) whole numbers, how often each counts."""
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
