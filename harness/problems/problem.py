"""A problem is a value: m training and n evaluation inputs with labels of two classes or more."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from harness.errors import BadInput
from harness.packing import check_classes


class Arrays(NamedTuple):
    """train_x: (m, ...) float32, or tokens int64. train_y: (m,) uint8. eval_x: (n, ...) alike. eval_y: (n,) uint8."""

    train_x: np.ndarray
    train_y: np.ndarray
    eval_x: np.ndarray
    eval_y: np.ndarray


@dataclass(frozen=True, eq=False)
class Problem:
    """Training set S and evaluation inputs E; a function is the string of a network's labels on E.

    name: stable identifier. facts: what the report says of it. load: called once, when the arrays are first needed, so
    that a grid can name data that is not here. classes: labels there are. vocabulary: where the inputs are tokens, 0 …
    vocabulary − 1, how many there are; None where they are numbers. Make one with `from_arrays` or with the functions
    of this package.
    """

    name: str
    m: int
    n: int
    facts: dict[str, Any]
    load: Callable[[], Arrays]
    classes: int = 2
    vocabulary: int | None = None

    @classmethod
    def from_arrays(
        cls,
        train_x: ArrayLike,
        train_y: ArrayLike,
        eval_x: ArrayLike,
        eval_y: ArrayLike,
        name: str = "arrays",
        facts: dict[str, Any] | None = None,
        classes: int = 2,
        vocabulary: int | None = None,
    ) -> "Problem":
        """Your own data, copied. m may be 0, n may not; labels are 0 … classes − 1; BadInput says what does not fit.

        vocabulary: for inputs that are tokens 0 … vocabulary − 1, (points, time).

        The name is for people; samples are stored under the arrays' content.
        """
        check_classes(classes)
        train, evaluation = _inputs(train_x, "training", vocabulary), _inputs(eval_x, "evaluation", vocabulary)
        if len(evaluation) == 0:
            raise BadInput("A problem needs at least 1 evaluation input: a function is what a network says of them.")
        if len(train) == 0:
            train = np.zeros((0, *evaluation.shape[1:]), dtype=evaluation.dtype)
        if train.shape[1:] != evaluation.shape[1:]:
            raise BadInput(
                f"Training inputs of shape {train.shape[1:]} and evaluation inputs of shape {evaluation.shape[1:]} "
                "do not fit together; give both the same shape."
            )
        arrays = Arrays(
            train,
            _labels(train_y, len(train), "training", classes),
            evaluation,
            _labels(eval_y, len(evaluation), "evaluation", classes),
        )
        for array in arrays:
            array.flags.writeable = False
        return cls.later(name, len(train), len(evaluation), facts or {}, lambda: arrays, classes, vocabulary)

    @classmethod
    def later(
        cls,
        name: str,
        m: int,
        n: int,
        facts: dict[str, Any],
        load: Callable[[], Arrays],
        classes: int = 2,
        vocabulary: int | None = None,
    ) -> "Problem":
        """A problem whose arrays are loaded when they are first needed; `load` may raise Unavailable or BadInput."""
        more = {"classes": classes} if classes > 2 else {}
        return cls(name, m, n, {"problem": name, "m": m, "n": n, **more, **facts}, load, classes, vocabulary)

    @property
    def outputs(self) -> int:
        """Logits of a network: for two classes one, whose sign decides, else one a class, the largest of which does."""
        return 1 if self.classes == 2 else self.classes

    def needs_two_classes(self, what: str) -> None:
        """BadInput where there are more, for what is defined for two classes only."""
        if self.classes > 2:
            raise BadInput(
                f"{what} takes two classes, but the problem {self.name} has {self.classes}; group them into two."
            )

    @cached_property
    def arrays(self) -> Arrays:
        """All four, read-only."""
        return self.load()

    @property
    def train_x(self) -> np.ndarray:
        """(m, ...) float32, or tokens int64."""
        return self.arrays.train_x

    @property
    def train_y(self) -> np.ndarray:
        """(m,) uint8, 0 … classes − 1."""
        return self.arrays.train_y

    @property
    def eval_x(self) -> np.ndarray:
        """(n, ...) float32, or tokens int64."""
        return self.arrays.eval_x

    @property
    def eval_y(self) -> np.ndarray:
        """(n,) uint8, 0 … classes − 1."""
        return self.arrays.eval_y

    @property
    def inputs(self) -> np.ndarray:
        """(m + n, ...) training inputs, then evaluation inputs."""
        return np.concatenate([self.train_x, self.eval_x])

    @cached_property
    def fingerprint(self) -> str:
        """sha256 of the arrays and the classes: the problem's address in the store, whatever it is called."""
        digest = hashlib.sha256()
        if self.classes > 2:
            digest.update(f"{self.classes} classes".encode())
        for array in self.arrays:
            digest.update(f"{array.shape}{array.dtype.str}".encode())
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()


def _inputs(values: ArrayLike, which: str, vocabulary: int | None) -> np.ndarray:
    if vocabulary is not None:
        return _tokens(values, which, vocabulary)
    try:
        array = np.array(values, dtype=np.float32)
    except (TypeError, ValueError):
        raise BadInput(f"The {which} inputs are not an array of numbers; give one row of numbers an input.") from None
    if array.ndim < 2 and array.size:
        raise BadInput(f"The {which} inputs need one row an input, not an array of shape {array.shape}.")
    if not np.isfinite(array).all():
        raise BadInput(f"The {which} inputs hold NaN or infinite numbers; remove or fill them.")
    return array


def _tokens(values: ArrayLike, which: str, vocabulary: int) -> np.ndarray:
    array = np.array(values)
    whole = array.dtype.kind in "iu" and array.ndim == 2
    if array.size and not (whole and 0 <= array.min() <= array.max() < vocabulary):
        raise BadInput(
            f"The {which} inputs must be whole numbers from 0 to {vocabulary - 1}, (points, time), but they have shape "
            f"{array.shape} and type {array.dtype}; number your tokens so, or leave the vocabulary out."
        )
    return array.astype(np.int64)


def _labels(values: ArrayLike, points: int, which: str, classes: int) -> np.ndarray:
    array = np.array(values)
    if array.shape != (points,):
        raise BadInput(f"{points} {which} inputs need {points} {which} labels, not an array of shape {array.shape}.")
    known = np.isin(array, np.arange(classes))
    if not known.all():
        allowed, remedy = ("0 or 1", "two classes to 0 and 1")
        if classes > 2:
            allowed, remedy = f"0 … {classes - 1}", f"classes to these {classes} numbers"
        raise BadInput(f"The {which} labels must be {allowed}, but one is {array[~known][0]!s}; map your {remedy}.")
    return array.astype(np.uint8)
