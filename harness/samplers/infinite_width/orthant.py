"""ln P(S) of a Gaussian process: an orthant probability, by minimax tilting (Botev 2017, J. R. Statist. Soc. B 79:125).

P(z > 0), z ~ N(0, Σ), is an integral over one variable after the other (Genz 1992): with Σ = LLᵀ, z = Lx, and each row
of L divided by its last entry, x_k is a standard normal truncated to values above a_k = −Σ_{j<k} L_kj x_j. The sampler
draws x_k from a normal of mean μ_k truncated to values above a_k; its weight is exp ψ(x, μ), whose mean is P(S) for
every μ. The tilt μ is the one that minimises the largest weight over all x. So the weights are bounded; with scrambled
Sobol' points for the uniform numbers their mean has a small error.
"""

import numpy as np
import torch
from scipy import linalg, special
from scipy.stats import qmc

from harness.arguments import are_counts
from harness.errors import BadInput

# Variables are equally likely within this many of their deviations; processors round differently. The word for the rule
# is part of the addresses of samples that it changed.
_TIE, TIES = 1e-9, "by number"
_MOST_STEPS = 200
_LEAST_LENGTH = 1e-8


def hazard(a: np.ndarray) -> np.ndarray:
    """φ(a)/Φ(−a), the mean of a standard normal truncated to values above a; accurate in both tails."""
    return np.sqrt(2 / np.pi) / special.erfcx(a / np.sqrt(2))


def pivoted_factor(covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(m,) order and (m, m) lower Cholesky factor of the covariance in that order.

    Each step takes the variable least likely to be positive, given those before it at their means (Gibson, Glasbey &
    Elston 1994): the inner integrals then vary little. Of several the first one is taken.
    """
    m = len(covariance)
    order, factor = np.arange(m), np.zeros((m, m))
    variance, mean, x = np.diag(covariance).copy(), np.zeros(m), np.zeros(m)
    for k in range(m):
        likely = mean[k:] / np.sqrt(variance[k:])
        best = k + int(np.argmax(likely <= likely.min() + _TIE))
        for array in (order, variance, mean, factor):
            array[[k, best]] = array[[best, k]]
        rest = covariance[order[k + 1 :], order[k]] - factor[k + 1 :, :k] @ factor[k, :k]
        factor[k, k] = np.sqrt(variance[k])
        factor[k + 1 :, k] = rest / factor[k, k]
        x[k] = hazard(-mean[k] / factor[k, k])
        mean[k + 1 :] += factor[k + 1 :, k] * x[k]
        variance[k + 1 :] -= factor[k + 1 :, k] ** 2
    return order, factor


def saddle_point(scaled: np.ndarray) -> np.ndarray:
    """(m,) μ, the tilt; scaled: (m, m) L, ones on its diagonal.

    ψ(x, μ) = Σ μ²/2 − xμ + ln Φ(−a), a = x − Lx − μ, is stationary if, with λ the hazard at a, μ = Lᵀλ − λ and x = Lᵀλ.
    The remaining equation, A λ = λ − a with A = LLᵀ, is the minimum over λ > 0 of the convex ½ λᵀAλ − Σ (λ²/2 − aλ − ln
    Φ(−a)). Newton's steps in λ are made in a, in which they cannot leave the domain. If rounding stops them early, the
    weights vary more but remain unbiased.
    """
    quadratic = scaled @ scaled.T
    size = np.abs(quadratic)

    def objective(a: np.ndarray) -> float:
        rate = hazard(a)
        return float(rate @ quadratic @ rate / 2 - (rate**2 / 2 - a * rate - special.log_ndtr(-a)).sum())

    a = np.zeros(len(scaled))
    value, length = objective(a), 1.0
    for _ in range(_MOST_STEPS):
        rate = hazard(a)
        residual = quadratic @ rate - rate + a
        if length < _LEAST_LENGTH or (np.abs(residual) <= 1e-9 * (1 + size @ rate)).all():
            break
        # ∂λ/∂a is root². The step in λ is root·u, and that in a must not be divided by a root that may be 0.
        root = np.sqrt(np.clip(rate * (rate - a), 0, 1))
        curvature = root[:, None] * quadratic * root + np.diag(1 - root**2)
        u = np.linalg.solve(curvature, -root * residual)
        step = -residual - (quadratic @ (root * u) - root * u)
        descent, length = min(float(residual @ (root * u)), 0.0), 1.0
        while not (new := objective(a + length * step)) <= value + 1e-4 * length * descent and length > _LEAST_LENGTH:
            length /= 2
        a, value = a + length * step, new
    rate = hazard(a)
    return scaled.T @ rate - rate


class TiltedSampler:
    """Draws of positive margins with weights whose mean is P(S).

    covariance: (m, m) positive definite, of the margins.
    """

    def __init__(self, covariance: np.ndarray) -> None:
        self.order, self.factor = pivoted_factor(covariance)
        self.scaled = self.factor / np.diag(self.factor)[:, None]
        self.tilt = saddle_point(self.scaled)

    def draw(self, uniform: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(draws, m) margins, all positive, and (draws,) ln of their weights, from (draws, m) uniform numbers."""
        x = np.empty(uniform.shape[::-1])
        for k, mean in enumerate(self.tilt):
            least = self._least(x, k)
            # Kept above `least` by inversion, in the tail that holds on to its digits.
            x[k] = mean - special.ndtri_exp(np.log(uniform[:, k]) + special.log_ndtr(mean - least))
        margins = np.empty_like(x)
        margins[self.order] = self.factor @ x
        return margins.T, self._log_weights(x)

    def log_weights(self, margins: np.ndarray) -> np.ndarray:
        """(draws,) ψ of any positive margins, (draws, m)."""
        return self._log_weights(linalg.solve_triangular(self.factor, margins.T[self.order], lower=True))

    def _least(self, x: np.ndarray, k: int) -> np.ndarray:
        """(draws,) lower bound of x_k for the k-th margin to be positive."""
        return -(self.scaled[k, :k] @ x[:k])

    def _log_weights(self, x: np.ndarray) -> np.ndarray:
        """x: (m, draws)."""
        mean = self.tilt[:, None]
        least = x - self.scaled @ x
        return (mean**2 / 2 - mean * x + special.log_ndtr(mean - least)).sum(axis=0)


def check_runs(runs: int, points: int) -> None:
    """Raise BadInput unless there are at least 2 runs, and a power of 2 of points."""
    if not are_counts(runs, least=2) or not are_counts(points) or points & (points - 1):
        raise BadInput(
            f"An orthant takes at least 2 runs and a power of 2 of points, not runs = {runs}, points = {points}."
        )


def log_mean_weight(sampler: TiltedSampler, points: int, generator: torch.Generator) -> float:
    """Estimate ln P(S) by one scrambling.

    Args:
        sampler: draws tilted margins.
        points: points of the scrambling, a power of 2.
        generator: source of randomness.

    Returns:
        ln of an unbiased estimate of P(S).
    """
    seed = int(torch.randint(2**62, (), generator=generator, device=generator.device))
    uniform = qmc.Sobol(len(sampler.tilt), rng=np.random.default_rng(seed)).random(points)
    # A scrambled point may be 0 in the 30 bits it has; its place is then the middle of its cell.
    _, log_weights = sampler.draw(np.maximum(uniform, 2.0**-31))
    return float(special.logsumexp(log_weights) - np.log(points))
