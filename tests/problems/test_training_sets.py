"""Training sets as draws: which points, for which seeds, and on the cube."""

import numpy as np
import pytest

from harness.errors import BadInput
from harness.problems import Problem, boolean_cube, digits, fashion_mnist, ionosphere, mnist, training_sets
from harness.run.plan.absent import skipping_absent


@pytest.mark.parametrize(("data", "more"), [(digits, {}), (mnist, {"task": "3/8"}), (ionosphere, {"balanced": False})])
def test_a_set_is_the_split_of_its_number(data, more):
    sets = training_sets(data, 8, 16, **more)
    for number, seed in ((0, 0), (5, 0), (1, 3)):
        split = data(8, 16, split=seed * 2**20 + number, **more)
        assert sets.problem(number, seed).fingerprint == split.fingerprint
    assert sets.name == data(8, 16, **more).name
    assert len({sets.problem(number, seed).fingerprint for number in range(4) for seed in range(3)}) == 12


def test_points_are_drawn_without_replacement():
    sets = training_sets(digits, 8, 16)
    for number in range(5):
        rows = sets.problem(number).inputs.reshape(24, -1)
        assert len(np.unique(rows, axis=0)) == 24


def test_facts_say_that_sets_are_drawn_and_no_split():
    sets = training_sets(fashion_mnist, 8, 16)
    expected = {"problem": "fashion_mnist-first_last-m8-n16", "m": 8, "n": 16, "dataset": "fashion_mnist"}
    assert sets.facts == {**expected, "task": "0,1,2,3,4/5,6,7,8,9", "training sets": "drawn"}
    assert (sets.classes, sets.outputs, sets.vocabulary) == (2, 1, None)


@pytest.mark.parametrize("target", ["majority", "parity", "0110" * 8, "random"])
def test_on_the_cube_the_subset_is_drawn_and_is_that_of_all_targets(target):
    bits, m, n = 5, 8, 10
    sets, others = (training_sets(boolean_cube, m, n, bits=bits, target=each) for each in (target, "copy-1"))
    labels = boolean_cube(bits, target).eval_y
    subsets = []
    for number in range(4):
        one, other = sets.problem(number), others.problem(number)
        np.testing.assert_array_equal(one.inputs, other.inputs)
        rows = (one.inputs @ 2 ** np.arange(bits - 1, -1, -1)).astype(int)
        np.testing.assert_array_equal(labels[rows], [*one.train_y, *one.eval_y])
        assert len(set(rows.tolist())) == m + n
        subsets.append(tuple(rows[:m]))
    assert len(set(subsets)) == 4


def test_large_seeds_have_sets():
    assert training_sets(digits, 4, 4).problem(2**20 - 1, 10**18 - 1).m == 4


def test_a_list_among_the_arguments_is_taken():
    def data(m, n, split, order):
        assert order == [1, 2]
        return digits(m, n, split=split)

    assert training_sets(data, 4, 4, order=[1, 2]).problem(3).fingerprint == digits(4, 4, split=3).fingerprint


def fixed(m, n, split):
    return digits(m, n)


def leaking(m, n, split):
    whole = digits(m, n, split=split)
    return Problem.from_arrays(whole.train_x, whole.train_y, whole.train_x[:n], whole.train_y[:n], "leaking")


def one_class(m, n, split):
    whole = digits(m, n, split=split)
    return Problem.from_arrays(whole.train_x, 0 * whole.train_y, whole.eval_x, 0 * whole.eval_y, "one class")


def nothing(m, n, split):
    """Data that are no problem."""


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: training_sets("digits", 8, 8), "drawn from a function such as digits, not from 'digits'"),
        (lambda: training_sets(digits, 8, 8, split=1), "leave split= out"),
        (lambda: training_sets(digits, 8, 8, tusk="3/8"), "Training sets cannot be drawn: .*tusk"),
        (lambda: training_sets(digits, -1, 8), "m ≥ 0 training and n ≥ 1 evaluation points"),
        (lambda: training_sets(digits, 8, 100_000), "too few for 8 training and 100,000 evaluation points"),
        (lambda: training_sets(nothing, 8, 8), "return a problem of 8 and 8 points, not None"),
        (lambda: training_sets(fixed, 8, 8), "All splits of digits.* are the same points"),
        (lambda: training_sets(leaking, 16, 8), "Of 8 evaluation points of leaking, 8 are training points"),
        (lambda: training_sets(one_class, 16, 8), "All labels of one class are the same"),
        (lambda: training_sets(boolean_cube, 8, 8, bits=4, target="what"), "There is no target 'what'"),
        (lambda: training_sets(boolean_cube, 8, 9, bits=4, target="parity"), "has 16 points, too few"),
        (lambda: training_sets(digits, 8, 8).problem(2**20), "The number of a training set is a whole number"),
        (lambda: training_sets(digits, 8, 8).problem(0, -1), "The seed of training sets is a whole number"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_a_sentence(make, said):
    with pytest.raises(BadInput, match=said):
        make()


def test_the_cube_is_known_where_a_plan_has_wrapped_it():
    plain, wrapped = (
        training_sets(f, 4, 4, bits=3, target="parity") for f in (boolean_cube, skipping_absent(boolean_cube))
    )
    assert wrapped.problem(2).fingerprint == plain.problem(2).fingerprint
