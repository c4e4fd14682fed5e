"""Training sets as draws: a family of problems on one pool of data, each a training set with its evaluation points.

A sentence about data is one about training sets drawn from it. Each set is drawn from the pool without replacement, by
the number of its split alone, so that every claim that asks for as many sets has the same ones.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, partial
from typing import Any

import numpy as np

from harness.arguments import number, short_repr, whole
from harness.errors import BadInput
from harness.problems.cube import boolean_cube, cube_subset
from harness.problems.label_noise import Noisy
from harness.problems.own_data import Columns, points_and_labels
from harness.problems.problem import Problem
from harness.problems.splits import check_sizes

# Training sets of one seed: seeds have no set in common.
MOST_SETS = 2**20
# So many labels are the same by chance in no data of two classes that are worth a claim.
_MANY = 20
# Problems that are kept while a cell asks for its sets again and again.
_KEPT = 256


@dataclass(frozen=True)
class TrainingSets:
    """Training sets drawn from a pool, each with evaluation points of its own.

    name: stable identifier, as of a problem. m, n: training and evaluation points of each set. facts: what the report
    says about them. data: m, n, split and `arguments` -> problem. Make one with `training_sets`.
    """

    name: str
    m: int
    n: int
    facts: dict[str, Any] = field(compare=False)
    data: Callable[..., Problem] = field(repr=False)
    arguments: tuple[tuple[str, Any], ...] = field(repr=False)

    def problem(self, number: int, seed: int = 0) -> Problem:
        """One training set with its evaluation points.

        Args:
            number: number of the set, from 0; it is split seed·2^20 + number of the pool.
            seed: seed of the draw; no two seeds have a split in common.

        Returns:
            The problem.

        Raises:
            BadInput: the number or the seed is no whole number from 0, or the number is too large.
        """
        number = whole(number, "The number of a training set", least=0, most=MOST_SETS - 1)
        seed = whole(seed, "The seed of training sets", least=0, most=2**62)
        return _problem(self.data, self.m, self.n, self.arguments, seed * MOST_SETS + number)

    @cached_property
    def first(self) -> Problem:
        """Set 0 of seed 0, for what all sets have in common."""
        return self.problem(0)

    @property
    def classes(self) -> int:
        """Number of labels."""
        return self.first.classes

    @property
    def outputs(self) -> int:
        """Logits per network."""
        return self.first.outputs

    @property
    def vocabulary(self) -> int | None:
        """Number of tokens; None: inputs are numbers."""
        return self.first.vocabulary


def training_sets(
    data: Callable[..., Problem], m: int, n: int, /, *, label_noise: float = 0.0, **arguments: Any
) -> TrainingSets:
    """Draw training sets from data: on set `number` of a seed all samplers see the same points.

    On the Boolean cube what is drawn is the subset of the inputs that is trained on, the same for all targets; the
    target itself is the same in all sets.

    Args:
        data: a function of this package such as `digits`, or one of your own, that takes m, n and `split=` and returns
            a problem; or `boolean_cube`, with `bits=` and `target=` among the arguments.
        m: training points of each set.
        n: evaluation points of each set.
        label_noise: share of each set's training labels that are wrong, the same points at every larger share;
            evaluation labels are right.
        **arguments: further arguments of the data, such as task= or balanced=.

    Returns:
        The training sets.

    Raises:
        BadInput: the data cannot be had so.
    """
    if not callable(data):
        raise BadInput(f"Training sets are drawn from a function such as digits, not from {short_repr(data)}.")
    if "split" in arguments:
        raise BadInput("Training sets are numbered by their split; leave split= out, and ask for .problem(number).")
    check_sizes(m, n)
    m, n = int(m), int(n)
    # The plan, and with it the tests of null learners, wraps what a claim's file imports.
    draws: Callable[..., Problem] = cube_subset if inspect.unwrap(data) is boolean_cube else data
    if number(label_noise, "Label noise is a share of the training labels", most=1.0):
        draws = Noisy(draws, label_noise)
    named = tuple(sorted(arguments.items()))
    first = _checked(draws, m, n, named)
    facts = {name: value for name, value in first.facts.items() if name not in ("problem", "split")}
    return TrainingSets(first.name, m, n, {"problem": first.name, **facts, "training sets": "drawn"}, draws, named)


def splits_of(data: Any, name: str, x: Columns = None, y: str | int | None = None) -> Callable[..., Problem]:
    """Make a function that draws problems from data of one's own, as `digits` does from the digits.

    Args:
        data: as of `Problem.from_dataset`; read once.
        name: of the data, in reports; with the task it seeds the splits.
        x: the inputs' column, or several of a table; None: the usual one.
        y: the labels' column; None: the usual one.

    Returns:
        m, n, split=0, task=None -> problem.

    Raises:
        BadInput: the data cannot be read so.
        Unavailable: a package that reads them is not installed.
    """
    return partial(_split_of, points_and_labels(data, x, y), name)


def _split_of(
    pool: tuple[np.ndarray, np.ndarray], name: str, m: int, n: int, split: int = 0, task: str | None = None
) -> Problem:
    return Problem.from_dataset(pool, m, n, split=split, task=task, name=name)


def _checked(data: Callable[..., Problem], m: int, n: int, named: tuple[tuple[str, Any], ...]) -> Problem:
    """The first set; BadInput if the function does not take such arguments or returns no such problem."""
    try:
        first = data(m, n, split=0, **dict(named))
    except TypeError as error:
        raise BadInput(f"Training sets cannot be drawn: {error}; give arguments that the data take.") from None
    if not isinstance(first, Problem) or (first.m, first.n) != (m, n):
        raise BadInput(f"Data for training sets return a problem of {m} and {n} points, not {short_repr(first)}.")
    # On the cube the target is meant, and few inputs may be drawn twice.
    if data is not cube_subset:
        _check_draws(first, [data(m, n, split=split, **dict(named)) for split in (1, 2)])
    return first


def _check_draws(first: Problem, others: Sequence[Problem]) -> None:
    """BadInput if splits are one set, if evaluation points are training points, or if there is one label only."""
    name = first.name
    if first.m + first.n >= _MANY and len(np.unique(np.concatenate([first.train_y, first.eval_y]))) == 1:
        raise BadInput(f"All labels of {name} are the same, so that nothing can be learnt; draw from two classes.")
    if all(other.fingerprint == first.fingerprint for other in others):
        raise BadInput(f"All splits of {name} are the same points; data for training sets draw others at each split=.")
    seen = {row.tobytes() for row in np.ascontiguousarray(first.train_x)}
    known = sum(row.tobytes() in seen for row in np.ascontiguousarray(first.eval_x))
    if 2 * known > first.n:
        raise BadInput(f"Of {first.n} evaluation points of {name}, {known} are training points; evaluate on others.")


def _problem(
    data: Callable[..., Problem], m: int, n: int, arguments: tuple[tuple[str, Any], ...], split: int
) -> Problem:
    try:
        return _kept(data, m, n, arguments, split)
    except TypeError:  # an argument that cannot be looked up, such as a list
        return data(m, n, split=split, **dict(arguments))


@lru_cache(_KEPT)
def _kept(data: Callable[..., Problem], m: int, n: int, arguments: Mapping[str, Any], split: int) -> Problem:
    return data(m, n, split=split, **dict(arguments))
