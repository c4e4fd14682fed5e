"""Nearness: the difference of two unbiased distances by the distances themselves, and simulated coverage.

A coverage check fails a right program with a chance of at most 1e-6: misses are compared with that binomial limit.
"""

import numpy as np
import pytest
from scipy import stats

from benchmarks.calibration.distributions import INPUTS, distance, named, sample
from harness.errors import BadInput
from harness.functions import ClusteredCounts, FunctionCounts
from harness.functions.packing import pack
from harness.functions.runs import Runs
from harness.statistics.distances import mmd_difference, mmd_squared

FALSE_ALARM = 1e-6


def hidden_draws(rng, p, units, most=12):
    """Units of unequal mass that see few functions each: every second one has most of its last layers alike."""
    kept = rng.integers(0, most, units)
    own = rng.choice(len(p), size=units, p=p)
    unit = np.repeat(np.arange(units), kept)
    words = np.where(rng.random(len(unit)) < 0.5, own[unit], rng.choice(len(p), size=len(unit), p=p))
    return ClusteredCounts.from_words(words.astype(np.uint64)[:, None], unit, INPUTS, units)


def test_it_is_the_difference_of_the_two_distances():
    rng = np.random.default_rng(0)
    p = sample(rng, named("zipf"), 300)
    for q, r in (
        (sample(rng, named("geometric"), 200), sample(rng, named("flat"), 400)),
        (hidden_draws(rng, named("zipf"), 400), hidden_draws(rng, named("flat"), 300)),
    ):
        found = mmd_difference(p, q, r)
        assert found.value == pytest.approx(mmd_squared(p, r).value - mmd_squared(p, q).value, abs=1e-12)
        assert mmd_difference(p, r, q).value == pytest.approx(-found.value, abs=1e-12)
        low, high = found.interval(0.05)
        assert mmd_difference(p, r, q).interval(0.05) == pytest.approx((-high, -low))
        narrower = found.ahead(0.05, 4.0)
        assert (high - low) / (narrower[1] - narrower[0]) == pytest.approx(2, rel=0.1)


CASES = [
    ("zipf", "zipf", "geometric", 200),
    ("geometric", "zipf", "flat", 200),
    # Equally near to both, which are far apart or close to each other, or all three are one.
    ("halfway", "zipf", "geometric", 200),
    ("flat", "zipf", "zipf", 200),
    ("zipf", "zipf", "zipf", 400),
    ("narrow", "narrow", "zipf", 200),
]


def law(name):
    return (named("zipf") + named("geometric")) / 2 if name == "halfway" else named(name)


@pytest.mark.parametrize(
    ("p", "near", "far", "size", "by"),
    [*[(*case, "networks") for case in CASES], *[(*case, "hidden draws") for case in CASES[:3:2]]],
)
def test_intervals_cover(p, near, far, size, by):
    rng = np.random.default_rng(1)
    laws = law(p), law(near), law(far)
    truth = distance(laws[0], laws[2]) - distance(laws[0], laws[1])
    drawn, units = (sample, size) if by == "networks" else (hidden_draws, size + 100)
    alphas, simulations = np.array([0.05, 0.005]), 200
    misses = np.zeros((2, 2))
    for _ in range(simulations):
        found = mmd_difference(sample(rng, laws[0], size), *(drawn(rng, each, units) for each in laws[1:]))
        ends = np.array([found.interval(alpha) for alpha in alphas])
        misses += np.stack([truth < ends[:, 0], truth > ends[:, 1]])
    assert (misses <= stats.binom.isf(FALSE_ALARM, simulations, alphas / 2)).all(), misses


def test_what_it_takes():
    one = FunctionCounts.from_words(pack(np.zeros((2, INPUTS), dtype=np.uint8)), INPUTS)
    many = sample(np.random.default_rng(2), named("zipf"), 50)
    assert mmd_difference(one, many, many).interval(0.05) == (-np.inf, np.inf)
    few = hidden_draws(np.random.default_rng(3), named("zipf"), 100)
    assert mmd_difference(many, few, many).interval(0.05) == (-np.inf, np.inf)
    with pytest.raises(BadInput, match="not of a few runs"):
        mmd_difference(many, Runs((many, many)), many)
