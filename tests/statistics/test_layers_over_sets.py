"""What hidden layers do on each training set: against numbers worked out by hand, and refusals."""

import numpy as np
import pytest
import torch

from harness.errors import NotAsked
from harness.functions import ClusteredCounts
from harness.samplers.features import LayerPatterns, Observed, Transfer, search
from harness.statistics import layers_over_sets as over

VALUES = np.array([[0.0, 1.0], [1.0, 3.0], [2.0, 5.0]])


def observed(values, weights=(1, 1, 1), left_out=0):
    return Observed(np.asarray(values, dtype=float), np.asarray(weights, dtype=float), left_out)


def test_means_and_shifts_weight_hidden_draws_by_their_evidence():
    draws = [observed(VALUES, (0, 1, 3)), observed(VALUES)]
    assert over.means(draws, 1) == pytest.approx([(3 + 15) / 4, 3])
    # In standard deviations of the prior: √(2/3) of the first column, from its mean 1.
    assert over.shifts(draws, 0) == pytest.approx([0.75 / np.sqrt(2 / 3), 0])


def test_growths_are_in_standard_deviations_of_the_initialisation():
    grown, draws = [observed([[9.0, 0.5], [9.0, 1.5]], (1, 1))], [observed(VALUES, (0, 1, 3))]
    assert over.growths(grown, 1, draws, 1) == pytest.approx([1.0 / np.sqrt(8 / 3)])


def test_networks_that_never_moved_have_no_share_of_a_shift_and_all_of_a_displacement_left():
    rng = torch.Generator().manual_seed(0)
    prior, again, moved = (
        LayerPatterns((clusters(torch.rand(4000, 8, generator=rng) < share),)) for share in (0.5, 0.5, 0.8)
    )
    begun = over.pattern_distances([prior], [moved], 0)
    assert over.pattern_distances([again], [moved], 0)[0] / begun[0] == pytest.approx(1, abs=0.1)
    assert abs(over.pattern_distances([prior], [again], 0)[0]) < 0.01 * begun[0]


def clusters(bits):
    from harness.functions.packing import pack

    return ClusteredCounts.from_words(pack(bits.numpy().astype(np.uint8)), np.arange(len(bits)), 8, len(bits))


def test_a_displacement_that_may_be_zero_is_not_shared():
    over.needs_displacement([1.0, 1.1, 0.9], "the layer")
    with pytest.raises(NotAsked, match="does not move the layer"):
        over.needs_displacement([1.0, -1.1, 0.2], "the layer")


def test_gains_are_those_of_weighted_means():
    first, second, errors = np.array([1.0, 3.0]), np.array([0.2, 0.6]), np.array([0.1, 0.1])
    sample = Transfer(first, second, errors)
    assert over.gains_in_evidence([sample]) == pytest.approx([np.log((0.2 + 1.8) / 2 / (2 * 0.4))])
    assert over.gains_in_error([sample]) == pytest.approx([0.2 / 0.8 - 0.4 / 2.0])
    assert over.gains_in_evidence([Transfer(np.ones(2), second, errors)]) == pytest.approx([0])
    assert over.less([3.0, 1.0], [1.0, 1.5]) == [2.0, -0.5]


def test_least_widths_and_their_ratios():
    tallies = [search(lambda width, least=least: (20 * (width >= least), 20), 1, 32) for least in (4, 16)]
    assert over.least_widths(tallies) == [4, 16]
    assert over.ln_ratios([16.0, 4.0], [4.0, 4.0]) == pytest.approx([np.log(4), 0])
