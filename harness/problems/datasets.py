"""Problems made of real data: 8×8 digits, MNIST, Fashion-MNIST, Ionosphere.

A task names groups of the data's classes, such as "0,1/7": classes 0 and 1 are labelled 0, class 7 is labelled 1, the
others are left out. TEN keeps all ten classes apart.

Inputs are shifted and scaled by one mean and one standard deviation of the whole pool, which use no label and do not
depend on the split.
"""

import hashlib
import io
import os
import re
from collections.abc import Callable
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import numpy as np

from harness.arguments import as_path, short_repr, switch
from harness.errors import BadInput, Unavailable
from harness.problems.own_data import standardised
from harness.problems.problem import Arrays, Problem
from harness.problems.splits import check_sizes, check_split, random_generator, split_indices
from harness.reading import read_bytes

SHA256 = {
    "digits.npz": "6f801551877abf69fbf3711373bb642a18dc933430a3385cd6febc235225ea6f",
    "mnist_2000.npz": "1bf3c4c167c573646736a583d29f9c3106239e56ba0f11ea76345d6e7bf76ae7",
    "fashion_mnist_2000.npz": "ec8acdd97533fa49c42eedd3b9e47f9ce968c0f73b05cba48444c79069495070",
    "ionosphere.csv": "fd6dd7864b55d56dac0a1e6e24af9ccc35bf2555ac79af8ab9f3d1daa065ab83",
    "published_prior_7-40-40-1.csv": "6e089e1841a8527ea541b046506fc5a09cf73dc56ecccda7b08ed009c59e864e",
    "published_sgd_t32_1_epoch_past_fit.csv": "77b685ff74351e7316e65f283e9b57004bd5da2d17ce9ba5ea1d61a555862fd9",
    "published_sgd_t32_64_epochs_past_fit.csv": "6191c1af89e675c2044c8164d0fc90cbdf73464200ba0892958c5d2dddb6148d",
    "mnist_10k.npz": "94e2480bb2d38e772966d2564f7818de27e5e7d95984370b0cfb33e5bb4a39df",
    "fashion_mnist.npz": "5b6d2c4c694a91887af8ab7d039c04f80af3c29378d731c93a538d2e831aa469",
    "movie_review.neg.txt": "4ace77d558c3714723843f1d65b60c01e3417b208180f0728808d76ad0eeeaca",
    "movie_review.pos.txt": "2da124ec187a9d5a29c9f04e91c540e02baed5af8868f550a26bd6fd4dbf8bf0",
}
EVEN_ODD = "0,2,4,6,8/1,3,5,7,9"
FIRST_LAST = "0,1,2,3,4/5,6,7,8,9"
TEN = "0/1/2/3/4/5/6/7/8/9"
_TASK = re.compile(r"[0-9](?:,[0-9])*(?:/[0-9](?:,[0-9])*)+")
_TASK_NAMES = {EVEN_ODD: "even_odd", FIRST_LAST: "first_last", TEN: "ten"}


def digits(m: int, n: int, task: str = EVEN_ODD, split: int = 0, balanced: bool = True) -> Problem:
    """Handwritten digits of 8×8 pixels with values from 0 to 16: 1,797 of them (scikit-learn's load_digits).

    Args:
        m: training points.
        n: evaluation points.
        task: groups of digits that are labelled 0, 1, …; see the top of this file.
        split: seed of the split.
        balanced: whether each set has equally many points per class.

    Returns:
        The problem; inputs (points, 8, 8).
    """
    return problem_of_classes("digits", digit_pool, m, n, task, split, balanced)


def mnist(m: int, n: int, task: str = EVEN_ODD, split: int = 0, balanced: bool = True, full: bool = False) -> Problem:
    """MNIST digits of 28×28 pixels (LeCun et al. 1998).

    Args:
        m: training points.
        n: evaluation points.
        task: groups of digits that are labelled 0, 1, …; see the top of this file.
        split: seed of the split.
        balanced: whether each set has equally many points per class.
        full: whether the pool is the 10,000 digits of mnist_10k.npz in the data folder, read when the arrays are first
            needed (Unavailable if it is not there), instead of the 2,000 packaged ones.

    Returns:
        The problem; inputs (points, 28, 28).
    """
    switch(full, "Whether MNIST is taken in full")
    return problem_of_classes(
        "mnist-full" if full else "mnist", _mnist_full if full else _mnist, m, n, task, split, balanced
    )


def fashion_mnist(
    m: int, n: int, task: str = FIRST_LAST, split: int = 0, balanced: bool = True, full: bool = False
) -> Problem:
    """Fashion-MNIST images of 28×28 pixels (Xiao, Rasul & Vollgraf 2017).

    Args:
        m: training points.
        n: evaluation points.
        task: groups of classes that are labelled 0, 1, …; see the top of this file.
        split: seed of the split.
        balanced: whether each set has equally many points per class.
        full: whether the pool is the 70,000 images of fashion_mnist.npz in the data folder, read when the arrays are
            first needed (Unavailable if it is not there), instead of the 2,000 packaged ones.

    Returns:
        The problem; inputs (points, 28, 28).
    """
    switch(full, "Whether Fashion-MNIST is taken in full")
    name = "fashion_mnist-full" if full else "fashion_mnist"
    return problem_of_classes(name, _fashion_full if full else _fashion, m, n, task, split, balanced)


def ionosphere(m: int, n: int, split: int = 0, balanced: bool = True) -> Problem:
    """UCI Ionosphere: 351 radar returns of 34 numbers, bad (0) or good (1).

    Args:
        m: training points.
        n: evaluation points.
        split: seed of the split.
        balanced: whether each set has equally many points per class.

    Returns:
        The problem; inputs (points, 34).
    """
    return _split("ionosphere", "bad/good", _ionosphere, m, n, split, balanced)


def data_folder() -> Path:
    """The folder of the full data sets, named by the environment variable HARNESS_DATA; Unavailable if it does not
    exist.
    """
    named = os.environ.get("HARNESS_DATA")
    if not named:
        raise Unavailable(
            "The full data sets need a folder: name it with --data or the environment variable HARNESS_DATA."
        )
    folder = as_path(named)
    if not folder.is_dir():
        raise Unavailable(f"The data folder {folder} does not exist; correct --data or HARNESS_DATA.")
    return folder


def problem_of_classes(
    name: str,
    load: Callable[[], tuple[np.ndarray, np.ndarray]],
    m: int,
    n: int,
    task: str,
    split: int,
    balanced: bool,
) -> Problem:
    """Make a problem of a pool of points of ten classes.

    Args:
        name: of the data; that of a full set, which is loaded when first needed, ends in "-full".
        load: returns the pool's inputs and their classes 0 to 9.
        m: training points.
        n: evaluation points.
        task: groups of classes that are labelled 0, 1, …; see the top of this file.
        split: seed of the split.
        balanced: whether each set has equally many points per class.

    Returns:
        The problem.
    """
    groups = parse_task(task)
    label_of = np.full(10, -1)
    for label, group in enumerate(groups):
        label_of[group] = label

    def pool() -> tuple[np.ndarray, np.ndarray]:
        x, y = load()
        labels = label_of[y]
        return x[labels >= 0], labels[labels >= 0]

    return _split(name, task, pool, m, n, split, balanced, len(groups), later=name.endswith("-full"))


def parse_task(task: str) -> list[list[int]]:
    """ "0,1/7" -> [[0, 1], [7]]: the classes labelled 0, those labelled 1, and so on; other classes are left out."""
    groups = []
    if isinstance(task, str) and _TASK.fullmatch(task):
        groups = [[int(c) for c in group.split(",")] for group in task.split("/")]
    named = [c for group in groups for c in group]
    if len(groups) < 2 or len(set(named)) < len(named):
        raise BadInput(
            f"A task names at least two groups of different classes from 0 to 9, such as {EVEN_ODD!r}, '3/8' or "
            f"'0/1/2', not {short_repr(task)}."
        )
    return groups


def _split(
    dataset: str,
    task: str,
    pool: Callable[[], tuple[np.ndarray, np.ndarray]],
    m: int,
    n: int,
    split: int,
    balanced: bool,
    classes: int = 2,
    later: bool = False,
) -> Problem:
    check_sizes(m, n)
    check_split(split)
    switch(balanced, "Whether a split is balanced")
    words = [dataset, _TASK_NAMES.get(task, task.replace("/", "_").replace(",", ""))]
    words += [f"m{m}", f"n{n}"] + ([f"split{split}"] if split else []) + ([] if balanced else ["unbalanced"])
    facts = {"dataset": dataset, "task": task, "split": split}

    def load() -> Arrays:
        x, y = pool()
        rng = random_generator(f"{dataset} {task}", split)
        train, evaluation = split_indices(y, m, n, balanced, rng, f"{dataset} {task}", classes)
        return Problem.from_arrays(x[train], y[train], x[evaluation], y[evaluation], classes=classes).arrays

    problem = Problem.later("-".join(words), m, n, facts, load, classes)
    if not later:
        problem.arrays  # noqa: B018 — what is wrong with a request is said where it is made
    return problem


def packaged(name: str) -> bytes:
    """Content of a file of this package's data; BadInput if its sha256 is wrong."""
    return _checked(Path(str(files("harness.problems"))) / "data" / name, "reinstall the package")


def external(name: str) -> bytes:
    """Content of a file of the data folder; Unavailable if it is missing, BadInput if its sha256 is wrong."""
    path = data_folder() / name
    if not path.exists():
        raise Unavailable(
            f"{name} is not in the data folder {path.parent}; put it there (see harness/problems/data/LICENSES.md)."
        )
    return _checked(path, "fetch it again")


def _checked(path: Path, remedy: str) -> bytes:
    try:
        content = read_bytes(path)
    except OSError as error:
        raise BadInput(f"{path} cannot be read ({error.strerror}); {remedy}.") from None
    found, expected = hashlib.sha256(content).hexdigest(), SHA256[path.name]
    if found != expected:
        raise BadInput(
            f"{path} is truncated or altered: its sha256 begins with {found[:12]}, expected {expected[:12]}; {remedy}."
        )
    return content


def arrays_of(content: bytes) -> dict[str, np.ndarray]:
    """The arrays of an npz file's content."""
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        return dict(archive)


@lru_cache
def digit_pool() -> tuple[np.ndarray, np.ndarray]:
    """All digits, (1797, 8, 8), and which they are, (1797,)."""
    arrays = arrays_of(packaged("digits.npz"))
    return standardised(arrays["x"]), arrays["y"]


@lru_cache
def _mnist() -> tuple[np.ndarray, np.ndarray]:
    arrays = arrays_of(packaged("mnist_2000.npz"))
    return standardised(arrays["x"]), arrays["y"]


@lru_cache
def _fashion() -> tuple[np.ndarray, np.ndarray]:
    arrays = arrays_of(packaged("fashion_mnist_2000.npz"))
    return standardised(arrays["x"]), arrays["y"]


@lru_cache
def _mnist_full() -> tuple[np.ndarray, np.ndarray]:
    arrays = arrays_of(external("mnist_10k.npz"))
    return standardised(arrays["x"]), arrays["y"]


@lru_cache
def _fashion_full() -> tuple[np.ndarray, np.ndarray]:
    arrays = arrays_of(external("fashion_mnist.npz"))
    x = np.concatenate([arrays["x_train"], arrays["x_test"]])
    return standardised(x), np.concatenate([arrays["y_train"], arrays["y_test"]])


@lru_cache
def _ionosphere() -> tuple[np.ndarray, np.ndarray]:
    rows = [line.split(",") for line in packaged("ionosphere.csv").decode("ascii").split()]
    x = np.array([row[:-1] for row in rows], dtype=np.float64)
    return standardised(x), np.array([row[-1] == "g" for row in rows])
