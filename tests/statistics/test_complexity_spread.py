"""Functions spread over complexity: their ones, their spread, and that nothing else of them is chosen."""

import numpy as np
import pytest

from harness.errors import BadInput
from harness.statistics.complexity import MEASURES, ones
from harness.statistics.complexity.spread import spread_over


@pytest.mark.parametrize("name", ["LZ76", "zlib", "expression length", "average sensitivity"])
def test_all_complexities_occur_at_one_entropy(name):
    measure = MEASURES[name]
    functions = spread_over(measure, 32, 64, 16, np.random.default_rng(0))
    assert (ones(functions) == 16).all()
    found = measure(functions)
    random = measure(np.random.default_rng(1).permuted(np.repeat([[0, 1]], 16, axis=1).repeat(64, axis=0), axis=1))
    # Random strings have nearly one complexity; these fill a range down to the simplest strings.
    assert found.std() > 2 * random.std()
    assert found.min() < np.quantile(random, 0.25) - 2 * random.std()
    quarters = np.histogram(found, 4, (found.min(), found.max()))[0]
    assert (quarters >= 6).all()


def test_both_labels_are_alike():
    """Of many functions, an input is as often 1 as its share of ones, whichever input it is."""
    functions = spread_over(MEASURES["LZ76"], 16, 2000, 4, np.random.default_rng(2))
    share = functions.mean(axis=0)
    assert np.abs(share - 0.25).max() < 5 * (0.25 * 0.75 / 2000) ** 0.5 * 3


def test_the_same_seed_gives_the_same_functions():
    one, other = (spread_over(MEASURES["LZ76"], 16, 8, 8, np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("wanted", [0, 16, 2.5])
def test_constant_functions_cannot_be_spread(wanted):
    with pytest.raises(BadInput, match="at least a one and a zero"):
        spread_over(MEASURES["LZ76"], 16, 8, wanted, np.random.default_rng(0))
