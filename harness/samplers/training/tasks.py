"""From an architecture, a problem and a rule to the task that an engine trains networks on."""

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor

from harness.arguments import one_of
from harness.errors import BadInput
from harness.networks import Architecture, Parameter
from harness.networks.inheritance import is_rotation_invariant
from harness.networks.logits import LOSSES, LOSSES_OF_CLASSES, targets_of
from harness.optimisers import BinaryConnect, Optimiser, Scheduled, TorchOptimiser
from harness.problems import Problem
from harness.samplers.training.rate_factors import by_layer, in_input_span
from harness.samplers.training.state import Task


def task_on(
    architecture: Architecture,
    problem: Problem,
    optimiser: Optimiser,
    loss: str,
    batch: int,
    device: torch.device,
    *,
    in_span: bool = True,
) -> tuple[Tensor, Task]:
    """Make the task of training networks on a problem.

    Args:
        architecture: the networks.
        problem: S and E.
        optimiser: the update rule, or a search.
        loss: a name in `LOSSES`.
        batch: training points a step.
        device: where training takes place.
        in_span: train in the span of the inputs, if that leaves functions and features distributed as they are.

    Returns:
        (m + n, ...) prepared training, then evaluation inputs; the task.

    Raises:
        BadInput: there is no such loss, the networks do not take the inputs, or binary weights are to be trained and
            the networks have others.
    """
    one_of(loss, LOSSES, "There is no loss")
    if isinstance(optimiser, BinaryConnect):
        _check_binary(architecture)
    if in_span and optimiser.rotation_equivariant and is_rotation_invariant(architecture):
        x, table, rates = in_input_span(architecture, problem.inputs, device, problem.outputs)
    else:
        x, rates = torch.tensor(architecture.prepare(problem.inputs), device=device), None
        table = architecture.parameters(tuple(x.shape[1:]), problem.outputs)
    targets = targets_of(torch.tensor(problem.train_y, dtype=torch.int64, device=device), problem.classes)
    losses = LOSSES if problem.classes == 2 else LOSSES_OF_CLASSES
    optimiser = _on_layers(optimiser, architecture, table)
    of_gradient, of_step = by_layer(architecture, table, tuple(x.shape[1:]), optimiser, device)
    if of_gradient is not None:
        rates = of_gradient if rates is None else rates * of_gradient
    return x, Task(architecture, table, x[: problem.m], targets, optimiser, losses[loss], batch, rates, of_step)


def _on_layers(optimiser: Optimiser, architecture: Architecture, table: Mapping[str, Parameter]) -> Optimiser:
    """An optimiser that steps by layer, also within a schedule, with the layers' shapes; any other as it is."""
    if isinstance(optimiser, TorchOptimiser):
        shapes = {name: parameter.shape for name, parameter in table.items()}
        return optimiser.on(shapes, torchs=getattr(architecture, "torchs_shapes", False))
    if isinstance(optimiser, Scheduled):
        return replace(optimiser, optimiser=_on_layers(optimiser.optimiser, architecture, table))
    return optimiser


def _check_binary(architecture: Architecture) -> None:
    """Raise BadInput unless the networks' numbers are of equal size in each parameter, and learn at one rate."""
    if architecture.distribution != "binary":
        raise BadInput(
            f"Binary weights are trained from binary ones, but {architecture.name} starts {architecture.distribution}; "
            'take an architecture with distribution="binary".'
        )
    if getattr(architecture, "parametrisation", None) == "mup":
        raise BadInput(
            f"Steps that {architecture.name} scales layer by layer would leave weights that are not binary; take the "
            '"standard" or "ntk" parametrisation.'
        )
