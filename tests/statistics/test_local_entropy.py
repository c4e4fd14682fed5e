"""Local entropies against flips one by one; where solutions are drawn alike, nothing is above the typical."""

from itertools import combinations
from math import comb, log

import numpy as np
import pytest

from harness.functions import FunctionCounts
from harness.functions.packing import pack
from harness.networks import perceptron
from harness.problems import binary_patterns
from harness.samplers.enumeration import ExactVolumes, binary_volumes
from harness.samplers.training import Trained
from harness.statistics.local_entropy import (
    above_equal_margin,
    above_nearest,
    above_typical,
    less_clustered,
    local_entropies,
    nearest,
    share_below,
)

NETWORK = perceptron(distribution="binary")
N = 11


def solutions(split):
    return binary_volumes(NETWORK, binary_patterns(5, N, split))


def trained(words, counts, n=N):
    functions = FunctionCounts.from_words(words, n, counts=np.asarray(counts))
    return Trained(functions, functions.total, np.ones(functions.total), FunctionCounts.empty(n))


def test_the_whole_cube_has_balls():
    words = np.arange(2**9, dtype=np.uint64)[:, None]
    for distance in range(4):
        ball = sum(comb(9, k) for k in range(distance + 1))
        np.testing.assert_allclose(local_entropies(words[:5], words, 9, distance), log(ball))


def test_neighbours_by_flips_one_by_one():
    words = solutions(1).words
    known = set(words[:, 0].tolist())
    for distance in (0, 2, 3):
        near = [
            sum(
                int(word) ^ sum(1 << i for i in flipped) in known
                for k in range(distance + 1)
                for flipped in combinations(range(N), k)
            )
            for word in words[:40, 0]
        ]
        np.testing.assert_allclose(np.exp(local_entropies(words[:40], words, N, distance)), near)


def test_weights_far_from_all_solutions_have_none():
    assert local_entropies(pack(np.ones((1, 8))), pack(np.zeros((1, 8))), 8, 3)[0] == -np.inf


def test_the_nearest_solution_and_ties():
    every = pack(np.array([[0, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 1]]))
    found = nearest(pack(np.array([[0, 1, 1, 1], [0, 0, 0, 0]])), every, 4, np.random.default_rng(0))
    np.testing.assert_array_equal(found, every[[2, 0]])
    between = nearest(np.repeat(pack(np.array([[1, 0, 0, 0]])), 400, axis=0), every, 4, np.random.default_rng(0))
    # Of 400 fair coins, beyond 140 and 260 with probability below 1e-8.
    assert 140 < (between == every[0]).sum() < 260
    assert set(between[:, 0]) == {every[0, 0], every[1, 0]}


def test_a_share_below_by_pairs():
    rng = np.random.default_rng(0)
    found, every = rng.integers(0, 5, 30), rng.integers(0, 6, 50)
    by_pairs = np.mean([(a > b) + 0.5 * (a == b) for a in found for b in every])
    assert share_below(found, every) == pytest.approx(by_pairs)


def test_solutions_drawn_alike_are_typical():
    sets = [solutions(split) for split in range(3)]
    alike = [trained(each.words, np.full(len(each.words), 2)) for each in sets]
    np.testing.assert_allclose(above_typical(alike, sets, 2), 0, atol=1e-12)
    np.testing.assert_allclose(less_clustered(alike, sets, 2), 0.5)


def test_at_equal_margins_by_pairs():
    problem = binary_patterns(3, N, 1)
    every = binary_volumes(NETWORK, problem)
    weights = 2.0 * every.labels() - 1
    margins = (weights @ problem.train_x.T * (2.0 * problem.train_y - 1)).min(axis=1)
    assert margins.min() == 1
    assert len(set(margins)) > 1
    near = local_entropies(every.words, every.words, N, 2)
    often = np.arange(len(near)) % 3
    expected = np.mean([near[i] - near[margins == margins[i]].mean() for i in np.repeat(np.arange(len(near)), often)])
    found = trained(every.words[often > 0], often[often > 0])
    assert above_equal_margin([found], [every], [problem], 2)[0] == pytest.approx(expected)
    # Who wants margins and nothing else has 0.
    widest = margins == margins.max()
    largest = trained(every.words[widest], np.ones(widest.sum(), dtype=int))
    assert above_equal_margin([largest], [every], [problem], 2)[0] == pytest.approx(0, abs=1e-12)


def test_the_densest_solutions_are_above_all_others():
    sets = [solutions(split) for split in range(3)]
    densest = []
    for each in sets:
        near = local_entropies(each.words, each.words, N, 2)
        densest.append(trained(each.words[[near.argmax()]], [7]))
        assert np.ptp(near) > 0
    assert (above_typical(densest, sets, 2) > 0).all()
    assert (above_nearest(densest, sets, 2, 50, 0) > 0).all()
    assert (less_clustered(densest, sets, 2) > 0.5).all()


def test_the_nearest_to_random_weights_are_not_above_themselves():
    # The learner of the second test: with so many starts its own difference is close to 0.
    every = solutions(2)
    rng = np.random.default_rng(1)
    close = nearest(pack(rng.integers(0, 2, (4000, N))), every.words, N, rng)
    found = above_nearest([trained(close, np.ones(4000, dtype=int))], [every], 2, 4000, 0)
    spread = local_entropies(close, every.words, N, 2).std() * (2 / 4000) ** 0.5
    assert abs(found[0]) < 5 * spread


def test_networks_that_are_no_solution_and_sets_without_any_do_not_count():
    every = solutions(0)
    wrong = np.setdiff1d(np.arange(2**N, dtype=np.uint64), every.words[:, 0])[:3, None]
    mixed = trained(np.concatenate([every.words[:4], wrong]), [1, 2, 3, 4, 9, 9, 9])
    right = trained(every.words[:4], [1, 2, 3, 4])
    nothing = ExactVolumes(N, every.words[:0], every.probabilities[:0], 0.0)
    found = above_typical([mixed, trained(wrong, [1, 1, 1]), right, right], [every, every, nothing, every], 2)
    assert len(found) == 2
    assert found[0] == found[1]
