"""A problem as an .npz file, so that networks can be trained on the very same points elsewhere."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np

from harness.arguments import as_path
from harness.errors import BadInput
from harness.problems.own_data import read_npz
from harness.problems.problem import Problem, check_problem
from harness.writing import write_bytes

_ARRAYS = ("train_x", "train_y", "eval_x", "eval_y")


def save_problem(problem: Problem, path: Path | str) -> None:
    """Write the arrays train_x, train_y, eval_x and eval_y of a problem, with its fingerprint under `problem`."""
    check_problem(problem)
    told = {
        "name": problem.name,
        "facts": problem.facts,
        "classes": problem.classes,
        "vocabulary": problem.vocabulary,
    }
    written(path, **problem.arrays._asdict(), problem=problem.fingerprint, description=json.dumps(told))


def load_problem(path: Path | str) -> Problem:
    """Read a problem that `save_problem` wrote; BadInput if the file is none, or its arrays were changed since."""
    arrays = read_npz(as_path(path))
    if missing := {*_ARRAYS, "problem", "description"} - arrays.keys():
        raise BadInput(f"{path} holds no {', '.join(sorted(missing))}; give a file that harness.save_problem wrote.")
    try:
        told = json.loads(str(arrays["description"]))
        own = {"problem", "m", "n", "classes"}
        facts = {key: value for key, value in told["facts"].items() if key not in own}
        name, classes, vocabulary = told["name"], told["classes"], told["vocabulary"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BadInput(f"The description in {path} is damaged; write it again with harness.save_problem.") from None
    found = Problem.from_arrays(
        arrays["train_x"], arrays["train_y"], arrays["eval_x"], arrays["eval_y"], name, facts, classes, vocabulary
    )
    if found.fingerprint != str(arrays["problem"]):
        raise BadInput(
            f"The arrays in {path} are no longer those of the problem that was saved; write it again with "
            "harness.save_problem."
        )
    return found


def written(path: Path | str, **arrays: Any) -> None:
    """Write arrays as an .npz file, in the place of a regular one or of none; BadInput if it cannot be written."""
    content = io.BytesIO()
    np.savez(content, **arrays)
    write_bytes(as_path(path), content.getvalue(), "name another place.")
