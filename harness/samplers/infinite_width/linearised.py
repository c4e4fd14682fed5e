"""Distance between gradient descent on a network and gradient descent on its linearisation at the initialisation.

The linearisation f₀(x) + ∇f₀(x)·(θ − θ₀) moves in function space by the network's own tangent kernel K: a step of
full-batch gradient descent on the mean of (f − y)² over S changes f(x) by −(2η/m) K(x, S)(f(S) − y). In the limit of
infinite width the two are the same (Jacot et al. 2018; Lee et al. 2019, arXiv 1902.06720, theorem 2.1).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from scipy import stats
from torch import Tensor

from harness.arguments import are_counts, is_number
from harness.errors import BadInput, Undecided
from harness.execution.memory import block_that_fits
from harness.functions.merging import Merging
from harness.networks import Architecture, FullyConnected, Parameter
from harness.networks.ensemble import Draws, blocks, size, views
from harness.networks.gradients import gradients
from harness.networks.logits import finite, squared_error
from harness.problems import Problem
from harness.samplers.sampler import Sampler, argument
from harness.verdicts import Estimate
from harness.verdicts.intervals import student

# Largest number of entries of a block's Jacobians.
_NUMBERS = 2**23


@dataclass(frozen=True, eq=False)
class LinearisationGap(Merging):
    """Root mean square over E of the difference between network and linearisation after training, (networks,)."""

    values: np.ndarray

    @property
    def log_mean(self) -> Estimate:
        """Mean of the gap's logarithm over networks; Student's t, as it is nearly normal. Undecided if one diverged."""
        diverged = int((~np.isfinite(self.values)).sum())
        if diverged:
            raise Undecided(
                f"{diverged} of {len(self.values)} networks diverged, of which there is no distance to their "
                "linearisation; wider networks or a lower learning rate would have one."
            )
        logs = np.log(self.values)
        networks = len(logs)
        error = float(stats.sem(logs)) if networks > 1 else float("inf")
        return Estimate(
            "ln distance to the linearisation",
            float(logs.mean()),
            student(float(logs.mean()), error, max(networks - 1, 1)),
            networks,
            "networks",
            float(networks),
            "mean over networks; Student's t",
        )


def linearisation_gap(
    architecture: Architecture,
    problem: Problem,
    learning_rate: float,
    steps: int,
    networks: int,
    generator: torch.Generator,
    *,
    block: int | None = None,
) -> LinearisationGap:
    """Train networks and their linearisations by full-batch gradient descent on squared error, and compare them.

    Args:
        architecture: the networks.
        problem: S and E, of two classes.
        learning_rate: η, positive.
        steps: steps of gradient descent.
        networks: number of networks.
        generator: source of randomness, on the device that computes.
        block: networks at a time; None for as many as fit into memory.

    Returns:
        The gap of each network.

    Raises:
        BadInput: if a number is not positive.
    """
    problem.needs_two_classes("A linearisation")
    if not are_counts(problem.m, steps, networks) or not is_number(learning_rate) or not learning_rate > 0:
        raise BadInput(
            "A linearisation takes at least 1 training point, step and network and a positive learning rate, not "
            f"m = {problem.m}, steps = {steps}, networks = {networks}, learning_rate = {learning_rate}."
        )
    x = torch.tensor(architecture.prepare(problem.inputs), device=generator.device)
    signs = torch.tensor(problem.train_y, dtype=x.dtype, device=x.device) * 2 - 1
    table, points = architecture.parameters(tuple(x.shape[1:])), len(x)
    block = block or block_that_fits(max(_NUMBERS // (points * size(table)), 1))
    stream = Draws(table, architecture.distribution, generator)
    found = []
    for k in blocks(networks, block):
        rows = stream.take(k)
        linear = _of_linearisation(architecture, table, rows, x, signs, learning_rate, steps)
        trained = _of_network(architecture, table, rows, x, signs, learning_rate, steps)
        found.append((trained - linear).square().mean(1).sqrt())
    return LinearisationGap(torch.cat(found).double().cpu().numpy())


def _of_network(
    architecture: Architecture,
    table: Mapping[str, Parameter],
    rows: Tensor,
    x: Tensor,
    signs: Tensor,
    learning_rate: float,
    steps: int,
) -> Tensor:
    """(networks, n) logits on E of the trained networks."""
    m, rows = len(signs), rows.clone()
    for _ in range(steps):
        rows -= learning_rate * gradients(
            architecture, table, rows, x[:m], lambda logits: squared_error(logits, signs) / m
        )
    return _logits(architecture, table, rows, x[m:])


def _of_linearisation(
    architecture: Architecture,
    table: Mapping[str, Parameter],
    rows: Tensor,
    x: Tensor,
    signs: Tensor,
    learning_rate: float,
    steps: int,
) -> Tensor:
    """(networks, n) logits on E of the trained linearisations."""
    (networks, _), points, m = rows.shape, len(x), len(signs)
    # One copy of a network for each point, so that each has a gradient of its own.
    alone = x[:, None].repeat(networks, *[1] * x.ndim)
    jacobian = gradients(architecture, table, rows.repeat_interleave(points, dim=0), alone, torch.ones_like)
    jacobian = jacobian.view(networks, points, -1)
    step = jacobian @ jacobian[:, :m].mT * (2 * learning_rate / m)
    logits = _logits(architecture, table, rows, x)
    for _ in range(steps):
        logits = logits - (step @ (logits[:, :m] - signs)[..., None])[..., 0]
    return logits[:, m:]


def _logits(architecture: Architecture, table: Mapping[str, Parameter], rows: Tensor, x: Tensor) -> Tensor:
    """(networks, points) logits."""
    with torch.inference_mode():
        parameters = views(table, rows)
        return finite(architecture.readout(parameters, architecture.features(parameters, x)))[..., 0]


@dataclass(frozen=True)
class LinearisedTraining(Sampler[LinearisationGap]):
    """Distance of networks from their linearisations after a number of steps of gradient descent.

    steps: steps of gradient descent.
    networks: networks per shard.
    rate: the learning rate.
    ratio: the same over the largest stable one at infinite width.
    """

    steps: int
    networks: int
    rate: float = argument(key=None)
    ratio: float = argument()

    name = "departure from the linearisation"
    result = LinearisationGap

    def draw(self, generator: torch.Generator) -> LinearisationGap:
        """One shard."""
        network = self.architecture
        assert isinstance(network, FullyConnected)
        return linearisation_gap(network, self.problem, self.rate, self.steps, self.networks, generator)

    @property
    def work(self) -> float:
        """Roughly the scalar multiplications of a shard."""
        of = self.shape
        return self.networks * self.steps * of.m * of.forward
