"""The approximations of the literature to a Gaussian process that fits S: each is a Gaussian in place of the exact one.

All take a GaussianProcess and give a GaussianApproximation: the training logits' mean and covariance, with a stand-in
for ln P(S). The names are those of the public code of an author of arXiv 1805.08522, 2006.15191 and 2012.04115
(github.com/guillefix/nn-pacbayes, GP_prob/):

- EP: expectation propagation with the step likelihood Θ(yf), or with the probit Φ(yf), GPy's default. The probit is the
  step with unit noise on each logit: a Gaussian process of kernel K + I, and so another P(S).
- Laplace: a Gaussian at the mode under the probit (GPy's default) or the logistic likelihood. Under the 0–1 likelihood
  there is none: the density is largest at f = 0, on the boundary. So this approximates yet another P(S).
- squared error: regression on ±1 with Gaussian noise, thresholded. It has no P(S); for the ln P(S) of the PAC-Bayes
  bound, that code takes −KL of the regression's posterior from the prior.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from scipy import linalg, special

from harness.arguments import counts, is_number, one_of
from harness.errors import BadInput, Undecided
from harness.functions import FunctionCounts
from harness.functions.brief import Brief
from harness.samplers.infinite_width.gaussian_process import GaussianProcess
from harness.samplers.infinite_width.kernels.matrices import OWN, identity_in_the_limit
from harness.samplers.infinite_width.orthant import hazard
from harness.samplers.infinite_width.truncated_gaussian import ChainsPosterior
from harness.samplers.sampler import Computation, Sampler, argument

_MOST_STEPS = 1000


@dataclass(frozen=True, eq=False)
class GaussianApproximation(Brief):
    """N(mean, covariance) in place of the training logits given the labels.

    process: the Gaussian process that is approximated.
    mean: (m,) mean of the training logits.
    covariance: (m, m) covariance of the training logits.
    log_evidence: stand-in for ln P(S), in nats.
    """

    process: GaussianProcess
    mean: np.ndarray
    covariance: np.ndarray
    log_evidence: float

    @property
    def evaluation(self) -> tuple[np.ndarray, np.ndarray]:
        """(n,) mean and (n, n) covariance of the evaluation logits."""
        weights, remainder = self.process.weights, self.process.remainder
        return weights @ self.mean, remainder @ remainder.T + weights @ self.covariance @ weights.T

    @property
    def probabilities(self) -> np.ndarray:
        """(n,) probability of label 1 on each evaluation input."""
        mean, covariance = self.evaluation
        return special.ndtr(mean / np.sqrt(np.diag(covariance)))

    def functions(self, draws: int, generator: torch.Generator) -> FunctionCounts:
        """Independent draws of the evaluation logits, thresholded."""
        counts("A Gaussian approximation", draws=draws)
        mean, covariance = self.evaluation
        device = generator.device
        noise = torch.randn(draws, len(mean), generator=generator, dtype=torch.float64, device=device).cpu().numpy()
        return FunctionCounts.from_bits(mean + noise @ linalg.cholesky(covariance, lower=True).T > 0)


def expectation_propagation(process: GaussianProcess, *, noise: float = 0.0) -> GaussianApproximation:
    """EP (Minka 2001; Rasmussen & Williams 2006, algorithm 3.5) with the likelihood Φ(yf/noise); 0 is the step Θ(yf).

    With the step it is the EP of an orthant probability (Cunningham, Hennig & Lacoste-Julien 2011). Sites are updated
    together, halfway each time. Undecided if they do not settle; BadInput for a negative noise.
    """
    if not is_number(noise) or noise < 0:
        raise BadInput(f"The noise of a likelihood is a standard deviation, not negative as {noise} is.")
    prior, m = process.margins, process.m
    precision, shift = np.zeros(m), np.zeros(m)  # of the sites
    for _ in range(_MOST_STEPS):
        covariance, log_det = _with_sites(prior, precision)
        mean, variance = covariance @ shift, np.diag(covariance)
        # The cavity: the approximation without the point's own site.
        rest = 1 / variance - precision
        rest_mean = (mean / variance - shift) / rest
        width = np.sqrt(noise**2 + 1 / rest)
        z = rest_mean / width
        h = hazard(-z)
        new_variance = (1 - h * (z + h) / (rest * width**2)) / rest
        new_mean = rest_mean + h / (rest * width)
        site = 1 / new_variance - rest
        change = (new_mean - mean) / np.sqrt(variance), new_variance / variance - 1
        if max(np.abs(each).max() for each in change) < 1e-9:
            break
        shift = (shift + new_mean / new_variance - rest * rest_mean) / 2
        precision = (precision + site) / 2
    else:
        raise Undecided(f"Expectation propagation did not settle in {_MOST_STEPS} rounds; the kernel is too extreme.")
    # Rasmussen & Williams 2006, equations 3.65 and 3.73–3.74.
    both = rest + precision
    log_evidence = (
        special.log_ndtr(z).sum()
        + np.log1p(precision / rest).sum() / 2
        - log_det / 2
        + (shift @ mean - (shift**2 / both).sum()) / 2
        + (rest_mean * rest / both * (precision * rest_mean - 2 * shift)).sum() / 2
    )
    return _approximation(process, mean, covariance, log_evidence)


@dataclass(frozen=True)
class Link:
    """A likelihood of a margin z: its logarithm, the logarithm's slope and its negated curvature."""

    log: np.ndarray
    slope: np.ndarray
    curvature: np.ndarray


def _probit(z: np.ndarray) -> Link:
    h = hazard(-z)
    return Link(special.log_ndtr(z), h, h * (z + h))


def _logistic(z: np.ndarray) -> Link:
    wrong = special.expit(-z)
    return Link(special.log_expit(z), wrong, wrong * special.expit(z))


_LINKS = {"probit": _probit, "logistic": _logistic}


def laplace(process: GaussianProcess, *, link: Literal["probit", "logistic"] = "probit") -> GaussianApproximation:
    """Laplace's approximation (Rasmussen & Williams 2006, algorithm 3.1), by Newton's method.

    BadInput for an unknown link; Undecided if the mode is not found.
    """
    one_of(link, _LINKS, "Laplace's approximation has no link")
    prior, likelihood = process.margins, _LINKS[link]

    def objective(dual: np.ndarray) -> float:
        z = prior @ dual
        return float(likelihood(z).log.sum() - dual @ z / 2)

    dual = np.zeros(process.m)  # K⁻¹z
    for _ in range(_MOST_STEPS):
        z = prior @ dual
        at = likelihood(z)
        covariance, log_det = _with_sites(prior, at.curvature)
        target = at.curvature * z + at.slope
        step = target - at.curvature * (covariance @ target) - dual
        if np.abs(prior @ step).max() < 1e-9 * np.sqrt(np.diag(prior).max()):
            return _approximation(process, z, covariance, float(at.log.sum() - dual @ z / 2 - log_det / 2))
        length, here = 1.0, objective(dual)
        while length > 1e-6 and not objective(dual + length * step) > here:
            length /= 2
        dual = dual + length * step
    raise Undecided(f"Laplace's mode was not found in {_MOST_STEPS} steps; the kernel is too extreme.")


def squared_error(process: GaussianProcess, *, noise: float = 0.002**0.5) -> GaussianApproximation:
    """Gaussian-process regression on targets ±1, with noise of this standard deviation.

    log_evidence is −KL(posterior‖prior) on S. The public code predicts with a variance of 0.002, the default, and takes
    1 for the KL. BadInput if the noise is not positive.
    """
    if not is_number(noise) or not noise > 0:
        raise BadInput(f"The noise of a regression is a positive standard deviation, not {noise}.")
    prior, m = process.margins, process.m
    inverse = linalg.inv(prior + noise**2 * np.eye(m))
    dual = inverse.sum(axis=1)  # (K + noise²)⁻¹ times targets that are 1 for every margin
    mean = prior @ dual
    covariance = noise**2 * (np.eye(m) - noise**2 * inverse)
    _, log_ratio = np.linalg.slogdet(noise**2 * inverse)
    divergence = (noise**2 * np.trace(inverse) + dual @ mean - m - log_ratio) / 2
    return _approximation(process, mean, covariance, -divergence)


_EXTREME = "The approximation ends in numbers that are none: the kernel is too extreme; ask the exact method."
APPROXIMATIONS: dict[str, Callable[[GaussianProcess], GaussianApproximation]] = {
    "EP": expectation_propagation,
    "EP, probit": lambda process: expectation_propagation(process, noise=1.0),
    "Laplace": laplace,
    "Laplace, logistic": lambda process: laplace(process, link="logistic"),
    "squared error": squared_error,
    "squared error, noise 1": lambda process: squared_error(process, noise=1.0),
}


def _with_sites(prior: np.ndarray, precision: np.ndarray) -> tuple[np.ndarray, float]:
    """(K⁻¹ + S)⁻¹ and ln det(I + KS) for sites of precision S = diag(precision) ≥ 0; Undecided if these overflow."""
    if not (np.isfinite(precision) & (precision >= 0)).all():
        raise Undecided(_EXTREME)
    root = np.sqrt(precision)
    factor = linalg.cholesky(np.eye(len(prior)) + root[:, None] * prior * root, lower=True)
    half = linalg.solve_triangular(factor, root[:, None] * prior, lower=True)
    return prior - half.T @ half, 2 * float(np.log(np.diag(factor)).sum())


def _approximation(
    process: GaussianProcess, mean: np.ndarray, covariance: np.ndarray, log_evidence: float
) -> GaussianApproximation:
    """The approximation of the logits from that of the margins; Undecided if it is no Gaussian."""
    if not (np.isfinite(mean).all() and np.isfinite(covariance).all() and np.isfinite(log_evidence)):
        raise Undecided(_EXTREME)
    signs = process.signs
    return GaussianApproximation(process, signs * mean, covariance * np.outer(signs, signs), float(log_evidence))


@dataclass(frozen=True)
class Approximation(Computation):
    """A Gaussian in place of the training logits given the labels.

    process: the distribution of the networks' logits.
    approximation: a name in APPROXIMATIONS.
    by: the source of the process's kernel.
    """

    process: GaussianProcess = argument(key=None)
    approximation: str = argument()
    by: str = argument(key=None, default=OWN)

    name = "approximation"

    @property
    def identity(self) -> dict[str, str]:
        """Architecture and problem in the address."""
        return identity_in_the_limit(self.architecture, self.problem, self.by)

    def compute(self) -> dict[str, np.ndarray]:
        """The Gaussian's mean (m,), covariance (m, m) and log evidence."""
        found = APPROXIMATIONS[self.approximation](self.process)
        return {"mean": found.mean, "covariance": found.covariance, "log evidence": np.array(found.log_evidence)}

    @property
    def work(self) -> float:
        """Roughly the scalar multiplications of a shard."""
        return len(self.problem.inputs) ** 3


@dataclass(frozen=True)
class ApproximatePosterior(Sampler[ChainsPosterior]):
    """P_B(f|S) of infinitely wide networks by an approximation: independent draws, chains × draws per shard.

    approximation: the Gaussian in place of the training logits.
    method: the approximation's name.
    by: the source of the kernel.
    """

    approximation: GaussianApproximation = argument(key=None)
    method: str = argument()
    by: str = argument(key=None, default=OWN)
    chains: int = 64
    draws: int = 64

    name = "approximate posterior"
    result = ChainsPosterior

    @property
    def identity(self) -> dict[str, str]:
        """Architecture and problem in the address."""
        return identity_in_the_limit(self.architecture, self.problem, self.by)

    def draw(self, generator: torch.Generator) -> ChainsPosterior:
        """One shard."""
        return ChainsPosterior.independent(self.approximation.functions(self.chains * self.draws, generator))

    @property
    def work(self) -> float:
        """Roughly the scalar multiplications of a shard."""
        m, n, p = self.problem.m, self.problem.n, len(self.problem.inputs)
        return self.chains * self.draws * (m**2 + n * p) + p**3
