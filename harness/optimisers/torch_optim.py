"""Any optimiser of torch.optim for ensembles: `from_optim`.

An elementwise optimiser takes all networks of one age as one tensor. Others take each parameter of each network in its
own shape, `by_layer`. What an optimiser remembers lies in rows between its steps, one a network, so that networks may
come and go.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from inspect import signature
from math import prod
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from harness.arguments import short_repr, switch
from harness.errors import BadInput
from harness.source import named, source_digest

# Networks, each of so many numbers, on which an optimiser is tried out, and how often.
_TRIED, _STEPS = (3, 4), 3


class Remembered(NamedTuple):
    """What an optimiser remembers under a name: a number of each number of a parameter, or one of the parameter.

    example: as it was after a first step.
    """

    name: str
    of_numbers: bool
    example: Any


class Piece(NamedTuple):
    """What an optimiser takes as one parameter: some networks' numbers in these columns, in this shape.

    number: of the parameter in a network.
    """

    networks: slice
    columns: slice
    number: int
    shape: tuple[int, ...]
    transposed: bool

    def of(self, rows: Tensor) -> Tensor:
        """The numbers of these networks, a view."""
        own = rows[self.networks, self.columns].view(self.shape)
        return own.mT if self.transposed else own


@dataclass(frozen=True, eq=False, repr=False)
class TorchOptimiser:
    """An optimiser made by `from_optim`, whose arguments these are.

    shapes: of each parameter of a network, and whether it is (fan-in, fan-out), unlike torch's; None: not yet known.
    """

    kind: type[torch.optim.Optimizer]
    arguments: Mapping[str, Any]
    by_layer: bool = False
    others: "TorchOptimiser | None" = None
    shapes: tuple[tuple[tuple[int, ...], bool], ...] | None = None

    # Nothing here knows whether its steps turn with the gradients.
    rotation_equivariant = False
    full_batch = False

    def __repr__(self) -> str:
        """Class and arguments; of a class from outside torch, its code as well."""
        words = [named(self.kind), *(f"{key}={value!r}" for key, value in self.arguments.items())]
        words += ["by_layer=True"] * self.by_layer + ([] if self.others is None else [f"others={self.others!r}"])
        words += [] if self.kind.__module__.startswith("torch.") else [f"code={source_digest(self.kind)!r}"]
        return f"from_optim({', '.join(words)})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TorchOptimiser) and (repr(other), other.shapes) == (repr(self), self.shapes)

    def __hash__(self) -> int:
        return hash(repr(self))

    @property
    def name(self) -> str:
        """E.g. torch_nadam-lr0.003."""
        words = [f"torch_{self.kind.__name__.lower()}", *(f"{key}{_short(v)}" for key, v in self.arguments.items())]
        words += ["by_layer"] * self.by_layer + ([] if self.others is None else [self.others.name])
        return "-".join(words)

    @property
    def weight_decay(self) -> float:
        """The strength of its pull to 0; 0 without one."""
        made = [self.kind([_parameter()], **self.arguments)] + ([] if self.others is None else [self.others.made()])
        return max(float(each.defaults.get("weight_decay") or 0.0) for each in made)

    @property
    def adaptive(self) -> bool:
        """Whether its steps do not grow with the gradient: those of SGD and ASGD do."""
        return not issubclass(self.kind, torch.optim.SGD | torch.optim.ASGD)

    @property
    def stability_limit(self) -> float | None:
        """Of SGD that of `descent`, with v ← μv + (1 − τ)∇L; None for a class whose step does not grow with the
        gradient, or that is not known.
        """
        if self.kind is not torch.optim.SGD or self.others is not None:
            return None
        known = self.made().defaults
        mu, tau = float(known["momentum"]), float(known["dampening"])
        if known["nesterov"]:
            return 2 * (1 + mu) / (1 + 2 * mu)
        return 2 * (1 + mu) / (1 - tau) if mu else 2.0

    def at_rate(self, rate: float) -> "TorchOptimiser":
        """The same at another learning rate; BadInput if it has none, or several."""
        if self.others is not None or "lr" not in self.made().defaults:
            raise BadInput(
                f"{self.name} has not one learning rate, lr, that could be relative; give the rates as numbers."
            )
        return replace(self, arguments={**self.arguments, "lr": rate})

    def made(self) -> torch.optim.Optimizer:
        """The optimiser of torch on a parameter of its own."""
        return self.kind([_parameter()], **self.arguments)

    def on(self, shapes: Mapping[str, tuple[int, ...]], *, torchs: bool) -> "TorchOptimiser":
        """The same for networks with parameters of these shapes, by name.

        torchs: whether matrices are (fan-out, fan-in) as in torch, but for the readout's.
        """
        found = ((tuple(s), len(s) == 2 and (not torchs or n.startswith("readout."))) for n, s in shapes.items())
        return replace(self, shapes=tuple(found))

    def start(self, rows: Tensor) -> list[Tensor]:
        """Steps taken, (networks,), then all that it remembers: of each number (networks, size), of each parameter
        (networks, parameters)."""
        parameters = len(self._shapes(rows.shape[1]))
        ages = torch.zeros(len(rows), device=rows.device, dtype=torch.int64)
        return [
            ages,
            *(rows.new_zeros(rows.shape if each.of_numbers else (len(rows), parameters)) for each in self._all),
        ]

    def step(self, rows: Tensor, gradients: Tensor, state: list[Tensor]) -> None:
        """One step of every network."""
        ages, *remembered = state
        parts: list[tuple[TorchOptimiser, list[Piece]]] = [(self, [])]
        parts += [] if self.others is None else [(self.others, [])]
        for piece in self._pieces(rows.shape[1], ages):
            parts[-1 if len(piece.shape) != 2 else 0][1].append(piece)
        for part, pieces in parts:
            part._take(
                pieces, rows, gradients, ages, dict(zip((each.name for each in self._all), remembered, strict=True))
            )
        ages += 1

    def _take(
        self, pieces: list[Piece], rows: Tensor, gradients: Tensor, ages: Tensor, remembered: Mapping[str, Tensor]
    ) -> None:
        if not pieces:
            return
        given = [nn.Parameter(piece.of(rows)) for piece in pieces]
        optimiser = self.kind(given, **self.arguments)
        old = (ages > 0).tolist()
        own = remembered_by(self)
        for piece, parameter in zip(pieces, given, strict=True):
            parameter.grad = piece.of(gradients)
            if old[piece.networks.start]:
                optimiser.state[parameter] = {
                    each.name: piece.of(remembered[each.name])
                    if each.of_numbers
                    else _as(remembered[each.name][piece.networks.start, piece.number], each.example)
                    for each in own
                }
        with torch.no_grad():
            optimiser.step()
        for piece, parameter in zip(pieces, given, strict=True):
            for each in own:
                value = optimiser.state[parameter][each.name]
                if each.of_numbers:
                    piece.of(remembered[each.name]).copy_(value)
                else:
                    remembered[each.name][piece.networks, piece.number] = float(value)

    @property
    def _all(self) -> list[Remembered]:
        every = {each.name: each for part in (self.others, self) if part is not None for each in remembered_by(part)}
        return list(every.values())

    def _shapes(self, size: int) -> tuple[tuple[tuple[int, ...], bool], ...]:
        if not self.by_layer:
            return (((size,), False),)
        if self.shapes is None:
            raise BadInput(f"{self.name} steps layer by layer; ask for training, which knows the layers' shapes.")
        return self.shapes

    def _pieces(self, size: int, ages: Tensor) -> Iterator[Piece]:
        if not self.by_layer:
            start = 0
            for length in torch.unique_consecutive(ages, return_counts=True)[1].tolist():
                yield Piece(slice(start, start + length), slice(0, size), 0, (length, size), False)
                start += length
            return
        for network in range(len(ages)):
            start = 0
            for number, (shape, transposed) in enumerate(self._shapes(size)):
                columns = slice(start, start + prod(shape))
                # A bias is a vector to torch, and a row here.
                own = shape[1:] if len(shape) == 2 and shape[0] == 1 and transposed else shape
                yield Piece(slice(network, network + 1), columns, number, own, transposed and len(own) == 2)
                start = columns.stop


def as_optimiser(given: Any) -> Any:
    """Make an optimiser for ensembles of a class of torch.optim, or of functools.partial of one with its arguments.

    Anything else comes back as it is; BadInput for an optimiser that was made for one network.
    """
    if isinstance(given, torch.optim.Optimizer):
        what = type(given).__name__
        raise BadInput(
            f"This {what} steps the parameters of one network; give the class {what}, or from_optim({what}, lr=0.01), "
            "and each network of an ensemble gets its own."
        )
    kind, arguments = (given.func, given.keywords) if isinstance(given, partial) and not given.args else (given, {})
    if isinstance(kind, type) and issubclass(kind, torch.optim.Optimizer):
        return from_optim(kind, **arguments)
    return given


def from_optim(
    kind: type[torch.optim.Optimizer],
    *,
    by_layer: bool = False,
    others: TorchOptimiser | None = None,
    **arguments: Any,
) -> TorchOptimiser:
    """Make an optimiser for ensembles of a class of torch.optim, or of one like it.

    Each network has steps and memory of its own, those of a plain loop with torch.

    Args:
        kind: the class.
        by_layer: give it each parameter of each network in its own shape, which is slower; for optimisers that do more
            than treat each number by itself, such as Muon.
        others: takes the parameters that are no matrices, by layer; None: `kind` takes all.
        **arguments: for the class, such as lr.

    Returns:
        The optimiser.

    Raises:
        BadInput: the class cannot step an ensemble; the sentence says why.
    """
    if not (isinstance(kind, type) and issubclass(kind, torch.optim.Optimizer)):
        raise BadInput(f"An optimiser is made of a class such as torch.optim.NAdam, not of {short_repr(kind)}.")
    switch(by_layer, "Whether an optimiser steps by layer")
    if others is not None and not (by_layer and isinstance(others, TorchOptimiser)):
        raise BadInput("What takes the other parameters, by layer, is made by from_optim as well; give by_layer=True.")
    if "closure" in _without_default(kind):
        raise BadInput(
            f"{kind.__name__} calls the loss as often as it likes in a step (a closure), and each network would need "
            "batches and a time of its own; take an optimiser that steps along a given gradient."
        )
    made = TorchOptimiser(kind, arguments, by_layer, others)
    try:
        remembered_by(made)
        _check_elementwise(made)
    except BadInput:
        raise
    except Exception as error:
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        raise BadInput(
            f"{kind.__name__} with these arguments cannot step a parameter along a dense gradient ({reason}); give "
            "other arguments or another optimiser."
        ) from error
    return made


@lru_cache(maxsize=64)
def remembered_by(optimiser: TorchOptimiser) -> tuple[Remembered, ...]:
    """All that it remembers of a parameter after a step; BadInput if it is more than numbers, or not by parameter."""
    one = _parameter()
    made = optimiser.kind([one], **optimiser.arguments)
    groups = [{key: value for key, value in group.items() if key != "params"} for group in made.param_groups]
    _steps(made, [one])
    what = optimiser.kind.__name__
    if groups != [{key: value for key, value in group.items() if key != "params"} for group in made.param_groups]:
        raise BadInput(
            f"{what} remembers its steps for all parameters at once, but networks come and go; take another."
        )
    found = []
    for name, value in made.state[one].items():
        alike = isinstance(value, Tensor) and value.shape == one.shape
        if value is None:
            continue
        if not alike and not (isinstance(value, int | float) or (isinstance(value, Tensor) and value.numel() == 1)):
            raise BadInput(
                f"{what} remembers {name!r} of a parameter, which is neither a number nor one of each of its numbers; "
                "take another optimiser."
            )
        found.append(Remembered(name, alike, value))
    return tuple(found)


def _check_elementwise(optimiser: TorchOptimiser) -> None:
    """BadInput unless it treats each number by itself, or steps by layer."""
    if optimiser.by_layer:
        return
    together, apart = _parameter(), [nn.Parameter(row.clone()) for row in _parameter().detach().split(1)]
    _steps(optimiser.kind([together], **optimiser.arguments), [together])
    _steps(optimiser.kind(apart, **optimiser.arguments), apart)
    if not torch.equal(together.detach(), torch.cat([each.detach() for each in apart])):
        raise BadInput(
            f"{optimiser.kind.__name__} does not treat each number by itself, so that networks in one tensor would "
            "disturb each other; give by_layer=True."
        )


def _steps(optimiser: torch.optim.Optimizer, parameters: list[nn.Parameter]) -> None:
    generator = torch.Generator().manual_seed(1)
    for _ in range(_STEPS):
        gradient = torch.randn(_TRIED, generator=generator, dtype=torch.float32)
        for i, parameter in enumerate(parameters):
            parameter.grad = gradient.clone() if len(parameters) == 1 else gradient[i : i + 1].clone()
        optimiser.step()


def _parameter() -> nn.Parameter:
    return nn.Parameter(torch.randn(_TRIED, generator=torch.Generator().manual_seed(0), dtype=torch.float32))


def _as(number: Tensor, example: Any) -> Any:
    """The remembered number in the form in which the optimiser keeps it."""
    if isinstance(example, Tensor):
        return number.to(example.dtype).reshape(example.shape).clone()
    return type(example)(float(number))


def _without_default(kind: type[torch.optim.Optimizer]) -> set[str]:
    return {key for key, each in signature(kind.step).parameters.items() if each.default is each.empty}


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value).replace(" ", "")
