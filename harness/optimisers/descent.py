"""Steps along the gradient, or along a running sum of gradients."""

from dataclasses import dataclass

import torch
from torch import Tensor

from harness.optimisers.rule import Decays, check_numbers, name_of


def penalised(gradients: Tensor, rows: Tensor, weight_decay: float) -> Tensor:
    """Add the gradient of an L2 penalty to those of the loss.

    Args:
        gradients: (networks, size) of the loss L.
        rows: (networks, size) the networks θ.
        weight_decay: λ.

    Returns:
        (networks, size) the gradient of L + λ‖θ‖²/2; the gradients themselves if λ is 0.
    """
    return gradients.add(rows, alpha=weight_decay) if weight_decay else gradients


@dataclass(frozen=True, repr=False)
class SGD(Decays):
    """θ ← θ − η(∇L + λθ) on each minibatch, with the weight decay λ."""

    learning_rate: float = 0.1
    weight_decay: float = 0.0

    rotation_equivariant = True
    full_batch = False
    # θ ← (1 − ηλ)θ on a curvature λ, of the loss alone; see `relative.stability_limit`.
    stability_limit = 2.0

    def __post_init__(self) -> None:
        check_numbers(self)

    @property
    def name(self) -> str:
        """E.g. sgd-lr0.1."""
        return name_of("gd" if self.full_batch else "sgd", self)

    def start(self, rows: Tensor) -> list[Tensor]:  # noqa: ARG002 — the protocol's signature
        """Plain SGD remembers nothing."""
        return []

    def step(self, rows: Tensor, gradients: Tensor, state: list[Tensor]) -> None:  # noqa: ARG002
        """One step of every network."""
        rows.add_(penalised(gradients, rows, self.weight_decay), alpha=-self.learning_rate)


@dataclass(frozen=True, repr=False)
class GradientDescent(SGD):
    """The same on all of S: an epoch is one step, and after the initialisation nothing is left to chance."""

    full_batch = True


@dataclass(frozen=True, repr=False)
class Momentum(Decays):
    """v ← μv + ∇L + λθ, θ ← θ − ηv (Polyak 1964), in the form of `torch.optim.SGD`: v holds no learning rate."""

    learning_rate: float = 0.01
    momentum: float = 0.9
    weight_decay: float = 0.0

    rotation_equivariant = True
    full_batch = False

    def __post_init__(self) -> None:
        check_numbers(self)

    @property
    def name(self) -> str:
        """E.g. momentum-lr0.01."""
        return name_of("momentum", self)

    @property
    def stability_limit(self) -> float:
        """2(1 + μ), where a root of r² − (1 + μ − ηλ)r + μ is −1; see `relative.stability_limit`."""
        return 2 * (1 + self.momentum)

    def start(self, rows: Tensor) -> list[Tensor]:
        """v, (networks, size)."""
        return [torch.zeros_like(rows)]

    def step(self, rows: Tensor, gradients: Tensor, state: list[Tensor]) -> None:
        """One step of every network."""
        (velocity,) = state
        velocity.mul_(self.momentum).add_(penalised(gradients, rows, self.weight_decay))
        rows.add_(velocity, alpha=-self.learning_rate)


@dataclass(frozen=True, repr=False)
class Nesterov(Momentum):
    """v ← μv + g, θ ← θ − η(g + μv), g = ∇L + λθ: Nesterov's momentum as Sutskever et al. 2013 write it."""

    @property
    def name(self) -> str:
        """E.g. nesterov-lr0.01."""
        return name_of("nesterov", self)

    @property
    def stability_limit(self) -> float:
        """2(1 + μ)/(1 + 2μ), where a root of r² − (1 + μ)(1 − ηλ)r + μ(1 − ηλ) is −1."""
        return 2 * (1 + self.momentum) / (1 + 2 * self.momentum)

    def step(self, rows: Tensor, gradients: Tensor, state: list[Tensor]) -> None:
        """One step of every network."""
        (velocity,) = state
        gradients = penalised(gradients, rows, self.weight_decay)
        velocity.mul_(self.momentum).add_(gradients)
        rows.add_(gradients, alpha=-self.learning_rate).add_(velocity, alpha=-self.learning_rate * self.momentum)
