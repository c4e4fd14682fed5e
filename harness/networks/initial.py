"""How the parameters of a module of torch.nn start, parameter by parameter.

A rule gives each parameter its law: from its layer's type and fan-in, from a number, or from what the module's own
constructor does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from math import prod, sqrt
from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd

from harness.arguments import is_number, not_negative, one_of, positive, set_fields, short_repr
from harness.errors import BadInput


class Law(NamedTuple):
    """θ = offset + factor·row, where the row's numbers are drawn with this standard deviation and distribution.

    What trains and moves is the row. distribution: "gaussian" or "uniform"; of a parameter that starts at a constant
    the standard deviation is 0.
    """

    std: float
    distribution: str = "gaussian"
    offset: Tensor | float = 0.0
    factor: float = 1.0

    def of(self, row: Tensor) -> Tensor:
        """θ, from the rows' numbers (networks, *shape)."""
        if self.factor != 1:
            row = row * self.factor
        if isinstance(self.offset, Tensor):
            return row + self.offset.to(row)
        return row + self.offset if self.offset else row


class Seen(NamedTuple):
    """A parameter of a module, as a rule sees it.

    name: in the module. owner: the layer that holds it. leaf: its name there. value: as constructed. constant: whether
    each construction gives it these numbers. own: its law by the module's constructor; None: unknown.
    """

    name: str
    owner: nn.Module
    leaf: str
    value: Tensor
    constant: bool
    own: Law | None


class Rule(Protocol):
    """An initialisation."""

    @property
    def name(self) -> str:
        """What it adds to the architecture's name."""

    def law(self, seen: Seen) -> Law:
        """The law of one parameter; BadInput if the rule has none."""


def _constant(value: Tensor) -> Law:
    """The constant itself; a number where it is one, so that nothing is added where it is 0."""
    value = value.detach()
    first = float(value.flatten()[0]) if value.numel() else 0.0
    return Law(0.0, offset=first if (value == first).all() else value.clone())


@dataclass(frozen=True)
class Own:
    """What the module's own constructor does, if that is normal or uniform numbers, or constants."""

    name = "own"

    def law(self, seen: Seen) -> Law:
        """The law that the constructor's calls of torch's random functions come to."""
        if seen.constant:
            return _constant(seen.value)
        if seen.own is None:
            raise BadInput(
                f"The constructor draws the parameter {seen.name} by more than one call of torch's normal or uniform "
                'numbers, or is not there to be looked at; give its law by name, such as initial={"*": Normal(0.1)}, '
                "and a function that makes the module in place of a module."
            )
        return seen.own


@dataclass(frozen=True)
class He:
    """Gaussian weights of variance σ_w²/fan-in and biases of variance σ_b², as the house's networks have them.

    Embeddings start with variance 1. Of the two biases of a recurrent layer, which are added, the second starts at 0.
    All that is no weight or bias of a linear, convolutional, recurrent or attention layer, such as the gains of a
    normalisation, starts at the constant that the module gives it.
    """

    sigma_w: float = sqrt(2)
    sigma_b: float = 0.1

    ntk = False

    def __post_init__(self) -> None:
        set_fields(self, sigma_w=positive(self.sigma_w, "σ_w"), sigma_b=not_negative(self.sigma_b, "σ_b"))

    @property
    def name(self) -> str:
        """E.g. he, or he-sw1-sb0.2."""
        words = ["ntk" if self.ntk else "he"]
        words += [f"sw{self.sigma_w:.4g}"] * (self.sigma_w != sqrt(2)) + [f"sb{self.sigma_b:.4g}"] * (
            self.sigma_b != 0.1
        )
        return "-".join(words)

    def law(self, seen: Seen) -> Law:
        """By the type of its layer."""
        spread = self._spread(seen)
        if spread is None:
            if not seen.constant:
                raise BadInput(
                    f"The parameter {seen.name} belongs to a {type(seen.owner).__name__}, whose fan-in only you know; "
                    f'give its law by name, such as initial={{"{seen.name}": Normal(0.1), "*": "he"}}.'
                )
            return _constant(seen.value)
        if not self.ntk:
            return Law(spread)
        return Law(1.0 if spread else 0.0, factor=spread)

    def _spread(self, seen: Seen) -> float | None:
        owner, leaf = seen.owner, seen.leaf
        if isinstance(owner, nn.Embedding | nn.EmbeddingBag) and owner.padding_idx is None:
            return 1.0
        layers = nn.Linear | _ConvNd | nn.Bilinear | nn.RNNBase | nn.RNNCellBase | nn.MultiheadAttention
        if not isinstance(owner, layers):
            return None
        if "bias" in leaf:
            return 0.0 if leaf.startswith("bias_hh") else self.sigma_b
        return self.sigma_w / sqrt(prod(seen.value.shape[1:]))


@dataclass(frozen=True)
class NTK(He):
    """All weights and biases start with variance 1; σ_w/√fan-in and σ_b stand in the forward pass (Jacot et al. 2018).

    The functions at initialisation are those of `He`; training differs. Without σ_b there are no biases.
    """

    ntk = True


@dataclass(frozen=True)
class Normal:
    """Gaussian numbers of mean 0 with this standard deviation."""

    std: float

    def __post_init__(self) -> None:
        set_fields(self, std=positive(self.std, "A standard deviation"))

    @property
    def name(self) -> str:
        """E.g. normal0.1."""
        return f"normal{self.std:.4g}"

    def law(self, seen: Seen) -> Law:  # noqa: ARG002 — the protocol's signature
        """The same for every parameter."""
        return Law(self.std)


@dataclass(frozen=True)
class Uniform:
    """Numbers uniform between −bound and bound."""

    bound: float

    def __post_init__(self) -> None:
        set_fields(self, bound=positive(self.bound, "A bound"))

    @property
    def name(self) -> str:
        """E.g. uniform0.1."""
        return f"uniform{self.bound:.4g}"

    def law(self, seen: Seen) -> Law:  # noqa: ARG002
        """The same for every parameter."""
        return Law(self.bound / sqrt(3), "uniform")


@dataclass(frozen=True)
class Constant:
    """This number; None: what the module's constructor gives it each time."""

    value: float | None = None

    def __post_init__(self) -> None:
        if self.value is not None and not is_number(self.value):
            raise BadInput(f"A parameter starts at a finite number, not {short_repr(self.value)}.")

    @property
    def name(self) -> str:
        """E.g. constant1."""
        return "constant" if self.value is None else f"constant{self.value:.4g}"

    def law(self, seen: Seen) -> Law:
        """No spread."""
        if self.value is not None:
            return Law(0.0, offset=float(self.value))
        if not seen.constant:
            raise BadInput(f"The constructor gives the parameter {seen.name} other numbers each time; give a constant.")
        return _constant(seen.value)


@dataclass(frozen=True)
class ByName:
    """A rule for each pattern of names; the first that fits a parameter's name holds."""

    rules: tuple[tuple[str, Rule], ...]

    @property
    def name(self) -> str:
        """The rules' names."""
        return "-".join(rule.name for _, rule in self.rules)

    def law(self, seen: Seen) -> Law:
        """By the first pattern that fits."""
        for pattern, rule in self.rules:
            if fnmatchcase(seen.name, pattern):
                return rule.law(seen)
        raise BadInput(
            f'No pattern of the initialisation fits the parameter {seen.name}; add one, such as "*" for all the rest.'
        )


WORDS: dict[str, Rule] = {"module": Own(), "he": He(), "ntk": NTK()}


def rule_of(initial: object) -> Rule:
    """The rule that a word, a rule or a mapping of patterns to these stands for; BadInput for anything else."""
    if isinstance(initial, Mapping):
        if not initial or not all(isinstance(pattern, str) for pattern in initial):
            raise BadInput(f"An initialisation by names maps patterns of names to rules, not {short_repr(initial)}.")
        return ByName(tuple((pattern, rule_of(rule)) for pattern, rule in initial.items()))
    if isinstance(initial, Own | He | Normal | Uniform | Constant | ByName):
        return initial
    one_of(initial, tuple(WORDS), "There is no initialisation")
    return WORDS[str(initial)]


def owners(module: nn.Module) -> dict[str, tuple[nn.Module, str]]:
    """The layer that holds each parameter, and its name there, by the name in the module."""
    found = {}
    for name, _ in module.named_parameters():
        path, _, leaf = name.rpartition(".")
        found[name] = module.get_submodule(path), leaf
    return found


def same(one: Tensor, other: Tensor) -> bool:
    """Whether two constructions agree; numbers that are not there yet do not."""
    return one.shape == other.shape and torch.equal(one, other)
