"""Intervals of errors among networks of equal margin; the truth is that of the bins which the margins chose."""

import numpy as np

from benchmarks.calibration.case import case
from harness.functions import ClusteredCounts
from harness.samplers.features import Observed, margins
from harness.samplers.posterior import RunsPosterior
from harness.statistics.equal_margins import difference_within_bins, errors_at_equal_margins
from harness.verdicts import Estimate
from harness.verdicts.intervals import difference


def _within_bins(rng: np.random.Generator, first: int, second: int) -> tuple[Estimate, float]:
    """Errors fall with a margin that is larger in the first sample; at equal margins the first errs 0.05 more.

    The truth is that of the bins which the margins chose, each network with its chance of an error.
    """
    keys = rng.normal(0.4, 1, first), rng.normal(-0.4, 1, second)
    chances = [0.3 + gap - 0.1 * np.tanh(key) for gap, key in zip((0.05, 0.0), keys, strict=True)]
    one, other = (
        Observed(np.stack([key, rng.binomial(16, chance) / 16], axis=1), np.ones(len(key)))
        for key, chance in zip(keys, chances, strict=True)
    )
    edges = np.quantile(np.concatenate(keys), (0.25, 0.5, 0.75))
    places = [(key[:, None] >= edges).sum(axis=1) for key in keys]
    n, k = (np.bincount(place, minlength=4) for place in places)
    p, q = (np.bincount(place, chance, 4) for place, chance in zip(places, chances, strict=True))
    used = np.minimum(n, k) >= 30
    gaps, weights = (p / np.maximum(n, 1) - q / np.maximum(k, 1))[used], (n * k / np.maximum(n + k, 1))[used]
    return difference_within_bins(one, other, 0, 1, "gap"), float(weights @ gaps / weights.sum())


# Of five neighbouring bins: errors of trained and of sampled networks, how the trained are spread over them, and the
# sampled on average.
_FIRST = 11
_TRAINED, _SAMPLED = np.array([0.35, 0.3, 0.25, 0.2, 0.15]), np.array([0.45, 0.37, 0.29, 0.22, 0.15])
_CHANCES, _SHARES = np.array([0.2, 0.3, 0.2, 0.2, 0.1]), np.array([0.1, 0.25, 0.35, 0.2, 0.1])


def _concentrations(z: np.ndarray) -> np.ndarray:
    """(runs, 5) of the Dirichlet law of a run's shares: runs of more evidence have larger margins."""
    return np.asarray(20 * _SHARES * np.exp(0.3 * z[:, None] * np.linspace(-1, 1, 5)))


def _errors_of_bins(scatter: float) -> np.ndarray:
    """(5,) of sampled networks, E(evidence·share·error)/E(evidence·share), by quadrature over ln evidence."""
    z, weights = np.polynomial.hermite_e.hermegauss(60)
    shares = _concentrations(z)
    shares = shares / shares.sum(axis=1, keepdims=True) * (weights * np.exp(scatter * z))[:, None]
    return np.asarray(_SAMPLED + 0.02 * (z @ shares) / shares.sum(axis=0))


def _at_equal_margins(rng: np.random.Generator, runs: int, scatter: float, of: str) -> tuple[Estimate, float]:
    """The truth is that of the bins and weights which the margins chose."""
    place = rng.choice(5, 200, p=_CHANCES)
    margin = 2.0 ** (margins.EDGES[_FIRST] + place + rng.uniform(size=200))
    trained = Observed(np.stack([margin, rng.binomial(16, _TRAINED[place]) / 16], axis=1), np.ones(200))
    z = rng.normal(size=runs)
    shares = rng.gamma(_concentrations(z))
    shares /= shares.sum(axis=1, keepdims=True)
    observed = np.zeros((runs, 2, margins.BINS))
    observed[:, 0, _FIRST + 1 : _FIRST + 6] = shares
    noise = 0.02 * z[:, None] + 0.03 * rng.normal(size=(runs, 5))
    observed[:, 1, _FIRST + 1 : _FIRST + 6] = shares * (_SAMPLED + noise)
    of_trained, of_sampled = errors_at_equal_margins(trained, as_runs(scatter * z, observed.reshape(runs, -1)))

    by_run = np.exp(scatter * z)[:, None] * shares
    networks = np.bincount(place, minlength=5)
    used = (networks >= 30) & (by_run.sum(axis=0) ** 2 / (by_run**2).sum(axis=0) >= runs / 2)
    p, q = networks / 200, by_run.sum(axis=0) / by_run.sum()
    weights = np.where(used, p * q / (p + q), 0.0)
    weights = weights / max(weights.sum(), 1e-300)
    one, other = float(weights @ _TRAINED), float(weights @ _errors_of_bins(scatter))
    if of == "trained":
        return of_trained, one
    return (of_sampled, other) if of == "sampled" else (difference(of_trained, of_sampled, "gap"), one - other)


def as_runs(logs: np.ndarray, observed: np.ndarray) -> RunsPosterior:
    """Runs of these ln evidences, and what each observed."""
    runs = len(logs)
    nothing = ClusteredCounts.from_words(np.zeros((runs, 1), dtype=np.uint64), np.arange(runs), 3, runs)
    return RunsPosterior(nothing, logs[:, None], np.ones(runs), observed)


CASES = [
    case("difference within bins", "network", _within_bins, 400, 160),
    case("trained error at equal margins", "network", _at_equal_margins, 16, 0.3, "trained"),
    case("sampled error at equal margins, 16 runs", "run", _at_equal_margins, 16, 0.3, "sampled"),
    case("sampled error at equal margins, 16 runs of unequal weight", "run", _at_equal_margins, 16, 0.7, "sampled"),
    case("trained less sampled error at equal margins", "run", _at_equal_margins, 16, 0.3, "gap"),
]
