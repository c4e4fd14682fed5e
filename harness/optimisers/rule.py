"""The interface of every optimiser, and that of optimisers with noise of their own."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any, Protocol, cast, runtime_checkable

from torch import Tensor

from harness.arguments import is_number, number, positive, repr_without, set_fields, short_repr
from harness.errors import BadInput

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


class Optimiser(Protocol):
    """An update rule on rows (networks, size), one network per row; its state is a list of tensors of as many rows.

    Its repr has all its numbers: it is part of a stored sample's address.
    """

    @property
    def name(self) -> str:
        """Stable identifier with the learning rate and every number that is not at its default."""

    @property
    def rotation_equivariant(self) -> bool:
        """Whether its steps turn with the gradients: true of gradient descent, false of rules that scale each number
        separately.
        """

    @property
    def full_batch(self) -> bool:
        """Whether it takes all of S at each step, whatever batch is asked for."""

    def start(self, rows: Tensor) -> list[Tensor]:
        """State of networks that have taken no step."""

    def step(self, rows: Tensor, gradients: Tensor, state: list[Tensor]) -> None:
        """Take one step with every network.

        Args:
            rows: (networks, size) the networks; updated in place.
            gradients: (networks, size), or what `Noisy.follow` gave in their place.
            state: tensors of as many rows, as `start` made them; updated in place.
        """


@runtime_checkable
class Noisy(Protocol):
    """An optimiser that steps along another vector than the gradient of its batch."""

    def follow(
        self, gradient: Tensor, whole: Callable[[], Tensor], pull: Callable[[], Tensor], normal: Callable[[], Tensor]
    ) -> Tensor:
        """The vector that takes the gradient's place in `step`.

        All arguments are in the coordinates in which each number's learning rate is the same.

        Args:
            gradient: (networks, size), gradient of each network's batch.
            whole: returns the gradient of all of S.
            pull: returns θ/σ², the gradient of −ln of the initialisation's density if it is Gaussian with these
                standard deviations σ.
            normal: returns standard normal numbers, new at each update and the network's own.

        Returns:
            (networks, size).
        """


class Decays:
    """Base of rules with an L2 penalty `weight_decay`·‖θ‖²/2: λθ is added to each gradient, as in `torch.optim`."""

    def __repr__(self) -> str:
        """As a dataclass's own, without a weight decay of 0."""
        return repr_without(cast("DataclassInstance", self), "weight_decay")


def decay_of(rule: object) -> float:
    """The weight decay of the rule that takes the steps, within schedules and noise; 0 if it has none."""
    while hasattr(rule, "optimiser"):
        rule = rule.optimiser
    return float(getattr(rule, "weight_decay", 0.0))


def check_numbers(rule: "DataclassInstance") -> None:
    """Set each number of an optimiser as a float; BadInput if one is outside its range.

    Learning rates and temperatures are positive, ε and weight decays not negative, and all other numbers lie in [0, 1),
    as decay rates of running means do.
    """
    for field in fields(rule):
        value, what = getattr(rule, field.name), f"{_article(field.name)} {field.name.replace('_', ' ')}"
        if field.name in ("learning_rate", "temperature"):
            set_fields(rule, **{field.name: positive(value, what)})
        elif field.name in ("epsilon", "weight_decay"):
            set_fields(rule, **{field.name: number(value, f"{what} is a number")})
        elif isinstance(field.default, float):
            if is_number(value) and 0 <= value < 1:
                set_fields(rule, **{field.name: float(value)})
            else:
                raise BadInput(f"An optimiser's {field.name} lies from 0 up to 1, without it, not {short_repr(value)}.")


def _article(word: str) -> str:
    return "An" if word[0] in "aeiou" else "A"


class Unresolved(ABC):
    """Base of optimisers whose learning rate is no number until the lab has measured its unit; see `relative.py`."""

    @property
    @abstractmethod
    def name(self) -> str:
        """See `Optimiser`."""

    @property
    def unresolved(self) -> str:
        """The sentence that refuses it where a number is needed."""
        return (
            f"{self.name} has no learning rate before its unit is measured; ask the lab, which measures it, or give a "
            "learning rate as a number."
        )


def check_optimiser(thing: object) -> None:
    """Raise BadInput unless it has the attributes of an `Optimiser`, and a learning rate that is a number, if any."""
    if isinstance(thing, Unresolved):
        raise BadInput(thing.unresolved)
    if isinstance(thing, type) or not all(hasattr(thing, name) for name in ("name", "start", "step", "full_batch")):
        raise BadInput(f"An optimiser is one of `harness.optimisers` such as SGD(0.1), not {short_repr(thing)}.")


def name_of(word: str, rule: "DataclassInstance") -> str:
    """The word with the learning rate, then each number that is not at its default: e.g. adam-lr0.001-beta1_0.8."""
    words = [word]
    for field in fields(rule):
        value: Any = getattr(rule, field.name)
        if field.name == "learning_rate":
            words.append(f"lr{value:g}")
        elif field.default is MISSING or value != field.default:
            words.append(f"{field.name}_{value:g}")
    return "-".join(words)
