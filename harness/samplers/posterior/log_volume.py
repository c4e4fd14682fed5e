"""ln P(f|S) of given functions f on E under the volume of networks of finite width, by splitting.

Each run goes from the initialisation to networks that fit S, whose share estimates P(S). From these networks it goes on
for each function by itself, through levels that add the points of E with that function's labels, to P(S ∪ f). So the
way to S, with its error, is common to all functions of a run, and drops out of ln P(S ∪ f) − ln P(S) in part.

Both probabilities are unbiased, as levels come from pilots that count for nothing else; what is logarithmic is left to
the jackknife over runs. As for P(S), runs that all miss a part of the networks agree with each other, and are too low:
what they scatter is necessary, not sufficient, for trust.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from harness.arguments import are_counts, is_number
from harness.errors import BadInput, Undecided
from harness.networks import Architecture
from harness.problems import Problem
from harness.samplers.log_volumes import LogVolumes, checked_functions, digest
from harness.samplers.posterior.samples import MOST_SCATTER
from harness.samplers.posterior.splitting import PILOTS_PART, Splitting
from harness.samplers.sampler import Sampler, argument
from harness.samplers.work import BITS


def log_volumes_by_runs(
    architecture: Architecture,
    problem: Problem,
    functions: np.ndarray,
    generator: torch.Generator,
    *,
    runs: int = 6,
    chains: int = 64,
    steps: int = 8,
    survival: float = 0.2,
    last_layers: int = 20,
    groups: int = 40,
    block: int | None = None,
) -> LogVolumes:
    """Estimate ln P(f|S) of functions under networks of finite width.

    Args:
        architecture: the networks whose volume it is; they need not have found the functions.
        problem: S and E, of two classes.
        functions: (k, n) labels on E, 0 or 1.
        generator: source of randomness, on the device that computes.
        runs: independent runs, at least 2.
        chains: survivors that begin each level's chains.
        steps: states of each chain.
        survival: pilots add points at a level until a smaller share would be left.
        last_layers: moves of the last layer between two states.
        groups: groups of a hidden layer's units, which move one after the other.
        block: chains moved together; None keeps them in cache.

    Returns:
        ln P(f|S) by run, in the order of the functions; −inf in a run that came to no such network.

    Raises:
        BadInput: if the functions are no labels on E, or a number is out of its range.
    """
    problem.needs_two_classes("A log volume")
    functions = checked_functions(functions, problem.n)
    if (
        not are_counts(problem.m, chains, steps, groups)
        or not are_counts(runs, least=2)
        or not are_counts(last_layers, least=0)
        or not (is_number(survival) and 0 < survival < 1)
    ):
        raise BadInput(
            "Log volumes by splitting take at least 1 training point, chain, step and group, 2 runs, no negative "
            f"number of last layers and a survival between 0 and 1, not m = {problem.m}, chains = {chains}, "
            f"steps = {steps}, groups = {groups}, runs = {runs}, last_layers = {last_layers}, survival = {survival}."
        )
    to_s = Splitting(architecture, problem, generator, chains, last_layers, groups, block)
    further = [to_s.followed_by(function) for function in functions]
    evidences, joint = np.full(runs, -np.inf), np.full((runs, len(functions)), -np.inf)
    with torch.inference_mode():
        roughly = max(steps // PILOTS_PART, 1)
        levels, particles = to_s.pilot(roughly, survival)
        ladders = [
            list(range(problem.m, problem.m + problem.n + 1))
            if particles is None
            else each.pilot(roughly, survival, particles, problem.m)[0]
            for each in further
        ]
        for run in range(runs):
            curve, particles = to_s.along(levels, steps)
            evidences[run] = curve[-1]
            if particles is not None:
                branches = zip(further, ladders, strict=True)
                joint[run] = curve[-1] + np.array([each.along(way, steps, particles)[0][-1] for each, way in branches])
    return LogVolumes(joint, evidences)


@dataclass(frozen=True, eq=False)
class LogVolumeByRuns(Sampler[LogVolumes]):
    """ln P(f|S) of given functions under the volume of networks of finite width.

    functions: (k, n) different functions; their digest is part of the address.
    runs: independent runs per shard.
    chains: chains of each run.
    steps: steps of each chain at each level.
    """

    functions: np.ndarray = argument(key=None)
    runs: int = 6
    chains: int = 32
    steps: int = 8

    name = "log volumes by splitting"
    fits_s = True
    result = LogVolumes

    @property
    def arguments(self) -> dict[str, Any]:
        """Those of the address."""
        return super().arguments | {"functions": digest(self.functions)}

    def draw(self, generator: torch.Generator) -> LogVolumes:
        """One shard."""
        return log_volumes_by_runs(
            self.architecture,
            self.problem,
            self.functions,
            generator,
            runs=self.runs,
            chains=self.chains,
            steps=self.steps,
        )

    @property
    def work(self) -> float:
        """Roughly the scalar multiplications of a shard."""
        of = self.shape
        further = max(BITS[0] * of.p ** BITS[1] - of.levels, 1.0)
        to_s, to_f = of.levels * (of.draw + of.m * of.forward), further * (of.draw + of.p * of.forward)
        return self.runs * self.chains * self.steps * (to_s + len(self.functions) * to_f)

    def checked(self, sample: LogVolumes) -> LogVolumes:
        """The sample; Undecided if runs scatter so much that a few of them have most of the weight."""
        check_scatter([sample])
        return sample


def check_scatter(found: Sequence[LogVolumes]) -> None:
    """Raise Undecided if the runs' ln P(S ∪ f) scatter too much, over all functions on all training sets together."""
    scatter = float(np.sqrt(np.mean(np.concatenate([each.scatter**2 for each in found]))))
    if not scatter <= MOST_SCATTER:
        raise Undecided(
            f"Runs of splitting disagree: ln P(S ∪ f) scatters by {scatter:.2g} nats over the runs for a function; "
            "longer chains, or fewer points, would decide it."
        )
