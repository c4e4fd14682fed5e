"""Descent with noise of its own in place of, or besides, that of the minibatches."""

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt

from torch import Tensor

from harness.arguments import switch
from harness.errors import BadInput
from harness.optimisers.binary import check_keeps_no_weights
from harness.optimisers.rule import Noisy, Optimiser, check_numbers, check_optimiser, name_of


@dataclass(frozen=True)
class Langevin:
    """θ ← θ − η(∇L + Tθ/σ²) + √(2ηT) z, z standard normal: descent with white noise at temperature T.

    For η → 0 its stationary law has the density exp(−L(θ)/T) · N(θ; 0, σ²), with σ the standard deviations of the
    initialisation (unadjusted Langevin algorithm; Welling & Teh 2011 with minibatches). At a finite η it is biased: for
    a quadratic L of Hessian H it is Gaussian with the right mean and the covariance T(A − ηA²/2)⁻¹, A = H + T/σ²,
    where T A⁻¹ would be right. full_batch: the gradient of all of S at each step; else of the minibatch.
    """

    learning_rate: float = 0.01
    temperature: float = 0.01
    full_batch: bool = True

    rotation_equivariant = True
    # That of descent on L alone: the pull of the prior, T/σ², is left out; see `relative.stability_limit`.
    stability_limit = 2.0

    def __post_init__(self) -> None:
        check_numbers(self)
        switch(self.full_batch, "Langevin training's full_batch")

    @property
    def name(self) -> str:
        """E.g. langevin-lr0.01-temperature_0.1."""
        return name_of("langevin", self)

    def follow(
        self,
        gradient: Tensor,
        whole: Callable[[], Tensor],  # noqa: ARG002 — the protocol's signature
        pull: Callable[[], Tensor],
        normal: Callable[[], Tensor],
    ) -> Tensor:
        """The gradient of L − T ln N(θ; 0, σ²), with noise; see `Noisy`."""
        noise = normal() * sqrt(2 * self.temperature / self.learning_rate)
        return noise.add_(pull(), alpha=self.temperature).add_(gradient)

    def start(self, rows: Tensor) -> list[Tensor]:  # noqa: ARG002
        """Nothing is remembered."""
        return []

    def step(self, rows: Tensor, gradients: Tensor, state: list[Tensor]) -> None:  # noqa: ARG002
        """One step of every network along what `follow` gave."""
        rows.add_(gradients, alpha=-self.learning_rate)


@dataclass(frozen=True)
class Whitened:
    """An optimiser on the gradient of all of S with isotropic Gaussian noise in place of the minibatch's noise.

    What it follows is ∇L + ‖∇L_B − ∇L‖ z/√p, with B the minibatch, p the network's numbers, z standard normal. The
    minibatch serves for the length only, so at every θ the noise has the mean (zero) and the trace of covariance of
    ∇L_B, exactly; its covariance is that trace over p times the identity. Isotropic noise of the expected norm of
    SGD's is what Zhu et al. 2019 (arXiv 1803.00195) compare SGD with as "GLD dynamic".
    """

    optimiser: Optimiser

    # The noise goes in all directions, those in which no input lies as well.
    rotation_equivariant = False

    def __post_init__(self) -> None:
        check_optimiser(self.optimiser)
        check_keeps_no_weights(self.optimiser)
        if isinstance(self.optimiser, Noisy):
            raise BadInput(f"{self.optimiser.name} has noise of its own already; whiten an optimiser without.")

    @property
    def name(self) -> str:
        """E.g. sgd-lr0.1-whitened."""
        return f"{self.optimiser.name}-whitened"

    @property
    def full_batch(self) -> bool:
        """As the optimiser has it; on all of S there is no noise."""
        return self.optimiser.full_batch

    def follow(
        self,
        gradient: Tensor,
        whole: Callable[[], Tensor],
        pull: Callable[[], Tensor],  # noqa: ARG002 — the protocol's signature
        normal: Callable[[], Tensor],
    ) -> Tensor:
        """The gradient of all of S with the noise; see `Noisy`."""
        mean = whole()
        length = (gradient - mean).norm(dim=1, keepdim=True) / sqrt(gradient.shape[1])
        return mean.addcmul_(normal(), length)

    def start(self, rows: Tensor) -> list[Tensor]:
        """The optimiser's own state."""
        return self.optimiser.start(rows)

    def step(self, rows: Tensor, gradients: Tensor, state: list[Tensor]) -> None:
        """One step of the optimiser along what `follow` gave."""
        self.optimiser.step(rows, gradients, state)
