"""Statistics over training sets against dense probabilities, against each other, and where there is too little."""

import numpy as np
import pytest
from scipy import stats

from harness.errors import BadInput, Undecided
from harness.functions import ClusteredCounts, FunctionCounts
from harness.functions.runs import Runs
from harness.problems import Problem
from harness.samplers.posterior import RejectionPosterior
from harness.samplers.training import Trained
from harness.statistics.distances import mmd_squared
from harness.statistics.distances.products import products
from harness.statistics.over_sets import (
    bias_explained_over_sets,
    compare_over_sets,
    direction_over_sets,
    errors_on_sets,
    mean_over_sets,
    ratio_over_sets,
    share_over_sets,
    sharpness_over_sets,
    slope_over_sets,
    squared_distances,
)
from harness.verdicts import Verdict, at_least, decide

N = 4
ALL = np.arange(2**N)
WORDS = ALL.astype(np.uint64)[:, None]
HAMMING = np.array([[bin(i ^ j).count("1") for j in ALL] for i in ALL])
UNIFORM = np.full(2**N, 2.0**-N)


def laws(rng, sets=6):
    return rng.dirichlet(np.full(2**N, 0.3), sets)


def counts(numbers):
    return FunctionCounts(N, WORDS[numbers > 0], numbers[numbers > 0])


def drawn(rng, p, size=400):
    return counts(rng.multinomial(size, p))


def dense(p, q, decay=2 / N):
    """(‖P − U‖², ‖Q − U‖², ⟨P − U, Q − U⟩) by the whole kernel matrix."""
    kernel = np.exp(-decay * HAMMING)
    p, q = p - UNIFORM, q - UNIFORM
    return np.array([p @ kernel @ p, q @ kernel @ q, p @ kernel @ q])


@pytest.mark.parametrize("decay", [None, 1.0, 2.0])
@pytest.mark.parametrize("kind", ["networks", "clusters", "runs"])
def test_products_are_unbiased(decay, kind):
    """Small samples, so that pairs within one unit would show; clusters and runs differ from unit to unit."""
    rng = np.random.default_rng(3)
    p, q = laws(rng, 2)

    def sampled():
        if kind == "networks":
            return drawn(rng, q, 12)
        each = [rng.multinomial(5, rng.dirichlet(q * 4 + 1e-9)) for _ in range(8)]
        if kind == "runs":
            return Runs(tuple(counts(one) for one in each))
        unit = np.repeat(np.arange(8), 5)
        words = np.concatenate([np.repeat(ALL, one) for one in each]).astype(np.uint64)[:, None]
        return ClusteredCounts.from_words(words, unit, N, 8)

    found = np.array([products(drawn(rng, p, 10), sampled(), decay) for _ in range(1500)])
    expected = dense(p, q, 2 / N if decay is None else decay)
    assert (np.abs(found.mean(axis=0) - expected) < 4 * found.std(axis=0) / 1500**0.5).all()


def test_products_make_the_squared_distance():
    rng = np.random.default_rng(0)
    p, q = (drawn(rng, law) for law in laws(rng, 2))
    assert products(p, q).distance2 == pytest.approx(mmd_squared(p, q).value, rel=1e-12)


def test_estimates_are_those_of_the_means_of_dense_products():
    """Of samples so large that their error is small; and 1 − d/b is 2sc − s²."""
    rng = np.random.default_rng(1)
    ps, qs = laws(rng), laws(rng)
    ps = (ps + 2 * qs) / 3
    trained, by_volume = ([drawn(rng, law, 10**6) for law in each] for each in (ps, qs))
    a, b, ab = np.mean([dense(p, q) for p, q in zip(ps, qs, strict=True)], axis=0)
    bias, c, s = (
        measure(trained, by_volume) for measure in (bias_explained_over_sets, direction_over_sets, sharpness_over_sets)
    )
    assert bias.value == pytest.approx(1 - (a + b - 2 * ab) / b, abs=3e-3)
    assert c.value == pytest.approx(ab / (a * b) ** 0.5, abs=3e-3)
    assert s.value == pytest.approx((a / b) ** 0.5, abs=3e-3)
    assert bias.value == pytest.approx(2 * s.value * c.value - s.value**2, rel=1e-9)
    for each in (bias, c):
        assert np.mean(each.details["sets"]) == pytest.approx(each.value)
        assert (each.n, each.unit) == (6, "training sets")
    assert s.details["sets"] == pytest.approx(s.details["sets"])
    low, high = s.interval(0.05)
    assert low < s.value < high


def test_a_ratio_has_the_ends_at_which_a_candidate_is_no_longer_kept():
    """Against a search on a grid over the three tests, written out again."""
    rng = np.random.default_rng(2)
    over, under = rng.lognormal(size=8), rng.lognormal(0.5, 0.3, size=8)
    low, high = ratio_over_sets(over, under, "ratio").interval(0.05)

    def tests(g):
        mean, n = g.mean(), len(g)
        t = mean / stats.sem(g)
        skewness = 2 * stats.skew(g) / n**0.5
        hall = t + skewness * t**2 / 3 + skewness**2 * t**3 / 27 + skewness / 6
        more = np.append(g, mean - 2 * (mean - g.min()))
        return t, hall, more.mean() / stats.sem(more), stats.t.isf(0.025, (n - 1) / 2)

    for end, inside in ((low, 1), (high, -1)):
        for shift, kept in ((1e-4, True), (-1e-4, False)):
            *found, most = tests((over - (end + inside * shift) * under) * inside)
            assert bool(min(found) < most) is kept, (end, shift)


def test_an_interval_narrows_with_sets_and_widens_with_the_level():
    rng = np.random.default_rng(4)
    values = rng.normal(1, 1, 64)
    few, many = (mean_over_sets(values[:k], "x") for k in (8, 64))
    widths = [np.subtract(*each.interval(alpha)[::-1]) for each, alpha in ((many, 0.05), (many, 0.002), (few, 0.05))]
    assert widths[0] < widths[1]
    assert widths[0] < widths[2] / 2.5
    low, high = few.ahead(0.05, 8.0)
    assert high - low == pytest.approx(widths[0], rel=0.5)


def test_a_ratio_over_what_may_be_nothing_is_unbounded():
    rng = np.random.default_rng(5)
    found = ratio_over_sets(rng.normal(1, 1, 8), rng.normal(0.3, 1, 8), "ratio")
    assert decide(at_least(0.0, because="given"), found.interval, 0.01)[0] is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    "found",
    [
        mean_over_sets([1.0, 2.0, 3.0], "x"),
        mean_over_sets([], "x"),
        ratio_over_sets([1.0] * 8, [-1.0, 1.0] * 4, "x"),
    ],
)
def test_too_little_is_nothing_yet(found):
    assert np.isnan(found.value)
    assert found.interval(0.05) == (-np.inf, np.inf)
    assert decide(at_least(0.0, because="given"), found.interval, 0.01)[0] is Verdict.INCONCLUSIVE


def test_shares_end_at_0_and_1():
    # The exact interval of a proportion that all of so many draws have ends at (alpha/2)^(1/8).
    low, high = share_over_sets([1.0] * 8, "x").interval(0.05)
    assert 0.5 < low < 0.025 ** (1 / 8) + 1e-6
    assert high == 1.0
    assert share_over_sets([0.0] * 64, "x").interval(0.001)[1] < 0.15
    assert (
        share_over_sets([0.25] * 64, "x").interval(0.05)[0] < 0.25 < share_over_sets([0.25] * 64, "x").ahead(0.05, 2)[1]
    )
    assert share_over_sets([1.0] * 8, "x").value == 1.0
    low, high = share_over_sets([0.9, 1.0] * 4, "x").interval(0.01)
    assert 0.5 < low < 0.95 < high == 1.0


def test_a_slope_is_paired_over_sets():
    """Differences between sets that are the same at every x have no part in it."""
    rng = np.random.default_rng(6)
    x, of_set, slopes = np.array([0.0, 1.0, 3.0]), 100 * rng.normal(size=12), rng.normal(2, 0.1, 12)
    found = slope_over_sets(x, of_set + x[:, None] * slopes, "slope")
    assert found.value == pytest.approx(slopes.mean())
    assert found.details["sets"] == pytest.approx(slopes.tolist())
    assert found.interval(0.05) == pytest.approx(mean_over_sets(slopes, "slope").interval(0.05))


PROBLEM = Problem.from_arrays(np.zeros((0, 1)), [], np.zeros((N, 1)), np.array([0, 1, 1, 0]))


def test_errors_are_those_of_the_networks_one_by_one():
    rng = np.random.default_rng(7)
    labels = rng.integers(0, 2, (20, N))
    expected = (labels != PROBLEM.eval_y).mean()
    sample = FunctionCounts.from_bits(labels)
    units = ClusteredCounts.from_words(
        np.repeat(sample.words, sample.counts, axis=0), np.sort(rng.integers(0, 5, 20)), N, 5
    )
    halves = Runs((FunctionCounts.from_bits(labels[:5]), FunctionCounts.from_bits(labels[5:])), (1.0, 3.0))
    assert errors_on_sets([sample, units, halves], [PROBLEM] * 3) == pytest.approx([expected] * 3)
    assert np.isnan(errors_on_sets([FunctionCounts.empty(N)], [PROBLEM])[0])


def on_sets(rng, sets=8):
    trained, sampled = [], []
    for p in laws(rng, sets):
        functions = drawn(rng, p, 60)
        trained.append(Trained(functions, 64, np.arange(60), drawn(rng, p, 4)))
        units = np.arange(300)
        words = rng.choice(2**N, 300, p=p).astype(np.uint64)[:, None]
        sampled.append(RejectionPosterior(ClusteredCounts.from_words(words, units, N, 400), 4))
    return trained, sampled, [PROBLEM] * sets


def test_a_comparison_has_the_others_beside_it():
    trained, sampled, problems = on_sets(np.random.default_rng(8))
    found = compare_over_sets(trained, sampled, problems)
    assert found.quantity == "bias explained of squared distances"
    assert found.value == pytest.approx(1, abs=0.1)
    shown = {each["quantity"]: each for each in found.details["secondary"]}
    assert shown["share of networks that fit"]["value"] == 60 / 64
    assert shown["direction c"]["value"] == pytest.approx(1, abs=0.05)
    assert shown["sharpness s"]["value"] == pytest.approx(1, abs=0.1)
    assert shown["test error, trained"]["value"] == pytest.approx(np.mean(errors_on_sets(trained, problems)))
    assert shown["advantage of training"]["low"] < 0 < shown["advantage of training"]["high"]
    assert len(found.details["sets"]) == 8
    fewer = compare_over_sets(trained, sampled, problems, points=2)
    assert fewer.value == pytest.approx(1, abs=0.3)


def test_what_cannot_be_compared_is_said():
    trained, sampled, problems = on_sets(np.random.default_rng(9))
    with pytest.raises(BadInput, match="the same sets, not on 8 and 7"):
        bias_explained_over_sets(trained, sampled[:7])
    with pytest.raises(BadInput, match="needs both terms on each, not 4 and 5"):
        ratio_over_sets([1.0] * 4, [1.0] * 5, "x")
    with pytest.raises(BadInput, match="one finite number a set"):
        mean_over_sets([1.0, np.nan, 2.0, 3.0], "x")
    with pytest.raises(BadInput, match="at least 2 different x"):
        slope_over_sets([1, 1], [[1.0] * 4] * 2, "x")
    with pytest.raises(BadInput, match="a sample for each training set, not 7 for 8"):
        errors_on_sets(trained[:7], problems)
    unfit = Trained(FunctionCounts.empty(N), 64, np.zeros(0), FunctionCounts.empty(N))
    with pytest.raises(Undecided, match="On 1 of 8 training sets fewer than two networks fitted"):
        compare_over_sets([*trained[:7], unfit], sampled, problems)
    with pytest.raises(Undecided, match="0 independent units has no pair"):
        direction_over_sets([*trained[:7], unfit], sampled)


def test_squared_distances_are_those_of_two_samples_on_each_set():
    rng = np.random.default_rng(7)
    pairs = [(drawn(rng, p), drawn(rng, q)) for p, q in zip(laws(rng), laws(rng), strict=True)]
    found = squared_distances(*zip(*pairs, strict=True))
    assert found == pytest.approx([mmd_squared(p, q).value for p, q in pairs])


def test_values_that_differ_by_rounding_show_no_spread():
    for values in (1e-17 * np.arange(8), [0.5] * 8):
        found = mean_over_sets(values, "slope of nothing")
        assert found.value == pytest.approx(np.mean(values))
        assert found.interval(0.05) == (-np.inf, np.inf)
