"""Learning rates that change from step to step; schedules of schedules multiply."""

from dataclasses import dataclass
from math import pi
from typing import Protocol

import torch
from torch import Tensor

from harness.arguments import LARGEST, number, set_fields, short_repr, whole
from harness.errors import BadInput
from harness.optimisers.binary import check_keeps_no_weights
from harness.optimisers.rule import Noisy, Optimiser, check_optimiser


class Schedule(Protocol):
    """Factor of the learning rate, step by step."""

    @property
    def name(self) -> str:
        """Stable identifier."""

    def factor(self, steps: Tensor) -> Tensor:
        """Factors for networks that have taken these numbers of steps before this one, (networks,) -> (networks,)."""


def _checked_steps(steps: int) -> int:
    # float32, in which steps are counted, has all whole numbers up to here.
    return whole(steps, "A schedule's number of steps", most=2**24)


@dataclass(frozen=True)
class Cosine:
    """From 1 down to `last` along half a cosine of `steps` steps, then constant (Loshchilov & Hutter 2017)."""

    steps: int
    last: float = 0.0

    def __post_init__(self) -> None:
        last = number(self.last, "What a schedule ends at is a number", most=1.0)
        set_fields(self, steps=_checked_steps(self.steps), last=last)

    @property
    def name(self) -> str:
        """E.g. cosine1000."""
        return f"cosine{self.steps}" + (f"_to{self.last:g}" if self.last else "")

    def factor(self, steps: Tensor) -> Tensor:
        """See `Schedule`."""
        return self.last + (1 - self.last) * (1 + torch.cos(pi * (steps / self.steps).clamp(max=1))) / 2


@dataclass(frozen=True)
class StepDecay:
    """Multiplied by `by` after every `every` steps."""

    every: int
    by: float = 0.1

    def __post_init__(self) -> None:
        by = number(self.by, "What a schedule multiplies by is a positive number", 1 / LARGEST, 1.0)
        set_fields(self, every=_checked_steps(self.every), by=by)

    @property
    def name(self) -> str:
        """E.g. every1000_by0.1."""
        return f"every{self.every}_by{self.by:g}"

    def factor(self, steps: Tensor) -> Tensor:
        """See `Schedule`."""
        return self.by ** (steps // self.every)


@dataclass(frozen=True)
class WarmUp:
    """1/steps at the first step, 2/steps at the second, … and 1 from the last of these steps on."""

    steps: int

    def __post_init__(self) -> None:
        set_fields(self, steps=_checked_steps(self.steps))

    @property
    def name(self) -> str:
        """E.g. warmup100."""
        return f"warmup{self.steps}"

    def factor(self, steps: Tensor) -> Tensor:
        """See `Schedule`."""
        return ((steps + 1) / self.steps).clamp(max=1)


@dataclass(frozen=True)
class Scheduled:
    """An optimiser whose learning rate follows a schedule of its steps; it may be a scheduled one itself.

    All optimisers without noise move by their learning rate times what does not depend on it: the move is scaled.
    """

    optimiser: Optimiser
    schedule: Schedule

    def __post_init__(self) -> None:
        check_optimiser(self.optimiser)
        check_keeps_no_weights(self.optimiser)
        if isinstance(self.schedule, type) or not hasattr(self.schedule, "factor"):
            raise BadInput(
                f"A schedule is one of `harness.optimisers` such as Cosine(1000), not {short_repr(self.schedule)}."
            )
        if isinstance(self.optimiser, Noisy):
            raise BadInput(
                f"{self.optimiser.name} has noise that is no multiple of its learning rate and takes no schedule; "
                "schedule the optimiser inside it, if it has one."
            )

    @property
    def name(self) -> str:
        """E.g. sgd-lr0.1-warmup100-cosine1000."""
        return f"{self.optimiser.name}-{self.schedule.name}"

    @property
    def rotation_equivariant(self) -> bool:
        """As the optimiser is."""
        return self.optimiser.rotation_equivariant

    @property
    def full_batch(self) -> bool:
        """As the optimiser has it."""
        return self.optimiser.full_batch

    def start(self, rows: Tensor) -> list[Tensor]:
        """Steps taken, (networks,), then the optimiser's own state."""
        return [torch.zeros(len(rows), device=rows.device, dtype=rows.dtype), *self.optimiser.start(rows)]

    def step(self, rows: Tensor, gradients: Tensor, state: list[Tensor]) -> None:
        """One step of every network."""
        steps, *own = state
        before = rows.clone()
        self.optimiser.step(rows, gradients, own)
        torch.lerp(before, rows, self.schedule.factor(steps)[:, None], out=rows)
        steps += 1
