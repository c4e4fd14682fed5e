"""Binary weights without biases, every setting of them counted: perceptrons and networks of one hidden ReLU layer.

A logit is a sum over units (of a perceptron: over inputs), so that a setting is one value from each of two lists: what
the first part of the sum can be, and what the rest can be, each with the number of settings that lead there. All is in
whole numbers; a logit of 0 is label 0.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np

from harness.errors import BadInput
from harness.functions import FunctionCounts
from harness.functions.packing import pack
from harness.networks import Architecture, FullyConnected
from harness.networks.inheritance import computes
from harness.problems import Problem
from harness.samplers.enumeration.volumes import ExactVolumes
from harness.samplers.sampler import Computation

# 2^24 settings on 128 inputs take some seconds.
MOST_WEIGHTS = 24
# Functions that are held before they are counted.
_HELD = 2**21


def binary_volumes(architecture: FullyConnected, problem: Problem) -> ExactVolumes:
    """P_B(f|S) and P(S) of networks with weights ±1, equally likely, by counting all of them.

    Args:
        architecture: fully connected, binary, without biases, with one hidden ReLU layer or none.
        problem: S, which may be empty, and E; inputs are whole numbers, so that ties are exact.

    Returns:
        The exact distribution over functions on E.

    Raises:
        BadInput: the network or the inputs are others, or there are more than 24 weights.
    """
    weights = _checked(architecture, problem)
    found = FunctionCounts.empty(problem.n)
    held: list[tuple[np.ndarray, np.ndarray]] = []
    many = 0
    for functions in _fitting(*_parts(architecture, _whole(architecture, problem)), problem):
        held.append(functions)
        many += len(functions[0])
        if many >= _HELD:
            found, held, many = _counted(found, held), [], 0
    return ExactVolumes.of_counts(_counted(found, held), 2**weights)


class Sums(NamedTuple):
    """values: (k, points) the different values of a sum at all points. settings: (k,) of its weights that give each."""

    values: np.ndarray
    settings: np.ndarray

    @classmethod
    def merged(cls, values: np.ndarray, settings: np.ndarray) -> Self:
        """Equal rows are one, with the settings of all."""
        rows = np.ascontiguousarray(values).view(np.dtype((np.void, values.itemsize * values.shape[1])))
        _, first, place = np.unique(rows[:, 0], return_index=True, return_inverse=True)
        return cls(values[first], np.bincount(place, settings, len(first)).astype(np.int64))

    def plus(self, other: "Sums") -> "Sums":
        """The sums of independent parts."""
        values = (self.values[:, None] + other.values).reshape(-1, self.values.shape[1])
        return Sums.merged(values, np.multiply.outer(self.settings, other.settings).ravel())


def _signed(x: np.ndarray) -> Sums:
    """Σ ± x over the coordinates of the inputs, for all signs; x: (points, coordinates)."""
    values = np.zeros((1, len(x)), dtype=x.dtype)
    for column in x.T:
        values = np.concatenate([values - column, values + column])
    return Sums.merged(values, np.ones(len(values), dtype=np.int64))


def _parts(architecture: FullyConnected, x: np.ndarray) -> tuple[Sums, Sums]:
    """The values of the first part of the logits, and those of the rest."""
    if not architecture.hidden:
        half = x.shape[1] // 2
        return _signed(x[:, :half]), _signed(x[:, half:])
    values, settings = _signed(x)
    active = np.maximum(values, 0)
    unit = Sums.merged(np.concatenate([active, -active]), np.concatenate([settings, settings]))
    rest = Sums(np.zeros((1, len(x)), dtype=x.dtype), np.ones(1, dtype=np.int64))
    for _ in range(architecture.hidden[0] - 1):
        rest = rest.plus(unit)
    return unit, rest


def _fitting(first: Sums, rest: Sums, problem: Problem) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Functions on E of the settings that fit S, and how many settings each stands for; some at a time."""
    m = problem.m
    # One row a training point, which is compared in one sweep; of test points one row a setting, which is packed.
    trained, tested = rest.values[:, :m].T.copy(), rest.values[:, m:].copy()
    labels = problem.train_y.astype(bool)[:, None]
    for value, settings in zip(*first, strict=True):
        # Label 1 where value + rest > 0.
        fits = ((trained > -value[:m, None]) == labels).all(axis=0)
        fitting = slice(None) if not m else fits
        yield pack(tested[fitting] > -value[m:]), settings * rest.settings[fitting]


def _counted(found: FunctionCounts, held: list[tuple[np.ndarray, np.ndarray]]) -> FunctionCounts:
    words, settings = (np.concatenate(each) for each in zip(*held, strict=True))
    return found + FunctionCounts.from_words(words, found.n, counts=settings)


def _checked(architecture: Architecture, problem: Problem) -> int:
    """The number of weights; BadInput if they cannot be counted."""
    problem.needs_two_classes("An enumeration")
    if (
        not computes(architecture, FullyConnected)
        or architecture.distribution != "binary"
        or architecture.sigma_b
        or len(architecture.hidden) > 1
        or (architecture.hidden and architecture.activation != "relu")
    ):
        raise BadInput(
            "Networks that are counted have binary weights, no biases, and one hidden ReLU layer or none, such as "
            f'FullyConnected((3,), sigma_b=0.0, distribution="binary"); {architecture.name} is another.'
        )
    inputs, units = architecture.prepare(problem.inputs).shape[1], sum(architecture.hidden)
    weights = (inputs + 1) * units if units else inputs
    if weights > MOST_WEIGHTS:
        raise BadInput(
            f"Up to {MOST_WEIGHTS} binary weights have all their settings counted, and {architecture.name} has "
            f"{weights} on {inputs} inputs; take fewer units or inputs."
        )
    return weights


def _whole(architecture: FullyConnected, problem: Problem) -> np.ndarray:
    """(m + n, d) inputs of the smallest type that holds every logit."""
    x = architecture.prepare(problem.inputs)
    largest = max(sum(architecture.hidden), 1) * float(np.abs(x).sum(axis=1).max())
    if not (x == np.rint(x)).all() or largest > np.iinfo(np.int32).max:
        raise BadInput(
            "All settings of binary weights are counted on inputs that are whole numbers, such as those of a Boolean "
            f"cube, and the inputs of {problem.name} are not; elsewhere rounding would decide where logits are 0."
        )
    return x.astype(np.min_scalar_type(-int(largest) - 1))


@dataclass(frozen=True)
class Enumeration(Computation):
    """P_B(f|S) and P(S) of binary networks, every setting of their weights counted."""

    name = "enumeration"

    def __post_init__(self) -> None:
        super().__post_init__()
        _checked(self.architecture, self.problem)

    @property
    def address(self) -> dict[str, str]:
        """Everything the arrays depend on."""
        return {"computation": self.name, **self.identity}

    def compute(self) -> dict[str, np.ndarray]:
        """The arrays of an `ExactVolumes`."""
        assert isinstance(self.architecture, FullyConnected), "asked for above"
        return binary_volumes(self.architecture, self.problem).to_arrays()

    @property
    def work(self) -> float:
        """Roughly the scalar multiplications."""
        return float(2 ** _checked(self.architecture, self.problem)) * (self.problem.m + self.problem.n)
