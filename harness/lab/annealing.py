"""Random networks of finite width that fit S, by annealing: where points are many, or hard to fit at once."""

from typing import Any

from harness.errors import Undecided
from harness.lab.shards import Shards, who
from harness.networks import Architecture
from harness.posterior import AnnealedPosterior, annealed_posterior
from harness.posterior.levels import Route
from harness.problems import Problem
from harness.verdicts import Estimate


class Annealing(Shards):
    """P_B(f|S) and P(S) of two classes, for layered networks of Gaussian weights and biases."""

    def annealed_posterior(
        self,
        architecture: Architecture,
        problem: Problem,
        runs: int = 4,
        particles: int = 64,
        trajectories: int = 4,
        lengthenings: int = 5,
    ) -> AnnealedPosterior:
        """P_B(f|S); `runs` independent runs a shard. Trajectories are few to begin with: of images they are enough.

        Undecided where the ways there and back disagree though trajectories were lengthened.
        """
        found = self._annealed(architecture, problem, runs, particles, trajectories, lengthenings, "sharpness")
        if not found.agree:
            there, back = found.ends
            raise Undecided(
                f"Annealing finds ln P(S) = {there:.4g} on the way there and {back:.4g} on the way back, though "
                "trajectories were lengthened; still more of them at each level would decide it."
            )
        return found

    def annealed_evidence(
        self,
        architecture: Architecture,
        problem: Problem,
        runs: int = 4,
        particles: int = 128,
        trajectories: int = 32,
        route: Route = "sharpness",
    ) -> Estimate:
        """ln P(S), of points that may be so hard that no trajectories are long enough: from there to back, however far
        apart; `runs` independent runs a shard.

        route: as of `posterior.annealed_posterior`.
        """
        return self._annealed(architecture, problem, runs, particles, trajectories, 0, route).evidence

    def _annealed(
        self,
        architecture: Architecture,
        problem: Problem,
        runs: int,
        particles: int,
        trajectories: int,
        lengthenings: int,
        route: Route,
    ) -> AnnealedPosterior:
        how: dict[str, Any] = {
            "runs": runs,
            "particles": particles,
            "trajectories": trajectories,
            "lengthenings": lengthenings,
            "route": route,
        }
        return self.gather(
            AnnealedPosterior,
            {"sampler": "annealing", **who(architecture, problem), **how},
            lambda generator: annealed_posterior(architecture, problem, generator, **how),
        )
