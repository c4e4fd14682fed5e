"""Random networks of finite width: at initialisation, and those that fit S."""

from typing import Any

import torch

from harness.errors import Undecided
from harness.functions import FunctionCounts
from harness.lab.shards import Shards, identity
from harness.networks import Architecture
from harness.problems import Problem
from harness.samplers.features import observer
from harness.samplers.posterior import (
    AnnealedPosterior,
    DensityOfStates,
    RejectionPosterior,
    RunsPosterior,
    annealed_posterior,
    density_of_states,
    rejection,
    subset_simulation,
    tempered,
)
from harness.samplers.posterior.annealing_levels import AnnealingPath
from harness.samplers.prior import prior
from harness.verdicts import Estimate


class FiniteWidth(Shards):
    """P(f), and P_B(f|S) of the very architecture that is trained."""

    def prior(
        self, architecture: Architecture, problem: Problem, draws: int = 100_000, sample: int = 0
    ) -> FunctionCounts:
        """P(f): functions at initialisation; `draws` networks a shard.

        sample: ask with another number for an independent sample.
        """
        return self.gather(
            FunctionCounts,
            {"sampler": "prior", **identity(architecture, problem), "draws": draws, "sample": sample},
            lambda generator: prior(architecture, problem, draws, generator),
        )

    def posterior(
        self,
        architecture: Architecture,
        problem: Problem,
        draws: int = 20_000,
        last_layers: int = 64,
        sample: int = 0,
    ) -> RejectionPosterior:
        """P_B(f|S) by rejection; `draws` hidden draws a shard with `last_layers` last layers each.

        sample: ask with another number for an independent sample.
        """
        return self.gather(
            RejectionPosterior,
            {
                "sampler": "rejection",
                **identity(architecture, problem),
                "draws": draws,
                "last_layers": last_layers,
                "sample": sample,
            },
            lambda generator: rejection(architecture, problem, draws, generator, last_layers=last_layers),
        )

    def tempered_posterior(
        self,
        architecture: Architecture,
        problem: Problem,
        temperature: float,
        loss: str = "cross-entropy",
        draws: int = 20_000,
        last_layers: int = 64,
        sample: int = 0,
    ) -> RejectionPosterior:
        """The posterior of density exp(−Σ loss/T)·P(θ), exactly, by rejection; otherwise as `posterior`."""
        return self.gather(
            RejectionPosterior,
            {
                "sampler": "tempered rejection",
                **identity(architecture, problem),
                "temperature": float(temperature),
                "loss": loss,
                "draws": draws,
                "last_layers": last_layers,
                "sample": sample,
            },
            lambda generator: tempered(
                architecture, problem, temperature, draws, generator, loss=loss, last_layers=last_layers
            ),
        )

    def deep_posterior(
        self,
        architecture: Architecture,
        problem: Problem,
        runs: int = 16,
        chains: int = 64,
        steps: int = 8,
        observe: tuple[str, ...] = (),
    ) -> RunsPosterior:
        """P_B(f|S) by subset simulation, where rejection keeps too few; `runs` independent runs a shard.

        observe: statistics to note of each network, names in `features.posterior.OF_PARTICLES`. Undecided where
        the runs disagree though their chains were lengthened.
        """

        def compute(generator: torch.Generator) -> RunsPosterior:
            noting = observer(architecture, problem, observe, generator.device) if observe else None
            return subset_simulation(
                architecture, problem, generator, runs=runs, chains=chains, steps=steps, observe=noting
            )

        found = self.gather(
            RunsPosterior,
            {
                "sampler": "subset simulation",
                **identity(architecture, problem),
                "runs": runs,
                "chains": chains,
                "steps": steps,
                **({"observe": observe} if observe else {}),
            },
            compute,
        )
        if not found.agree:
            raise Undecided(
                f"Runs of subset simulation disagree: ln P(S) scatters by {found.scatter:.2g} nats over "
                f"{len(found.curve)} of them, though chains were lengthened; still longer chains would decide it."
            )
        return found

    def density_of_states(
        self, architecture: Architecture, problem: Problem, runs: int = 8, chains: int = 32, steps: int = 8
    ) -> DensityOfStates:
        """Training and test accuracy at initialisation; `runs` independent runs a shard.

        For reading, not for a verdict: every look has the shards of the first.
        """
        return self.gather(
            DensityOfStates,
            {
                "sampler": "density of states",
                **identity(architecture, problem),
                "runs": runs,
                "chains": chains,
                "steps": steps,
            },
            lambda generator: density_of_states(
                architecture, problem, generator, runs=runs, chains=chains, steps=steps
            ),
            grows=False,
        )


class Annealing(Shards):
    """P_B(f|S) and P(S) of two classes, for layered networks of Gaussian weights and biases."""

    def annealed_posterior(
        self,
        architecture: Architecture,
        problem: Problem,
        runs: int = 4,
        particles: int = 64,
        trajectories: int = 4,
        max_doublings: int = 5,
    ) -> AnnealedPosterior:
        """P_B(f|S); `runs` independent runs a shard. Trajectories are few to begin with: of images they are enough.

        Undecided where the ways there and back disagree though trajectories were lengthened.
        """
        found = self._annealed(architecture, problem, runs, particles, trajectories, max_doublings, "sharpness")
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
        path: AnnealingPath = "sharpness",
    ) -> Estimate:
        """ln P(S), of points that may be so hard that no trajectories are long enough: from there to back, however far
        apart; `runs` independent runs a shard.

        path: as of `posterior.annealed_posterior`.
        """
        return self._annealed(architecture, problem, runs, particles, trajectories, 0, path).evidence

    def _annealed(
        self,
        architecture: Architecture,
        problem: Problem,
        runs: int,
        particles: int,
        trajectories: int,
        max_doublings: int,
        path: AnnealingPath,
    ) -> AnnealedPosterior:
        how: dict[str, Any] = {"runs": runs, "particles": particles, "trajectories": trajectories}
        return self.gather(
            AnnealedPosterior,
            {
                "sampler": "annealing",
                **identity(architecture, problem),
                **how,
                "lengthenings": max_doublings,
                "route": path,
            },
            lambda generator: annealed_posterior(
                architecture, problem, generator, max_doublings=max_doublings, path=path, **how
            ),
        )
