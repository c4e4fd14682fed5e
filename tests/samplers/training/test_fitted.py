"""Which share of the networks fits its training set, and when that is too small to ask further."""

import numpy as np
import pytest

from harness.errors import NotAsked
from harness.functions import FunctionCounts
from harness.samplers.features import Observed
from harness.samplers.training import Trained
from harness.samplers.training.fitted import needs_fitted, share_fitted


def trained(fitted, others):
    functions = FunctionCounts.from_bits(np.ones((fitted, 2), dtype=bool)) if fitted else FunctionCounts.empty(2)
    return Trained(functions, fitted + others, np.ones(fitted, dtype=np.int64), FunctionCounts.empty(2))


def observed(fitted, others):
    return Observed(np.zeros((fitted, 1)), np.ones(fitted), others)


@pytest.mark.parametrize("of", [trained, observed])
def test_networks_are_counted_over_all_sets(of):
    assert share_fitted([of(3, 1), of(1, 3)]) == 0.5
    needs_fitted([of(9, 1)])
    needs_fitted([of(10, 0), of(8, 2)])
    needs_fitted([of(1, 1)], least=0.5)


@pytest.mark.parametrize("of", [trained, observed])
@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ([(8, 1), (9, 2)], "85% of the networks fit .* none on 0 of 2 sets, where at least 90% must"),
        ([(20, 0)] * 9 + [(0, 5)], "97% of the networks fit .* none on 1 of 10 sets"),
        ([(0, 0)], "0% of the networks fit"),
    ],
    ids=["too few", "none on one set", "none at all"],
)
def test_optimisers_that_do_not_train_are_not_asked(of, counts, said):
    with pytest.raises(NotAsked, match=f"does not train here: {said}"):
        needs_fitted([of(*each) for each in counts])
