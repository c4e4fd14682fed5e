"""What claims share: splits of the data, whose first keeps the name that results and accepted verdicts know it by."""

import numpy as np

from claims.grids import DATA, SPLITS, image_problem
from claims.sampling.advantage_of_sgd_shrinks_with_data import test_advantage_shrinks as advantage
from harness.claim import SCALES, question_of
from harness.problems import digits


def test_the_first_split_is_named_after_the_data_alone():
    for scale, further in zip(SCALES, (0, 0, 4), strict=True):
        assert SPLITS[scale][: len(DATA[scale])] == DATA[scale]
        assert len(SPLITS[scale]) == len(DATA[scale]) + further
    question = question_of(advantage)
    ids = [question.cell_id(cell) for cell in question.cells("full")]
    assert "advantage_shrinks: digits-sgd-lr0.1-cross-entropy" in ids
    assert "advantage_shrinks: digits-split4-sgd-lr0.1-cross-entropy" in ids
    assert len(set(ids)) == len(ids)


def test_a_split_is_another_draw_of_the_same_data():
    first, second = image_problem("digits", 16), image_problem("digits-split1", 16)
    assert first.fingerprint == digits(16, 64).fingerprint
    assert second.fingerprint == digits(16, 64, split=1).fingerprint
    assert not np.array_equal(first.eval_x, second.eval_x)
    larger = image_problem("digits-split1", 32)
    np.testing.assert_array_equal(larger.eval_x, second.eval_x)
    np.testing.assert_array_equal(larger.train_x[:16], second.train_x)
