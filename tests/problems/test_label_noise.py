"""Label noise: how many labels become wrong and which, what stays right, and what says so."""

from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from harness.errors import BadInput
from harness.problems import boolean_cube, digits, training_sets, with_label_noise
from harness.problems.datasets import TEN


def test_as_many_labels_are_wrong_as_were_asked_for_and_no_others():
    clean = digits(40, 16)
    for noise, wrong in ((0.05, 2), (0.1, 4), (0.2, 8), (0.5, 20), (1.0, 40)):
        noisy = with_label_noise(clean, noise)
        assert (noisy.train_y != clean.train_y).sum() == wrong
        np.testing.assert_array_equal(noisy.inputs, clean.inputs)
        np.testing.assert_array_equal(noisy.eval_y, clean.eval_y)
        assert noisy.name == f"{clean.name}-noise{noise:g}"
        assert noisy.facts == {**clean.facts, "problem": noisy.name, "label noise": noise}
    assert with_label_noise(clean, 0.0) is clean


def test_wrong_labels_stay_wrong_at_every_larger_share():
    clean = digits(20, 16)
    wrong = [with_label_noise(clean, noise, split=3).train_y != clean.train_y for noise in (0.1, 0.25, 0.6)]
    for few, more in pairwise(wrong):
        assert more[few].all()


def test_wrong_labels_are_drawn_evenly_from_points_and_other_classes():
    clean = digits(20, 16, task=TEN)
    drawn = np.array([with_label_noise(clean, 0.2, split).train_y for split in range(1000)])
    wrong = drawn != clean.train_y
    assert (wrong.sum(1) == 4).all()
    assert stats.chisquare(wrong.sum(0)).pvalue > 1e-7
    shifts = np.bincount((drawn[wrong].astype(int) - clean.train_y[np.nonzero(wrong)[1]]) % 10, minlength=10)
    assert shifts[0] == 0
    assert stats.chisquare(shifts[1:]).pvalue > 1e-7


def test_training_sets_have_noise_of_their_own_and_addresses_of_their_own():
    clean, noisy, other = (training_sets(digits, 20, 16, label_noise=noise) for noise in (0.0, 0.1, 0.2))
    assert clean == training_sets(digits, 20, 16)
    assert noisy == training_sets(digits, 20, 16, label_noise=0.1)
    assert len({clean, noisy, other}) == 3
    assert noisy.name == f"{clean.name}-noise0.1"
    assert noisy.facts == {**clean.facts, "problem": noisy.name, "label noise": 0.1}
    places = set()
    for number in range(6):
        one, two = clean.problem(number, 1), noisy.problem(number, 1)
        np.testing.assert_array_equal(one.inputs, two.inputs)
        np.testing.assert_array_equal(one.eval_y, two.eval_y)
        wrong = one.train_y != two.train_y
        assert wrong.sum() == 2
        places.add(tuple(np.nonzero(wrong)[0]))
        assert len({each.problem(number, 1).fingerprint for each in (clean, noisy, other)}) == 3
    assert len(places) > 1
    right, cube = (training_sets(boolean_cube, 8, 8, bits=4, target="parity", label_noise=n) for n in (0.0, 0.25))
    assert (cube.problem(2).train_y != right.problem(2).train_y).sum() == 2


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: with_label_noise(digits(20, 4), 1.5), "Label noise is a share of the training labels from 0 to 1"),
        (lambda: with_label_noise(digits(20, 4), 0.01), "0.01 is 0.2 of 20 training labels; give a share"),
        (lambda: with_label_noise(digits(20, 4), 0.1, -1), "Splits are numbered from 0"),
        (lambda: training_sets(digits, 8, 8, label_noise=0.05), "0.05 is 0.4 of 8 training labels"),
        (lambda: training_sets(digits, 8, 8, label_noise=-0.5), "Label noise is a share"),
    ],
)
def test_what_makes_no_sense_is_said_in_one_sentence(make, said):
    with pytest.raises(BadInput, match=said):
        make()
