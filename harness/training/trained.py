"""What training gives: functions, how many networks it took, and how long."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from harness.functions import FunctionCounts


@dataclass(frozen=True)
class Trained:
    """Functions of the networks when they stopped, and how long those that fitted S took.

    functions: of the networks that fitted S when they stopped. networks: how many were trained. epochs: (fitted,)
    epochs each of these was trained for, the last one whole or not; 0 if it fitted at the start. others: functions of
    the networks that stopped without fitting S; those that diverged are in neither.
    """

    functions: FunctionCounts
    networks: int
    epochs: np.ndarray
    others: FunctionCounts

    @property
    def unfitted(self) -> int:
        """Networks that stopped, or diverged, without fitting S."""
        return self.networks - self.functions.total

    @property
    def stopped(self) -> FunctionCounts:
        """Functions of all networks but those that diverged, whether or not they fitted S."""
        return self.functions + self.others

    def __add__(self, other: "Trained") -> "Trained":
        return Trained(
            self.functions + other.functions,
            self.networks + other.networks,
            np.concatenate([self.epochs, other.epochs]),
            self.others + other.others,
        )

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Arrays for the store."""
        return {
            **self.functions.to_arrays(),
            "networks": np.array(self.networks),
            "epochs": self.epochs,
            "other_words": self.others.words,
            "other_counts": self.others.counts,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "Trained":
        """The inverse of `to_arrays`."""
        own = ("networks", "epochs", "other_words", "other_counts")
        functions = FunctionCounts.from_arrays({name: array for name, array in arrays.items() if name not in own})
        others = FunctionCounts(functions.n, arrays["other_words"], arrays["other_counts"], functions.classes)
        return cls(functions, int(arrays["networks"]), arrays["epochs"], others)
