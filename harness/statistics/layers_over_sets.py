"""What hidden layers do on each of several training sets: one number a set, of which claims take means and ratios."""

from collections.abc import Sequence
from math import log

import numpy as np
from scipy import stats

from harness.arguments import unmasked
from harness.errors import BadInput, NotAsked
from harness.samplers.features import LayerPatterns, Observed, Tallies, Transfer, errors_on_second, least_width
from harness.samplers.posterior import RunsPosterior
from harness.statistics.over_sets import squared_distances

# The level at which a displacement must differ from 0 for a share of it to be asked for.
_LEVEL = 0.05


def means(samples: Sequence[Observed], column: int) -> list[float]:
    """Weighted mean of a statistic on each set: over networks, or under the posterior of hidden draws."""
    return [float(sample.weights @ sample.values[:, column] / sample.weights.sum()) for sample in samples]


def shifts(draws: Sequence[Observed], column: int) -> list[float]:
    """The posterior's mean of a statistic less the prior's on each set, in standard deviations of the prior."""
    found = []
    for sample in draws:
        x, w = sample.values[:, column].astype(float), sample.weights
        found.append(float((w @ x / w.sum() - x.mean()) / x.std()))
    return found


def shifts_of_runs(runs: Sequence[RunsPosterior], prior: Sequence[Observed], column: int) -> list[float]:
    """The same shifts, with the posterior's means from independent runs, each weighted by its evidence.

    Args:
        runs: the runs of each set, with what they observed of their networks.
        prior: units of the initialisation on the same sets; their evidence is not used.
        column: index of the statistic, the same in both.

    Returns:
        One number a set.

    Raises:
        BadInput: the runs observed nothing.
    """
    found = []
    for posterior, sample in zip(runs, prior, strict=True):
        if posterior.observed is None:
            raise BadInput("These runs observed nothing; name the statistics to observe when they are sampled.")
        alive = np.isfinite(posterior.curve[:, -1])
        evidence, x = posterior.curve[alive, -1], sample.values[:, column].astype(float)
        weights = np.exp(evidence - evidence.max())
        mean = weights @ posterior.observed[alive, column] / weights.sum()
        found.append(float((mean - x.mean()) / x.std()))
    return found


def pattern_distances(samples: Sequence[LayerPatterns], others: Sequence[LayerPatterns], layer: int) -> list[float]:
    """Squared MMD of the patterns of a layer's units on each set, unbiased.

    Args:
        samples: patterns on each set.
        others: independent patterns on the same sets.
        layer: index of the hidden layer.

    Returns:
        One number a set.
    """
    first, second = ([each.layers[layer] for each in sets] for sets in (samples, others))
    return squared_distances(first, second)


def growths(networks: Sequence[Observed], column: int, draws: Sequence[Observed], of_draws: int) -> list[float]:
    """Mean growth of a statistic in training on each set, in standard deviations of the prior.

    Args:
        networks: trained networks of each set, with the growth of the statistic from their own initialisation.
        column: index of the growth.
        draws: hidden draws of the initialisation on the same sets.
        of_draws: index of the statistic itself among theirs.

    Returns:
        One number a set.
    """
    spreads = [float(sample.values[:, of_draws].astype(float).std()) for sample in draws]
    return [mean / spread for mean, spread in zip(means(networks, column), spreads, strict=True)]


def needs_displacement(values: Sequence[float], what: str) -> None:
    """Raise NotAsked unless the mean over sets lies above 0, by Student's test at 5 %.

    values: how far the posterior lies from initialisation on each set. what: the layer or statistic that is displaced.
    """
    found = unmasked(values, dtype=float)
    error = float(found.std(ddof=1)) / len(found) ** 0.5
    if not found.mean() - float(stats.t.isf(_LEVEL, len(found) - 1)) * error > 0:
        raise NotAsked(
            f"Random sampling does not move {what} from initialisation here ({found.mean():.2g} ± {error:.1g}), so "
            "that there is no displacement for training to share."
        )


def gains_in_evidence(samples: Sequence[Transfer]) -> list[float]:
    """ln of the second task's evidence on each set with the first one's hidden layers, less that with those of the
    initialisation, in nats.
    """
    return [
        log(float((sample.first * sample.second).mean() / (sample.first.mean() * sample.second.mean())))
        for sample in samples
    ]


def gains_in_error(samples: Sequence[Transfer]) -> list[float]:
    """Test error of the second task on each set with hidden layers of the initialisation, less that with those of the
    first task's posterior.
    """
    return [float(np.subtract(*errors_on_second(sample))) for sample in samples]


def less(larger: Sequence[float], smaller: Sequence[float]) -> list[float]:
    """The difference on each set."""
    return [one - other for one, other in zip(larger, smaller, strict=True)]


def least_widths(tallies: Sequence[Tallies]) -> list[float]:
    """Least width that fits on each set."""
    return [least_width(each).value for each in tallies]


def ln_ratios(numerators: Sequence[float], denominators: Sequence[float]) -> list[float]:
    """ln of the ratio on each set."""
    return [log(one / other) for one, other in zip(numerators, denominators, strict=True)]
