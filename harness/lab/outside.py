"""Networks trained or sampled elsewhere, by what they say of a problem's inputs."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from harness.arguments import as_path, short_repr, unmasked
from harness.errors import BadInput
from harness.functions import ClusteredCounts, FunctionCounts
from harness.functions.packing import pack
from harness.functions.shown import Shown
from harness.problems import Problem
from harness.problems.own_data import read_npy, read_npz
from harness.problems.saved import written
from harness.samplers.sampler import check_problem

# Digits of a fingerprint that are enough to tell problems apart.
_DIGITS = 12


@dataclass(frozen=True, eq=False)
class Outside(Shown):
    """Functions of networks from elsewhere.

    functions: of those that fit S, or of all where only their evaluation points are known. networks: how many there
    were. sample: the same functions with their independent units: networks, or groups of networks that are not
    independent, such as the draws of one chain.
    """

    functions: FunctionCounts
    networks: int
    sample: FunctionCounts | ClusteredCounts

    @property
    def unfitted(self) -> int:
        """Networks that were left out because they do not fit S."""
        return self.networks - self.functions.total


def outside(values: Any, problem: Problem, *, fingerprint: str | None = None, units: Any = None) -> Outside:
    """Take networks from elsewhere by their labels or logits.

    Args:
        values: (networks, points) labels 0 … classes − 1, or logits, of which a positive one is label 1; for more
            classes logits (networks, points, classes). Points are the n evaluation inputs, and then all networks are
            taken to fit S; or the training and then the evaluation inputs, as `problem.inputs` has them, and those that
            do not fit S are left out. Or the path of an .npy file of these, or of an .npz file with them under
            `labels`, and, if known, `problem` and `units`.
        problem: the problem.
        fingerprint: what the values' problem has as its fingerprint, or the first twelve digits of it; None: for
            arrays it is not checked, and for files it is the one under `problem`.
        units: (networks,) whole numbers, the same for networks that are not independent, such as draws of one chain;
            None: all are independent.

    Returns:
        The functions.

    Raises:
        BadInput: the values are no labels or logits on these points, or of another problem, or a file does not say of
            which.
    """
    check_problem(problem)
    if isinstance(values, str | Path):
        values, named, of_file = _read(as_path(values))
        fingerprint = named if fingerprint is None else fingerprint
        units = of_file if units is None else units
        if fingerprint is None:
            raise BadInput(
                f"The file does not say which problem its labels are of. If its columns are the inputs of "
                f"{problem.name} in order, say so by its fingerprint (fingerprint=, --fingerprint), which begins with "
                f"{problem.fingerprint[:_DIGITS]}; harness.save_labels writes it into the file."
            )
    if fingerprint is not None:
        _check_fingerprint(fingerprint, problem)
    labels = _labels(values, problem)
    of = _units(units, len(labels))
    networks = len(labels)
    if labels.shape[1] != problem.n:
        fits = (labels[:, : problem.m] == problem.train_y).all(axis=1)
        labels, of = labels[fits, problem.m :], of if of is None else of[fits]
    functions = replace(FunctionCounts.from_labels(labels, problem.classes), origin=problem.origin)
    if of is None:
        return Outside(functions, networks, functions)
    names, unit = np.unique(of, return_inverse=True)
    words = pack(labels, problem.classes)
    clusters = ClusteredCounts.from_words(words, unit.reshape(-1), problem.n, len(names), problem.classes)
    return Outside(functions, networks, replace(clusters, origin=problem.origin))


def save_labels(path: Path | str, values: Any, problem: Problem, units: Any = None) -> None:
    """Write labels or logits for `outside`, with the fingerprint of their problem.

    Args:
        path: an .npz file.
        values: as of `outside`.
        problem: the problem on whose inputs they are.
        units: as of `outside`.

    Raises:
        BadInput: they are none of this problem's, or the file cannot be written.
    """
    outside(values, problem, units=units)
    more = {} if units is None else {"units": np.asarray(units)}
    written(path, labels=_array(values), problem=problem.fingerprint, **more)


def _read(path: Path) -> tuple[np.ndarray, str | None, np.ndarray | None]:
    """Labels or logits, fingerprint and units of a file."""
    if path.suffix.lower() == ".npz":
        arrays = read_npz(path)
        if "labels" not in arrays:
            raise BadInput(f"{path} has no array called labels; it has {', '.join(arrays)[:200]}.")
        return arrays["labels"], str(arrays["problem"]) if "problem" in arrays else None, arrays.get("units")
    return read_npy(path), None, None


def _check_fingerprint(fingerprint: str, problem: Problem) -> None:
    given = fingerprint
    if not isinstance(given, str) or len(given) < _DIGITS or not problem.fingerprint.startswith(given):
        raise BadInput(
            f"The labels are of a problem whose fingerprint is {short_repr(given)}, but that of {problem.name} begins "
            f"with {problem.fingerprint[:_DIGITS]}; name the problem that they are of."
        )


def _array(values: Any) -> np.ndarray:
    if hasattr(values, "detach"):
        values = values.detach().cpu().numpy()
    return unmasked(values, "Labels")


def _labels(values: Any, problem: Problem) -> np.ndarray:
    """(networks, points) uint8."""
    array, classes = _array(values), problem.classes
    shape = f"(networks, {problem.n}) or (networks, {problem.m + problem.n})"
    if array.dtype.kind not in "biuf" or array.ndim not in (2, 3) or not len(array):
        raise BadInput(
            f"Labels or logits on {problem.name} are numbers of shape {shape}, not of type {array.dtype} and shape "
            f"{array.shape}."
        )
    if array.shape[1] not in (problem.n, problem.m + problem.n):
        raise BadInput(
            f"Labels on {problem.name} have shape {shape}, for {problem.n} evaluation points, alone or after "
            f"{problem.m} training points, not {array.shape}."
        )
    if not np.isfinite(array).all():
        raise BadInput("Logits hold NaN or infinite numbers; leave out the networks that diverged.")
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.ndim == 3:
        if array.shape[2] != classes:
            raise BadInput(f"Logits on {problem.name} are one a class, {classes}, not {array.shape[2]}.")
        return array.argmax(axis=2).astype(np.uint8)
    if classes == 2 and array.dtype.kind == "f":
        return (array > 0).astype(np.uint8)
    if not np.isin(array, np.arange(classes)).all():
        wrong = array[~np.isin(array, np.arange(classes))][0]
        raise BadInput(
            f"Labels on {problem.name} are whole numbers from 0 to {classes - 1}, but one is {short_repr(wrong.item())}"
            f"; logits are floats, one a class where there are more than two."
        )
    return array.astype(np.uint8)


def _units(units: Any, networks: int) -> np.ndarray | None:
    if units is None:
        return None
    found = _array(units)
    if found.shape != (networks,) or found.dtype.kind not in "iu":
        raise BadInput(
            f"Units are one whole number for each of the {networks} networks, not of type {found.dtype} and shape "
            f"{found.shape}."
        )
    return found
