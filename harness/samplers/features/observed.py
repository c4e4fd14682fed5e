"""Statistics of an ensemble's networks, and what they say of it: means, shifts of the posterior, differences.

The independent unit is the network, or where last layers were averaged over, the hidden draw. A hidden draw of the
initialisation that counts by its evidence P(S | hidden layers) is one of the posterior: both are in one sample.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from harness.errors import BadInput, Undecided
from harness.functions.merging import Merging
from harness.functions.runs import LEAST_UNITS
from harness.samplers.posterior import RunsPosterior
from harness.verdicts import Estimate, nothing_yet
from harness.verdicts.means import Interval, over_influences, over_runs, together

# Networks, all of equal weight, and units of equal weight that would know the variance of a weighted mean as well as
# hidden draws do: with fewer, means are not near enough to normal at the levels that many cells and looks leave. (Of
# lognormal weights, intervals at level 95 % missed at one end by 5 % instead of 2.5 % with 100 such units.)
ENOUGH_NETWORKS, ENOUGH_DRAWS = 30, 500


@dataclass(frozen=True, eq=False)
class Observed(Merging):
    """values: (units, k) float, a statistic a column. weights: (units,) how much each unit counts, not negative.

    left_out: networks that were asked for but have no values, such as those that never fitted S.
    """

    values: np.ndarray
    weights: np.ndarray
    left_out: int = 0

    @cached_property
    def effective_size(self) -> float:
        """Effective number of units of unequal weight (Kish 1965): (Σ w)²/Σ w²."""
        squares = float((self.weights**2).sum())
        return float(self.weights.sum()) ** 2 / squares if squares > 0 else 0.0

    @property
    def alike(self) -> bool:
        """Whether all units count the same, as networks do; hidden draws count by their evidence."""
        return bool((self.weights == 1).all())

    @property
    def unit(self) -> str:
        """What is independent."""
        return "networks" if self.alike else "hidden draws"

    @property
    def enough(self) -> bool:
        """Whether the units are enough for an interval."""
        return len(self.weights) >= ENOUGH_NETWORKS if self.alike else enough(self.weights)

    def __add__(self, other: "Observed") -> "Observed":
        if self.values.shape[1] != other.values.shape[1]:
            raise BadInput("Samples of different statistics cannot be merged; ask for the same of both.")
        return Observed(
            np.concatenate([self.values, other.values]),
            np.concatenate([self.weights, other.weights]),
            self.left_out + other.left_out,
        )


def enough(weights: np.ndarray) -> bool:
    """Whether units of these weights are enough for an interval of a weighted mean.

    Σ w² is what its variance rests on: its effective number (Σ w²)²/Σ w⁴ is smaller than that of the mean itself.
    """
    w = weights / weights.max() if weights.any() else weights
    return float((w**2).sum()) ** 2 >= ENOUGH_DRAWS * float((w**4).sum()) > 0


def mean(sample: Observed, column: int, quantity: str) -> Estimate:
    """Weighted mean of a statistic. Undecided where all networks were left out."""
    _needs_any(sample)
    if not sample.enough:
        return nothing_yet(quantity, len(sample.weights), sample.unit)
    x, w = sample.values[:, column].astype(float), sample.weights
    value = float(w @ x / w.sum())
    method = f"mean over {sample.unit}; Student's t and Hall's, hull of the two"
    interval = over_influences(value, w * (x - value) / w.mean())
    return _estimate(quantity, value, interval, len(w), sample.unit, sample.effective_size, method)


def shift(sample: Observed, column: int, quantity: str) -> Estimate:
    """Mean of a statistic under the posterior less that under the prior, in standard deviations of the prior.

    sample: hidden draws of the initialisation with their evidence. With one sample for both, the shift is
    Cov(w, x)/(E w · sd x), the evidence's coefficient of variation times its correlation with the statistic.
    """
    if not sample.enough:
        return nothing_yet(quantity, len(sample.weights), sample.unit)
    x, w = _standardised(sample, column), sample.weights / sample.weights.mean()
    value = float((w * x).mean())
    # Of the weighted mean, of the prior's mean, and of its standard deviation.
    interval = over_influences(value, w * (x - value) - x - value * (x**2 - 1) / 2)
    method = "one sample of hidden draws weighted by evidence and alike; Student's t and Hall's, hull of the two"
    return _estimate(quantity, value, interval, len(w), sample.unit, sample.effective_size, method)


def shift_of_runs(runs: RunsPosterior, prior: Observed, column: int, quantity: str) -> Estimate:
    """The same of a statistic between 0 and 1 by subset simulation, where the evidence of hidden draws varies too much.

    runs: what independent runs observed. prior: units of the initialisation; their evidence does not matter. BadInput
    where nothing was observed, or something outside 0 … 1.
    """
    unit = "independent runs"
    if runs.observed is None:
        raise BadInput("These runs observed nothing; name the statistics to observe when they are sampled.")
    alive = np.isfinite(runs.curve[:, -1])
    if alive.sum() < LEAST_UNITS or len(prior.values) < ENOUGH_DRAWS:
        return nothing_yet(quantity, int(alive.sum()), unit)
    found, evidence = runs.observed[alive, column], runs.curve[alive, -1]
    if not ((found >= 0) & (found <= 1)).all():
        raise BadInput("Intervals over runs are those of statistics between 0 and 1, such as alignments and shares.")
    weights = np.exp(evidence - evidence.max())
    before = prior.values[:, column].astype(float)
    centre, scale, x = before.mean(), before.std(), _standardised(prior, column)
    value = float((weights @ found / weights.sum() - centre) / scale)
    posterior = over_runs(found, weights)

    def by_runs(alpha: float, growth: float) -> tuple[float, float]:
        low, high = posterior(alpha, growth)
        return (low - centre) / scale, (high - centre) / scale

    interval = together(value, by_runs, over_influences(value, -x - value * (x**2 - 1) / 2))
    effective = float(weights.sum() ** 2 / (weights**2).sum())
    method = "mean over runs weighted by evidence less mean over networks at initialisation; MOVER interval"
    return _estimate(quantity, value, interval, int(alive.sum()), unit, effective, method)


def difference(networks: Observed, draws: Observed, column: int, quantity: str) -> Estimate:
    """Mean of a statistic over networks less that under the posterior, in standard deviations of the prior.

    networks: such as trained ones. draws: hidden draws of the initialisation with their evidence. Undecided where all
    networks were left out.
    """
    _needs_any(networks)
    for sample in (networks, draws):
        if not sample.enough:
            return nothing_yet(quantity, len(sample.weights), sample.unit)
    before = draws.values[:, column].astype(float)
    centre, scale = before.mean(), before.std()
    x, w = (before - centre) / scale, draws.weights / draws.weights.mean()
    y = (networks.values[:, column] - centre) / scale
    by_volume = float((w * x).mean())
    value = float(y.mean()) - by_volume
    # Both means share the prior's centre, which cancels, and its scale.
    parts = (
        over_influences(value, y - y.mean()),
        over_influences(value, -w * (x - by_volume) - value * (x**2 - 1) / 2),
    )
    fewer = min((networks, draws), key=lambda sample: sample.effective_size)
    method = "two independent samples; Student's t and Hall's, hull of the two, combined by MOVER"
    return _estimate(
        quantity, value, together(value, *parts), len(fewer.weights), fewer.unit, fewer.effective_size, method
    )


def _needs_any(sample: Observed) -> None:
    if len(sample.values) == 0:
        raise Undecided(none_fitted(sample.left_out))


def none_fitted(networks: int) -> str:
    """Why there is nothing to say of trained networks."""
    return (
        f"None of {networks:,} trained networks fitted the training set, so that none has hidden layers to look at; a "
        "smaller learning rate or another loss would give some."
    )


def _standardised(sample: Observed, column: int) -> np.ndarray:
    """In standard deviations of the prior from its mean; 0 where the statistic never varies."""
    x = sample.values[:, column].astype(float)
    deviation = x.std()
    return (x - x.mean()) / deviation if deviation > 0 else np.zeros_like(x)


def _estimate(
    quantity: str, value: float, interval: Interval, n: int, unit: str, effective: float, method: str
) -> Estimate:
    return Estimate(quantity, value, lambda alpha: interval(alpha, 1.0), n, unit, effective, method, foreseen=interval)
