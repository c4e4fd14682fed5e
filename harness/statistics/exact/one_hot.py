"""One-hot inputs: labels are independent coins with one bias, so that P(S) is a one-dimensional mean at any m.

Of inputs e_1, e_2, … each has a row of the first layer's weights for itself. Given all that comes after these weights
(the first biases and the later layers), the rows are independent and alike, and so are the labels: each is 1 with one
probability p, a function of the later layers alone. With k ones among the m labels of S

    P(S) = E[p^k (1 − p)^(m − k)],    P(the next k' of n' are 1 | S) by the same mean with k + k', m + n',

at any width and depth; the mean is over the later layers. For one hidden ReLU layer without biases p is ½ or 0 at width
1, ¾, 0 or uniform on (¼, ½) at width 2, and has at infinite width the law of Φ(a z), z standard normal: the logits are
then equally correlated. With an odd activation and no biases p = ½.
"""

from collections.abc import Callable
from math import acos, inf, log, pi, sqrt

import numpy as np
from scipy import special, stats

from harness.errors import BadInput
from harness.verdicts import Estimate
from harness.verdicts.intervals import affine

# (p, its probability): what `log_evidence` averages over.
Law = tuple[np.ndarray, np.ndarray]

_NODES = 800
# Beyond, a standard normal has no mass that counts, not even against p^2400.
_FURTHEST = 14.0


def odd() -> Law:
    """Law of p for an odd activation without biases, at any width and depth."""
    return np.array([0.5]), np.array([1.0])


def width_one(depth: int = 1) -> Law:
    """Law of p for hidden ReLU layers of one unit each, without biases: all later weights must be positive."""
    alive = 0.5**depth
    return np.array([0.5, 0.0]), np.array([alive, 1 - alive])


def width_two() -> Law:
    """Law of p for one hidden ReLU layer of two units without biases, with Gauss–Legendre nodes on (¼, ½)."""
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    return np.concatenate([[0.75, 0.0], (3 + nodes) / 8]), np.concatenate([[0.25, 0.25], weights / 4])


def infinite_width(correlation: float) -> Law:
    """Law of p at infinite width; correlation: of the logits of any two inputs, in [0, 1)."""
    if not 0 <= correlation < 1:
        raise BadInput(f"Logits of different inputs have a correlation in [0, 1), not {correlation}.")
    # The trapezium rule converges faster than any power for such integrands.
    z = np.linspace(-_FURTHEST, _FURTHEST, 8 * _NODES + 1)
    density = stats.norm.pdf(z)
    return special.ndtr(sqrt(correlation / (1 - correlation)) * z), density / density.sum()


def relu_correlation(depth: int) -> float:
    """Correlation of the logits of two orthogonal inputs, infinitely wide ReLU layers without biases (Cho & Saul
    2009).
    """
    found = 0.0
    for _ in range(depth):
        found = (sqrt(1 - found**2) + found * (pi - acos(found))) / pi
    return found


def one_hidden_layer(width: int, draws: int, rng: np.random.Generator) -> Law:
    """Sample p for one hidden ReLU layer without biases: one number for each draw of the readout, each as likely.

    Args:
        width: hidden units.
        draws: readouts drawn.
        rng: source of randomness.

    Returns:
        (draws,) p and their probabilities.
    """
    readouts = rng.standard_normal((draws, width))
    return positive_chance(readouts, np.zeros((draws, width)), np.zeros(draws)), np.full(draws, 1 / draws)


def one_hidden_layer_with_biases(
    width: int, spread: float, sigma_b: float, readout: float, draws: int, rng: np.random.Generator
) -> Law:
    """Sample p for one hidden ReLU layer with biases.

    Args:
        width: hidden units.
        spread: standard deviation of the first layer's weights times the size of an input.
        sigma_b: standard deviation of all biases.
        readout: standard deviation of the readout's weights.
        draws: later layers drawn.
        rng: source of randomness.

    Returns:
        (draws,) p and their probabilities.
    """
    readouts = rng.standard_normal((draws, width)) * readout * spread
    biases = rng.standard_normal((draws, width)) * sigma_b / spread
    offsets = rng.standard_normal(draws) * sigma_b
    return positive_chance(readouts, biases, offsets), np.full(draws, 1 / draws)


def positive_chance(readouts: np.ndarray, means: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """P(offset + Σ_j v_j max(y_j, 0) > 0), y_j independent and normal of variance 1.

    By Gil-Pelaez' inversion of the characteristic function, a product over the units of Φ(−b) + ½e^(−b²/2) w((vt −
    ib)/√2), b the mean of y and w Faddeeva's function. All units are off with probability A = ΠΦ(−b); the rest has a
    density, and its integral over ln t is by the trapezium rule.

    Args:
        readouts: (draws, width) v.
        means: (draws, width) b.
        offsets: (draws,) the offset; where it is 0, a sum of 0 does not count as positive.

    Returns:
        (draws,) the probabilities.
    """
    size = np.sqrt((readouts**2).sum(1) + offsets**2)
    readouts, offsets = readouts / size[:, None], offsets / size
    off = special.ndtr(-means)
    all_off = off.prod(1)
    step = 0.08
    total = np.zeros(len(readouts))
    for t in np.exp(np.arange(-12, 10, step)):
        each = off + 0.5 * np.exp(-(means**2) / 2) * special.wofz((readouts * t - 1j * means) / sqrt(2))
        total += step * (np.exp(1j * t * offsets) * (each.prod(1) - all_off)).imag
    return np.clip((1 - all_off) / 2 + total / pi + all_off * (offsets > 0), 0, 1)


def log_evidence(law: Law, ones: int, zeros: int) -> float:
    """ln P(S) of given labels.

    Args:
        law: values of p with their probabilities.
        ones: labels that are 1.
        zeros: labels that are 0.

    Returns:
        ln E[p^ones (1 − p)^zeros] in nats; −inf if no network has these labels.
    """
    p, probability = law
    values = special.xlogy(ones, p) + special.xlog1py(zeros, -p)
    possible = np.isfinite(values) & (probability > 0)
    if not possible.any():
        return -inf
    return float(special.logsumexp(values[possible], b=probability[possible]))


def less_exact(evidence: Estimate, law: Callable[[], Law], ones: int, zeros: int) -> Estimate:
    """Subtract the exact ln P(S) from an estimate of it.

    Args:
        evidence: ln P(S) in nats, by a sampler.
        law: makes the law of p.
        ones: labels of S that are 1.
        zeros: labels of S that are 0.

    Returns:
        The estimate less the exact value, in nats.
    """
    return affine(evidence, 1.0, -log_evidence(law(), ones, zeros))


def log_evidence_error(law: Law, ones: int, zeros: int) -> float:
    """Standard error of `log_evidence` where p was sampled: that of a mean, over the mean.

    Args:
        law: sampled values of p, each as likely.
        ones: labels that are 1.
        zeros: labels that are 0.

    Returns:
        The standard error, in nats.
    """
    p, _ = law
    values = special.xlogy(ones, p) + special.xlog1py(zeros, -p)
    weights = np.exp(values - values.max())
    return float(weights.std(ddof=1) / weights.mean() / sqrt(len(weights)))


def next_ones(law: Law, ones: int, zeros: int, n: int) -> np.ndarray:
    """Distribution of the number of ones among the labels of n further inputs under P_B.

    Args:
        law: values of p with their probabilities.
        ones: training labels that are 1.
        zeros: training labels that are 0.
        n: further inputs.

    Returns:
        (n + 1,) probabilities of 0 … n ones.
    """
    evidence = log_evidence(law, ones, zeros)
    count = [log(special.comb(n, j)) + log_evidence(law, ones + j, zeros + n - j) for j in range(n + 1)]
    return np.exp(np.array(count) - evidence)
