"""Distances between functions of K classes: the kernel against plain loops, and all that rests on it."""

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from harness.errors import BadInput
from harness.functions import ClusteredCounts, FunctionCounts
from harness.functions.packing import pack
from harness.functions.runs import Runs
from harness.samplers.posterior import RunsPosterior
from harness.statistics.distances import bias_explained, mmd_squared, relative_distance, total_variation
from harness.statistics.distances.kernel import farthest, hamming, kernel, largest_eigenvalue, rate, uniform_mean
from harness.statistics.distances.mmd import _pairwise
from harness.statistics.distances.units import of_two


def every_function(n, classes):
    return np.array(list(product(range(classes), repeat=n)), dtype=np.uint8)


def plain_kernel(f, g, classes):
    """1/e at the mean distance of two functions drawn uniformly, n·(1 − 1/K)."""
    return np.exp(-np.sum(f != g) / (len(f) * (1 - 1 / classes)))


@given(st.integers(2, 36), st.integers(1, 140), st.randoms(use_true_random=False))
def test_hamming_counts_the_inputs_that_differ(classes, n, random):
    rows = [[random.randrange(classes) for _ in range(n)] for _ in range(5)]
    words = pack(np.array(rows), classes)
    plain = [[sum(a != b for a, b in zip(f, g, strict=True)) for g in rows] for f in rows]
    assert hamming(words[:, None], words[None], classes).tolist() == plain


@pytest.mark.parametrize(("n", "classes"), [(4, 3), (3, 4), (2, 7), (6, 2)])
def test_mean_and_least_kernel_by_enumeration(n, classes):
    functions = every_function(n, classes)
    words = pack(functions, classes)
    whole = kernel(words[:, None], words[None], n, classes)
    assert whole[0, :9] == pytest.approx([plain_kernel(functions[0], f, classes) for f in functions[:9]])
    assert whole.mean(axis=1) == pytest.approx(uniform_mean(n, classes))
    assert whole.min() == pytest.approx(farthest(classes))
    mean_distance = hamming(words[:, None], words[None], classes).mean()
    assert mean_distance * rate(n, classes) == pytest.approx(1)


@pytest.mark.parametrize(("n", "classes"), [(5, 3), (4, 4)])
def test_leading_eigenvalue_under_uniform_draws(n, classes):
    """Of one input's kernel, over its K labels: (1 + (K − 1)ρ)/K once and (1 − ρ)/K for the rest, ρ = e^−λ."""
    rho = np.exp(-1 / (n * (1 - 1 / classes)))
    exact = ((1 + (classes - 1) * rho) / classes) ** (n - 1) * (1 - rho) / classes
    words = pack(every_function(n, classes), classes)
    assert largest_eigenvalue(words, np.full(len(words), 1 / len(words)), n, classes) == pytest.approx(exact)


@pytest.mark.parametrize("classes", [3, 5])
def test_distances_are_sums_over_pairs_of_draws(classes):
    rng = np.random.default_rng(classes)
    x, y = (rng.choice(classes, (size, 3), p=np.arange(1, classes + 1) / sum(range(classes + 1))) for size in (20, 30))
    one, other = FunctionCounts.from_labels(x, classes), FunctionCounts.from_labels(y, classes)

    def mean(pairs):
        return np.mean([plain_kernel(a, b, classes) for a, b in pairs])

    yy = mean(combinations(y, 2))
    squared = mean(combinations(x, 2)) + yy - 2 * mean(product(x, y))
    uniform = every_function(3, classes)
    reference = mean(product(uniform, repeat=2)) + yy - 2 * mean(product(uniform, y))
    assert mmd_squared(one, other).value == pytest.approx(squared)
    assert _pairwise(*of_two(one, other)).farthest == pytest.approx(plain_kernel(np.zeros(3), np.ones(3), classes))
    assert relative_distance(one, other).value == pytest.approx(squared / reference)
    assert bias_explained(one, other).value == pytest.approx(1 - squared / reference)
    seen = {tuple(f) for f in np.concatenate([x, y]).tolist()}
    shares = [[np.mean((z == f).all(axis=1)) for f in seen] for z in (x, y)]
    assert total_variation(one, other).value == pytest.approx(np.abs(np.subtract(*shares)).sum() / 2)
    # The same draws in units of five: pairs within a unit are left out.
    clusters = ClusteredCounts.from_words(pack(x, classes), np.repeat(np.arange(4), 5), 3, 4, classes)
    between = mean((a, b) for (i, a), (j, b) in combinations(enumerate(x), 2) if i // 5 != j // 5)
    assert mmd_squared(clusters, other).value == pytest.approx(between + yy - 2 * mean(product(x, y)))
    runs = Runs(tuple(FunctionCounts.from_labels(part, classes) for part in np.split(x, 4)))
    assert mmd_squared(runs, other).value == pytest.approx(between + yy - 2 * mean(product(x, y)))


@pytest.mark.parametrize("shift", [0.0, 0.5])
def test_each_end_of_the_interval_keeps_its_level(shift):
    """An end may miss 4 times in a thousand: 1,000 pairs of 300 draws of functions of three classes, from a Zipf law
    and from one mixed with the uniform law. Chance of a false alarm 1e-6, by the binomial law.
    """
    words = pack(every_function(4, 3), 3)
    gram = kernel(words[:, None], words[None], 4, 3)
    q = 1 / np.arange(1, 82)
    q /= q.sum()
    p = (1 - shift) * q + shift / 81
    truth = (p - q) @ gram @ (p - q) / (q @ gram @ q - gram.mean())
    rng = np.random.default_rng(1)

    def sample(law):
        numbers = rng.multinomial(300, law)
        return FunctionCounts(4, words[numbers > 0], numbers[numbers > 0], 3)

    below = above = 0
    for _ in range(1000):
        low, high = relative_distance(sample(p), sample(q)).interval(0.008)
        below += truth < low
        above += truth > high
    allowed = stats.binom.isf(1e-6, 1000, 0.004)
    assert below <= allowed
    assert above <= allowed


def test_runs_of_a_sampler_keep_their_classes():
    labels = np.random.default_rng(2).integers(0, 5, (40, 6))
    clusters = ClusteredCounts.from_words(pack(labels, 5), np.repeat(np.arange(4), 10), 6, 4, 5)
    posterior = RunsPosterior(clusters, np.zeros((4, 3)), np.ones(4))
    assert posterior.sample.classes == 5
    assert [run.strings() for run in posterior.sample.runs] == [
        FunctionCounts.from_labels(part, 5).strings() for part in np.split(labels, 4)
    ]
    assert RunsPosterior.from_arrays(posterior.to_arrays()).functions == FunctionCounts.from_labels(labels, 5)


def test_functions_of_different_classes_are_not_compared():
    three, four = (FunctionCounts.from_labels(np.tile([[0, 1, 2]], (9, 1)), classes) for classes in (3, 4))
    for measure in (mmd_squared, bias_explained, total_variation):
        with pytest.raises(BadInput, match="of 3 and of 4 classes cannot be compared"):
            measure(three, four)
    with pytest.raises(BadInput, match="different numbers of classes"):
        Runs((three, four))
