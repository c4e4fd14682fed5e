"""What the report is given of densities of states."""

import json
from math import inf, log

import numpy as np
import pytest

from harness.samplers.posterior import DensityOfStates
from harness.statistics.figures import accuracies
from harness.verdicts import nothing_yet
from harness.verdicts.intervals import proportion


def test_logarithms_are_to_the_base_of_ten_and_what_was_not_seen_is_none():
    p = np.array([[[0.2, 0.3], [0.4, 0.1], [0.0, 0.0]], [[0.25, 0.25], [0.0, 0.5], [0.0, 0.0]]] * 3)
    with np.errstate(divide="ignore"):
        density = DensityOfStates(np.log(p))
    error = proportion(30, 100, quantity="test error", unit="networks")
    found = accuracies({"one": density, "other": density}, {"other": error})
    assert (found["m"], found["n"]) == (2, 1)
    one, other = found["networks"]
    assert 10 ** np.array(one["log10_p"][:2], dtype=float) == pytest.approx(np.array([[0.225, 0.275], [0.2, 0.3]]))
    assert one["log10_p"][2] == [None, None]
    # All runs have half of it at 0 and half at 1 right, so that they say nothing of their error.
    assert one["of_training"][1] == [pytest.approx(np.log10(0.5)), None, None]
    assert one["of_training"][2] is None
    assert one["test_error"][0][0] == pytest.approx(0.45)
    assert one["test_error"][1][0] == pytest.approx(0.4)
    assert one["test_error"][2] is None
    assert one["trained"] is None
    assert other["trained"] == pytest.approx([0.3, *error.interval(0.05)])
    json.dumps(found, allow_nan=False)


def test_probabilities_too_small_for_a_float_keep_their_logarithm():
    by_run = np.full((6, 2, 2), -inf)
    by_run[:, 1, 1] = -5000 + 0.1 * np.arange(6)
    by_run[:, 0] = log(0.5)
    (shown,) = accuracies({"deep": DensityOfStates(by_run)}, {})["networks"]
    assert shown["log10_p"][1][1] == pytest.approx(-4999.7 / log(10), abs=0.1)
    value, low, high = shown["of_training"][1]
    assert low < value < high < -2000
    assert shown["test_error"][1][0] == pytest.approx(0)


def test_an_error_that_is_not_known_yet_is_none():
    density = DensityOfStates(np.log(np.full((4, 3, 3), 1 / 9)))
    nothing = nothing_yet("test error", 0, "networks")
    assert accuracies({"one": density}, {"one": nothing})["networks"][0]["trained"] is None
