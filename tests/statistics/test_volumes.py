"""Volumes of named functions against enumeration, plain counts, closed forms, an orthant and a second sampler."""

from collections import Counter
from functools import cache
from math import acos, comb, log, pi

import numpy as np
import pytest
import torch
from scipy import stats

from harness.functions import FunctionCounts
from harness.functions.packing import pack
from harness.networks import FullyConnected, perceptron
from harness.problems import boolean_cube
from harness.samplers.infinite_width.gaussian_process import GaussianProcess
from harness.samplers.infinite_width.kernels import nngp
from harness.samplers.infinite_width.orthant_evidence import log_probability
from harness.samplers.posterior import density_of_states, subset_simulation
from harness.samplers.prior import prior
from harness.statistics.complexity import lempel_ziv
from harness.statistics.simplicity import bound
from harness.statistics.volumes import (
    bits_above_class,
    bits_below_bound,
    in_bits,
    log2_share,
    log2_share_of,
    named_function,
    with_ones,
)
from harness.verdicts import Estimate
from harness.verdicts.intervals import affine, difference, log_evidence

SMALL = FullyConnected((8,))
# Of an interval that misses, and plain draws to check volumes by.
FALSE_ALARM, DRAWS = 1e-6, 1_000_000


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def volume(architecture, bits, target, seed=0, runs=24, chains=32, **options):
    found = subset_simulation(
        architecture,
        named_function(bits, target),
        generator(seed),
        runs=runs,
        chains=chains,
        max_doublings=0,
        **options,
    )
    return in_bits(found.evidence)


def test_a_named_function_is_the_whole_cube():
    problem = named_function(3, "parity")
    assert (problem.m, problem.n) == (8, 1)
    np.testing.assert_array_equal(problem.train_x, boolean_cube(3).eval_x)
    assert problem.train_y.tolist() == [0, 1, 1, 0, 1, 0, 0, 1]
    assert problem.name == "cube3-parity-whole"


def test_every_function_of_two_bits_against_plain_counts():
    """All 16 volumes: each agrees with its share of plain draws, and they add up to 1."""
    tiny = FullyConnected((8,))
    drawn = prior(tiny, boolean_cube(2), 200_000, generator())
    total = variance = 0.0
    for number in range(16):
        target = format(number, "04b")
        found = volume(tiny, 2, target, seed=number, runs=16, chains=64, steps=4, last_layers=5)
        counted = log2_share_of(drawn, boolean_cube(2, target).eval_y)
        low, high = difference(found, counted, "").interval(1e-6)
        assert low <= 0 <= high
        assert high - low < 6
        total += 2**found.value
        variance += (2**found.value * (found.interval(0.32)[1] - found.value) * log(2)) ** 2
    assert abs(total - 1) < 5 * variance**0.5
    assert variance**0.5 < 0.1


def test_perceptrons_of_two_weights_in_closed_form():
    """Labels on 00, 01, 10, 11 are the signs of 0, w₂, w₁ and w₁ + w₂: of eight equal sectors of the plane, 0111 has
    two, 0101 one; with w₁ and w₂ of opposite signs the sum takes that of the larger."""
    for target, share in (("0111", 2 / 8), ("0101", 1 / 8), ("0100", 1 / 8), ("0000", 2 / 8)):
        low, high = volume(perceptron(), 2, target).interval(1e-6)
        assert low <= np.log2(share) <= high
        assert high - low < 1


def test_one_direction_of_three_weights_in_closed_form():
    """A perceptron computes the identity where w₃ > 0 and all other sums stay on their side: −w₁ − w₂ < w₃, and w₁, w₂
    and w₁ + w₂ at most 0. That is a cone of three planes, whose solid angle has a closed form."""
    normals = np.array([[-1, 0, 0], [0, -1, 0], [1, 1, 1]]) / np.sqrt([[1], [1], [3]])
    # By Girard's theorem: the angles between the planes, less π, over 4π.
    angles = [pi - acos(float(normals[i] @ normals[j])) for i, j in ((0, 1), (0, 2), (1, 2))]
    share = (sum(angles) - pi) / (4 * pi)
    low, high = volume(perceptron(), 3, "identity").interval(1e-6)
    assert low <= np.log2(share) <= high
    assert high - low < 1


# The small network expresses parity less than once in a million draws; one of steep units does more often.
STEEP = FullyConnected((16,), "tanh", 6.0, 3.0)
NAMED = {
    "identity": (SMALL, "01010101"),
    "copy-1": (SMALL, "00001111"),
    "copy-2": (SMALL, "00110011"),
    "majority": (SMALL, "00010111"),
    "constant-0": (SMALL, "00000000"),
    "constant-1": (SMALL, "11111111"),
    "parity": (STEEP, "01101001"),
}


@pytest.mark.parametrize("target", NAMED)
def test_named_functions_of_three_bits_against_a_million_plain_draws(target):
    """In numpy, with the labels spelt out: nothing of the sampler, of the cube or of the networks has a part in it."""
    architecture, spelt = NAMED[target]
    k = plain_draws(architecture)[spelt]
    low, high = volume(architecture, 3, target, runs=16, chains=64, steps=4, last_layers=5).interval(FALSE_ALARM)
    exact = stats.binomtest(k, DRAWS).proportion_ci(1 - FALSE_ALARM, "exact")
    assert low <= np.log2(exact.high)
    assert np.log2(exact.low) <= high
    assert high - low < 6


@cache
def plain_draws(architecture):
    """How many of a million networks of 3 inputs and one hidden layer express each function of the cube."""
    rng, found = np.random.default_rng(0), Counter()
    x = np.array([[0, 0, 0], [0, 0, 1], [0, 1, 0], [0, 1, 1], [1, 0, 0], [1, 0, 1], [1, 1, 0], [1, 1, 1]], np.float32)
    (units,), w, b, networks = architecture.hidden, architecture.sigma_w, architecture.sigma_b, DRAWS // 10
    bend = {"relu": lambda z: np.maximum(z, 0), "tanh": np.tanh}[architecture.activation]
    for _ in range(10):
        first, last = (rng.standard_normal((networks, each, units), np.float32) * w for each in (3, 1))
        bias, offset = (rng.standard_normal((networks, 1, each), np.float32) * b for each in (units, 1))
        h = bend(x @ first / np.sqrt(3) + bias)
        logits = (h * last).sum(2) / np.sqrt(units) + offset[:, :, 0]
        found.update(((logits > 0) @ 2 ** np.arange(7, -1, -1)).tolist())
    return Counter({format(number, "08b"): count for number, count in found.items()})


@pytest.mark.slow
def test_a_rare_function_by_a_second_sampler():
    """Density of states goes through other levels, by other moves, to the same set: about 10⁻⁴ of the parameters."""
    problem = named_function(3, "01101000")
    second = in_bits(density_of_states(SMALL, problem, generator(2), runs=20, chains=16, steps=4).evidence)
    first = volume(SMALL, 3, "01101000")
    low, high = difference(first, second, "").interval(1e-4)
    assert low <= 0 <= high
    assert high - low < 5
    assert first.interval(1e-4)[1] < -10


def test_a_wide_network_is_near_the_orthant_of_infinite_width():
    """For the trend only: a width has a volume of its own."""
    architecture, problem = FullyConnected((100,)), named_function(3, "01101000")
    limit = log_probability(GaussianProcess(nngp(architecture, problem.train_x), problem.train_y), generator())
    assert abs(volume(architecture, 3, "01101000", runs=8).value - in_bits(limit).value) < 1


@pytest.mark.slow
def test_the_identity_of_seven_bits_by_a_second_sampler():
    """A function of 128 labels with a volume of about 10⁻⁶."""
    architecture, problem = FullyConnected((20, 20)), named_function(7, "identity")
    first = volume(architecture, 7, "identity", runs=4, chains=32)
    second = in_bits(density_of_states(architecture, problem, generator(1), runs=4, chains=32).evidence)
    low, high = difference(first, second, "").interval(1e-3)
    assert low <= 0 <= high
    assert abs(first.value - second.value) < 2


def test_shares_and_scales_by_hand():
    eighth = log2_share(125, 1000)
    assert eighth.value == -3
    low, high = eighth.interval(0.05)
    exact = stats.binomtest(125, 1000).proportion_ci(0.95)
    np.testing.assert_allclose([low, high], np.log2(exact))
    assert log2_share(0, 10).interval(0.05)[0] == -np.inf
    moved = affine(eighth, 2, 1)
    assert (moved.value, moved.interval(0.05)) == (-5, (2 * low + 1, 2 * high + 1))
    assert moved.ahead(0.05, 1.0) == moved.interval(0.05)
    nats = log_evidence([-2.0, -2.1, -1.9])
    np.testing.assert_allclose(in_bits(nats).interval(0.1), np.array(nats.interval(0.1)) / log(2))


def test_the_gap_below_the_bound_by_hand():
    """A function at the bound has a gap of 0; one 8 times less likely, of 3."""
    identity = boolean_cube(5, "identity").eval_y
    line = bound(lempel_ziv, 32, 0.25)
    at_bound = float(line.log2(lempel_ziv(identity)))
    value = at_bound * log(2)
    exact = Estimate("ln P(S)", value, lambda _: (value, value), 3, "independent runs", 3.0, "given")
    bits = np.stack([np.zeros(32, int), np.arange(32) % 3 == 0])
    drawn = FunctionCounts.from_bits(np.repeat(bits, [250, 750], axis=0))
    assert bits_below_bound(in_bits(exact), drawn, identity, lempel_ziv).value == pytest.approx(0)
    rarer = bits_below_bound(affine(in_bits(exact), 1, -3), drawn, identity, lempel_ziv)
    assert rarer.value == pytest.approx(3)
    assert rarer.details["bound"] == {"a": line.a, "b": line.b}
    assert rarer.details["complexity"][0] == {
        "function": "01" * 16,
        "k": 15.0,
        "p": pytest.approx(2 ** (at_bound - 3)),
    }
    assert {point["p"] for point in rarer.details["complexity"][1:]} == {0.25, 0.75}


def test_the_mean_of_a_class_by_hand():
    """Of 100 draws, 70 have one input of four classified 1: a mean of 0.7/4 a function."""
    drawn = FunctionCounts.from_bits(np.repeat([[0, 0, 0, 0], [0, 0, 0, 1], [1, 0, 0, 0]], [30, 50, 20], axis=0))
    function = np.array([0, 1, 0, 0])
    found = bits_above_class(log2_share(35, 100), drawn, function)
    assert found.value == pytest.approx(np.log2(0.35 / (0.7 / 4)))
    assert with_ones(drawn, 1).total == 70


@pytest.mark.parametrize("scatter", [0.1, 0.6])
def test_gaps_and_ratios_cover(scatter):
    """Misses at either end of 300 intervals at 90 %, a quarter more granted: eight runs, a share of 200 draws."""
    rng = np.random.default_rng(0)
    function = boolean_cube(3, "identity").eval_y
    words = {t: pack((np.arange(8) < t)[None].astype(int)) for t in (0, 4)}
    p_class, ln_volume = 0.1, -6.0
    line = bound(lempel_ziv, 8, 0.1)
    gap = float(line.log2(lempel_ziv(function))) - ln_volume / log(2)
    ratio = ln_volume / log(2) - np.log2(p_class / comb(8, 4))
    misses = np.zeros(4, dtype=int)
    for _ in range(300):
        runs = log_evidence(rng.normal(ln_volume - scatter**2 / 2, scatter, 8).tolist())
        k = int(rng.binomial(200, p_class))
        drawn = FunctionCounts(8, np.concatenate([words[0], words[4]]), np.array([200 - k, k]))
        constants = FunctionCounts(8, np.concatenate([words[0], words[4]]), np.array([k, 200 - k]))
        low, high = bits_above_class(in_bits(runs), drawn, function).interval(0.1)
        misses[:2] += low > ratio, high < ratio
        low, high = bits_below_bound(in_bits(runs), constants, function, lempel_ziv).interval(0.1)
        misses[2:] += low > gap, high < gap
    assert (stats.binom.sf(misses - 1, 300, 0.05 * 1.25) > 1e-4).all()
