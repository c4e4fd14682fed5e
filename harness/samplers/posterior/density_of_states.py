"""The share of the initialisation that has each training and each test accuracy: the density of states over both.

Subset simulation over the number of correct training points, whichever they are. Draws of the initialisation give the
probability of each number below a first level; of the networks that reach that level, a few begin chains of moves that
keep at least that number of points correct, whose states give the probability of each number below the next level; and
so on up to all points. One run thus yields the whole table, down to probabilities far too small for any draw to be seen
there, and its last row sums to P(S). Numbers below the first level are seen by plain draws only.

Levels are settled by a pilot run, as in `subset_simulation`, so that every entry of a run's table is an unbiased
estimate. Source of the question: arXiv 2606.31282, which estimates the table of binary networks by the method of Wang
and Landau.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, inf

import numpy as np
import torch
from torch import Tensor

from harness.arguments import are_counts, is_number
from harness.errors import BadInput
from harness.networks import Architecture
from harness.networks.ensemble import activations, block_size, draw, sampling_inputs
from harness.problems import Problem
from harness.samplers.posterior.moves.constraint import Constraint, gaussian_table
from harness.samplers.posterior.moves.units import Sweep
from harness.samplers.posterior.samples import DensityOfStates
from harness.samplers.sampler import Sampler

# Where one point more is right in a small share of the states, chains are longer, by up to this factor.
MOST_LENGTHENING = 32


def density_of_states(
    architecture: Architecture,
    problem: Problem,
    generator: torch.Generator,
    *,
    runs: int = 16,
    chains: int = 64,
    steps: int = 8,
    survival: float = 0.2,
    last_layers: int = 5,
    groups: int = 4,
    block: int | None = None,
) -> DensityOfStates:
    """Estimate the table of training and test accuracies at initialisation by independent runs.

    Args:
        architecture: the networks.
        problem: S and the evaluation inputs.
        generator: source of randomness, on the device that computes.
        runs: number of runs, the independent units.
        chains: networks of each run that begin a level's chains.
        steps: states of each chain; more if few of them have one more point correct, as only about 1/m do if all but
            one are correct and the points are nearly independent.
        survival: the pilot sets a level at the most points that at least this share of the states has correct.
        last_layers: moves of the last layer between two states.
        groups: groups of a hidden layer's units, which move one after the other.
        block: networks moved together; None keeps them in cache.

    Returns:
        The table by run.

    Raises:
        BadInput: if a number is out of its range.
    """
    wrong = not are_counts(problem.m, runs, chains, steps, groups) or not are_counts(last_layers, least=0)
    if wrong or not (is_number(survival) and 0 < survival < 1):
        raise BadInput(
            "A density of states takes at least 1 training point, run, chain, step and group, a survival between 0 and "
            f"1 and no negative number of last layers, not m = {problem.m}, runs = {runs}, chains = {chains}, "
            f"steps = {steps}, groups = {groups}, survival = {survival}, last_layers = {last_layers}."
        )
    sampler = _Sampler(architecture, problem, generator, chains, steps, last_layers, groups, block)
    with torch.inference_mode():
        return DensityOfStates(sampler.runs(sampler.pilot(survival), runs))


class _Sampler:
    """Draws all runs side by side and holds what their levels share; rows of a run's networks are contiguous."""

    def __init__(
        self,
        architecture: Architecture,
        problem: Problem,
        generator: torch.Generator,
        chains: int,
        steps: int,
        last_layers: int,
        groups: int,
        block: int | None,
    ) -> None:
        self.architecture, self.problem, self.generator = architecture, problem, generator
        self.x = sampling_inputs(architecture, problem.inputs, generator.device)
        labels = np.concatenate([problem.train_y, problem.eval_y])
        self.labels = torch.tensor(labels, dtype=torch.int64, device=self.x.device)
        self.table = architecture.parameters(tuple(self.x.shape[1:]), outputs=problem.outputs)
        held = activations(architecture, self.x)
        self.block = block or block_size(self.table, len(self.x), self.x.device, held)
        self.chains, self.steps = chains, steps
        self.sweep = Sweep(architecture, self.table, groups, last_layers, generator)

    def pilot(self, survival: float) -> list[tuple[int, int]]:
        """Smallest number of correct points at each level, from 0 to all of them, and the number of steps there."""
        m, plan, level, rows = self.problem.m, [], 0, None
        while level < m:
            right, higher, of_higher = [], [], []
            for states in self._states(1, rows, level, self.steps * MOST_LENGTHENING):
                right.append(torch.cat([self._right(part)[0] for part in states.split(self.block)]))
                higher.append(states[right[-1] > level])
                of_higher.append(right[-1][right[-1] > level])
                # Some chain gets further, or the next level is out of reach.
                if len(right) >= self.steps and any(map(len, higher)):
                    break
            shares = [float((torch.cat(right) >= k).float().mean()) for k in range(m + 1)]
            above = max(sum(share >= survival for share in shares) - 1, level + 1)
            longer = ceil(min(survival / max(shares[above], 1e-9), MOST_LENGTHENING))
            plan.append((level, self.steps * max(longer, 1)))
            if not shares[above]:
                return plan + [(k, self.steps) for k in range(above, m + 1)]
            survivors = _Survivors(1, self.chains)
            survivors.add(torch.cat(higher)[None], (torch.cat(of_higher) >= above)[None], self.generator)
            level, rows = above, survivors.starts()
        return [*plan, (m, self.steps)]

    def runs(self, plan: Sequence[tuple[int, int]], runs: int) -> np.ndarray:
        """(runs, m + 1, n + 1) ln P of each number of correct training and evaluation points."""
        m, n = self.problem.m, self.problem.n
        table = np.full((runs, m + 1, n + 1), -inf)
        ln_reached, rows = np.zeros(runs), None
        run = torch.arange(runs, device=self.x.device).repeat_interleave(self.chains)
        for (level, steps), (above, _) in pairwise((*plan, (m + 1, 0))):
            tally = torch.zeros(runs * (m + 1) * (n + 1), dtype=torch.int64, device=self.x.device)
            survivors = _Survivors(runs, self.chains)
            for states in self._states(runs, rows, level, steps):
                parts = [self._right(part) for part in states.split(self.block)]
                right, tested = (torch.cat(each) for each in zip(*parts, strict=True))
                # So many are right; where logits are tied, rounding may say otherwise the second time.
                right = right.clamp(min=level)
                tally += torch.bincount((run * (m + 1) + right) * (n + 1) + tested, minlength=len(tally))
                survivors.add(states.unflatten(0, (runs, -1)), (right >= above).view(runs, -1), self.generator)
            rows = survivors.starts()
            with np.errstate(divide="ignore"):
                shares = tally.view(runs, m + 1, n + 1).cpu().numpy() / (self.chains * steps)
                table[:, level:above] = ln_reached[:, None, None] + np.log(shares[:, level:above])
                ln_reached += np.log(shares[:, above:].sum((1, 2)))
            if np.isneginf(ln_reached).all():
                break
        return table

    def _states(self, runs: int, rows: Tensor | None, least: int, steps: int) -> Iterator[Tensor]:
        """(runs × chains, size) at each step: draws of the initialisation, or states of chains that begin at these
        rows.
        """
        if rows is None:
            table = gaussian_table(self.architecture, self.table)
            for _ in range(steps):
                yield draw(table, "gaussian", runs * self.chains, self.generator)
            return
        m = self.problem.m
        constraint = Constraint(
            self.architecture, self.table, self.x[:m], self.labels[:m], self.problem.classes, least=least
        )
        for _ in range(steps):
            rows = torch.cat([self.sweep(part, constraint) for part in rows.split(self.block)])
            yield rows

    def _right(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """(networks,) correct training points and (networks,) correct evaluation points."""
        everything = Constraint(self.architecture, self.table, self.x, self.labels, self.problem.classes)
        fitted = everything.fitted(everything.logits(rows))
        return fitted[:, : self.problem.m].sum(1), fitted[:, self.problem.m :].sum(1)


class _Survivors:
    """For each run, a random few of the states that reach the next level; the states need not all be held at once."""

    def __init__(self, runs: int, most: int) -> None:
        self.runs, self.most = runs, most
        self.rows: Tensor | None = None
        self.keys = torch.zeros(0, dtype=torch.float32)

    def add(self, rows: Tensor, reach: Tensor, generator: torch.Generator) -> None:
        """rows: (runs, networks, size). reach: (runs, networks), whether each reaches the level."""
        keys = torch.rand(reach.shape, generator=generator, device=reach.device, dtype=torch.float32).masked_fill_(
            ~reach, -1.0
        )
        if self.rows is not None:
            rows, keys = torch.cat([self.rows, rows], 1), torch.cat([self.keys, keys], 1)
        self.keys, chosen = keys.topk(min(self.most, keys.shape[1]))
        self.rows = rows.take_along_dim(chosen[..., None], 1)

    def starts(self) -> Tensor:
        """(runs × most, size): each run's survivors, repeated as evenly as possible.

        A run without survivors continues from arbitrary states, and its weight is 0 from then on.
        """
        assert self.rows is not None
        survived = (self.keys >= 0).sum(1, keepdim=True).clamp_(min=1)
        chosen = torch.arange(self.most, device=self.keys.device) % survived
        return self.rows.take_along_dim(chosen[..., None], 1).flatten(0, 1)


@dataclass(frozen=True)
class DensityOfStatesSampler(Sampler[DensityOfStates]):
    """Training and test accuracy at initialisation: for display, not for a verdict, so that it does not grow.

    runs: independent runs per shard.
    chains: chains of each run.
    steps: steps of each chain at each level.
    """

    runs: int = 8
    chains: int = 32
    steps: int = 8

    name = "density of states"
    result = DensityOfStates
    grows = False

    def draw(self, generator: torch.Generator) -> DensityOfStates:
        """One shard."""
        return density_of_states(
            self.architecture, self.problem, generator, runs=self.runs, chains=self.chains, steps=self.steps
        )

    @property
    def work(self) -> float:
        """Roughly the scalar multiplications of a shard."""
        of = self.shape
        return self.runs * self.chains * self.steps * of.levels * (of.draw + of.m * of.forward)
