"""Networks from elsewhere: labels, logits, files; those of another problem are refused."""

import numpy as np
import pytest
import torch

import harness
from harness.errors import BadInput
from harness.functions import FunctionCounts
from harness.lab.outside import outside
from harness.networks import FullyConnected

PROBLEM = harness.digits(m=4, n=6, task="3/8")
THREE = harness.digits(m=6, n=6, task="3/8/1")
LABELS = np.random.default_rng(0).integers(0, 2, (20, 6))


def test_labels_and_logits_say_the_same():
    expected = FunctionCounts.from_bits(LABELS)
    logits = (LABELS - 0.5) * np.random.default_rng(1).random(LABELS.shape)
    for values in (LABELS, LABELS.tolist(), LABELS.astype(bool), LABELS.astype(float), logits, logits[..., None]):
        found = outside(values, PROBLEM)
        assert found.functions == found.sample == expected
        assert found.functions.origin == PROBLEM.origin
    assert outside(torch.tensor(logits, requires_grad=True), PROBLEM).functions == expected
    of_two = np.stack([np.zeros_like(logits), logits], axis=2)
    assert outside(of_two[:, :, 1:], PROBLEM).functions == expected
    classes = np.random.default_rng(2).random((9, 6, 3))
    assert outside(classes, THREE).functions == FunctionCounts.from_labels(classes.argmax(2), 3)


def test_with_training_points_those_that_do_not_fit_are_left_out():
    on_training = np.tile(PROBLEM.train_y, (20, 1))
    on_training[5:, 2] ^= 1
    found = outside(np.hstack([on_training, LABELS]), PROBLEM)
    assert (found.networks, found.unfitted) == (20, 15)
    assert found.functions == FunctionCounts.from_bits(LABELS[:5])
    units = np.arange(20) // 2
    found = outside(np.hstack([on_training, LABELS]), PROBLEM, units=units)
    assert (found.sample.units, found.sample.total) == (3, 5)
    assert found.sample.pooled() == found.functions


def test_own_networks_exported_are_the_same_sample(tmp_path):
    lab = harness.Lab(store=tmp_path / "store", device="cpu")
    own = lab.train(FullyConnected((4,)), PROBLEM, harness.SGD(0.5), networks=30)
    labels = np.repeat(own.functions.labels(), own.functions.counts, axis=0)
    harness.save_labels(tmp_path / "own.npz", labels, PROBLEM)
    found = lab.outside(tmp_path / "own.npz", PROBLEM)
    assert found.functions == own.functions
    sampled = lab.rejection_posterior(FullyConnected((4,)), PROBLEM, draws=400).sample
    exported, known = (harness.bias_explained(each.functions, sampled) for each in (found, own))
    assert (exported.value, exported.interval(0.05)) == (known.value, known.interval(0.05))


def test_files_say_their_problem_or_are_asked_for_it(tmp_path):
    np.save(tmp_path / "a.npy", LABELS)
    with pytest.raises(BadInput, match=f"does not say which problem .* begins with {PROBLEM.fingerprint[:12]}"):
        outside(tmp_path / "a.npy", PROBLEM)
    assert outside(tmp_path / "a.npy", PROBLEM, fingerprint=PROBLEM.fingerprint[:12]).networks == 20
    other = harness.digits(m=4, n=6, task="3/8", split=1)
    harness.save_labels(tmp_path / "b.npz", LABELS, other, units=np.arange(20) // 4)
    assert outside(str(tmp_path / "b.npz"), other).sample.units == 5
    for given, fingerprint in ((tmp_path / "b.npz", None), (LABELS, other.fingerprint), (LABELS, "ab")):
        with pytest.raises(BadInput, match="name the problem that they are of"):
            outside(given, PROBLEM, fingerprint=fingerprint)


@pytest.mark.parametrize(
    ("values", "problem", "said"),
    [
        (np.zeros((3, 5)), PROBLEM, r"shape \(networks, 6\) or \(networks, 10\), for 6 evaluation points.*\(3, 5\)"),
        (np.zeros(6), PROBLEM, r"not of type float64 and shape \(6,\)"),
        (np.zeros((0, 6)), PROBLEM, r"shape \(0, 6\)"),
        ([["a"] * 6], PROBLEM, "not of type <U1"),
        ([[1, 2], [1]], PROBLEM, "cannot be read as an array"),
        (np.full((2, 6), np.nan), PROBLEM, "NaN or infinite"),
        (np.ma.masked_equal(LABELS, 1), PROBLEM, "masked"),
        (LABELS * 2 - 1, PROBLEM, "whole numbers from 0 to 1, but one is -1"),
        (np.full((2, 6), 3), THREE, "whole numbers from 0 to 2, but one is 3"),
        (np.full((2, 6), 0.3), THREE, "whole numbers from 0 to 2, but one is 0.3; logits are"),
        (np.zeros((2, 6, 4)), THREE, "one a class, 3, not 4"),
    ],
)
def test_what_is_no_network_is_one_sentence(values, problem, said):
    with pytest.raises(BadInput, match=said):
        outside(values, problem)


def test_what_is_no_file_or_unit_is_one_sentence(tmp_path):
    (tmp_path / "text.npy").write_text("no array")
    np.savez(tmp_path / "other.npz", a=1)
    np.save(tmp_path / "objects.npy", np.array([{}]), allow_pickle=True)
    for name, said in (
        ("text.npy", "npy file"),
        ("none.npy", "No such file"),
        ("objects.npy", "npy file"),
        ("other.npz", "no array called labels; it has a"),
        ("none.npz", "No such file"),
    ):
        with pytest.raises(BadInput, match=said):
            outside(tmp_path / name, PROBLEM, fingerprint=PROBLEM.fingerprint)
    for units in (np.arange(3), np.full(20, 0.5)):
        with pytest.raises(BadInput, match="one whole number for each of the 20 networks"):
            outside(LABELS, PROBLEM, units=units)
