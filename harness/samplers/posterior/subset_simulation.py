"""P_B(f|S) and P(S) if rejection keeps too few: subset simulation (multilevel splitting) over the training points.

Particles start at the initialisation and must fit ever more points of S, in their order (`splitting.py`). P(S) is the
product of the shares that survive; every P(S_k), k ≤ m, is a by-product.

A pilot run, which counts for nothing else, settles how many points each level adds: with levels that do not depend on
its own particles a run's P(S) is unbiased, however few they are. (Levels chosen by the run itself favour shares that
are too high by chance: by 29 % in all for 128 particles on ten points of an orthant.)

Runs whose ln P(S) scatter too much have not mixed. The length of the chains is settled beforehand, too, by a few trial
runs that count for nothing else: chains are doubled until these agree. The counted runs have that length, however much
they scatter. (If they were drawn again until they agree, those that agree by chance would be selected: of runs that
scatter by 0.8 nats intervals at level 95 % then miss at the upper end by 5, 11 and 26 % instead of 2.5 % with 1, 8 and
32 shards.)
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import nan
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from harness.arguments import are_counts, is_number
from harness.errors import BadInput, Undecided
from harness.functions import ClusteredCounts
from harness.functions.packing import pack
from harness.networks import Architecture
from harness.networks.logits import labels_of
from harness.problems import Problem
from harness.samplers.posterior.moves.constraint import Constraint, express
from harness.samplers.posterior.samples import LONG_ENOUGH, RunsPosterior, scatter, settled_length
from harness.samplers.posterior.splitting import PILOTS_PART, Splitting
from harness.samplers.sampler import Sampler

# Parameters and inputs, training inputs first -> (networks, k), numbers of each network.
Observe = Callable[[Mapping[str, Tensor], Tensor], Tensor]
# Runs that settle how long chains must be.
TRIAL_RUNS = 4


def subset_simulation(
    architecture: Architecture,
    problem: Problem,
    generator: torch.Generator,
    *,
    runs: int = 8,
    chains: int = 128,
    steps: int = 8,
    max_doublings: int = 3,
    survival: float = 0.2,
    last_layers: int = 20,
    groups: int = 40,
    block: int | None = None,
    observe: Observe | None = None,
) -> RunsPosterior:
    """Sample the posterior by independent runs of subset simulation.

    Args:
        architecture: the networks.
        problem: S and the evaluation inputs.
        generator: source of randomness, on the device that computes.
        runs: number of runs, the independent units.
        chains: survivors that begin each level's chains.
        steps: states of each chain, to begin with; a run has chains × steps particles.
        max_doublings: how often the steps may be doubled until trial runs agree; 0 for no trial.
        survival: the pilot adds points at a level until a smaller share would be left.
        last_layers: moves of the last layer between two states.
        groups: groups of a hidden layer's units, which move one after the other.
        block: chains moved together; None keeps them in cache.
        observe: parameters and inputs -> statistics of each particle, kept as means over a run's particles; None for
            none.

    Returns:
        The functions by run, with ln P(S_k) of the first k points.

    Raises:
        BadInput: if a number is out of its range.
    """
    if (
        not are_counts(problem.m, runs, chains, steps, groups)
        or not (is_number(survival) and 0 < survival < 1)
        or not are_counts(last_layers, max_doublings, least=0)
    ):
        raise BadInput(
            "Subset simulation takes at least 1 training point, run, chain, step and group, a survival between 0 and 1 "
            f"and no negative number of last layers and doublings, not m = {problem.m}, runs = {runs}, "
            f"chains = {chains}, steps = {steps}, groups = {groups}, survival = {survival}, "
            f"last_layers = {last_layers}, max_doublings = {max_doublings}."
        )
    splitting = Splitting(architecture, problem, generator, chains, last_layers, groups, block)
    sampler = _Sampler(splitting, problem, observe)
    with torch.inference_mode():

        def levels(steps: int) -> list[int]:
            return splitting.pilot(max(steps // PILOTS_PART, 1), survival)[0]

        def long_enough(steps: int) -> bool:
            trial = levels(steps)
            return scatter(np.array([sampler.run(trial, steps).curve[-1] for _ in range(TRIAL_RUNS)])) <= LONG_ENOUGH

        steps = settled_length(long_enough, steps, max_doublings)
        counted = levels(steps)
        return _together([sampler.run(counted, steps) for _ in range(runs)], problem)


class _Run(NamedTuple):
    """The result of one run.

    curve: (m + 1,) ln P(S_k).
    words: (particles, words) functions on the evaluation inputs.
    ancestors: effective number of initial draws that the particles descend from.
    observed: (k,) means over particles; None if nothing was observed or no particle was left.
    """

    curve: np.ndarray
    words: np.ndarray
    ancestors: float
    observed: np.ndarray | None = None


def _together(found: Sequence[_Run], problem: Problem) -> RunsPosterior:
    words = [run.words for run in found]
    unit = np.repeat(np.arange(len(found)), [len(each) for each in words])
    clusters = ClusteredCounts.from_words(np.concatenate(words), unit, problem.n, len(found), problem.classes)
    curves, ancestors = np.stack([run.curve for run in found]), np.array([run.ancestors for run in found])
    seen = [run.observed for run in found if run.observed is not None]
    if not seen:
        return RunsPosterior(clusters, curves, ancestors)
    nothing = np.full(len(seen[0]), nan)
    observed = np.stack([nothing if run.observed is None else run.observed for run in found])
    return RunsPosterior(clusters, curves, ancestors, observed)


class _Sampler:
    """Draws one run after the other; it holds all that does not change between them."""

    def __init__(self, splitting: Splitting, problem: Problem, observe: Observe | None) -> None:
        self.splitting, self.problem, self.observe = splitting, problem, observe
        of = splitting
        nothing = of.labels[:0]
        self.evaluation = Constraint(of.architecture, of.table, of.x[problem.m :], nothing, problem.classes)

    def run(self, levels: Sequence[int], steps: int) -> _Run:
        """One run, from the initialisation through all levels."""
        problem, of = self.problem, self.splitting
        curve, particles = of.along(levels, steps)
        if particles is None:
            nothing = pack(np.zeros((0, problem.n), dtype=np.uint8), problem.classes)
            return _Run(curve, nothing, 0.0)
        words, ancestors = [], []
        seen: Tensor | None = None
        for rows, ancestor in of.states(particles, problem.m, steps):
            words.append(pack(labels_of(self.evaluation.logits(rows)).cpu().numpy(), problem.classes))
            ancestors.append(ancestor)
            if self.observe is not None:
                own = self.observe(express(of.architecture, of.table, rows), of.x).double().sum(0)
                seen = own if seen is None else seen + own
        descendants = torch.unique(torch.cat(ancestors), return_counts=True)[1].double()
        functions = np.concatenate(words)
        observed = None if seen is None else seen.cpu().numpy() / len(functions)
        return _Run(curve, functions, float(descendants.sum() ** 2 / (descendants**2).sum()), observed)


@dataclass(frozen=True)
class SubsetSimulation(Sampler[RunsPosterior]):
    """P_B(f|S) by subset simulation, for training sets of which rejection keeps too few networks.

    runs: independent runs per shard.
    chains: chains of each run.
    steps: steps of each chain at each level.
    """

    runs: int = 16
    chains: int = 64
    steps: int = 8

    name = "subset simulation"
    fits_s = True
    result = RunsPosterior

    def observer(self, device: torch.device) -> Observe | None:  # noqa: ARG002 — for those that observe
        """The function that computes statistics of each network; None for none."""
        return None

    def draw(self, generator: torch.Generator) -> RunsPosterior:
        """One shard."""
        return subset_simulation(
            self.architecture,
            self.problem,
            generator,
            runs=self.runs,
            chains=self.chains,
            steps=self.steps,
            observe=self.observer(generator.device),
        )

    @property
    def work(self) -> float:
        """Roughly the scalar multiplications of a shard."""
        of = self.shape
        return self.runs * self.chains * self.steps * of.levels * (of.draw + of.m * of.forward)

    def checked(self, sample: RunsPosterior) -> RunsPosterior:
        """The sample; Undecided if its runs disagree though their chains were doubled."""
        if not sample.agree:
            raise Undecided(
                f"Runs of subset simulation disagree: ln P(S) scatters by {sample.scatter:.2g} nats over "
                f"{len(sample.curve)} of them, though chains were lengthened; still longer chains would decide it."
            )
        return sample
