"""What independent runs found of the joint distribution of training and test accuracy under the initialisation."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import log

import numpy as np
from scipy.special import logsumexp

from harness.distances.units import LEAST_UNITS
from harness.errors import BadInput
from harness.intervals import log_evidence
from harness.means import over_runs
from harness.verdicts import Estimate, nothing_yet

_UNIT = "independent runs"


@dataclass(frozen=True, eq=False)
class DensityOfStates:
    """ln P(k training and j evaluation points right) of a network at initialisation, by run.

    by_run: (runs, m + 1, n + 1) in nats, −inf where a run saw nothing; e^by_run is without bias.
    """

    by_run: np.ndarray

    @property
    def m(self) -> int:
        """Training points."""
        return self.by_run.shape[1] - 1

    @property
    def n(self) -> int:
        """Evaluation points."""
        return self.by_run.shape[2] - 1

    @property
    def table(self) -> np.ndarray:
        """(m + 1, n + 1) ln P over all runs."""
        return _ln_sum(self.by_run, 0) - log(len(self.by_run))

    @cached_property
    def training(self) -> np.ndarray:
        """(runs, m + 1) ln P(k training points right)."""
        return _ln_sum(self.by_run, 2)

    @cached_property
    def evidence(self) -> Estimate:
        """ln P(S): all training points are right."""
        return log_evidence(self.training[:, -1].tolist())

    def at_least(self, k: int) -> Estimate:
        """ln P(at least k training points right)."""
        self._check(k)
        return log_evidence(_ln_sum(self.training[:, k:], 1).tolist(), quantity=f"ln P(at least {k} right)")

    def exactly(self, k: int) -> Estimate:
        """ln P(k training points right)."""
        self._check(k)
        return log_evidence(self.training[:, k].tolist(), quantity=f"ln P({k} right)")

    def test_error(self, k: int, *, or_more: bool = False) -> Estimate:
        """Mean share of evaluation points wrong among networks with exactly k, or with at least k, training points
        right; nothing where a run saw none."""
        self._check(k)
        rows = self.by_run[:, k:] if or_more else self.by_run[:, k : k + 1]
        quantity = f"test error where {'at least ' if or_more else ''}{k} right"
        by_evaluation = _ln_sum(rows, 1)
        weights = _ln_sum(by_evaluation, 1)
        runs = len(weights)
        if runs < LEAST_UNITS or not np.isfinite(weights).all():
            return nothing_yet(quantity, runs, _UNIT)
        errors = np.exp(by_evaluation - weights[:, None]) @ (1 - np.arange(self.n + 1) / self.n)
        shares = np.exp(weights - weights.max())
        interval = over_runs(errors, shares)
        return Estimate(
            quantity,
            float(shares @ errors / shares.sum()),
            lambda alpha: interval(alpha, 1.0),
            runs,
            _UNIT,
            float(shares.sum() ** 2 / (shares**2).sum()),
            "mean over runs weighted by probability; hull of Fieller's interval and that of lognormal weights",
            foreseen=interval,
        )

    def __add__(self, other: "DensityOfStates") -> "DensityOfStates":
        if self.by_run.shape[1:] != other.by_run.shape[1:]:
            raise BadInput(
                f"Densities of states over {self.m} and {other.m} training points and {self.n} and {other.n} "
                "evaluation points cannot be merged; use one problem for both."
            )
        return DensityOfStates(np.concatenate([self.by_run, other.by_run]))

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Arrays for the store."""
        return {"by_run": self.by_run}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "DensityOfStates":
        """The inverse of `to_arrays`."""
        return cls(arrays["by_run"])

    def _check(self, k: int) -> None:
        if not 0 <= k <= self.m:
            raise BadInput(f"Of {self.m} training points, 0 to {self.m} can be right, not {k}.")


def _ln_sum(ln: np.ndarray, axis: int) -> np.ndarray:
    """ln Σ e^ln, −inf where all are."""
    return np.asarray(logsumexp(ln, axis=axis))
