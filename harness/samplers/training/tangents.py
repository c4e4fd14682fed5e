"""The derivatives J of an ensemble's logits on S by its numbers, as products with vectors, for any architecture.

Nothing of the size of J is held, so that wide networks and many points fit into memory.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.func import jvp
from torch.nn.attention import SDPBackend, sdpa_kernel

from harness.errors import BadInput
from harness.networks.gradients import gradients
from harness.samplers.training.state import Task

# Power iteration ends when no network's eigenvalue grows by more than this share in a step, or after so many steps.
_GROWTH, _STEPS = 1e-5, 500


@dataclass(frozen=True, eq=False)
class Tangents:
    """J of the networks in these rows, (networks, size)."""

    task: Task
    rows: Tensor

    def logits(self) -> Tensor:
        """On S, (networks, m), of more than two classes (networks, m, classes)."""
        with torch.no_grad():
            return self.task.logits(self.rows, self.task.inputs)

    def change(self, moves: Tensor) -> Tensor:
        """Logits' change along moves (networks, size), J·move: of the shape of `logits`."""
        # Fused attention has no derivative of this kind.
        with torch.no_grad(), sdpa_kernel(SDPBackend.MATH):
            return jvp(lambda rows: self.task.logits(rows, self.task.inputs), (self.rows,), (moves,))[1]

    def gradient(self, slopes: Tensor) -> Tensor:
        """Gradient (networks, size) of a loss whose derivatives by the logits are these: Jᵀ·slopes."""
        return gradients(self.task.architecture, self.task.table, self.rows, self.task.inputs, lambda _: slopes)

    def loss_gradient(self) -> Tensor:
        """Gradient (networks, size) of the mean loss on S."""
        return self.gradient(self.task.loss.slope(self.logits(), self.task.targets) / len(self.task.inputs))


def sharpness(tangents: Tangents, start: Tensor) -> Tensor:
    """λ, the top eigenvalue of the mean loss's Gauss–Newton matrix at logits of 0, by power iteration.

    The matrix is √R Jᵀ D J √R/m: R the factors of the gradient that descent has number by number (`Task.rates`), D the
    second derivatives of the loss by the logits. Descent at rate η multiplies the error along its top eigenvector by
    1 − ηλ. At logits of 0 the sigmoid is steepest: for cross-entropy D is ¼ of the identity for two classes, and
    (I − 11ᵀ/K)/K at each point for K; for squared error, whose formula has no ½, it is 2.

    Args:
        tangents: of networks at initialisation.
        start: of the shape of one network's logits on S, from which iteration starts.

    Returns:
        (networks,). They converge together: the last digits depend on which networks are.

    Raises:
        BadInput: if there are networks of which no derivative or none that is finite is left.
    """
    task = tangents.task
    scale = 1.0 if task.rates is None else task.rates.sqrt()

    def product(w: Tensor) -> Tensor:
        return scale * tangents.gradient(_curved(task, tangents.change(scale * w)) / len(task.inputs))

    w = scale * tangents.gradient(start.expand_as(tangents.logits()).contiguous())
    found = w.new_zeros(len(w))
    for _ in range(_STEPS):
        length = w.norm(dim=1, keepdim=True)
        # A network without derivatives, all of whose units are dead, has λ = 0.
        w = torch.where(length > 0, w / length, w)
        following = product(w)
        before, found = found, (w * following).sum(1)
        if not found.isfinite().all():
            raise BadInput(
                f"{task.architecture.name} has derivatives at initialisation that are not finite, and so no stable "
                "learning rate; choose smaller initial weights."
            )
        if (found - before <= _GROWTH * found).all():
            break
        w = following
    return found


def _curved(task: Task, change: Tensor) -> Tensor:
    """D·change: how the loss's slopes change with the logits from 0, without the mean over points."""
    zero = torch.zeros_like(change)
    return jvp(lambda logits: task.loss.slope(logits, task.targets), (zero,), (change,))[1]
