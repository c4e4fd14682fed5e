"""What a claim asks of hidden layers: stored as drawn, the same for the same seed, growing with the looks."""

import numpy as np
import pytest
import torch

from harness.claim import Scale
from harness.errors import BadInput
from harness.lab import Lab
from harness.networks import FullyConnected
from harness.optimisers import SGD
from harness.problems import Problem, digits
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

    monkeypatch.setattr("harness.lab.jobs.generator", refuse)
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


@pytest.mark.parametrize(
    "ask",
    [
        lambda lab, family: lab.least_frozen_width(family, TASK, 4, draws=40),
        lambda lab, family: lab.least_trained_width(family, TASK, SGD(0.1), 4, networks=10, max_epochs=5),
    ],
    ids=["frozen", "trained"],
)
def test_families_that_agree_at_the_highest_width_share_no_sample(lab, ask):
    def square(width):
        return FullyConnected((width, width), sigma_b=0.0)

    def wedge(width):
        return FullyConnected((width, 4), sigma_b=0.0)

    assert square(4) == wedge(4)
    one = lab()
    ask(one, square)
    spent = one.spent
    assert same(ask(one, wedge), ask(lab("another"), wedge))
    assert one.spent > spent
    # The same family, whichever function says it.
    assert same(ask(one, lambda width: wedge(width)), ask(one, wedge))


def test_a_family_need_not_have_widths_that_the_search_does_not_ask(lab):
    def normalised(width):
        return FullyConnected((width,), normalised=True)

    easy = Problem.from_arrays(np.eye(6)[:1], [1], np.eye(6), [1, 0, 0, 0, 0, 0])
    with pytest.raises(BadInput, match="at least 2 units"):
        lab().least_frozen_width(normalised, easy, 4, draws=20)
    hard = Problem.from_arrays(np.eye(6), [0, 1] * 3, np.eye(6), [0, 1] * 3)
    assert 1 not in lab().least_frozen_width(normalised, hard, 4, draws=20).widths


def test_a_search_has_a_greatest_width(lab):
    with pytest.raises(BadInput, match=r"The highest width of a search is a whole number .* at most 16,384"):
        lab().least_frozen_width(lambda width: FullyConnected((width,)), TASK, 2**20)
