"""Local learning coefficients of networks' training losses, by stochastic gradient Langevin dynamics."""

from dataclasses import dataclass
from math import log
from typing import Any

import numpy as np
import torch
from torch import Tensor

from harness.arguments import counts, not_negative, one_of, positive, set_fields
from harness.errors import BadInput, Undecided
from harness.networks import Architecture
from harness.networks.ensemble import size
from harness.networks.gradients import gradients
from harness.networks.logits import LOSSES
from harness.optimisers import SGD, FirstFit, Optimiser, Stop
from harness.optimisers.rule import check_optimiser
from harness.optimisers.stopping import check_stop
from harness.problems import Problem
from harness.samplers.local.langevin import ChainEnergies, chain_energies
from harness.samplers.sampler import Sampler, argument
from harness.samplers.training import trained_networks
from harness.samplers.training.state import Task
from harness.samplers.training.tasks import task_on
from harness.samplers.work import NORMAL, UPDATE, training_work

# Second halves of the chains may differ from the first by this share, or by so many standard errors; beyond both, the
# chains have not settled.
MOST_DRIFT, CERTAIN = 0.1, 4.0


def learning_coefficient(
    architecture: Architecture,
    problem: Problem,
    generator: torch.Generator,
    *,
    optimiser: Optimiser | None = None,
    networks: int = 1,
    loss: str = "cross-entropy",
    points: int | None = None,
    localisation: float = 1.0,
    step_size: float = 1e-4,
    chains: int = 64,
    burn_in: int = 1000,
    steps: int = 2000,
    minibatch: int | None = None,
    **training: Any,
) -> ChainEnergies:
    """Run Langevin chains around networks, which give λ̂ = nβ(E L − L(w*)), β = 1/ln n; see `langevin.py`.

    Args:
        architecture: the networks.
        problem: S, of which L is the mean loss.
        generator: source of randomness, on the device that computes.
        optimiser: trains the networks that are w*; None: w* is the network whose parameters are all 0.
        networks: trained; those that diverge are left out.
        loss: a name in `LOSSES`.
        points: n; None: m. A loss that is a mean over all data, as where S repeats, has any n.
        localisation: γ, the precision that holds chains at w*.
        step_size: ε; unstable from 4/(nβh + γ), h the loss's largest curvature where the chains go.
        chains: from each network.
        burn_in: steps that are not recorded.
        steps: steps that are recorded, an even number.
        minibatch: points of a step, drawn with replacement for each chain; None: all of S.
        training: further arguments of `harness.samplers.training.train`.

    Returns:
        The chains' energies, by network.

    Raises:
        BadInput: n has no logarithm above 0.
    """
    many = problem.m if points is None else points
    if many < 2:
        raise BadInput(f"A learning coefficient at β = 1/ln n takes n of at least 2, not {many}; give more points.")
    device = generator.device
    _, task = task_on(architecture, problem, optimiser or SGD(), loss, problem.m, device, in_span=False)
    centres = torch.zeros(1, size(task.table), device=device, dtype=torch.float32)
    with torch.no_grad():
        if optimiser is not None:
            found = trained_networks(
                architecture, problem, optimiser, networks, generator, loss=loss, in_span=False, **training
            )
            rows = [torch.cat([part.flatten(1) for part in each.final.values()], 1) for each in found]
            centres = torch.cat([centres[:0], *rows])
        at_centres = task.loss.value(task.logits(centres, task.inputs), task.targets).mean(1)
        halves = chain_energies(
            _Loss(task, generator, minibatch),
            centres,
            at_centres,
            generator,
            inverse_temperature=many / log(many),
            localisation=localisation,
            step_size=step_size,
            chains=chains,
            burn_in=burn_in,
            steps=steps,
        )
    trained = networks if optimiser is not None else 1
    return ChainEnergies(halves, at_centres.cpu().double().numpy(), trained)


@dataclass(frozen=True, eq=False)
class _Loss:
    """Mean losses of networks with their gradients, on all of S or on minibatches of their own."""

    task: Task
    generator: torch.Generator
    minibatch: int | None

    def __call__(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        task, inputs, targets = self.task, self.task.inputs, self.task.targets
        if self.minibatch is not None:
            many = (len(rows), self.minibatch)
            chosen = torch.randint(len(inputs), many, generator=self.generator, device=rows.device)
            inputs, targets = inputs[chosen], targets[chosen]
        values = []

        def slope(logits: Tensor) -> Tensor:
            values.append(task.loss.value(logits, targets).mean(1))
            return task.loss.slope(logits, targets) / logits.shape[1]

        gradient = gradients(task.architecture, task.table, rows, inputs, slope)
        return values[0], gradient


@dataclass(frozen=True)
class LearningCoefficient(Sampler[ChainEnergies]):
    """λ̂, the local learning coefficient by SGLD, around trained networks or around the network of zeros.

    optimiser: trains them; None: around 0. The other arguments are those of `learning_coefficient` and of `train`.
    """

    optimiser: Optimiser | None = None
    loss: str = "cross-entropy"
    networks: int = 1
    points: int | None = None
    localisation: float = 1.0
    step_size: float = 1e-4
    chains: int = argument(least=2, default=64)
    burn_in: int = argument(least=0, default=1000)
    steps: int = argument(least=2, default=2000)
    minibatch: int | None = None
    batch: int = 8
    max_epochs: int = argument(least=0, default=2000)
    stop: Stop = FirstFit()

    name = "learning coefficient"
    result = ChainEnergies

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of(self.loss, LOSSES, "There is no loss")
        check_stop(self.stop)
        if self.optimiser is not None:
            check_optimiser(self.optimiser)
        for each in ("points", "minibatch"):
            if getattr(self, each) is not None:
                set_fields(self, **counts("A learning coefficient", **{each: getattr(self, each)}))
        set_fields(
            self,
            step_size=positive(self.step_size, "The step of Langevin dynamics"),
            localisation=not_negative(self.localisation, "Localisation"),
        )
        if self.steps % 2:
            raise BadInput(
                f"Langevin chains are recorded in two halves: give an even number of steps, not {self.steps}."
            )
        self.problem.needs_training_points("A learning coefficient")

    def draw(self, generator: torch.Generator) -> ChainEnergies:
        """One shard."""
        training = {"batch": self.batch, "max_epochs": self.max_epochs, "stop": self.stop}
        return learning_coefficient(
            self.architecture,
            self.problem,
            generator,
            optimiser=self.optimiser,
            networks=self.networks,
            loss=self.loss,
            points=self.points,
            localisation=self.localisation,
            step_size=self.step_size,
            chains=self.chains,
            burn_in=self.burn_in,
            steps=self.steps,
            minibatch=self.minibatch,
            **training,
        )

    @property
    def work(self) -> float:
        """Roughly the scalar multiplications of a shard."""
        of, centres = self.shape, self.networks if self.optimiser is not None else 1
        a_step = 3 * min(of.m, self.minibatch or of.m) * of.forward + NORMAL * of.parameters + UPDATE
        trained = training_work(of, self.optimiser, self.networks, self.batch, self.stop) if self.optimiser else 0.0
        return centres * self.chains * (self.burn_in + self.steps) * a_step + trained

    def checked(self, sample: ChainEnergies) -> ChainEnergies:
        """The sample; Undecided if no network was found, or chains diverged or have not settled."""
        if not len(sample.halves):
            raise Undecided(
                f"All of {sample.networks} networks diverged in training, so that there is no minimum to start from; "
                "take a smaller learning rate."
            )
        if not np.isfinite(sample.halves).all():
            raise Undecided("Langevin chains diverged; take a smaller step, or more localisation.")
        if abs(sample.drift) > max(MOST_DRIFT, CERTAIN * sample.drift_error):
            raise Undecided(
                f"The loss of Langevin chains has not settled: its second half differs from the first by "
                f"{sample.drift:+.0%}; a longer burn-in would decide it."
            )
        return sample
