"""A problem is a value: m training and n evaluation inputs with labels of two classes or more."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from harness.arguments import LARGEST, is_number, short_repr, switch, unmasked, whole
from harness.errors import BadInput, NotAsked
from harness.functions.counts import Origin
from harness.functions.packing import check_classes
from harness.problems.own_data import Columns, in_groups, points_and_labels, standardised
from harness.problems.splits import check_sizes, random_generator, split_indices


class Arrays(NamedTuple):
    """train_x: (m, ...) float32, or tokens int64. train_y: (m,) uint8. eval_x: (n, ...) alike. eval_y: (n,) uint8."""

    train_x: np.ndarray
    train_y: np.ndarray
    eval_x: np.ndarray
    eval_y: np.ndarray


@dataclass(frozen=True, eq=False)
class Problem:
    """Training set S and evaluation inputs E; a function is the string of a network's labels on E.

    name: stable identifier. m, n: training and evaluation points. facts: what the report says about the problem. load:
    called once, when the arrays are first needed, so that a grid can name data that are not here. classes: number of
    labels. vocabulary: number of tokens, if the inputs are tokens 0 … vocabulary − 1; None: inputs are numbers. Make
    one with `from_arrays` or with the functions of this package.
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
        """Make a problem of your own data, which are copied.

        Args:
            train_x: (m, ...) training inputs, numbers or tokens; m may be 0.
            train_y: (m,) their labels 0 … classes − 1.
            eval_x: (n, ...) evaluation inputs of the same shape, n at least 1.
            eval_y: (n,) their labels.
            name: name in the report; samples are stored under the arrays' content, whatever the name.
            facts: more for the report, by name; None: nothing.
            classes: number of labels.
            vocabulary: number of tokens, for inputs (points, time) of tokens 0 … vocabulary − 1; None: inputs are
                numbers.

        Returns:
            The problem.

        Raises:
            BadInput: an array, the name or a fact does not fit this description.
        """
        check_classes(classes)
        classes, vocabulary = int(classes), _checked_vocabulary(vocabulary)
        _check_words(name, facts)
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
    def from_dataset(
        cls,
        data: Any,
        m: int,
        n: int,
        *,
        evaluation: Any = None,
        x: Columns = None,
        y: str | int | None = None,
        task: str | None = None,
        split: int = 0,
        balanced: bool = True,
        standardise: bool = True,
        vocabulary: int | None = None,
        name: str = "dataset",
    ) -> "Problem":
        """Make a problem of a data set, by a seeded split; for one split and n smaller training sets lie within larger
        ones. Nothing is downloaded.

        Args:
            data: arrays (x, y); a torch or Hugging Face data set, or a loader; or the path of an .npz, .csv or .parquet
                file or of a folder written by `save_to_disk`. Images of tensors have their channels first.
            m: training points.
            n: evaluation points.
            evaluation: data of the same kind from which evaluation points are taken; None: they are others of `data`.
            x: name or number of the inputs' column; None: "x", "image" or the first, of a table all but the labels'.
            y: name or number of the labels' column; None: "y", "label" or the second, of a table the last.
            task: groups of classes by name that are labelled 0, 1, …, such as "cat,dog/ship", other classes being left
                out; None: every class by itself.
            split: seed of the split.
            balanced: whether each set has equally many points of each label.
            standardise: whether inputs are shifted and scaled by the one mean and standard deviation of `data`.
            vocabulary: number of tokens, for inputs (points, time) of tokens; None: inputs are numbers.
            name: of the data, in reports; with the task it seeds the split.

        Returns:
            The problem.

        Raises:
            BadInput: the data do not fit this description, or are too few.
            Unavailable: a package that reads them is not installed.
        """
        check_sizes(m, n)
        switch(balanced, "Whether a split is balanced")
        switch(standardise, "Whether inputs are standardised")
        _check_words(name, None)
        read = [points_and_labels(each, x, y) for each in ((data,) if evaluation is None else (data, evaluation))]
        pools, words = [pool for pool, _ in read], [own for _, own in read]
        labels, classes = in_groups(np.concatenate(words), task, name)
        numbers = np.split(labels, [len(words[0])])[: len(pools)]
        if any(len(pool) != len(of_pool) for pool, of_pool in zip(pools, numbers, strict=True)):
            raise BadInput(
                f"{name} has {len(pools[0])} inputs and {len(words[0])} labels; give a label for each input."
            )
        if standardise and vocabulary is None:
            pools = _standardised(pools, name)
        kept = [(pool[of >= 0], of[of >= 0]) for pool, of in zip(pools, numbers, strict=True)]
        what = f"{name} {task}"
        rng = random_generator(what, split)
        if evaluation is None:
            train, evaluated = split_indices(kept[0][1], m, n, balanced, rng, what, classes)
        else:
            evaluated = split_indices(kept[1][1], 0, n, balanced, rng, what, classes)[1]
            # A split's first points are those that this one has for training: they are nested.
            train = split_indices(kept[0][1], 0, m, balanced, rng, what, classes)[1] if m else np.zeros(0, dtype=int)
        (train_x, train_y), (eval_x, eval_y) = kept[0], kept[-1]
        facts = {"dataset": name, "task": "all classes" if task is None else task, "split": split}
        words_of_name = [name, *([] if task is None else [task.replace("/", "_").replace(",", "")]), f"m{m}", f"n{n}"]
        words_of_name += [f"split{split}"] * bool(split) + ["unbalanced"] * (not balanced)
        return cls.from_arrays(
            train_x[train],
            train_y[train],
            eval_x[evaluated],
            eval_y[evaluated],
            "-".join(words_of_name),
            facts,
            classes,
            vocabulary,
        )

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
        """Make a problem whose arrays are loaded when they are first needed.

        Args:
            name: stable identifier.
            m: training points.
            n: evaluation points.
            facts: more for the report, by name.
            load: returns the arrays; it may raise Unavailable or BadInput.
            classes: number of labels.
            vocabulary: number of tokens, for inputs of tokens; None: inputs are numbers.

        Returns:
            The problem.
        """
        more = {"classes": classes} if classes > 2 else {}
        m, n = int(m), int(n)
        # A results file has Python's own numbers only.
        facts = {key: fact.item() if isinstance(fact, np.generic) else fact for key, fact in facts.items()}
        return cls(name, m, n, {"problem": name, "m": m, "n": n, **more, **facts}, load, classes, vocabulary)

    @property
    def outputs(self) -> int:
        """Logits per network: for two classes one, whose sign gives the label; else one per class, of which the largest
        does.
        """
        return 1 if self.classes == 2 else self.classes

    def needs_two_classes(self, what: str) -> None:
        """Raise BadInput if there are more than two classes; what: the function that is defined for two only."""
        if self.classes > 2:
            raise BadInput(
                f"{what} takes two classes, but the problem {self.name} has {self.classes}; group them into two."
            )

    def needs_one_label_each(self) -> None:
        """Raise NotAsked if two equal training inputs have different labels, which no network gives them."""
        if self._contradiction is not None:
            first, again = self._contradiction
            raise NotAsked(
                f"The training inputs {first} and {again} are equal and have different labels, so no network fits "
                f"S of {self.name}; leave one of them out."
            )

    @cached_property
    def _contradiction(self) -> tuple[int, int] | None:
        """Numbers of the first training input that is labelled otherwise than an equal one before it, that one first;
        found once, since every sampler asks."""
        # Adding 0 makes one of the two zeros of floating point.
        rows = self.train_x.reshape(self.m, int(np.prod(self.train_x.shape[1:]))) + self.train_x.dtype.type(0)
        _, first, place = np.unique(rows, axis=0, return_index=True, return_inverse=True)
        first = first[place.reshape(-1)]
        contrary = np.flatnonzero(self.train_y != self.train_y[first])
        return (int(first[contrary[0]]), int(contrary[0])) if len(contrary) else None

    def needs_training_points(self, what: str) -> None:
        """Raise BadInput if there is no training point; what: the function that is of a training set."""
        if self.m == 0:
            raise BadInput(
                f"{what} takes at least 1 training point, but the problem {self.name} has none; give it some, or ask "
                "for the prior."
            )

    @cached_property
    def arrays(self) -> Arrays:
        """Training and evaluation inputs and labels, read-only."""
        return self.load()

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the arrays, not the loader: the receiving process needs no data folder."""
        return _travelled, (self.name, self.m, self.n, self.facts, self.arrays, self.classes, self.vocabulary)

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
    def origin(self) -> Origin:
        """What functions on the evaluation inputs are from."""
        kind = f"{self.eval_x.shape[1:]}{self.eval_x.dtype.str}".encode()
        return Origin(tuple(hashlib.sha256(kind + x.tobytes()).hexdigest() for x in self.eval_x), self.fingerprint)

    @cached_property
    def fingerprint(self) -> str:
        """sha256 of the arrays and the number of classes: the problem's address in the store, whatever its name."""
        digest = hashlib.sha256()
        if self.classes > 2:
            digest.update(f"{self.classes} classes".encode())
        for array in self.arrays:
            digest.update(f"{array.shape}{array.dtype.str}".encode())
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()


def check_problem(thing: object) -> None:
    """Raise BadInput unless it is a problem."""
    if not isinstance(thing, Problem):
        raise BadInput(f"A problem is one of `harness.problems` such as digits(16, 64), not {short_repr(thing)}.")


def _standardised(pools: list[np.ndarray], name: str) -> list[np.ndarray]:
    """By the mean and the standard deviation of the first."""
    if any(pool.dtype.kind not in "biuf" for pool in pools) or not pools[0].size or not pools[0].std():
        raise BadInput(
            f"The inputs of {name} are no numbers that differ, and cannot be standardised; name their column by x, or "
            "give standardise=False."
        )
    return [standardised(pool, pools[0]) for pool in pools]


def _travelled(
    name: str, m: int, n: int, facts: dict[str, Any], arrays: Arrays, classes: int, vocabulary: int | None
) -> Problem:
    for array in arrays:
        array.flags.writeable = False
    return Problem(name, m, n, facts, lambda: arrays, classes, vocabulary)


def _array(values: ArrayLike, what: str) -> np.ndarray | None:
    """A copy, of objects as the type that holds them all; None if the rows are of different lengths, or a number is too
    large for any type; BadInput for masks.
    """
    try:
        array = np.array(unmasked(values, what))
        return np.array(array.tolist()) if array.dtype == object else array
    except BadInput:
        raise
    except (TypeError, ValueError, OverflowError):
        return None


def _checked_vocabulary(vocabulary: int | None) -> int | None:
    return None if vocabulary is None else whole(vocabulary, "The size of a vocabulary", least=2)


def _check_words(name: str, facts: dict[str, Any] | None) -> None:
    """Raise BadInput if the name is no printable text, or a fact is no text, number or None."""
    if not isinstance(name, str) or not name.isprintable() or not name:
        raise BadInput(f"A problem's name is a text on one line, not {short_repr(name)}.")
    facts = {} if facts is None else facts
    if not isinstance(facts, dict) or not all(
        isinstance(key, str) and (isinstance(value, str | int | None) or is_number(value))
        for key, value in facts.items()
    ):
        raise BadInput(f"A problem's facts are a dict of texts and finite numbers, not {short_repr(facts)}.")


def _inputs(values: ArrayLike, which: str, vocabulary: int | None) -> np.ndarray:
    if vocabulary is not None:
        return _tokens(values, which, vocabulary)
    array = _array(values, f"The {which} inputs")
    if array is None or array.dtype.kind not in "biuf":
        raise BadInput(f"The {which} inputs are not an array of numbers; give one row of numbers an input.")
    # Numbers too large for float32 become infinite, which is looked for below.
    with np.errstate(over="ignore"):
        array = array.astype(np.float32)
    if array.ndim < 2 and array.size:
        raise BadInput(f"The {which} inputs need one row an input, not an array of shape {array.shape}.")
    if not np.isfinite(array).all():
        raise BadInput(f"The {which} inputs hold NaN or infinite numbers; remove or fill them.")
    if array.size and np.abs(array).max() > LARGEST:
        raise BadInput(
            f"The {which} inputs hold numbers beyond ±{LARGEST:g}, whose squares are too large for float32; remove or "
            "fill them, or take another unit."
        )
    return array


def _tokens(values: ArrayLike, which: str, vocabulary: int) -> np.ndarray:
    array = _array(values, f"The {which} inputs")
    fits = array is not None and array.dtype.kind in "iu" and array.ndim == 2
    if array is None or (array.size and not (fits and 0 <= array.min() <= array.max() < vocabulary)):
        found = "are no array" if array is None else f"have shape {array.shape} and type {array.dtype}"
        raise BadInput(
            f"The {which} inputs must be whole numbers from 0 to {vocabulary - 1}, (points, time), but they {found}; "
            "number your tokens so, or leave the vocabulary out."
        )
    return array.astype(np.int64)


def _wrong(labels: list[Any]) -> Any:
    """One of wrong labels: among numbers, what makes them no array of numbers."""
    return next((each for each in labels if not isinstance(each, int | float)), labels[0])


def _labels(values: ArrayLike, points: int, which: str, classes: int) -> np.ndarray:
    array = _array(values, f"The {which} labels")
    if array is None or array.shape != (points,):
        found = "what makes no array" if array is None else f"an array of shape {array.shape}"
        raise BadInput(f"{points} {which} inputs need {points} {which} labels, not {found}.")
    numbers = array.dtype.kind in "biuf"
    known = np.isin(array, np.arange(classes)) if numbers else np.zeros(points, dtype=bool)
    if not known.all():
        allowed, remedy = ("0 or 1", "two classes to 0 and 1")
        if classes > 2:
            allowed, remedy = f"0 … {classes - 1}", f"classes to these {classes} numbers"
        raise BadInput(
            f"The {which} labels must be {allowed}, but one is {short_repr(_wrong(array[~known].tolist()))}; "
            f"map your {remedy}."
        )
    return array.astype(np.uint8)
