"""Data of your own and the packaged ones are taken as they are asked for, or refused in one sentence."""

import json
import math

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from harness.problems import Problem, boolean_cube, digits, ionosphere, mnist, sentences
from harness.problems.datasets import parse_task
from tests.support.any_values import ANYTHING, SCALARS, a_whole, refusal, switch

ROWS = st.lists(st.lists(SCALARS, min_size=1, max_size=3), max_size=3)
ARRAYS = ANYTHING | ROWS | st.sampled_from(
    [
        np.zeros((2, 0)), np.zeros((0, 2)), np.zeros((2, 2, 2)), np.zeros((2, 2), complex), np.zeros((2, 2), object),
        np.zeros((2, 2), "datetime64[s]"), [[10**400, 0]], [[1e300, 0], [0, 0]], [[0.0, 1.0], [1.0]],
        [[0.0, 1.0], [0.0, 1.0]], [[0, 1], [3, 2]], np.full((2, 2), np.nan), [0, 1], [0.0, 1.0], [True, False],
        ["0", "1"], [0, 2], [math.nan, 0], [None, 0], [0.5, 1], np.array([0, 1], np.int8), np.array([1, 0], np.uint64),
    ]
)  # fmt: skip
GOOD = {"train_x": [[0.0, 1.0], [1.0, 0.0]], "train_y": [0, 1], "eval_x": [[1.0, 1.0]], "eval_y": [1]}


@example("train_x", np.zeros((2, 2), complex))
@example("train_x", np.zeros((2, 2), "datetime64[s]"))
@example("train_x", [[10**400, 0], [0, 0]])
@example("train_y", ["0", "1"])
@example("facts", 3)
@example("facts", {"m": math.nan})
@example("classes", 3.0)
@example("vocabulary", math.inf)
@example("name", "../\x00")
@given(st.sampled_from([*GOOD, "name", "facts", "classes", "vocabulary"]), ARRAYS)
def test_your_own_data_are_taken_as_they_are_or_refused(argument, value):
    problem, _ = refusal(lambda: Problem.from_arrays(**{**GOOD, argument: value}))
    if problem is None:
        return
    inputs, labels = [problem.train_x, problem.eval_x], [problem.train_y, problem.eval_y]
    assert all(np.isfinite(each).all() and each.dtype in (np.float32, np.int64) for each in inputs)
    assert all((each < problem.classes).all() and each.dtype == np.uint8 for each in labels)
    assert problem.n == len(problem.eval_x) == len(problem.eval_y) >= 1
    assert problem.m == len(problem.train_x) == len(problem.train_y)
    assert {type(problem.m), type(problem.n), type(problem.classes)} == {int}
    if argument in GOOD:
        # Nothing was taken for something else.
        own = np.array(value)
        assert own.dtype.kind in "biuf"
        found = {**dict(zip(GOOD, problem.arrays, strict=True))}[argument]
        assert found.tolist() == own.astype(np.float32).tolist() or not own.size
    assert json.loads(json.dumps(problem.facts, allow_nan=False)) == problem.facts
    assert problem.name.isprintable()


@example((boolean_cube, "target"), "copy-٣")
@example((boolean_cube, "target"), "copy-01")
@example((boolean_cube, "target"), None)
@example((boolean_cube, "split"), 0.5)
@example((digits, "m"), 2.5)
@example((digits, "balanced"), "no")
@example((digits, "task"), "٣/4")
@example((digits, "task"), " 1/2")
@example((mnist, "full"), 1)
@example((sentences, "vocabulary"), 2.5)
@given(
    st.sampled_from(
        [(boolean_cube, name) for name in ("bits", "target", "train", "split")]
        + [(digits, name) for name in ("m", "n", "task", "split", "balanced")]
        + [(ionosphere, name) for name in ("m", "n", "split", "balanced")]
        + [(mnist, "full"), *((sentences, name) for name in ("m", "n", "vocabulary", "length", "split", "balanced"))]
    ),
    ANYTHING,
)
def test_the_packaged_problems_are_asked_for_as_they_say(asked, value):
    make, argument = asked
    start = {"bits": 3, "target": "parity", "train": 2} if make is boolean_cube else {"m": 4, "n": 4}
    problem, _ = refusal(lambda: make(**{**start, argument: value}))
    if problem is None:
        return
    assert {type(problem.m), type(problem.n)} == {int}
    if argument in ("bits", "train", "split", "m", "n", "vocabulary", "length"):
        assert a_whole(value, 0, 2**31 - 1)
    if argument in ("balanced", "full"):
        assert switch(value)
    if argument in ("target", "task"):
        assert value.isascii()
    assert problem.name.isascii()


@given(st.text("0123456789,/ -_٣", max_size=12))
def test_a_task_names_groups_of_classes(task):
    groups, _ = refusal(lambda: parse_task(task))
    if groups is not None:
        assert "/".join(",".join(map(str, group)) for group in groups) == task
        named = [each for group in groups for each in group]
        assert len(groups) >= 2
        assert len(set(named)) == len(named)


@given(st.text("01", max_size=10), st.integers(1, 3))
def test_a_target_in_bits_is_the_function_it_writes_out(target, bits):
    problem, sentence = refusal(lambda: boolean_cube(bits, target))
    assert (sentence is None) == (len(target) == 2**bits)
    assert problem is None or "".join(map(str, problem.eval_y)) == target
