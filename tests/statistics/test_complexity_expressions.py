"""Expression lengths against a search by relaxation, theorems and random expressions."""

import numpy as np
import pytest

from harness.problems import boolean_cube
from harness.statistics.complexity import average_sensitivity, expression_length
from harness.statistics.complexity.expressions import shortest_lengths


def all_functions(inputs):
    """(2^2^inputs, 2^inputs) labels; function f is number Σ label·2^point."""
    return np.arange(2**2**inputs)[:, None] >> np.arange(2**inputs) & 1


def relaxed(inputs):
    """Shortest lengths by relaxing every pair of functions until nothing changes (Bellman & Ford), with AND, OR and NOT
    each as it stands."""
    numbers = np.arange(2**2**inputs)
    lengths = np.full(len(numbers), np.inf)
    lengths[[0, -1]] = 0
    points = np.arange(2**inputs)
    for bit in range(inputs):
        lengths[((points >> bit & 1) << points).sum()] = 1
    while True:
        before = lengths.copy()
        sums = lengths[:, None] + lengths
        np.minimum.at(lengths, numbers[:, None] & numbers, sums)
        np.minimum.at(lengths, numbers[:, None] | numbers, sums)
        lengths = np.minimum(lengths, lengths[::-1])
        if (lengths == before).all():
            return lengths


@pytest.mark.parametrize("inputs", [1, 2, 3])
def test_every_function_of_up_to_three_inputs(inputs):
    np.testing.assert_array_equal(expression_length(all_functions(inputs)), relaxed(inputs))


def test_functions_of_four_inputs():
    lengths = shortest_lengths()
    # Khrapchenko 1971: a sum modulo 2 of n = 2^k inputs takes n² of them.
    assert [expression_length(boolean_cube(n, "parity").eval_y) for n in (1, 2, 4)] == [1, 4, 16]
    assert (lengths == 0).sum() == 2
    assert (lengths == 1).sum() == 8
    # Two of four inputs, each negated or not, by AND or OR.
    assert (lengths == 2).sum() == 6 * 4 * 2
    rng = np.random.default_rng(0)
    f, g = rng.integers(0, 2**16, (2, 200_000))
    assert (lengths[f & g] <= lengths[f].astype(int) + lengths[g]).all()
    assert (lengths[f | g] <= lengths[f].astype(int) + lengths[g]).all()
    assert (lengths == lengths[::-1]).all()


def test_four_inputs_in_any_order_and_negated():
    rng = np.random.default_rng(1)
    bits = rng.integers(0, 2, (500, 2, 2, 2, 2))
    lengths = expression_length(bits.reshape(500, 16))
    for axes in ([0, 4, 2, 1, 3], [0, 2, 1, 4, 3]):
        turned = np.flip(bits.transpose(axes), axis=int(rng.integers(1, 5)))
        np.testing.assert_array_equal(expression_length(turned.reshape(500, 16)), lengths)


def random_expression(rng, x, length):
    """Labels of an expression in which inputs, columns of x, are written so many times."""
    if length == 1:
        return x[:, rng.integers(x.shape[1])] ^ rng.integers(2)
    split = int(rng.integers(1, length))
    one, other = random_expression(rng, x, split), random_expression(rng, x, length - split)
    return one & other if rng.integers(2) else one | other


def test_no_random_expression_of_four_inputs_is_shorter():
    rng = np.random.default_rng(2)
    x = boolean_cube(4).eval_x.astype(int)
    for length in (2, 5, 9, 14):
        bits = np.array([random_expression(rng, x, length) for _ in range(300)])
        assert (expression_length(bits) <= length).all()


@pytest.mark.parametrize("inputs", [5, 6, 7])
def test_beyond_four_inputs_where_the_shortest_is_known(inputs):
    x = boolean_cube(inputs).eval_x.astype(int)
    every, some = x.all(axis=1), x.any(axis=1)
    assert expression_length(np.array([every, some, x[:, 2], 1 - x[:, 0]])).tolist() == [inputs, inputs, 1, 1]
    # x₁(x₂ + … + x_n): every input once.
    assert expression_length(x[:, 0] & x[:, 1:].any(axis=1)) == inputs
    # Two inputs are added modulo 2: 4; the sum of three takes 10.
    assert expression_length(x[:, 1] ^ x[:, 4]) == 4
    assert expression_length(x[:, 0] ^ x[:, 1] ^ x[:, 4]) == 10
    # A function of three or four of the inputs is as long as without the others.
    functions = np.random.default_rng(3).integers(0, 2, (200, 16))
    chosen = x[:, [0, 2, 3, 4]] @ [8, 4, 2, 1]
    np.testing.assert_array_equal(expression_length(functions[:, chosen]), expression_length(functions))


@pytest.mark.parametrize("inputs", [4, 5, 6, 7])
def test_never_below_the_bound_of_khrapchenko(inputs):
    """An expression of f is at least e²/(|f = 0|·|f = 1|) long, e the edges of the cube that f cuts."""
    rng = np.random.default_rng(4)
    bits = (rng.random((500, 2**inputs)) < rng.random((500, 1))).astype(int)
    bits = np.concatenate([bits, [boolean_cube(inputs, name).eval_y for name in ("parity", "majority")]])
    bits = bits[np.ptp(bits, axis=1) > 0]
    edges, ones = average_sensitivity(bits) * 2**inputs / 2, bits.sum(axis=1)
    assert (expression_length(bits) >= edges**2 / (ones * (2**inputs - ones))).all()


@pytest.mark.parametrize("inputs", [5, 6])
def test_the_bound_does_not_exceed_random_expressions_by_much(inputs):
    """The shortest is at most the random expression; the bound found may be longer, but seldom is."""
    rng = np.random.default_rng(5)
    x = boolean_cube(inputs).eval_x.astype(int)
    for length in (4, 8):
        bits = np.array([random_expression(rng, x, length) for _ in range(300)])
        assert (expression_length(bits) <= length).mean() > 0.95


def test_the_order_of_inputs_makes_no_difference_beyond_four():
    bits = np.random.default_rng(6).integers(0, 2, (100, 2, 2, 2, 2, 2, 2))
    turned = bits.transpose(0, 6, 2, 5, 1, 4, 3)
    np.testing.assert_array_equal(expression_length(bits.reshape(100, 64)), expression_length(turned.reshape(100, 64)))
