"""Volumes of ternary networks against a published-style table, brute force over all units, and drawn networks."""

from itertools import product

import numpy as np
import pytest
from scipy import stats

from harness.errors import BadInput
from harness.functions.packing import pack
from harness.networks import FullyConnected
from harness.problems import boolean_cube
from harness.samplers.enumeration import ClauseNetwork, ClauseVolumes, ExactVolumes, clause_volumes

CUBE = boolean_cube(4).eval_x.astype(int)
# Of the constant 0, a single 1 on the first input, a copy of the last bit and the parity: computed elsewhere.
NAMED = np.array([np.zeros(16, dtype=int), np.eye(16, dtype=int)[0], CUBE[:, 3], CUBE.sum(axis=1) % 2])
TABLE = {
    8: ([0.0486071, 3.88724e-3, 1.26125e-4, 2.17591e-11], 514, 656.9, 11.308),
    16: ([0.2959903, 8.16657e-3, 4.01135e-8, 1.11892e-16], 51_566, 47_295, 4.570),
}


def on(weights, x):
    """Whether units of these weights, (..., bits), are on at the inputs: (..., points)."""
    agrees = ((weights[..., None, :] == 0) | (weights[..., None, :] == 2 * x - 1)).all(axis=-1)
    return agrees & (weights != 0).any(axis=-1)[..., None]


@pytest.mark.parametrize("width", TABLE)
def test_the_volumes_of_the_table(width):
    named, rare, unseen, entropy = TABLE[width]
    found = clause_volumes(4, width)
    np.testing.assert_allclose(found.of(NAMED), named, rtol=5e-6)
    assert len(found.words) == 2**16
    assert (found.probabilities < 1e-8).sum() == rare
    assert np.exp(1e8 * np.log1p(-found.probabilities)).sum() == pytest.approx(unseen, rel=1e-4)
    assert found.entropy() == pytest.approx(entropy, abs=5e-4)
    assert found.probabilities.sum() == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize(("bits", "width"), [(1, 3), (2, 1), (2, 4), (3, 2)])
def test_all_units_one_after_the_other(bits, width):
    x = boolean_cube(bits).eval_x.astype(int)
    units = on(np.array(list(product((-1, 0, 1), repeat=bits))), x)
    networks = np.array([np.any(chosen, axis=0) for chosen in product(units, repeat=width)])
    functions, counts = np.unique(np.concatenate([networks, ~networks]), axis=0, return_counts=True)
    found = clause_volumes(bits, width)
    np.testing.assert_allclose(found.of(functions), counts / (2 * len(networks)), rtol=1e-12)
    assert len(found.words) == len(functions)


def test_drawn_networks():
    rng = np.random.default_rng(0)
    found = clause_volumes(4, 3)
    networks = on(rng.integers(-1, 2, (200_000, 3, 4)), CUBE).any(axis=1) ^ rng.integers(0, 2, (200_000, 1), dtype=bool)
    seen = ExactVolumes(16, found.words, found.probabilities).of(networks)
    # Nothing is drawn that has no volume; the likeliest are drawn as often as they should be, the rest together.
    assert (seen > 0).all()
    words, counts = np.unique(pack(networks)[:, 0], return_counts=True)
    often = np.argsort(-found.probabilities)[:100]
    place = np.searchsorted(words, found.words[often, 0])
    observed = np.append(counts[place], len(networks) - counts[place].sum())
    expected = len(networks) * np.append(found.probabilities[often], 1 - found.probabilities[often].sum())
    assert stats.chisquare(observed, expected).pvalue > 1e-6


def test_a_permutation_of_the_bits_leaves_volumes_alone():
    found = clause_volumes(4, 6)
    functions = np.random.default_rng(1).integers(0, 2, (50, 2, 2, 2, 2))
    moved = functions.transpose(0, 3, 1, 4, 2)
    flipped = functions[:, ::-1, :, ::-1]
    same = found.of(functions.reshape(50, 16))
    np.testing.assert_array_equal(found.of(moved.reshape(50, 16)), same)
    np.testing.assert_array_equal(found.of(flipped.reshape(50, 16)), same)
    np.testing.assert_array_equal(found.of(1 - functions.reshape(50, 16)), same)
    assert len(np.unique(same)) > 10


def test_what_is_not_counted_is_refused():
    for network, problem in [
        (ClauseNetwork(3), boolean_cube(5)),
        (ClauseNetwork(3), boolean_cube(3, "parity", train=2)),
        (FullyConnected((3,)), boolean_cube(3)),
    ]:
        with pytest.raises(BadInput, match="ClauseNetwork"):
            ClauseVolumes(network, problem)
    for width in (0, 1001, 2.5):
        with pytest.raises(BadInput, match="width"):
            ClauseNetwork(width)
