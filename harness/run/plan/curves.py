"""Cost against work, as fitted to what was measured.

A curve is cost = (Σ price·work) · Π sizeᵇ · Π factor(kind), with prices and factors positive and b ≥ 0, so that more
work never costs less. It is the most likely one given what was measured, where errors are log-normal, log prices and
log factors have Gaussian priors, and so has b: with few measurements it keeps to work in proportion.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log, sqrt
from typing import NamedTuple, Protocol

import numpy as np
from scipy.optimize import least_squares

# Standard deviations of the priors, in natural logarithms: of a price about its share of the work, of a kind's factor
# about 1; and mean and standard deviation of an exponent.
_PRICE, _FACTOR, _EXPONENT = 2.0, 0.7, (0.5, 0.5)
# A curve's scatter is at least this much, and this much before anything is measured.
_LEAST_SCATTER, _UNMEASURED = 0.1, 1.5
# Of a sampler that was never measured, seconds for each unit of its work: ten times what a multiplication takes within
# a matrix product on a core.
_ANY_PRICE = 3e-10
# 95 % of a normal distribution.
_Z = 1.96


class Parts(Protocol):
    """What a cost is made of; see `quantities.Quantities`."""

    @property
    def work(self) -> Mapping[str, float]:
        """Amounts that the cost is a sum of."""

    @property
    def sizes(self) -> Mapping[str, float]:
        """What multiplies all of them, by a power."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """What multiplies them by a factor each."""


class Amount(NamedTuple):
    """Predicted for one shard, with the standard deviation of its logarithm."""

    value: float
    scatter: float

    @property
    def spread(self) -> float:
        """The factor that a 95 % interval goes to either side."""
        return exp(_Z * self.scatter)


@dataclass(frozen=True)
class Cost:
    """What something cost."""

    parts: Parts
    cost: float


class Curve:
    """Of one sampler; call it with parts."""

    def __init__(self, measured: Sequence[Cost]) -> None:
        self._work = sorted({name for each in measured for name in each.parts.work})
        self._sizes = sorted({name for each in measured for name in each.parts.sizes})
        self._known = {kind for each in measured for kind in each.parts.kinds}
        # A kind that all have tells nothing that prices do not.
        self._kinds = sorted(kind for kind in self._known if not all(kind in each.parts.kinds for each in measured))
        work = np.array([self._amounts(each.parts.work) for each in measured])
        seen = np.where(work > 0, work, np.nan)
        self._unit = np.exp(np.nanmean(np.log(seen), axis=0)) if measured else np.ones(0)
        costs = np.log([max(each.cost, 1e-6) for each in measured])
        self._typical = float(np.mean(costs)) - log(max(len(self._work), 1)) if measured else 0.0
        self._mean_size = {
            name: float(np.mean([log(each.parts.sizes[name]) for each in measured if name in each.parts.sizes]))
            for name in self._sizes
        }
        self.scatter = _UNMEASURED
        if measured:
            self._fit(measured, costs)

    def _fit(self, measured: Sequence[Cost], costs: np.ndarray) -> None:
        rows = [self._row(each.parts.work, each.parts.sizes, each.parts.kinds) for each in measured]
        prices, sizes = len(self._work), len(self._sizes)
        centre = np.concatenate([np.zeros(prices), np.full(sizes, _EXPONENT[0]), np.zeros(len(self._kinds))])
        spread = np.concatenate(
            [np.full(prices, _PRICE), np.full(sizes, _EXPONENT[1]), np.full(len(self._kinds), _FACTOR)]
        )
        low = np.concatenate([np.full(prices, -np.inf), np.zeros(sizes), np.full(len(self._kinds), -np.inf)])
        work, rest = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
        found, scatter = centre, 0.5
        # The scatter and what is most likely at that scatter, in turn.
        for _ in range(4):

            def residuals(x: np.ndarray, scatter: float = scatter) -> np.ndarray:
                predicted = np.log(work @ np.exp(x[:prices])) + rest @ x[prices:] + self._typical
                return np.concatenate([(predicted - costs) / scatter, (x - centre) / spread])

            def jacobian(x: np.ndarray, scatter: float = scatter) -> np.ndarray:
                parts = work * np.exp(x[:prices])
                shares = parts / parts.sum(1, keepdims=True)
                return np.concatenate([np.concatenate([shares, rest], 1) / scatter, np.diag(1 / spread)])

            solved = least_squares(residuals, np.maximum(found, low + 1e-6), jacobian, bounds=(low, np.inf))
            found, slopes = solved.x, jacobian(solved.x)
            covariance = np.linalg.inv(slopes.T @ slopes)
            data = slopes[: len(measured)]
            # What the data determine of the parameters counts as spent.
            spent = float(np.einsum("ij,jk,ik->", data, covariance, data))
            errors = residuals(found)[: len(measured)] * scatter
            left = max(len(measured) - spent, 0.5)
            # Few errors say little of their size: as if two more had been of the size before anything is known.
            scatter = max(sqrt((float(errors @ errors) + 2 * 0.5**2) / (left + 2)), _LEAST_SCATTER)
        self._found, self._covariance, self.scatter = found, covariance, scatter

    def _amounts(self, work: Mapping[str, float]) -> list[float]:
        return [work.get(name, 0.0) for name in self._work]

    def _row(
        self, work: Mapping[str, float], sizes: Mapping[str, float], kinds: Iterable[str]
    ) -> tuple[np.ndarray, np.ndarray]:
        amounts = np.array(self._amounts(work)) / self._unit
        powers = [log(sizes[name]) - self._mean_size[name] if name in sizes else 0.0 for name in self._sizes]
        return amounts, np.array([*powers, *(float(kind in kinds) for kind in self._kinds)])

    def __call__(self, of: Parts) -> Amount:
        """The cost of these parts."""
        if not self._work:
            return Amount(_ANY_PRICE * sum(of.work.values()), _UNMEASURED)
        amounts, rest = self._row(of.work, of.sizes, of.kinds)
        prices = len(self._work)
        parts = amounts * np.exp(self._found[:prices])
        total = max(float(parts.sum()), 1e-300)
        slope = np.concatenate([parts / total, rest])
        unseen = _FACTOR**2 * len(set(of.kinds) - self._known)
        variance = self.scatter**2 + float(slope @ self._covariance @ slope) + unseen
        return Amount(exp(log(total) + float(rest @ self._found[prices:]) + self._typical), sqrt(variance))
