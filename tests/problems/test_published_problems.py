"""Published problems and samples: what the papers and their files say of them."""

import numpy as np
import pytest

from harness.errors import BadInput
from harness.functions.packing import pack
from harness.problems import datasets, mnist
from harness.problems.published import (
    DRAWN,
    T32_INPUTS,
    TRAINED,
    masked_cube,
    occam_target,
    published_prior,
    published_trained,
    s2,
    t32,
    unscaled_images,
)
from harness.statistics.complexity import lempel_ziv


def bits(string):
    return np.array(list(string), dtype=int)


def test_t32_is_a_copy_of_the_sixth_bit_on_the_named_inputs():
    problem = t32()
    assert (problem.m, problem.n) == (32, 96)
    for x, y in ((problem.train_x, problem.train_y), (problem.eval_x, problem.eval_y)):
        np.testing.assert_array_equal(y, x[:, 5])
    # Input 1 = 0000001 is the first of S: the mask begins 01100010.
    rows = problem.train_x @ 2 ** np.arange(6, -1, -1)
    assert rows[:3].tolist() == [1, 2, 6]
    assert "".join("1" if i in rows else "0" for i in range(128)) == T32_INPUTS


# Sums of the places of all ones, and their number, counted in the published list of targets.
@pytest.mark.parametrize(
    ("target", "ones", "places"),
    [(0, 3, 40), (1, 123, 7918), (2, 120, 7760), (3, 96, 5600), (4, 16, 392), (5, 96, 7184)],
)
def test_targets_on_the_other_inputs_are_the_published_ones(target, ones, places):
    problem = s2(target)
    assert (problem.m, problem.n) == (32, 96)
    rows = np.concatenate([problem.train_x, problem.eval_x]) @ 2 ** np.arange(6, -1, -1)
    labels = np.concatenate([problem.train_y, problem.eval_y])
    assert (labels.sum(), rows[labels == 1].sum()) == (ones, places)
    # Input 1 = 0000001 is the first of S: the mask begins 01001100.
    assert (problem.train_x @ 2 ** np.arange(6, -1, -1))[:4].tolist() == [1, 4, 5, 9]


@pytest.mark.parametrize("inputs", ["01", "0" * 4, "1" * 4, "0a11", 7])
def test_a_mask_that_names_no_inputs_is_refused(inputs):
    with pytest.raises(BadInput, match="string of 4 zeros and ones"):
        masked_cube("0110", inputs, "wrong")


@pytest.mark.parametrize(
    ("past", "most", "shares"),
    [
        (1, 0.65310, (0.1045, 0.0713, 0.0422, 0.0251)),
        (64, 0.93863, (0.0248, 0.0127, 0.0045, 0.0020)),
    ],
)
def test_published_networks_have_the_published_shares(past, most, shares):
    """The target is the most frequent function. Other shares lack functions of fewer than ten networks: they are below
    the published ones, of the whole sample."""
    found, problem = published_trained(past), t32()
    wrong = (found.bits() != problem.eval_y).sum(axis=1)
    of = np.bincount(wrong, found.counts, minlength=5) / TRAINED
    assert of[0] == pytest.approx(most, abs=1e-5)
    assert of[1:5] == pytest.approx(shares, abs=1e-4)
    assert (found.counts.max() == found.counts[wrong == 0]).all()
    assert found.counts.min() == 10


def test_complexities_of_all_published_functions_are_equal():
    published = published_prior()
    assert published.bits.shape == (524, 128)
    np.testing.assert_array_equal(lempel_ziv(published.bits), published.complexities)
    assert len(np.unique(pack(published.bits), axis=0)) == 524
    assert published.counts.sum() < DRAWN


def words(text):
    """Words of the exhaustive parsing, by its definition: each is the shortest that did not occur before."""
    count = start = 0
    while start < len(text):
        length = 1
        while start + length <= len(text) and text[start : start + length] in text[: start + length - 1]:
            length += 1
        start, count = start + length, count + 1
    return count


@pytest.mark.parametrize(
    ("target", "ones", "ours", "published"),
    [
        (occam_target(2), 2, 35, 31.5),
        (occam_target(10), 10, 70, 66.5),
        (occam_target(21), 20, 101.5, 101.5),
        ("01" * 64, 64, 21, 21),
    ],
    ids=["2", "10", "21", "0101"],
)
def test_targets_have_the_published_complexities(target, ones, ours, published):
    """The parser of arXiv 2304.06670 stops two letters before the end of a string, and so misses a last word."""
    assert target.count("1") == ones
    assert 7 * (words(target) + words(target[::-1])) / 2 == lempel_ziv(bits(target)) == ours
    assert 7 * (words(target[:-2]) + words(target[::-1][:-2])) / 2 == published


def test_other_targets_samples_and_data_are_refused():
    for ask in (
        lambda: occam_target(3),
        lambda: s2(6),
        lambda: published_trained(2),
        lambda: unscaled_images(4, 8, "digits"),
    ):
        with pytest.raises(BadInput):
            ask()


@pytest.mark.parametrize("data", ["mnist", "fashion_mnist"])
def test_pixels_are_between_0_and_1_and_classes_are_halved(data):
    problem = unscaled_images(36, 100, data, split=3)
    assert problem.train_x.min() == 0
    assert 0.9 < problem.train_x.max() <= 1
    assert 0 < problem.train_y.mean() < 1
    assert problem.fingerprint != unscaled_images(36, 100, data, split=4).fingerprint


def test_unscaled_images_are_the_packaged_ones():
    """The same pool as `mnist` but for one shift and one scale of all pixels."""
    x = unscaled_images(1000, 1000).inputs.reshape(2000, -1).astype(float)
    scaled = mnist(1000, 1000, datasets.FIRST_LAST, balanced=False).inputs.reshape(2000, -1).astype(float)
    as_ours = (x - x.mean()) / x.std()
    np.testing.assert_allclose(np.sort(as_ours.sum(axis=1)), np.sort(scaled.sum(axis=1)), rtol=1e-3, atol=1e-2)
