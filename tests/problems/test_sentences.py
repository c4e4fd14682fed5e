"""Sentences: tokens by hand, splits, vocabulary, and what is missing."""

import numpy as np
import pytest
import torch

from harness.errors import BadInput, Unavailable
from harness.functions import FunctionCounts
from harness.networks import LSTM, Convolutional, FullyConnected, Transformer
from harness.problems import Problem, digits, sentences
from harness.problems.sentences import _pool, most_frequent, tokens
from harness.samplers.prior import prior
from tests.problems.test_problems import FULL_SETS, needs_full_sets


@pytest.fixture
def full_sets(monkeypatch):
    monkeypatch.setenv("HARNESS_DATA", str(FULL_SETS))


def test_words_become_numbers():
    texts = ["a good film .", "a bad film , a bad one", "so so"]
    assert most_frequent(texts, 4) == ["a", "bad", "film", "so"]
    numbers = {"a": 2, "bad": 3, "film": 4}
    # Short sentences are padded at the front, long ones cut at the end; other words are 1.
    np.testing.assert_array_equal(tokens(texts, numbers, 5), [[0, 2, 1, 4, 1], [2, 3, 4, 1, 2], [0, 0, 0, 1, 1]])


@needs_full_sets
def test_sentences_are_those_of_the_files(full_sets):
    texts, y = _pool()
    assert len(set(texts)) == len(texts)
    assert 5300 < (y == 0).sum() <= 5331
    assert 5300 < (y == 1).sum() <= 5331
    problem = sentences(100, 50)
    assert problem.inputs.shape == (150, 24)
    assert problem.inputs.dtype == np.int64
    assert 0 <= problem.inputs.min() <= problem.inputs.max() < problem.vocabulary == 500
    assert problem.train_y.sum() == 50
    assert problem.eval_y.sum() == 25
    # The most frequent word of all is the full stop, and two words of three are among the 500 most frequent ones.
    counts = np.bincount(sentences(2000, 2000, length=64).inputs.flatten())
    assert counts[2:].argmax() == 0
    assert 0.64 < counts[2:].sum() / counts[1:].sum() < 0.7


@needs_full_sets
def test_splits_are_disjoint_and_the_same_at_every_vocabulary(full_sets):
    # With all words in the vocabulary and room for the longest sentence, different sentences are different rows.
    whole = sentences(2000, 2000, vocabulary=30_000, length=64)
    assert len(np.unique(whole.inputs, axis=0)) == 4000
    short = sentences(2000, 2000, vocabulary=50, length=64)
    np.testing.assert_array_equal(short.train_y, whole.train_y)
    np.testing.assert_array_equal(np.where(whole.inputs < 50, whole.inputs, 1), short.inputs)
    assert sentences(8, 8, split=1).fingerprint != sentences(8, 8).fingerprint
    np.testing.assert_array_equal(sentences(8, 8).eval_x, sentences(16, 8).eval_x)


@needs_full_sets
@pytest.mark.parametrize(
    "architecture", [LSTM((4,), vocabulary=500, embedding=4), Transformer(4, 2, 4, vocabulary=500)]
)
def test_networks_on_sentences(full_sets, architecture):
    counts = prior(architecture, sentences(4, 8), 50, torch.Generator().manual_seed(0))
    assert isinstance(counts, FunctionCounts)
    assert counts.total == 50


def test_missing_files_are_unavailable_at_first_use(tmp_path, monkeypatch):
    _pool.cache_clear()
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path))
    named = sentences(4, 8, vocabulary=100, split=2)
    assert named.name == "sentences-v100-m4-n8-split2"
    with pytest.raises(Unavailable, match=r"movie_review\.neg\.txt is not in"):
        named.arrays  # noqa: B018


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: sentences(4, 4, vocabulary=2), "vocabulary of at least 3"),
        (lambda: sentences(4, 4, length=0), "at least 1 token"),
        (lambda: Problem.from_arrays([[1, 5]], [0], [[0, 1]], [1], vocabulary=5), "whole numbers from 0 to 4"),
        (lambda: Problem.from_arrays([[0.5, 1]], [0], [[0, 1]], [1], vocabulary=5), "training inputs must be whole"),
        (lambda: Problem.from_arrays([[0, 1]], [0], [0, 1], [1], vocabulary=5), "evaluation inputs must be whole"),
        (lambda: FullyConnected((3,)).prepare(np.zeros((2, 3), dtype=np.int64)), "takes numbers, not tokens"),
        (lambda: LSTM().prepare(np.zeros((2, 3), dtype=np.int64)), "give it a vocabulary"),
        (lambda: LSTM(vocabulary=5).prepare(digits(2, 2).inputs), "leave the vocabulary out"),
        (lambda: Transformer(vocabulary=5).prepare(np.array([[0, 5]])), "5 tokens, from 0 to 4, but"),
        (lambda: Convolutional().prepare(np.zeros((2, 3), dtype=np.float32)), "takes images of numbers"),
    ],
)
def test_what_does_not_fit_is_said_in_one_sentence(make, said):
    with pytest.raises(BadInput, match=said):
        make()


def test_tokens_are_held_as_whole_numbers():
    problem = Problem.from_arrays([], [], [[0, 4], [1, 2]], [0, 1], vocabulary=5)
    assert problem.inputs.dtype == np.int64
    assert problem.train_x.shape == (0, 2)
    numbers = Problem.from_arrays([], [], [[0, 4], [1, 2]], [0, 1])
    assert numbers.inputs.dtype == np.float32
    assert numbers.fingerprint != problem.fingerprint
