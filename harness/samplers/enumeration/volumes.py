"""The volume of every function, known exactly; P_B, P(S) and the density of states follow by adding volumes up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from harness.errors import BadInput
from harness.functions import FunctionCounts
from harness.functions.brief import Brief
from harness.functions.packing import check_words, pack, unpack


@dataclass(frozen=True, eq=False)
class ExactVolumes(Brief):
    """P_B(f|S) of every function f on n inputs, and P(S); without S it is P(f), and P(S) = 1.

    n: inputs. words: (functions, ⌈n/64⌉) uint64, the functions of positive probability in lexicographic order.
    probabilities: (functions,) they add up to 1. evidence: P(S), 0 if no network fits, and then there are no functions.
    """

    n: int
    words: np.ndarray
    probabilities: np.ndarray
    evidence: float = 1.0

    @classmethod
    def of_counts(cls, settings: FunctionCounts, of: int) -> "ExactVolumes":
        """From how many settings of the weights have each function, out of `of` in all, fitting S or not."""
        evidence = settings.total / of
        return cls(settings.n, settings.words, settings.counts / max(settings.total, 1), evidence)

    def labels(self) -> np.ndarray:
        """(functions, n) uint8, each 0 or 1."""
        return unpack(self.words, self.n, 2)

    def of(self, functions: np.ndarray) -> np.ndarray:
        """Probability of any functions, 0 of those that no network has: (k, n) labels -> (k,)."""
        wanted = check_words(pack(functions), self.n, 2)
        place = {row.tobytes(): probability for row, probability in zip(self.words, self.probabilities, strict=True)}
        return np.array([place.get(row.tobytes(), 0.0) for row in wanted])

    def entropy(self) -> float:
        """Entropy in bits."""
        return float(-(self.probabilities * np.log2(self.probabilities)).sum()) + 0.0

    def posterior(self, points: Sequence[int] | np.ndarray, labels: Sequence[int] | np.ndarray) -> "ExactVolumes":
        """Condition on labels at some of the inputs: P_B(f|S), of functions on the other inputs.

        Args:
            points: (m,) numbers of the inputs that are trained on, fewer than all.
            labels: (m,) their labels, 0 or 1.

        Returns:
            The posterior; its evidence is that of all labels conditioned on so far.
        """
        trained = self._trained(points, labels)
        others = np.setdiff1d(np.arange(self.n), points)
        if not len(others):
            raise BadInput("A posterior is of functions on inputs that are not trained on; leave at least 1 input out.")
        bits = self.labels()
        fits = (bits[:, trained] == np.asarray(labels)).all(axis=1)
        kept = self.probabilities[fits]
        words, place = np.unique(pack(bits[fits][:, others]), axis=0, return_inverse=True)
        share = float(kept.sum())
        sums = np.bincount(place.ravel(), kept, minlength=len(words))
        return ExactVolumes(len(others), words, sums / share if share else sums, self.evidence * share)

    def density_of_states(self, labels: np.ndarray, points: Sequence[int] | np.ndarray) -> np.ndarray:
        """Probability of each number of right labels on the training points and on the others.

        Args:
            labels: (n,) right labels of all inputs.
            points: (m,) numbers of the inputs that are trained on; the other inputs are tested on.

        Returns:
            (m + 1, n − m + 1); the last row adds up to the probability of fitting all training points.
        """
        trained = self._trained(points, np.asarray(labels)[np.asarray(points, dtype=int)])
        right = self.labels() == np.asarray(labels)
        k = right[:, trained].sum(axis=1)
        shape = (len(trained) + 1, self.n - len(trained) + 1)
        place = np.ravel_multi_index((k, right.sum(axis=1) - k), shape)
        return np.bincount(place, self.probabilities, minlength=shape[0] * shape[1]).reshape(shape)

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Arrays for the store."""
        return {
            "n": np.array(self.n),
            "words": self.words,
            "probabilities": self.probabilities,
            "evidence": np.array(self.evidence),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "ExactVolumes":
        """The inverse of `to_arrays`."""
        return cls(int(arrays["n"]), arrays["words"], arrays["probabilities"], float(arrays["evidence"]))

    def _trained(self, points: Sequence[int] | np.ndarray, labels: Sequence[int] | np.ndarray) -> np.ndarray:
        trained = np.asarray(points, dtype=int)
        known = trained.ndim == 1 and len(np.unique(trained)) == len(trained) == len(labels)
        if not known or (len(trained) and not 0 <= trained.min() <= trained.max() < self.n):
            raise BadInput(
                f"Training points are different numbers from 0 to {self.n - 1} with a label each, not {len(trained)} "
                f"numbers with {len(labels)} labels."
            )
        return trained
