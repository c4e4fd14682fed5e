"""Statistics of an ensemble's networks, and estimates from them: means, shifts of the posterior, differences.

The independent unit is the network, or the hidden draw if last layers were averaged over. A hidden draw of the
initialisation that is weighted by its evidence P(S | hidden layers) is a draw of the posterior: one sample holds both.
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
    """Statistics by unit, with the units' weights.

    values: (units, k) float, one statistic per column.
    weights: (units,) weight of each unit, not negative.
    left_out: networks that were asked for but have no values, for example because they never fitted S.
    """

    values: np.ndarray
    weights: np.ndarray
    left_out: int = 0

    @property
    def fitted(self) -> int:
        """Networks that have values, as those that fit S do."""
        return len(self.values)

    @property
    def networks(self) -> int:
        """Networks that were asked for."""
        return self.fitted + self.left_out

    @cached_property
    def effective_size(self) -> float:
        """Effective number of units of unequal weight (Kish 1965): (Σ w)²/Σ w²."""
        squares = float((self.weights**2).sum())
        return float(self.weights.sum()) ** 2 / squares if squares > 0 else 0.0

    @property
    def alike(self) -> bool:
        """Whether all units have weight 1, as networks do; hidden draws are weighted by their evidence."""
        return bool((self.weights == 1).all())

    @property
    def unit(self) -> str:
        """Name of the independent units."""
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

    Its variance rests on Σ w², whose effective number (Σ w²)²/Σ w⁴ is smaller than that of the mean itself.
    """
    w = weights / weights.max() if weights.any() else weights
    return float((w**2).sum()) ** 2 >= ENOUGH_DRAWS * float((w**4).sum()) > 0


def mean(sample: Observed, column: int, quantity: str) -> Estimate:
    """Estimate the weighted mean of a statistic.

    Args:
        sample: the statistics by unit.
        column: index of the statistic.
        quantity: name of the mean in the report.

    Returns:
        The estimate; without an interval if the units are too few.

    Raises:
        Undecided: if all networks were left out.
    """
    _needs_any(sample)
    if not sample.enough:
        return nothing_yet(quantity, len(sample.weights), sample.unit)
    x, w = sample.values[:, column].astype(float), sample.weights
    value = float(w @ x / w.sum())
    method = f"mean over {sample.unit}; Student's t and Hall's, hull of the two"
    interval = over_influences(value, w * (x - value) / w.mean())
    return _estimate(quantity, value, interval, len(w), sample.unit, sample.effective_size, method)


def shift(sample: Observed, column: int, quantity: str) -> Estimate:
    """Estimate how far the posterior's mean of a statistic lies from the prior's.

    With one sample for both, the shift is Cov(w, x)/(E w · sd x), the evidence's coefficient of variation times its
    correlation with the statistic.

    Args:
        sample: hidden draws of the initialisation with their evidence.
        column: index of the statistic.
        quantity: name of the shift in the report.

    Returns:
        The difference of the means, in standard deviations of the prior.
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
    """Estimate the same shift by subset simulation, for problems on which the evidence of hidden draws varies too much.

    Args:
        runs: independent runs with what they observed of their particles, between 0 and 1.
        prior: units of the initialisation; their evidence is not used.
        column: index of the statistic, the same in both.
        quantity: name of the shift in the report.

    Returns:
        The difference of the means, in standard deviations of the prior.

    Raises:
        BadInput: if the runs observed nothing, or something outside 0 … 1.
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
    """Estimate the mean of a statistic over networks less its mean under the posterior.

    Args:
        networks: statistics of independent networks, for example trained ones.
        draws: hidden draws of the initialisation with their evidence.
        column: index of the statistic, the same in both.
        quantity: name of the difference in the report.

    Returns:
        The difference of the means, in standard deviations of the prior.

    Raises:
        Undecided: if all networks were left out.
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
    """The message that no trained network fitted S."""
    return (
        f"None of {networks:,} trained networks fitted the training set, so that none has hidden layers to look at; a "
        "smaller learning rate or another loss would give some."
    )


def _standardised(sample: Observed, column: int) -> np.ndarray:
    """Values in standard deviations of the prior from its mean; 0 if the statistic never varies."""
    x = sample.values[:, column].astype(float)
    deviation = x.std()
    return (x - x.mean()) / deviation if deviation > 0 else np.zeros_like(x)


def _estimate(
    quantity: str, value: float, interval: Interval, n: int, unit: str, effective: float, method: str
) -> Estimate:
    return Estimate(quantity, value, lambda alpha: interval(alpha, 1.0), n, unit, effective, method, foreseen=interval)
