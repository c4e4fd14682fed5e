"""Deep linear networks without biases: perceptrons under the 0–1 likelihood, Gaussian processes of random scale else.

One output's weights are a product of layers, a vector of uniformly distributed direction, whatever the widths and the
depth. The signs of the logits depend on the direction alone. So P(f), P_B(f|S) and P(S) are those of the perceptron,
and P(S) is the orthant probability of XXᵀ.

For Gaussian inputs in d dimensions with the labels of a random teacher, d large and α = m/d, ln P(S)/d is the
stationary value over the overlap R of ½ ln(1 − R) + R/2 + 2α ∫Dz Φ(γz) ln Φ(γz), γ² = R/(1 − R) (Gardner & Derrida
1989; Györgyi & Tishby 1990; Seung, Sompolinsky & Tishby 1992). A draw of P_B errs with probability arccos(R)/π, the
vote of all draws with arccos(√R)/π.

For a Gaussian likelihood the outputs, given s = Π_l χ²(N_l)/N_l over the hidden layers, are a Gaussian process with the
kernel s·σ_w^(2L+2) XXᵀ/d (Hanin & Zlokapa 2023; Zavatone-Veth & Pehlevan 2021), so that the evidence and the prediction
are means over the scalar s. It is integrated by drawing s.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import acos, pi, sqrt

import numpy as np
from scipy import linalg, optimize, special, stats

# Beyond, the standard normal density has no mass that counts.
_FURTHEST = 12.0


@dataclass(frozen=True)
class Perceptron:
    """The typical perceptron, d large.

    overlap: R, of two draws of P_B, and of a draw with the teacher. log_evidence: ln P(S)/d.
    """

    overlap: float
    log_evidence: float

    @property
    def error(self) -> float:
        """Test error of a draw of P_B."""
        return acos(self.overlap) / pi

    @property
    def error_of_vote(self) -> float:
        """Test error of the majority of all draws of P_B."""
        return acos(sqrt(self.overlap)) / pi


def perceptron(load: float) -> Perceptron:
    """The typical perceptron at m/d = load."""
    nodes = np.linspace(-_FURTHEST, _FURTHEST, 1001)

    def value(overlap: float) -> float:
        gamma = sqrt(overlap / (1 - overlap))
        # Φ ln Φ is negligible beyond |γz| = 12.
        z = nodes / max(gamma, 1.0)
        log_chance = special.log_ndtr(gamma * z)
        energy = float(stats.norm.pdf(z) @ (np.exp(log_chance) * log_chance)) * (z[1] - z[0])
        return float(np.log1p(-overlap) / 2 + overlap / 2 + 2 * load * energy)

    # The stationary value is the largest one.
    found = optimize.minimize_scalar(lambda overlap: -value(overlap), bounds=(0, 1), options={"xatol": 1e-11})
    return Perceptron(float(found.x), -float(found.fun))


def scales(hidden: Sequence[int], draws: int, rng: np.random.Generator) -> np.ndarray:
    """Draw the scale s of the outputs' covariance.

    Args:
        hidden: widths of the hidden layers; none: s = 1.
        draws: how many are drawn.
        rng: source of randomness.

    Returns:
        (draws,) Π_l χ²(N_l)/N_l.
    """
    found = np.ones(draws)
    for width in hidden:
        found *= rng.chisquare(width, draws) / width
    return found


@dataclass(frozen=True)
class Gaussian:
    """The posterior under a Gaussian likelihood.

    log_evidence: ln of the mean over s of N(y; 0, sK + T·1). mean: (n,) of the outputs on E. positive: (n,) their
    chance of being positive.
    """

    log_evidence: float
    mean: np.ndarray
    positive: np.ndarray


def gaussian(kernel: np.ndarray, targets: np.ndarray, temperature: float, scale: np.ndarray) -> Gaussian:
    """Condition outputs on noisy targets, at any width and depth.

    Args:
        kernel: (m + n, m + n) covariance of the outputs at s = 1, training inputs first.
        targets: (m,) of the training inputs.
        temperature: variance T of the noise; the likelihood is exp(−Σ(z − y)²/2T).
        scale: (draws,) of s.

    Returns:
        ln of the evidence, and the outputs on E.
    """
    m = len(targets)
    values, vectors = linalg.eigh(kernel[:m, :m])
    along, across = vectors.T @ targets, kernel[m:, :m] @ vectors
    own = np.diag(kernel)[m:]
    variance = scale[:, None] * values + temperature
    log_density = -0.5 * (along**2 / variance + np.log(2 * pi * variance)).sum(1)
    weights = special.softmax(log_density)
    means = scale[:, None] * (along / variance) @ across.T
    spread = scale[:, None] * own - scale[:, None] ** 2 * (1 / variance) @ (across**2).T
    return Gaussian(
        float(special.logsumexp(log_density) - np.log(len(scale))),
        weights @ means,
        weights @ special.ndtr(means / np.sqrt(spread)),
    )
