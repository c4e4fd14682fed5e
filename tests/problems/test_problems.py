"""Problems: the cube's order and targets, splits, packaged and full data, and what is refused."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import BadInput, Unavailable
from harness.functions import FunctionCounts
from harness.networks import perceptron
from harness.problems import Problem, boolean_cube, datasets, digits, fashion_mnist, ionosphere, mnist
from harness.problems.datasets import TEN
from harness.samplers.features import last_layer_feasibility
from harness.statistics.complexity import lempel_ziv
from harness.statistics.simplicity import rank_correlation, share_under_bound

FULL_SETS = Path(__file__).parents[3] / "shared" / "data"
needs_full_sets = pytest.mark.skipif(not FULL_SETS.is_dir(), reason="the full data sets are not beside this checkout")


@pytest.fixture
def full_sets(monkeypatch):
    monkeypatch.setenv("HARNESS_DATA", str(FULL_SETS))


X = np.eye(2)
MASKED = np.ma.masked_values([[1.0, -9999.0], [2.0, 3.0]], -9999.0)
TOKENS = X.astype(int)


def test_numpys_whole_numbers_are_pythons():
    """As of a loop over np.arange: facts go into a results file, which takes no other numbers."""
    two, four = np.int64(2), np.int64(4)
    data = np.random.default_rng(0).normal(size=(40, 3)), np.arange(40) % 2
    for made, same in (
        (Problem.from_dataset(data, four, four, split=two), Problem.from_dataset(data, 4, 4, split=2)),
        (digits(four, four, split=two), digits(4, 4, split=2)),
        (boolean_cube(3, "parity", train=four, split=two), boolean_cube(3, "parity", train=4, split=2)),
    ):
        assert (made.name, json.dumps(made.facts)) == (same.name, json.dumps(same.facts))
        assert made.fingerprint == same.fingerprint
    given = Problem.from_arrays(X, [0, 1], X, [0, 1], facts={"size": np.float32(0.5), "of": two})
    assert json.dumps({key: given.facts[key] for key in ("size", "of")}) == '{"size": 0.5, "of": 2}'


def test_cube_is_in_counting_order():
    cube = boolean_cube(3)
    assert ["".join(f"{int(b)}" for b in row) for row in cube.eval_x] == [format(i, "03b") for i in range(8)]
    assert (cube.m, cube.n) == (0, 8)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("constant-0", "00000000"),
        ("constant-1", "11111111"),
        ("identity", "01010101"),
        ("copy-1", "00001111"),
        ("copy-3", "01010101"),
        ("parity", "01101001"),
        ("majority", "00010111"),
        ("00110101", "00110101"),
    ],
)
def test_targets_of_the_three_bit_cube(target, expected):
    assert "".join(map(str, boolean_cube(3, target).eval_y)) == expected


def test_a_cube_split_covers_the_cube_once():
    problem = boolean_cube(4, "parity", train=6, split=2)
    rows = np.concatenate([problem.train_x, problem.eval_x]) @ [8, 4, 2, 1]
    assert sorted(rows) == list(range(16))
    assert problem.m == 6
    labels = np.concatenate([problem.train_y, problem.eval_y])
    np.testing.assert_array_equal(labels, [bin(int(i)).count("1") % 2 for i in rows])
    assert problem.fingerprint != boolean_cube(4, "parity", train=6, split=3).fingerprint


@pytest.mark.parametrize("make", [digits, mnist, fashion_mnist, ionosphere])
def test_splits_are_disjoint_balanced_nested_and_seeded(make):
    small, large = make(8, 10), make(32, 10)
    np.testing.assert_array_equal(small.eval_x, large.eval_x)
    np.testing.assert_array_equal(small.train_x, large.train_x[:8])
    assert small.fingerprint == make(8, 10).fingerprint
    assert small.fingerprint != make(8, 10, split=1).fingerprint
    assert large.train_y.sum() == 16
    assert large.eval_y.sum() == 5
    training, evaluation = ({row.tobytes() for row in x} for x in (large.train_x, large.eval_x))
    assert not training & evaluation


@pytest.mark.parametrize("make", [digits, mnist, fashion_mnist])
@pytest.mark.parametrize(("task", "classes"), [(TEN, 10), ("0,1/7/3,9,4", 3)])
def test_splits_of_more_classes_are_disjoint_balanced_nested_and_seeded(make, task, classes):
    small, large = make(8, 20, task=task), make(32, 20, task=task)
    assert (large.classes, large.outputs, large.facts["classes"]) == (classes, classes, classes)
    np.testing.assert_array_equal(small.eval_x, large.eval_x)
    np.testing.assert_array_equal(small.train_x, large.train_x[:8])
    assert small.fingerprint == make(8, 20, task=task).fingerprint
    assert small.fingerprint != make(8, 20, task=task, split=1).fingerprint
    for labels in (large.train_y, large.eval_y):
        often = np.bincount(labels, minlength=classes)
        assert len(often) == classes
        assert often.max() - often.min() <= 1
    assert len({row.tobytes() for row in large.inputs}) == 52
    unbalanced = make(600, 20, task=task, balanced=False)
    assert np.ptp(np.bincount(unbalanced.train_y)) > 1


def test_names_and_addresses_of_two_classes_stay_as_history_knows_them():
    assert digits(8, 10).name == "digits-even_odd-m8-n10"
    assert fashion_mnist(8, 9, split=2).name == "fashion_mnist-first_last-m8-n9-split2"
    assert mnist(8, 9, task="0,1/7", balanced=False).name == "mnist-01_7-m8-n9-unbalanced"
    assert mnist(8, 10, task=TEN).name == "mnist-ten-m8-n10"
    assert mnist(8, 9, task="0,1/7/3").name == "mnist-01_7_3-m8-n9"
    # As it was when there were two classes only.
    cube = boolean_cube(4, "parity", train=3)
    assert cube.fingerprint == "7a92c818e286e41aa359209d422cb0245c6a60c4a600e14eae83e64160ba27ab"
    assert "classes" not in cube.facts
    assert (cube.classes, cube.outputs) == (2, 1)


def test_the_number_of_classes_is_part_of_a_problem():
    of_three, of_four = (Problem.from_arrays([[1.0]], [2], [[1.0], [2.0]], [0, 1], classes=k) for k in (3, 4))
    assert of_three.train_y.dtype == np.uint8
    assert of_three.train_y.tolist() == [2]
    assert of_three.fingerprint != of_four.fingerprint


def test_what_is_defined_for_two_classes_says_so():
    problem = digits(6, 6, task="0/1/2")
    with pytest.raises(BadInput, match="takes two classes, but the problem digits-0_1_2-m6-n6 has 3"):
        last_layer_feasibility(perceptron(), problem, 2, torch.Generator())


@pytest.mark.parametrize("ask", [share_under_bound, rank_correlation])
def test_complexity_of_more_classes_is_refused(ask):
    counts = FunctionCounts.from_labels(np.zeros((30, 4), dtype=np.uint8), 3)
    with pytest.raises(BadInput, match="takes a problem of two classes"):
        ask(counts, counts, lempel_ziv)


def test_packaged_digits_are_those_of_scikit_learn():
    from sklearn.datasets import load_digits

    source, packaged = load_digits(), datasets.arrays_of(datasets.packaged("digits.npz"))
    np.testing.assert_array_equal(packaged["x"], source.images)
    np.testing.assert_array_equal(packaged["y"], source.target)


def test_labels_belong_to_their_images():
    from sklearn.datasets import load_digits

    source = load_digits()
    target_of = {image.tobytes(): t for image, t in zip(source.images, source.target, strict=True)}
    problem = digits(40, 10, task="3/8")
    scale, shift = source.images.std(), source.images.mean()
    originals = np.rint(problem.train_x.astype(float) * scale + shift)
    assert [target_of[image.tobytes()] for image in originals] == [8 if y else 3 for y in problem.train_y]
    grouped = digits(40, 10, task="3/8,1/0,2,9")
    originals = np.rint(grouped.train_x.astype(float) * scale + shift)
    group_of = {3: 0, 8: 1, 1: 1, 0: 2, 2: 2, 9: 2}
    assert [group_of[target_of[image.tobytes()]] for image in originals] == grouped.train_y.tolist()


def test_unbalanced_splits_follow_the_pool():
    problem = ionosphere(300, 51, balanced=False)
    assert np.concatenate([problem.train_y, problem.eval_y]).sum() == 225
    assert problem.inputs.shape == (351, 34)


@needs_full_sets
@pytest.mark.parametrize(
    ("packaged", "full", "key"),
    [("mnist_2000.npz", "mnist_10k.npz", ""), ("fashion_mnist_2000.npz", "fashion_mnist.npz", "_train")],
)
def test_packaged_images_are_rows_of_the_full_sets(packaged, full, key):
    subset = datasets.arrays_of(datasets.packaged(packaged))
    with np.load(FULL_SETS / full, allow_pickle=False) as whole:
        np.testing.assert_array_equal(subset["x"], whole[f"x{key}"][subset["index"]])
        np.testing.assert_array_equal(subset["y"], whole[f"y{key}"][subset["index"]])
    assert np.bincount(subset["y"]).tolist() == [200] * 10


@needs_full_sets
def test_full_sets_are_read_from_the_folder(full_sets):
    problem = mnist(4000, 1000, full=True)
    assert problem.name.startswith("mnist-full-")
    assert problem.inputs.shape == (5000, 28, 28)
    assert fashion_mnist(40_000, 10_000, task="0/1,2,3,4,5,6,7,8,9", balanced=False, full=True).m == 40_000


@needs_full_sets
@pytest.mark.parametrize("damage", ["truncated", "altered"])
def test_a_damaged_file_is_refused(tmp_path, monkeypatch, damage):
    path = tmp_path / "mnist_10k.npz"
    shutil.copyfile(FULL_SETS / path.name, path)
    path.chmod(0o600)
    content = bytearray(path.read_bytes())
    if damage == "truncated":
        del content[len(content) // 2 :]
    else:
        content[1000] ^= 1
    path.write_bytes(content)
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path))
    datasets._mnist_full.cache_clear()
    with pytest.raises(BadInput, match="truncated or altered"):
        mnist(4, 4, full=True).arrays  # noqa: B018


def test_a_missing_file_folder_or_variable_is_unavailable_at_first_use(tmp_path, monkeypatch):
    datasets._mnist_full.cache_clear()
    monkeypatch.delenv("HARNESS_DATA", raising=False)
    named = mnist(4, 4, full=True)
    assert (named.name, named.m, named.n, named.facts["m"]) == ("mnist-full-even_odd-m4-n4", 4, 4, 4)
    with pytest.raises(Unavailable, match="--data"):
        mnist(4, 4, full=True).arrays  # noqa: B018
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path / "none"))
    with pytest.raises(Unavailable, match="does not exist"):
        mnist(4, 4, full=True).arrays  # noqa: B018
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path))
    with pytest.raises(Unavailable, match=r"mnist_10k\.npz is not in"):
        mnist(4, 4, full=True).arrays  # noqa: B018


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: boolean_cube(17), "1 to 16 bits"),
        (lambda: boolean_cube(3, "0101"), "8 zeros and ones"),
        (lambda: boolean_cube(3, "xor"), "no target 'xor'"),
        (lambda: boolean_cube(3, "copy-4"), "copy-1 to copy-3"),
        (lambda: boolean_cube(3, train=8), "0 to 7 inputs"),
        (lambda: digits(2000, 8), "too few"),
        (lambda: digits(-1, 8), "m ≥ 0"),
        (lambda: digits(8, 0), "n ≥ 1"),
        (lambda: digits(8, 8, split=-1), "numbered from 0"),
        (lambda: digits(8, 8, task="1,2/2,3"), "at least two groups of different classes"),
        (lambda: digits(8, 8, task="1,2"), "two groups of different classes"),
        (lambda: digits(8, 8, task="1/11"), "two groups of different classes"),
        (lambda: digits(8, 8, task="1/2/"), "two groups of different classes"),
        (lambda: digits(8, 8, task="1/2/1"), "two groups of different classes"),
        (
            lambda: Problem.from_arrays([[1.0]], [3], [[1.0]], [0], classes=3),
            "must be 0 … 2, but one is 3; map your cl",
        ),
        (lambda: Problem.from_arrays([[1.0]], [0], [[1.0]], [-1], classes=3), "evaluation labels must be 0 … 2"),
        (lambda: Problem.from_arrays([[1.0]], [0], [[1.0]], [0], classes=37), "2 to 36 classes, not 37"),
        (lambda: Problem.from_arrays([[1.0]], [0], [[1.0]], [0], classes=1), "2 to 36 classes, not 1"),
        (lambda: ionosphere(260, 8), "252 balanced points, too few .* unbalanced"),
        (lambda: Problem.from_arrays([[1.0]], [2], [[1.0]], [0]), "0 or 1, but one is 2"),
        (lambda: Problem.from_arrays([[1.0]], [0, 1], [[1.0]], [0]), "1 training labels"),
        (lambda: Problem.from_arrays([[np.nan]], [0], [[1.0]], [0]), "NaN"),
        (
            lambda: Problem.from_arrays(MASKED, [0, 1], X, [0, 1]),
            "training inputs hold masked entries; remove or fill",
        ),
        (lambda: Problem.from_arrays(X, [0, 1], MASKED, [0, 1]), "The evaluation inputs hold masked entries"),
        (lambda: Problem.from_arrays(list(MASKED), [0, 1], X, [0, 1]), "The training inputs hold masked entries"),
        (lambda: Problem.from_arrays(X, MASKED[0] > 1, X, [0, 1]), "The training labels hold masked entries"),
        (lambda: Problem.from_arrays(X, [0, 1], X, [0, np.ma.masked]), "The evaluation labels hold masked entries"),
        (
            lambda: Problem.from_arrays(
                X.astype(int), [0, 1], np.ma.array(X.astype(int), mask=X > 0), [0, 1], vocabulary=2
            ),
            "The evaluation inputs hold masked entries",
        ),
        (lambda: Problem.from_arrays([[1.0]], [0], [[1.0, 2.0]], [0]), "same shape"),
        (lambda: Problem.from_arrays([], [], [], []), "at least 1 evaluation input"),
        (lambda: Problem.from_arrays([["a"]], [0], [[1.0]], [0]), "not an array of numbers"),
        (lambda: Problem.from_arrays([1.0], [0], [[1.0]], [0]), "one row an input"),
    ],
)
def test_what_does_not_fit_is_said_in_one_sentence(make, said):
    with pytest.raises(BadInput, match=said):
        make()


def test_an_array_without_a_masked_entry_is_taken():
    whole = np.ma.array(X, mask=np.zeros_like(X))
    assert (
        Problem.from_arrays(whole, [0, 1], X, [0, 1]).fingerprint
        == Problem.from_arrays(X, [0, 1], X, [0, 1]).fingerprint
    )


@pytest.mark.parametrize("labels", [[0, 1], [0.0, 1.0], [False, True], [np.int64(0), 1.0]])
def test_arrays_of_objects_are_taken_as_what_they_hold(labels):
    expected = Problem.from_arrays([[0.5, 1], [2, 3]], [0, 1], [[4, 5]], [1])
    x = np.array([[0.5, 1], [2, 3]], dtype=object)
    found = Problem.from_arrays(x, np.array(labels, dtype=object), [[4, 5]], np.array([1], dtype=object))
    assert found.fingerprint == expected.fingerprint
    tokens = np.array([[0, 1], [1, 1]])
    made = (Problem.from_arrays(each, [0, 1], each[:1], [0], vocabulary=2) for each in (tokens, tokens.astype(object)))
    assert len({each.fingerprint for each in made}) == 1
    for wrong in (["a", "b"], [None, 1], [0, {}]):
        with pytest.raises(BadInput, match="labels must be 0 or 1, but one is "):
            Problem.from_arrays([[0.5, 1], [2, 3]], np.array(wrong, dtype=object), [[4, 5]], [1])


@given(st.integers(0, 5), st.integers(1, 5), st.integers(1, 4))
def test_own_arrays_are_copied_and_read_only(m, n, d):
    rng = np.random.default_rng(m + 10 * n)
    x, y = rng.normal(size=(m + n, d)), rng.integers(0, 2, m + n)
    problem = Problem.from_arrays(x[:m], y[:m], x[m:], y[m:])
    x += 1
    np.testing.assert_allclose(problem.inputs + 1, x, rtol=1e-5, atol=1e-6)
    with pytest.raises(ValueError, match="read-only"):
        problem.eval_x[0] = 0
