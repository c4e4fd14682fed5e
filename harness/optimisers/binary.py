"""Training of binary weights: gradients at the signs move real weights behind them, the straight-through estimator."""

from dataclasses import dataclass

import torch
from torch import Tensor

from harness.errors import BadInput
from harness.optimisers.rule import Noisy, Optimiser, check_optimiser


@dataclass(frozen=True)
class BinaryConnect:
    """An optimiser of real weights r, of which the network has the signs: θ = s·sign(r), r clipped to [−s, s].

    The gradient by θ is taken for that by r (Courbariaux, Bengio & David 2015, arXiv 1511.00363, algorithm 1). s is the
    size that each number starts with, so that networks stay those that a binary initialisation draws. r starts uniform
    between 0 and the θ that was drawn: a step of r along −g then moves θ by −g in the mean, since each sign turns with
    probability |g|/(2s); thus a learning rate has the unit that it has for real weights.

    optimiser: of the real weights, without noise of its own.
    """

    optimiser: Optimiser

    # Signs belong to the axes.
    rotation_equivariant = False

    def __post_init__(self) -> None:
        check_optimiser(self.optimiser)
        check_keeps_no_weights(self.optimiser)
        if isinstance(self.optimiser, Noisy):
            raise BadInput(f"{self.optimiser.name} has noise of its own; give binary weights an optimiser without.")

    @property
    def name(self) -> str:
        """E.g. adam-lr0.001-binary."""
        return f"{self.optimiser.name}-binary"

    @property
    def full_batch(self) -> bool:
        """As the optimiser has it."""
        return self.optimiser.full_batch

    def start(self, rows: Tensor) -> list[Tensor]:
        """Real weights (networks, size) at ±s, which `spread` moves inwards; then the optimiser's own state."""
        return [rows.clone(), *self.optimiser.start(rows)]

    def spread(self, state: list[Tensor], uniform: Tensor) -> None:
        """Shrink the real weights of networks that have taken no step by numbers uniform in (0, 1), of their shape."""
        state[0].mul_(uniform)

    def step(self, rows: Tensor, gradients: Tensor, state: list[Tensor]) -> None:
        """One step of every network's real weights, and their signs."""
        real, *own = state
        size = rows.abs()
        self.optimiser.step(real, gradients, own)
        torch.clamp(real, -size, size, out=real)
        torch.copysign(size, real, out=rows)


def check_keeps_no_weights(optimiser: Optimiser) -> None:
    """Raise BadInput for binary weights where an optimiser is wrapped in what would lose the real ones behind them."""
    if isinstance(optimiser, BinaryConnect):
        raise BadInput(
            f"{optimiser.name} keeps real weights behind the signs and is the outermost optimiser; give the one inside "
            "it the schedule or whatever else it is to have."
        )
