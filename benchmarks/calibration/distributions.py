"""Distributions over functions with many rare members, whose distances are known exactly, and samples of them."""

from functools import cache

import numpy as np

from harness.functions import ClusteredCounts, FunctionCounts
from harness.functions.runs import Runs
from harness.statistics.distances.kernel import kernel, uniform_mean

INPUTS = 6
FUNCTIONS = 2**INPUTS
_WORDS = np.arange(FUNCTIONS, dtype=np.uint64)[:, None]


@cache
def named(name: str) -> np.ndarray:
    """(functions,) probabilities, in an order that has nothing to do with the kernel.

    zipf: 1/rank^1.5. geometric: 0.7^rank. flat: near-uniform, so that of few draws most functions are unseen.
    zipf shifted: zipf with a tenth of its mass moved to geometric. narrow: 0.97 on one function.
    """
    rank = np.arange(FUNCTIONS)
    shape = {
        "zipf": (rank + 1.0) ** -1.5,
        "geometric": 0.7**rank,
        "flat": 1 + 0.3 * np.cos(rank),
        "narrow": np.where(rank == 0, 0.97 * (FUNCTIONS - 1) / 0.03, 1.0),
    }
    if name == "zipf shifted":
        return 0.9 * named("zipf") + 0.1 * named("geometric")
    values = shape[name] / shape[name].sum()
    return np.asarray(np.random.default_rng(sorted(shape).index(name)).permutation(values))


@cache
def gram() -> np.ndarray:
    """(functions, functions) kernel matrix."""
    return kernel(_WORDS[:, None], _WORDS[None], INPUTS)


def distance(p: np.ndarray, q: np.ndarray) -> float:
    """MMD²(P, Q)."""
    return float((p - q) @ gram() @ (p - q))


def ratio(p: np.ndarray, q: np.ndarray) -> float:
    """MMD²(P, Q)/MMD²(U, Q)."""
    return distance(p, q) / (float(q @ gram() @ q) - uniform_mean(INPUTS))


def counts(numbers: np.ndarray) -> FunctionCounts:
    """(functions,) how often each was drawn."""
    seen = numbers > 0
    return FunctionCounts(INPUTS, _WORDS[seen], numbers[seen])


def sample(rng: np.random.Generator, p: np.ndarray, size: int) -> FunctionCounts:
    """Independent draws."""
    return counts(rng.multinomial(size, p))


def runs(rng: np.random.Generator, p: np.ndarray, number: int, particles: int, spread: float) -> Runs:
    """Runs whose particles share a distribution that differs from run to run, p on average (Dirichlet)."""
    return Runs(tuple(sample(rng, rng.dirichlet(p / spread), particles) for _ in range(number)))


def clusters(rng: np.random.Generator, p: np.ndarray, units: int, layers: int, spread: float) -> ClusteredCounts:
    """Hidden draws that keep a share of their last layers, very uneven, with a distribution of their own around p."""
    kept = rng.binomial(layers, rng.beta(0.2, 1.8, units))
    unit = np.repeat(np.arange(units), kept)
    chosen = [rng.choice(FUNCTIONS, number, p=rng.dirichlet(p / spread)) for number in kept if number]
    words = np.concatenate(chosen).astype(np.uint64)[:, None] if chosen else np.zeros((0, 1), dtype=np.uint64)
    return ClusteredCounts.from_words(words, unit, INPUTS, units)
