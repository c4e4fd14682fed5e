"""Steps whose length each number of a network sets by its own former gradients."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from harness.optimisers.rule import Decays, check_numbers, name_of


@dataclass(frozen=True, repr=False)
class Adam(Decays):
    """Kingma & Ba 2015, algorithm 1, with each network's own step count in the bias corrections.

    The weight decay λ is that of `torch.optim.Adam`: λθ is part of the gradient, and so of both moments. `AdamW` has
    the decay that is not.
    """

    learning_rate: float = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    weight_decay: float = 0.0

    rotation_equivariant = False
    full_batch = False

    def __post_init__(self) -> None:
        check_numbers(self)

    @property
    def name(self) -> str:
        """E.g. adam-lr0.001."""
        return name_of("adam", self)

    def start(self, rows: Tensor) -> list[Tensor]:
        """Steps taken (networks,), then first and second moments, (networks, size) each."""
        return [
            torch.zeros(len(rows), device=rows.device, dtype=torch.float32),
            torch.zeros_like(rows),
            torch.zeros_like(rows),
        ]

    def step(self, rows: Tensor, gradients: Tensor, state: list[Tensor]) -> None:
        """One step of every network."""
        self._fused(torch._fused_adam_, rows, gradients, state)

    def _fused(
        self,
        update: Callable[..., object],
        rows: Tensor,
        gradients: Tensor,
        state: list[Tensor],
    ) -> None:
        """The fused update of torch.optim on each run of networks of the same age."""
        steps, first, second = state
        steps += 1
        ages, runs = torch.unique_consecutive(steps, return_counts=True)
        lengths = runs.tolist()
        theta, g, m, v = (list(tensor.split(lengths)) for tensor in (rows, gradients, first, second))
        update(
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
            weight_decay=self.weight_decay,
            amsgrad=False,
            maximize=False,
        )


@dataclass(frozen=True)
class AdamW(Adam):
    """Adam, with θ ← θ − ηλθ at each step besides (Loshchilov & Hutter 2019, algorithm 2)."""

    weight_decay: float = 0.01

    @property
    def name(self) -> str:
        """E.g. adamw-lr0.001."""
        return name_of("adamw", self)

    def step(self, rows: Tensor, gradients: Tensor, state: list[Tensor]) -> None:
        """One step of every network."""
        self._fused(torch._fused_adamw_, rows, gradients, state)


@dataclass(frozen=True)
class RMSprop:
    """v ← αv + (1 − α)g², θ ← θ − ηg/(√v + ε) (Tieleman & Hinton 2012)."""

    learning_rate: float = 0.001
    alpha: float = 0.99
    epsilon: float = 1e-8

    rotation_equivariant = False
    full_batch = False

    def __post_init__(self) -> None:
        check_numbers(self)

    @property
    def name(self) -> str:
        """E.g. rmsprop-lr0.001."""
        return name_of("rmsprop", self)

    def start(self, rows: Tensor) -> list[Tensor]:
        """v, (networks, size)."""
        return [torch.zeros_like(rows)]

    def step(self, rows: Tensor, gradients: Tensor, state: list[Tensor]) -> None:
        """One step of every network."""
        (square,) = state
        square.mul_(self.alpha).addcmul_(gradients, gradients, value=1 - self.alpha)
        rows.addcdiv_(gradients, square.sqrt().add_(self.epsilon), value=-self.learning_rate)


@dataclass(frozen=True)
class Adagrad:
    """s ← s + g², θ ← θ − ηg/(√s + ε) (Duchi, Hazan & Singer 2011, diagonal form)."""

    learning_rate: float = 0.01
    epsilon: float = 1e-10

    rotation_equivariant = False
    full_batch = False

    def __post_init__(self) -> None:
        check_numbers(self)

    @property
    def name(self) -> str:
        """E.g. adagrad-lr0.01."""
        return name_of("adagrad", self)

    def start(self, rows: Tensor) -> list[Tensor]:
        """s, (networks, size)."""
        return [torch.zeros_like(rows)]

    def step(self, rows: Tensor, gradients: Tensor, state: list[Tensor]) -> None:
        """One step of every network."""
        (total,) = state
        total.addcmul_(gradients, gradients)
        rows.addcdiv_(gradients, total.sqrt().add_(self.epsilon), value=-self.learning_rate)


@dataclass(frozen=True)
class Adadelta:
    """v ← ρv + (1 − ρ)g², δ = g√(u + ε)/√(v + ε), u ← ρu + (1 − ρ)δ², θ ← θ − ηδ (Zeiler 2012, algorithm 1)."""

    learning_rate: float = 1.0
    rho: float = 0.9
    epsilon: float = 1e-6

    rotation_equivariant = False
    full_batch = False

    def __post_init__(self) -> None:
        check_numbers(self)

    @property
    def name(self) -> str:
        """E.g. adadelta-lr1."""
        return name_of("adadelta", self)

    def start(self, rows: Tensor) -> list[Tensor]:
        """v and u, (networks, size) each."""
        return [torch.zeros_like(rows), torch.zeros_like(rows)]

    def step(self, rows: Tensor, gradients: Tensor, state: list[Tensor]) -> None:
        """One step of every network."""
        square, moved = state
        square.mul_(self.rho).addcmul_(gradients, gradients, value=1 - self.rho)
        delta = moved.add(self.epsilon).div_(square.add(self.epsilon)).sqrt_().mul_(gradients)
        moved.mul_(self.rho).addcmul_(delta, delta, value=1 - self.rho)
        rows.add_(delta, alpha=-self.learning_rate)
