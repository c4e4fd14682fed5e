"""The chain rule on exact posteriors, and on what is not the posterior; its interval; the share wrong somewhere."""

import numpy as np
import pytest
import torch
from scipy import stats

from harness.functions import FunctionCounts
from harness.networks import perceptron
from harness.problems import Problem
from harness.samplers.posterior import rejection
from harness.statistics.chain_rule import chain_rule
from harness.statistics.generalisation import wrong_somewhere
from harness.verdicts.intervals import logarithm, proportion

ON_FOUR = Problem.from_arrays(np.zeros((0, 1)), [], np.zeros((4, 1)), [0, 1, 1, 0])


def share(k, n):
    return logarithm(proportion(k, n, quantity="P(S)", unit="networks drawn"))


def test_the_share_wrong_somewhere_is_counted():
    rows = np.array([[0, 1, 1, 0]] * 3 + [[0, 1, 1, 1]] * 2 + [[1, 0, 0, 1]] * 5)
    found = wrong_somewhere(FunctionCounts.from_labels(rows, 2), ON_FOUR)
    assert found.value == pytest.approx(0.7)
    low, high = found.interval(0.05)
    assert 0.2 < low < 0.7 < high < 1


def test_exact_numbers_give_0():
    """P(S) = ½, P(S ∪ T) = ⅕, a share of ⅖."""
    functions = FunctionCounts.from_labels(np.array([[0, 1, 1, 0]] * 40_000 + [[1, 1, 1, 0]] * 60_000), 2)
    found = chain_rule(share(20_000, 100_000), share(50_000, 100_000), wrong_somewhere(functions, ON_FOUR))
    assert found.value == pytest.approx(0, abs=1e-12)
    low, high = found.interval(0.05)
    assert -0.05 < low < 0 < high < 0.05


def test_the_interval_covers():
    rng = np.random.default_rng(0)
    missed, repeats, n = 0, 150, 400
    for _ in range(repeats):
        before, after, right = rng.binomial(n, 0.5), rng.binomial(n, 0.2), rng.binomial(n, 0.4)
        rows = np.array([[0, 1, 1, 0]] * right + [[1, 1, 1, 0]] * (n - right))
        found = chain_rule(
            share(after, n), share(before, n), wrong_somewhere(FunctionCounts.from_labels(rows, 2), ON_FOUR)
        )
        low, high = found.interval(0.05)
        missed += not low <= 0 <= high
    assert missed <= stats.binom.isf(1e-6, repeats, 0.05)


def test_a_sample_in_which_all_may_be_wrong_has_no_end():
    functions = FunctionCounts.from_labels(np.array([[1, 1, 1, 0]] * 5), 2)
    found = chain_rule(share(2, 10), share(5, 10), wrong_somewhere(functions, ON_FOUR))
    assert np.isnan(found.value)
    assert found.interval(0.05) == (-np.inf, np.inf)


def test_the_rule_holds_for_the_posterior_and_not_for_the_prior():
    rng = np.random.default_rng(1)
    x = rng.standard_normal((7, 3))
    y = x @ rng.standard_normal(3) > 0
    s, more = slice(0, 5), slice(0, 7)
    before, after = Problem.from_arrays(x[s], y[s], x[5:], y[5:]), Problem.from_arrays(x[more], y[more], x[5:], y[5:])
    nothing = Problem.from_arrays(x[:0], y[:0], x[5:], y[5:])

    def kept(problem, seed):
        return rejection(perceptron(), problem, 100_000, torch.Generator().manual_seed(seed))

    evidences = [logarithm(kept(each, seed).evidence) for seed, each in enumerate((after, before))]
    for seed, problem, holds in ((2, before, True), (3, nothing, False)):
        sample = rejection(perceptron(), problem, 100_000, torch.Generator().manual_seed(seed)).sample
        low, high = chain_rule(*evidences, wrong_somewhere(sample, before)).interval(1e-3)
        assert (low < 0 < high) == holds
        assert high - low < 0.4
