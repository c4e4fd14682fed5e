"""A saved problem comes back as it was, or not at all."""

import numpy as np
import pytest

from harness.errors import BadInput
from harness.problems import Problem, digits
from harness.problems.saved import load_problem, save_problem

TOKENS = Problem.from_arrays([[0, 1]], [0], [[1, 1], [2, 0]], [1, 0], "words", {"from": "here"}, vocabulary=3)
THREE = digits(m=3, n=6, task="3/8/1")


@pytest.mark.parametrize("problem", [digits(m=4, n=4, split=2), TOKENS, THREE])
def test_a_problem_comes_back(problem, tmp_path):
    save_problem(problem, tmp_path / "p.npz")
    found = load_problem(tmp_path / "p.npz")
    assert found.fingerprint == problem.fingerprint
    assert (found.name, found.facts, found.vocabulary) == (problem.name, problem.facts, problem.vocabulary)


def test_changed_or_other_files_are_refused(tmp_path):
    save_problem(THREE, tmp_path / "p.npz")
    with np.load(tmp_path / "p.npz") as archive:
        arrays = dict(archive)
    np.savez(tmp_path / "changed.npz", **{**arrays, "eval_y": arrays["eval_y"][::-1].copy()})
    np.savez(tmp_path / "damaged.npz", **{**arrays, "description": "{"})
    np.savez(tmp_path / "less.npz", **{key: value for key, value in arrays.items() if key != "train_x"})
    (tmp_path / "text.npz").write_text("x")
    for name, said in (
        ("changed", "no longer those of the problem that was saved"),
        ("damaged", "description in .* is damaged"),
        ("less", "holds no train_x"),
        ("text", "is no npz file"),
        ("missing", "No such file"),
    ):
        with pytest.raises(BadInput, match=said):
            load_problem(tmp_path / f"{name}.npz")
    with pytest.raises(BadInput, match="cannot be written"):
        save_problem(THREE, tmp_path / "text.npz" / "p.npz")


def test_the_folder_of_a_problem_is_made(tmp_path):
    save_problem(THREE, tmp_path / "new" / "folder" / "p.npz")
    assert load_problem(tmp_path / "new" / "folder" / "p.npz").fingerprint == THREE.fingerprint
