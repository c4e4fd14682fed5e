"""Optimisers for ensembles: every network has its own state, so networks may come and go at any step.

Each is numerically the optimiser of the same name in `torch.optim`. To add one: one class and one entry in OPTIMISERS.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from harness.errors import BadInput


class Optimiser(Protocol):
    """An update rule on rows (networks, size), one a network; its state is a list of tensors of as many rows."""

    @property
    def name(self) -> str:
        """Stable identifier with the learning rate."""

    @property
    def rotation_equivariant(self) -> bool:
        """Whether its steps turn with the gradients: true of gradient descent, not of what scales each number alone."""

    def start(self, rows: Tensor) -> list[Tensor]:
        """State of networks that have taken no step."""

    def step(self, rows: Tensor, gradients: Tensor, state: list[Tensor]) -> None:
        """Update rows and state in place."""


def _check_learning_rate(learning_rate: float) -> None:
    if not 0 < learning_rate < float("inf"):
        raise BadInput(f"A learning rate is a positive number, not {learning_rate}.")


@dataclass(frozen=True)
class SGD:
    """θ ← θ − η ∇L on each minibatch."""

    learning_rate: float = 0.1

    def __post_init__(self) -> None:
        _check_learning_rate(self.learning_rate)

    @property
    def name(self) -> str:
        """E.g. sgd-lr0.1."""
        return f"sgd-lr{self.learning_rate:g}"

    @property
    def rotation_equivariant(self) -> bool:
        """Each step is a multiple of the gradient."""
        return True

    def start(self, rows: Tensor) -> list[Tensor]:  # noqa: ARG002 — the protocol's signature
        """Plain SGD remembers nothing."""
        return []

    def step(self, rows: Tensor, gradients: Tensor, state: list[Tensor]) -> None:  # noqa: ARG002
        """One step of every network."""
        rows.add_(gradients, alpha=-self.learning_rate)


@dataclass(frozen=True)
class Adam:
    """Kingma & Ba 2015, algorithm 1, with each network's own step count in the bias corrections."""

    learning_rate: float = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        _check_learning_rate(self.learning_rate)

    @property
    def name(self) -> str:
        """E.g. adam-lr0.001."""
        return f"adam-lr{self.learning_rate:g}"

    @property
    def rotation_equivariant(self) -> bool:
        """Each number is scaled by its own second moment."""
        return False

    def start(self, rows: Tensor) -> list[Tensor]:
        """Steps taken (networks,), then first and second moments, (networks, size) each."""
        return [torch.zeros(len(rows), device=rows.device), torch.zeros_like(rows), torch.zeros_like(rows)]

    def step(self, rows: Tensor, gradients: Tensor, state: list[Tensor]) -> None:
        """One step of every network, by the fused update of torch.optim on each run of networks of the same age."""
        steps, first, second = state
        steps += 1
        ages, runs = torch.unique_consecutive(steps, return_counts=True)
        lengths = runs.tolist()
        theta, g, m, v = (list(tensor.split(lengths)) for tensor in (rows, gradients, first, second))
        torch._fused_adam_(
            theta,
            g,
            m,
            v,
            [],
            list(ages.unbind()),
            lr=self.learning_rate,
            beta1=self.beta1,
            beta2=self.beta2,
            eps=self.epsilon,
            weight_decay=0.0,
            amsgrad=False,
            maximize=False,
        )


OPTIMISERS: dict[str, Callable[..., Optimiser]] = {"sgd": SGD, "adam": Adam}
