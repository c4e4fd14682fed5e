"""The volume of the star domain around each of some trained networks, within its function or its fit of S."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from harness.arguments import is_number, is_one_of, one_of, short_repr
from harness.errors import BadInput
from harness.networks import Architecture
from harness.networks.ensemble import views
from harness.networks.logits import labels_of
from harness.optimisers import Optimiser
from harness.problems import Problem
from harness.samplers.features.training import OfTrained
from harness.samplers.local.preconditioners import PRECONDITIONERS, preconditioner
from harness.samplers.local.region import Region, spreads
from harness.samplers.local.star_domain import BISECTIONS, STEPS, log_masses
from harness.samplers.local.volumes import LocalVolumes
from harness.samplers.training import trained_networks
from harness.samplers.work import NORMAL, training_work

FUNCTION, FIT = REGIONS = ("function", "fit")


def local_volumes(
    architecture: Architecture,
    problem: Problem,
    optimiser: Optimiser,
    networks: int,
    directions: int,
    generator: torch.Generator,
    *,
    region: str | float = FUNCTION,
    preconditioning: str = "full",
    loss: str = "cross-entropy",
    **training: Any,
) -> LocalVolumes:
    """Train networks, and estimate the volume of the star domain around each of those that fit S.

    Which network is given which directions depends on how many are trained at a time.

    Args:
        architecture: the networks, of Gaussian initialisation.
        problem: S and E.
        optimiser: the rule that trains them.
        networks: how many are trained.
        directions: random directions from each.
        generator: source of randomness, on the device that computes.
        region: "function", networks with the same labels on S and E; "fit", those that fit S; a number, those whose
            mean loss on S is at most that, which leaves out a trained network of a larger loss.
        preconditioning: name in `PRECONDITIONERS`.
        loss: a name in `LOSSES`.
        training: further arguments of `harness.samplers.training.train`.

    Returns:
        What each direction says, by network, with the networks' functions.

    Raises:
        BadInput: the initialisation is not Gaussian, or there is no such region or preconditioner.
    """
    check_region(region)
    one_of(preconditioning, PRECONDITIONERS, "A local volume has no preconditioner")
    terms, functions = [np.zeros((0, directions))], [np.zeros((0, problem.n), dtype=np.uint8)]
    with torch.no_grad():
        for finished in trained_networks(architecture, problem, optimiser, networks, generator, loss=loss, **training):
            x = finished.x
            spread = spreads(architecture, x, problem.classes)
            labels_of_s = torch.tensor(problem.train_y, dtype=torch.int64, device=x.device)
            every = torch.cat([each.flatten(1) for each in finished.final.values()], dim=1)
            for row in every[finished.fits]:
                parameters = views(architecture.parameters(tuple(x.shape[1:]), problem.outputs), row[None])
                own = labels_of(architecture.readout(parameters, architecture.features(parameters, x)))[0].long()
                points, right = (x, own) if region == FUNCTION else (x[: problem.m], labels_of_s)
                most = None if isinstance(region, str) else region
                inside = Region(architecture, points, right, problem.classes, most, loss)
                centre = row / spread
                if not bool(inside(centre[None])):
                    continue
                shape = preconditioner(preconditioning, inside.gradients(centre))
                terms.append(log_masses(inside, centre, shape, directions, generator)[None])
                functions.append(own[None, problem.m :].cpu().numpy().astype(np.uint8))
    return LocalVolumes(np.concatenate(terms), np.concatenate(functions), networks)


def check_region(region: Any) -> None:
    """Raise BadInput unless it is a name in REGIONS, or a largest loss."""
    if not is_one_of(region, REGIONS) and not (is_number(region) and region > 0):
        raise BadInput(
            f"A local volume is of a region: {FUNCTION!r} (labels on S and E), {FIT!r} (labels of S), or a positive "
            f"number, the largest mean loss on S; not {short_repr(region)}."
        )


@dataclass(frozen=True)
class LocalVolume(OfTrained[LocalVolumes]):
    """ln volume of the star domain around trained networks, under the initialisation.

    networks: trained per shard.
    directions: random directions from each.
    region, preconditioning: as of `local_volumes`.
    """

    networks: int = 8
    directions: int = 256
    region: str | float = FUNCTION
    preconditioning: str = "full"

    name = "local volume"
    result = LocalVolumes

    def __post_init__(self) -> None:
        super().__post_init__()
        check_region(self.region)
        one_of(self.preconditioning, PRECONDITIONERS, "A local volume has no preconditioner")

    @property
    def arguments(self) -> dict[str, Any]:
        """Those of the address."""
        own = ("networks", "directions", "region", "preconditioning")
        return super().arguments | {name: getattr(self, name) for name in own}

    def draw(self, generator: torch.Generator) -> LocalVolumes:
        """One shard."""
        return local_volumes(
            self.architecture,
            self.problem,
            self.optimiser,
            self.networks,
            self.directions,
            generator,
            region=self.region,
            preconditioning=self.preconditioning,
            **self.training,
        )

    @property
    def work(self) -> float:
        """Roughly the scalar multiplications of a shard."""
        of = self.shape
        evaluated = (STEPS / 2 + BISECTIONS) * of.p * of.forward
        near = self.networks * self.directions * (NORMAL * of.parameters + evaluated)
        return near + training_work(of, self.optimiser, self.networks, self.batch, self.stop)
