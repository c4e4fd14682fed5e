"""What a claim asks of hidden layers: stored as drawn, the same for the same seed, growing with the looks."""

import numpy as np
import pytest
import torch

from harness.claim import Scale
from harness.lab import Lab
from harness.networks import FullyConnected
from harness.optimisers import SGD
from harness.problems import digits
from harness.store import Store

NETWORK, TASK = FullyConnected((5, 4)), digits(6, 6)
SAMPLERS = {
    "hidden draws": lambda lab: lab.hidden_draws(NETWORK, TASK, ("training alignment",), draws=30),
    "deep posterior, observed": lambda lab: lab.subset_posterior(
        NETWORK, TASK, runs=2, chains=8, steps=2, observe=("training alignment", "errors by margin")
    ),
    "hidden patterns": lambda lab: lab.hidden_patterns(NETWORK, TASK, draws=30),
    "trained features": lambda lab: lab.trained_features(
        NETWORK, TASK, SGD(0.1), ("weight norm",), ("kernel change",), networks=10
    ),
    "least frozen width": lambda lab: lab.least_frozen_width(
        lambda width: FullyConnected((width,)), TASK, 6, draws=100
    ),
    "least trained width": lambda lab: lab.least_trained_width(
        lambda width: FullyConnected((width,)), TASK, SGD(0.1), 6, networks=5, max_epochs=5
    ),
    "transfer": lambda lab: lab.transfer(NETWORK, digits(6, 4, "3/8"), TASK, draws=20),
    "trained patterns": lambda lab: lab.trained_patterns(NETWORK, TASK, SGD(0.1), networks=10),
}


@pytest.fixture
def lab(tmp_path):
    def make(name="store", seed=0):
        return Lab(Scale("test", 100.0, effort=1, looks=3), torch.device("cpu"), seed, Store(tmp_path / name))

    return make


def same(one, two):
    one, two = one.to_arrays(), two.to_arrays()
    assert set(one) == set(two)
    return all(np.array_equal(array, two[name]) for name, array in one.items())


@pytest.mark.parametrize("sample", SAMPLERS.values(), ids=SAMPLERS)
def test_samples_are_kept_and_repeat_themselves(lab, monkeypatch, sample):
    first = lab()
    drawn = sample(first)
    assert same(sample(lab("other")), drawn)
    assert not same(sample(lab("another", seed=1)), drawn)
    first.look = 1
    more = sample(first)
    assert not same(more, drawn)

    def refuse(*_, **__):
        raise AssertionError("drawn again")

    monkeypatch.setattr("harness.lab.shards.generator", refuse)
    again = lab()
    again.look = 1
    assert same(sample(again), more)


def test_what_is_asked_is_part_of_the_address(lab):
    one = lab()
    SAMPLERS["trained features"](one)
    spent = one.spent
    one.trained_features(NETWORK, TASK, SGD(0.1), ("weight norm",), ("kernel change",), networks=10, batch=8)
    assert one.spent == spent
    one.trained_features(NETWORK, TASK, SGD(0.1), ("weight norm",), ("kernel change",), networks=10, batch=4)
    assert one.spent > spent
