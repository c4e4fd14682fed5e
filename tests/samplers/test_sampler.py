"""What every sampler promises of its arguments and of its address."""

import sys

import numpy as np
import pytest

import harness.lab  # noqa: F401 — loads all samplers
from harness.errors import BadInput
from harness.networks import FullyConnected
from harness.optimisers import SGD
from harness.problems import boolean_cube
from harness.samplers.posterior.rejection import Rejection, TemperedRejection
from harness.samplers.prior import Prior
from harness.samplers.sampler import Computation, Sampler
from harness.samplers.training.train import Training
from tests.support.every_request import lab_of

NETWORK, TASK = FullyConnected((4,)), boolean_cube(3, "majority", train=3)


def descendants(kind):
    for each in kind.__subclasses__():
        yield each
        yield from descendants(each)


def test_no_two_samplers_have_one_name():
    """They would hand out each other's samples; one that only observes more has what it observes in its address."""
    kinds = {
        each for base in (Sampler, Computation) for each in descendants(base) if each.__module__.startswith("harness.")
    }
    named = [each for each in kinds if isinstance(vars(each).get("name"), str)]
    assert len({each.name for each in named}) == len(named) > 15


def test_whole_numbers_have_one_representation():
    assert Prior(NETWORK, TASK, np.int64(10)).address == Prior(NETWORK, TASK, 10).address
    assert Prior(NETWORK, TASK, 10).address != Prior(NETWORK, TASK, 11).address


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Prior(TASK, NETWORK), r"An architecture is one of `harness\.networks` such as"),
        (lambda: Prior(FullyConnected, TASK), "An architecture is one of"),
        (
            lambda: Prior(NETWORK, "digits"),
            r"A problem is one of `harness\.problems` such as .* not 'digits'",
        ),
        (lambda: Prior(NETWORK, TASK, 2.5), r"Prior takes whole numbers of at least 1, not draws = 2\.5"),
        (lambda: Rejection(NETWORK, TASK, last_layers=0), "not last_layers = 0"),
        (lambda: TemperedRejection(NETWORK, TASK, "hot"), "A temperature is a positive number"),
        (lambda: Training(NETWORK, TASK, "adam"), r"An optimiser is one of `harness\.optimisers` such as SGD\(0\.1\)"),
        (lambda: Training(NETWORK, TASK, SGD), "An optimiser is one of"),
        (lambda: Training(NETWORK, TASK, SGD(0.1), stop=5), r"Training stops at FirstFit\(\), After"),
    ],
)
def test_a_wrong_argument_is_refused_in_a_sentence(make, said):
    with pytest.raises(BadInput, match=said):
        make()


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (
            lambda lab: lab.train(NETWORK, TASK, SGD(0.1), network=20),
            "unexpected keyword argument 'network'; it takes",
        ),
        (lambda lab: lab.train(NETWORK, TASK), "missing a required argument: 'optimiser'"),
        (lambda lab: lab.hidden_patterns(NETWORK, TASK, weighted=-1), "HiddenPatterns's weighted is True or False"),
    ],
)
def test_a_wrong_request_is_refused_in_a_sentence(tmp_path, ask, said):
    with pytest.raises(BadInput, match=said):
        ask(lab_of(tmp_path))


def test_checks_hold_where_annotations_are_text():
    source = """from __future__ import annotations
from dataclasses import dataclass
from harness.samplers.prior import Prior

@dataclass(frozen=True)
class Postponed(Prior):
    more: int = 1
"""
    module = type(sys)("postponed")
    sys.modules["postponed"] = module
    try:
        exec(compile(source, "postponed", "exec"), vars(module))
        with pytest.raises(BadInput, match="not more = -1"):
            module.Postponed(NETWORK, TASK, more=-1)
    finally:
        del sys.modules["postponed"]
