"""The unit of the learning rate: measured at initialisation, for an architecture, S, loss and rule.

Of a rule whose step grows with the gradient it is the edge of stability: descent converges on a quadratic of largest
curvature λ up to the rate 2/λ, momentum up to 2(1 + μ)/λ, Nesterov's up to 2(1 + μ)/((1 + 2μ)λ), and λ is `sharpness`
on all of S, whatever the batch. Of any other rule (Adam, RMSprop, Adagrad, Adadelta) it is the rate whose first step on
all of S changes the logits on S, to first order, by their own root mean square.

Both depend on the draw of the network, so the unit is a median over networks, and over training sets where there are
several. As the rate becomes part of addresses in the store, the unit is rounded to three digits and drawn from a seed
of its own: it is the same at every look, scale, seed and device.

The two definitions ask different things. Of SGD with cross-entropy on digits, m = 8, two hidden ReLU layers, the first
step's unit is 0.14, 0.098 and 0.028 at widths 10, 40 and 160, the edge 0.22, 0.105 and 0.036: a ratio of 0.6 to 0.9.

Source: of descent, LeCun, Simard & Pearlmutter 1993 and, at initialisation, Lewkowycz et al. 2020 (arXiv 2003.02218);
of momentum, Cohen et al. 2021 (arXiv 2103.00065), appendix B.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np
import torch
from torch import Tensor

from harness.arguments import are_counts, one_of, set_fields
from harness.errors import BadInput
from harness.networks import Architecture
from harness.networks.ensemble import Draws, activations, block_size, blocks
from harness.networks.logits import LOSSES
from harness.optimisers import SGD, Optimiser, Relative
from harness.optimisers.relative import innermost, stability_limit, with_learning_rate
from harness.optimisers.rule import check_optimiser
from harness.problems import Problem
from harness.samplers.sampler import Computation, argument
from harness.samplers.training.state import Task
from harness.samplers.training.tangents import Tangents, sharpness
from harness.samplers.training.tasks import task_on

# Updates' worth of work that power iteration takes, roughly.
_PRODUCTS = 60
_BLOCK_FACTOR = 0.25
Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class _AtInitialisation(Computation):
    """Base: a number of each of several networks at initialisation, drawn from a seed of its own, on the CPU.

    loss: a name in `LOSSES`.
    networks: how many.
    seed: of their draws.
    """

    loss: str = "cross-entropy"
    networks: int = 16
    seed: int = argument(least=0, default=0)

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of(self.loss, LOSSES, "There is no loss")
        if not are_counts(self.problem.m):
            raise BadInput("A learning rate has no unit without training points; take m of at least 1.")

    @property
    def arguments(self) -> dict[str, Any]:
        """Those of the address."""
        return {"computation": self.name, **super().arguments}

    def _values(self, rule: Optimiser, of: Callable[[Tangents, Tensor], Tensor]) -> dict[str, np.ndarray]:
        """(networks,) what `of` gives of each block of networks, and of a start for iterations."""
        generator = torch.Generator().manual_seed(self.seed)
        x, task = task_on(self.architecture, self.problem, rule, self.loss, self.problem.m, generator.device)
        start = torch.randn(task.targets.shape, generator=generator, dtype=torch.float32)
        draws = Draws(task.table, self.architecture.distribution, generator)
        in_cache = block_size(task.table, self.problem.m, generator.device, activations(self.architecture, x))
        block = max(int(in_cache * _BLOCK_FACTOR), 1)
        found = [of(Tangents(task, draws.take(k).contiguous()), start) for k in blocks(self.networks, block)]
        return {"values": torch.cat(found).double().numpy()}


@dataclass(frozen=True)
class Sharpness(_AtInitialisation):
    """λ of networks at initialisation, as descent has it: `values` (networks,)."""

    name = "sharpness"

    def compute(self) -> dict[str, np.ndarray]:
        """See `tangents.sharpness`."""
        return self._values(SGD(), sharpness)

    @property
    def work(self) -> float:
        """Roughly the scalar multiplications."""
        return self.networks * (self.shape.draw + _PRODUCTS * self.shape.m * self.shape.forward)


@dataclass(frozen=True)
class FirstStep(_AtInitialisation):
    """The rate whose first step on all of S changes the logits by their root mean square: `values` (networks,).

    rule: without schedules and noise; its learning rate has no meaning, and is 1 here.
    """

    rule: Optimiser = argument(default=SGD())

    name = "first step"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_optimiser(self.rule)
        set_fields(self, rule=with_learning_rate(innermost(self.rule), 1.0))

    def compute(self) -> dict[str, np.ndarray]:
        """See `first_step`."""
        return self._values(self.rule, lambda tangents, _: first_step(tangents))

    @property
    def work(self) -> float:
        """Roughly the scalar multiplications."""
        return self.networks * (self.shape.draw + 4 * self.shape.m * self.shape.forward)


def first_step(tangents: Tangents) -> Tensor:
    """(networks,) the rate whose first step changes the logits on S by their own root mean square, to first order."""
    change = tangents.change(first_move(tangents.task, tangents.rows, tangents.loss_gradient()))
    return tangents.logits().flatten(1).norm(dim=1) / change.flatten(1).norm(dim=1)


def first_move(task: Task, rows: Tensor, gradient: Tensor) -> Tensor:
    """Take the first step of the task's rule, as the trainer does, from a copy of the networks.

    Args:
        task: with the rule, and with its factors of gradients and steps.
        rows: (networks, size) networks at initialisation.
        gradient: (networks, size) of the mean loss on all of S.

    Returns:
        (networks, size) the step that they would take.
    """
    moved, rule = rows.clone(), task.optimiser
    rule.step(moved, gradient if task.rates is None else gradient * task.rates, rule.start(rows))
    return (moved - rows) * (1.0 if task.step_rates is None else task.step_rates)


def computed(computation: Computation) -> Arrays:
    """The arrays of a computation, made anew; the lab's `once` takes them from the store."""
    return computation.compute()


def unit_of(
    rule: Optimiser,
    architecture: Architecture,
    problems: Sequence[Problem],
    loss: str = "cross-entropy",
    once: Callable[[Computation], Arrays] = computed,
) -> float:
    """Measure the unit of a rule's learning rate, the median over networks and problems, to three digits.

    Args:
        rule: the rule, whose own learning rate has no meaning; schedules and noise around it are passed over.
        architecture: the networks.
        problems: training sets, one or several.
        loss: a name in `LOSSES`.
        once: gives the arrays of a computation.

    Returns:
        The unit, in that of a learning rate.

    Raises:
        BadInput: the rule has no learning rate, or no unit can be measured.
    """
    limit, rule = stability_limit(rule), with_learning_rate(innermost(rule), 1.0)
    found = []
    for problem in problems:
        if limit is None:
            found.append(once(FirstStep(architecture, problem, loss, rule=rule))["values"])
        else:
            found.append(limit / once(Sharpness(architecture, problem, loss))["values"])
    # float: what is absent while a run is planned counts as 1.
    unit = float(np.median(np.concatenate(found))) if isinstance(found[0], np.ndarray) else float(found[0])
    if not isfinite(unit) or unit <= 0:
        raise BadInput(
            f"The learning rate of {rule.name} has no unit on {architecture.name}: at initialisation its logits or "
            "their derivatives are 0; give a learning rate as a number."
        )
    return float(f"{unit:.3g}")


def resolved(
    optimiser: Optimiser,
    architecture: Architecture,
    problems: Sequence[Problem],
    loss: str = "cross-entropy",
    once: Callable[[Computation], Arrays] = computed,
) -> tuple[Optimiser, float | None]:
    """Give an optimiser a learning rate that is a number.

    Args:
        optimiser: any, relative or not.
        architecture: the networks.
        problems: training sets, one or several.
        loss: a name in `LOSSES`.
        once: gives the arrays of a computation.

    Returns:
        The optimiser at its rate of four digits, and the unit; of one that is not relative itself, and None.

    Raises:
        BadInput: no unit can be measured.
    """
    if not isinstance(optimiser, Relative):
        return optimiser, None
    unit = unit_of(optimiser.rule, architecture, problems, loss, once)
    return with_learning_rate(optimiser.rule, float(f"{optimiser.ratio * unit:.4g}")), unit
