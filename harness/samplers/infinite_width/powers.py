"""P_B(f|S)^β of a Gaussian process, for whole powers β: what random sampling would find at the temperature 1/β.

β Gaussian processes that each fit S, given that all of them have the same labels on the evaluation inputs, have the
function f with a probability proportional to P_B(f|S)^β. They are sampled one input after the other (Gibbs sampling):
at a training input each process's logit from a normal truncated to the label's side; at an evaluation input first the
label, whose two weights are the products over processes of the probabilities of either side, then the logits.

Chains start at independent exact draws of P_B(f|S), which are spread farther than any power of it. The spacing of a
chain's functions is doubled until those of a trial agree between chains (Gelman & Rubin 1992, Statist. Sci. 7:457); the
functions that count are drawn after the trial, with its spacing.
"""

from dataclasses import dataclass
from math import erfc, exp, log, pi, sqrt
from typing import Any

import numpy as np
import torch
from scipy import linalg

from harness.arguments import are_counts
from harness.compiling import compiled
from harness.errors import BadInput, Undecided
from harness.functions import ClusteredCounts
from harness.functions.packing import pack
from harness.samplers.infinite_width.gaussian_process import GaussianProcess
from harness.samplers.infinite_width.kernels.matrices import OWN, identity_in_the_limit
from harness.samplers.infinite_width.truncated_gaussian import ChainsPosterior, margins_of_chains
from harness.samplers.sampler import Sampler, argument

# Sweeps between two functions of a chain, in the first trial.
SPACING = 10
_MOST_DOUBLINGS = 5
# Chains agree if their functions' labels vary as if pooled by less than so many times their variance within chains.
_AGREE = 1.1
# Farther below 0 than this, the first term of Mills' ratio is the tail's probability to a thousandth.
_FAR = -30.0


def posterior_power(
    process: GaussianProcess,
    power: int,
    generator: torch.Generator,
    *,
    chains: int = 32,
    draws: int = 8,
    spacing: int = SPACING,
) -> ChainsPosterior:
    """Sample functions in proportion to a power of their posterior probability.

    Args:
        process: the Gaussian process with the labels of S.
        power: β, a whole number from 1.
        generator: source of randomness.
        chains: number of independent chains, at least 2.
        draws: functions of each chain, at least 2.
        spacing: sweeps between two functions of a chain, to begin with.

    Returns:
        The functions by chain.

    Raises:
        BadInput: if a number is out of its range, or if there are no evaluation inputs.
        Undecided: if chains disagree at the longest spacing.
    """
    if not are_counts(process.n, power, spacing) or not are_counts(chains, draws, least=2):
        raise BadInput(
            "A power of a posterior takes at least 1 evaluation input, power and spacing, 2 chains and 2 draws, not "
            f"n = {process.n}, power = {power}, spacing = {spacing}, chains = {chains}, draws = {draws}."
        )
    logits = _starts(process, power, chains, generator)
    precision = np.ascontiguousarray(linalg.cho_solve((process.factor, True), np.eye(len(process.kernel))))
    stream = np.random.default_rng(int(torch.randint(2**62, (), generator=generator, device=generator.device)))
    trial = np.empty((chains, draws, process.n), dtype=np.uint8)
    for _ in range(_MOST_DOUBLINGS + 1):
        _sample(logits, precision, process.signs, spacing, stream, trial)
        if disagreement(trial) <= _AGREE:
            break
        spacing *= 2
    else:
        raise Undecided(
            f"Chains of the power {power} of a posterior disagree after {draws * spacing // 2} sweeps: it has several "
            "modes between which they do not move; a smaller power would be sampled."
        )
    counted = np.empty_like(trial)
    _sample(logits, precision, process.signs, spacing, stream, counted)
    words = pack(counted.reshape(-1, process.n))
    return ChainsPosterior(ClusteredCounts.from_words(words, np.repeat(np.arange(chains), draws), process.n, chains))


def disagreement(labels: np.ndarray) -> float:
    """Potential scale reduction of labels, pooled over points: 1 where chains agree, inf where none moves and they
    differ.

    labels: (chains, draws, n) of 0 and 1.
    """
    labels = labels.astype(float)
    draws = labels.shape[1]
    within = float(labels.var(axis=1, ddof=1).mean())
    between = float(labels.mean(axis=1).var(axis=0, ddof=1).mean())
    if within == 0:
        return np.inf if between > 0 else 1.0
    return sqrt((draws - 1) / draws + between / within)


def _starts(process: GaussianProcess, power: int, chains: int, generator: torch.Generator) -> np.ndarray:
    """(chains, power, m + n) logits: of each chain an exact draw of the posterior, the same for all its processes."""
    margins = margins_of_chains(process, generator, chains, 1, 10)[:, 0].cpu().numpy()
    noise = torch.randn(chains, process.n, generator=generator, dtype=torch.float64, device=generator.device)
    training = margins * process.signs
    evaluation = training @ process.weights.T + noise.cpu().numpy() @ process.remainder.T
    one = np.concatenate([training, evaluation], axis=1)
    return np.ascontiguousarray(np.repeat(one[:, None], power, axis=1))


@compiled(nogil=True)
def _sample(
    logits: np.ndarray,
    precision: np.ndarray,
    signs: np.ndarray,
    spacing: int,
    stream: np.random.Generator,
    labels: np.ndarray,
) -> None:
    """Move the logits, and fill (chains, draws, n) labels with the functions that come up every so many sweeps."""
    chains, power, points = logits.shape
    m = len(signs)
    deviation = 1 / np.sqrt(np.ascontiguousarray(np.diag(precision)))
    mean = np.empty(power)
    for chain in range(chains):
        of = logits[chain]
        for draw in range(labels.shape[1]):
            for _ in range(spacing):
                for i in range(points):
                    for k in range(power):
                        mean[k] = of[k, i] / deviation[i] - deviation[i] * np.dot(precision[i], of[k])
                    if i < m:
                        side = signs[i]
                    else:
                        odds = 0.0
                        for k in range(power):
                            odds += _log_probability(mean[k]) - _log_probability(-mean[k])
                        side = 1.0 if stream.random() < 1 / (1 + exp(-odds)) else -1.0
                    for k in range(power):
                        of[k, i] = side * deviation[i] * _positive(side * mean[k], stream)
            for i in range(m, points):
                labels[chain, draw, i - m] = of[0, i] > 0


@compiled(nogil=True)
def _log_probability(mean: float) -> float:
    """ln of the probability that a normal of this mean and of variance 1 is positive."""
    if mean < _FAR:
        return -mean * mean / 2 - log(-mean * sqrt(2 * pi))
    return log(0.5 * erfc(-mean / sqrt(2.0)))


@compiled(nogil=True)
def _positive(mean: float, stream: np.random.Generator) -> float:
    """A normal of this mean and of variance 1, given that it is positive (Robert 1995, Stat. Comput. 5:121)."""
    if mean > 0:
        while True:
            found = mean + stream.standard_normal()
            if found > 0:
                return found
    rate = (sqrt(mean * mean + 4) - mean) / 2
    while True:
        found = stream.standard_exponential() / rate
        if stream.random() < exp(-((found - mean - rate) ** 2) / 2):
            return found


@dataclass(frozen=True)
class PosteriorPower(Sampler[ChainsPosterior]):
    """P_B(f|S)^β of infinitely wide networks, up to a constant.

    process: the distribution of the networks' logits.
    power: β, a whole number from 1.
    by: the source of its kernel.
    chains: independent chains per shard.
    draws: functions of each chain.
    """

    process: GaussianProcess = argument(key=None)
    power: int = 1
    by: str = argument(key=None, default=OWN)
    chains: int = 32
    draws: int = 8

    name = "power of the posterior"
    fits_s = True
    result = ChainsPosterior

    @property
    def identity(self) -> dict[str, str]:
        """Architecture and problem in the address."""
        return identity_in_the_limit(self.architecture, self.problem, self.by)

    def draw(self, generator: torch.Generator) -> ChainsPosterior:
        """One shard."""
        return posterior_power(self.process, self.power, generator, chains=self.chains, draws=self.draws)

    @property
    def arguments(self) -> dict[str, Any]:
        """Those of the address."""
        return super().arguments | {"spacing": SPACING}

    @property
    def work(self) -> float:
        """Roughly the scalar multiplications of a shard."""
        points = len(self.problem.inputs)
        return 2 * self.chains * self.draws * SPACING * self.power * points**2 + points**3
