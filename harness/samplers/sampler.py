"""The base of all samplers: arguments, address in the store, draw, and the work of a shard.

To add one: a frozen dataclass whose fields are its arguments, in a file of this folder, and a line in `lab/lab.py`.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar

import numpy as np
import torch

from harness.arguments import counts, set_fields, short_repr, switch
from harness.errors import BadInput
from harness.networks import Architecture
from harness.problems import Problem
from harness.problems.problem import check_problem
from harness.samplers.work import Shape, shape_of
from harness.store.identity import stated


class Mergeable(Protocol):
    """A sampler's result: merges like a sum and goes to the store as arrays."""

    def __add__(self, other: Self) -> Self: ...
    def to_arrays(self) -> dict[str, np.ndarray]: ...
    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Self: ...


R = TypeVar("R", bound=Mergeable)


def argument(*, least: int = 1, key: str | None = "", default: Any = MISSING) -> Any:
    """Declare an argument of a sampler that is not stored as it stands.

    Args:
        least: the smallest value, of a whole number.
        key: its name in the address; "" for the field's own, None for an argument that is not part of the address.
        default: its default value; MISSING for a required argument.

    Returns:
        A dataclass field.
    """
    return field(default=default, metadata={"least": least, "key": key})


def check_architecture(thing: object) -> None:
    """Raise BadInput unless it has the methods of an `Architecture`."""
    parts = ("prepare", "parameters", "features", "readout")
    if isinstance(thing, type) or not all(hasattr(thing, part) for part in parts):
        raise BadInput(
            f"An architecture is one of `harness.networks` such as FullyConnected((40, 40)), or of from_module, not "
            f"{short_repr(thing)}."
        )


@dataclass(frozen=True)
class Asked(ABC):
    """A request about an architecture on a problem, with its address in the store.

    Architecture, problem, whole numbers and switches are checked when it is made: BadInput names the one that is wrong.
    """

    architecture: Architecture
    problem: Problem

    def __post_init__(self) -> None:
        check_architecture(self.architecture)
        check_problem(self.problem)
        for each in fields(self):
            value = getattr(self, each.name)
            # As text where a module postpones its annotations.
            if each.type in (int, "int"):
                least = each.metadata.get("least", 1)
                set_fields(self, **counts(type(self).__name__, least, **{each.name: value}))
            elif each.type in (bool, "bool"):
                switch(value, f"{type(self).__name__}'s {each.name}")

    @property
    def identity(self) -> dict[str, str]:
        """Architecture and problem in the address; the problem by its content, not by its name."""
        return identity(self.architecture, self.problem)

    @property
    @abstractmethod
    def name(self) -> str:
        """What draws or computes it: a sampler's name in the address."""

    @property
    @abstractmethod
    def work(self) -> float:
        """Roughly the scalar multiplications of a shard, or of the computation."""

    @property
    def shape(self) -> Shape:
        """What work is made of."""
        return shape_of(self.architecture, self.problem)

    @property
    def arguments(self) -> dict[str, Any]:
        """The other arguments in the address, JSON-ready."""
        stored = {}
        for each in fields(self)[2:]:
            key = each.metadata.get("key", "")
            if key is not None:
                value = getattr(self, each.name)
                plain = isinstance(value, int | float | str | tuple)
                stored[key or each.name] = value if plain else stated(value, f"The {each.name}")
        return stored


@dataclass(frozen=True)
class Sampler(Asked, Generic[R]):
    """Draws one kind of sample, in shards that merge.

    result: the class of its samples.
    fits_s: whether it looks for networks that fit all of S, of which there must be some.
    """

    result: ClassVar[type[Mergeable]]
    fits_s: ClassVar[bool] = False

    @property
    def grows(self) -> bool:
        """Whether later looks draw more shards."""
        return True

    @property
    def address(self) -> dict[str, Any]:
        """Everything a sample depends on, except seed, device and shard, on which every sample depends."""
        return {"sampler": self.name, **self.identity, **self.arguments}

    @abstractmethod
    def draw(self, generator: torch.Generator) -> R:
        """Draw one shard on the generator's device."""

    def check_possible(self) -> None:
        """Raise NotAsked, before anything is drawn, if there can be no such sample, whatever the networks."""
        if self.fits_s:
            self.problem.needs_one_label_each()

    def checked(self, sample: R) -> R:
        """The sample of all shards; Undecided if it cannot be trusted."""
        return sample


@dataclass(frozen=True)
class Computation(Asked):
    """A computation without draws, the same for every look, seed and device."""

    @property
    def address(self) -> dict[str, Any]:
        """Everything the arrays depend on."""
        return {**self.arguments, **self.identity}

    @abstractmethod
    def compute(self) -> dict[str, np.ndarray]:
        """The arrays to store."""


def identity(architecture: Architecture, problem: Problem) -> dict[str, str]:
    """Architecture and problem in an address; the problem by its content, not by its name."""
    return {"architecture": stated(architecture, "An architecture"), "problem": problem.fingerprint}
