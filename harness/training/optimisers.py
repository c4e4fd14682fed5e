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
    """An update rule; its state is a list of tensors with a leading axis "networks"."""

    @property
    def name(self) -> str:
        """Stable identifier with the learning rate."""

    def start(self, parameters: list[Tensor]) -> list[Tensor]:
        """State of networks that have taken no step."""

    def step(self, parameters: list[Tensor], gradients: list[Tensor], state: list[Tensor]) -> None:
        """Update parameters and state in place."""


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

    def start(self, parameters: list[Tensor]) -> list[Tensor]:  # noqa: ARG002 — the protocol's signature
        """Plain SGD remembers nothing."""
        return []

    def step(self, parameters: list[Tensor], gradients: list[Tensor], state: list[Tensor]) -> None:  # noqa: ARG002
        """One step of every network."""
        torch._foreach_add_(parameters, gradients, alpha=-self.learning_rate)


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

    def start(self, parameters: list[Tensor]) -> list[Tensor]:
        """Steps taken (networks,), then first and second moments of every parameter."""
        steps = torch.zeros(len(parameters[0]), device=parameters[0].device)
        return [steps, *(torch.zeros_like(p) for p in parameters), *(torch.zeros_like(p) for p in parameters)]

    def step(self, parameters: list[Tensor], gradients: list[Tensor], state: list[Tensor]) -> None:
        """One step of every network."""
        steps, moments = state[0], state[1:]
        first, second = moments[: len(parameters)], moments[len(parameters) :]
        steps += 1
        torch._foreach_lerp_(first, gradients, 1 - self.beta1)
        torch._foreach_mul_(second, self.beta2)
        torch._foreach_addcmul_(second, gradients, gradients, 1 - self.beta2)
        # θ −= η·√c₂/c₁ · m/(√v + ε√c₂): the corrections c = 1 − βᵗ act on (networks,) numbers, not on every weight.
        root = (1 - self.beta2**steps).sqrt()
        rate = -self.learning_rate * root / (1 - self.beta1**steps)
        denominators = torch._foreach_sqrt(second)
        for parameter, denominator, moment in zip(parameters, denominators, first, strict=True):
            each = (-1, *[1] * (parameter.ndim - 1))
            denominator.add_(self.epsilon * root.view(each))
            parameter.addcmul_(rate.view(each), moment.div(denominator))


OPTIMISERS: dict[str, Callable[..., Optimiser]] = {"sgd": SGD, "adam": Adam}
