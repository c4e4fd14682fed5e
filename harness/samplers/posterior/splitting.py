"""Multilevel splitting: networks that must fit ever more points, level by level.

Each level adds some points; a few of the networks that fit them too begin long chains of moves that keep the fitted
points fitted, and all states of the chains are the next level's particles (waste-free sequential Monte Carlo: Dau &
Chopin 2022, arXiv 2011.02328). The probability of the labels is the product of the shares that survive.
"""

from collections.abc import Iterator, Sequence
from copy import copy
from itertools import pairwise
from math import inf

import numpy as np
import torch
from torch import Tensor

from harness.networks import Architecture
from harness.networks.ensemble import activations, block_size, blocks, draw, sampling_inputs
from harness.problems import Problem
from harness.samplers.posterior.moves.constraint import Constraint, gaussian_table
from harness.samplers.posterior.moves.units import Sweep

# A pilot's chains have so much fewer states than a run's: levels need no more than rough shares.
PILOTS_PART = 4

# Rows and ancestors.
Particles = tuple[Tensor, Tensor]


class Survivors:
    """Histogram of the number of fitted points over a level's states, with a random few of the states that fit most.

    A level has chains × steps states, which need not be held at once.
    """

    def __init__(self, most: int, points: int, device: torch.device) -> None:
        self.most, self.points = most, points
        self.histogram = torch.zeros(points + 1, dtype=torch.int64, device=device)
        self.kept: list[tuple[Tensor, ...]] = []
        self.least = torch.zeros((), device=device, dtype=torch.float32)

    def add(self, rows: Tensor, ancestor: Tensor, fitted: Tensor, key: Tensor) -> None:
        """Count states, and keep some of those that fit most points.

        Args:
            rows: (networks, size) parameters.
            ancestor: (networks,) index of the initial draw that each descends from.
            fitted: (networks,) how many of the level's points, in their order, each fits.
            key: (networks,) uniform random numbers that break ties.
        """
        self.histogram += torch.bincount(fitted, minlength=self.points + 1)
        order = fitted + key
        chosen = (order > self.least).nonzero()[:, 0]
        self.kept.append((rows[chosen], ancestor[chosen], fitted[chosen], order[chosen]))
        if sum(len(each[0]) for each in self.kept) > 4 * self.most:
            self._prune()

    def shares(self) -> np.ndarray:
        """(points,) shares of all states that fit the first, the first two, … of the points."""
        at_least = self.histogram.flip(0).cumsum(0).flip(0)
        return (at_least[1:].double() / at_least[0]).cpu().numpy()

    def of(self, added: int) -> Particles | None:
        """Starts of the next level's chains: survivors in random order, each about equally often; None if none."""
        self._prune()
        rows, ancestor, fitted, _ = self.kept[0]
        fits = (fitted >= added).nonzero()[:, 0]
        if not len(fits):
            return None
        chosen = fits.repeat(-(-self.most // len(fits)))[: self.most]
        return rows[chosen], ancestor[chosen]

    def _prune(self) -> None:
        rows, ancestor, fitted, order = (torch.cat(each) for each in zip(*self.kept, strict=True))
        chosen = order.topk(min(self.most, len(order))).indices
        if len(chosen) == self.most:
            self.least = order[chosen[-1]]
        self.kept = [(rows[chosen], ancestor[chosen], fitted[chosen], order[chosen])]


class Splitting:
    """Draws levels one after the other; it holds all that does not change between runs.

    labels: of the inputs that can be asked for, in their order; to begin with, those of S.
    """

    def __init__(
        self,
        architecture: Architecture,
        problem: Problem,
        generator: torch.Generator,
        chains: int,
        last_layers: int,
        groups: int,
        block: int | None,
    ) -> None:
        self.architecture, self.generator, self.classes = architecture, generator, problem.classes
        self.x = sampling_inputs(architecture, problem.inputs, generator.device)
        self.labels = torch.tensor(problem.train_y, dtype=torch.int64, device=self.x.device)
        self.table = architecture.parameters(tuple(self.x.shape[1:]), outputs=problem.outputs)
        held = activations(architecture, self.x)
        self.block = block or block_size(self.table, len(self.x), self.x.device, held)
        self.chains = chains
        self.sweep = Sweep(architecture, self.table, groups, last_layers, generator)

    def followed_by(self, labels: np.ndarray) -> "Splitting":
        """The same with labels of the inputs that come after those labelled so far."""
        more = torch.tensor(labels, dtype=torch.int64, device=self.x.device)
        labelled = copy(self)
        labelled.labels = torch.cat([self.labels, more])
        return labelled

    def pilot(
        self, steps: int, survival: float, particles: Particles | None = None, fitted: int = 0
    ) -> tuple[list[int], Particles | None]:
        """Settle how many points each level adds, so that about the share `survival` survives.

        Args:
            steps: states of each chain.
            survival: the share of a level's states that are to fit the points it adds.
            particles: networks that fit the first points; None for the initialisation.
            fitted: how many points these fit.

        Returns:
            The number of points that are fitted before the first level and after each, and the particles after the
            last; None if none was left on the way, from where levels add one point each.
        """
        levels = [fitted]
        while levels[-1] < len(self.labels):
            survivors = self._level(particles, levels[-1], len(self.labels), steps)
            added = max(int((survivors.shares() >= survival).sum()), 1)
            levels.append(levels[-1] + added)
            particles = survivors.of(added)
            if particles is None:
                return [*levels, *range(levels[-1] + 1, len(self.labels) + 1)], None
        return levels, particles

    def along(
        self, levels: Sequence[int], steps: int, particles: Particles | None = None
    ) -> tuple[np.ndarray, Particles | None]:
        """Go through levels.

        Args:
            levels: as `pilot` returns them.
            steps: states of each chain.
            particles: networks that fit the first `levels[0]` points; None for the initialisation.

        Returns:
            (points + 1,) ln of the shares that fit the first 0, 1, … of the points that the levels add, −inf from
            where no particle was left; and the particles after the last level, None if none was left.
        """
        curve = np.full(levels[-1] - levels[0] + 1, -inf)
        curve[0] = 0.0
        for before, after in pairwise(levels):
            survivors = self._level(particles, before, after, steps)
            done, added = before - levels[0], after - before
            with np.errstate(divide="ignore"):
                curve[done + 1 : done + added + 1] = curve[done] + np.log(survivors.shares())
            particles = survivors.of(added)
            if particles is None:
                break
        return curve, particles

    def states(self, particles: Particles | None, fitted: int, steps: int) -> Iterator[Particles]:
        """Rows and ancestors in blocks.

        Args:
            particles: networks that fit the first points and begin the chains; None for draws of the initialisation.
            fitted: how many points the chains keep fitted.
            steps: states of each chain.

        Yields:
            All states of the chains, or as many draws of the initialisation.
        """
        if particles is None:
            table, first = gaussian_table(self.architecture, self.table), 0
            for networks in blocks(self.chains * steps, self.block):
                rows = draw(table, "gaussian", networks, self.generator)
                yield rows, torch.arange(first, first + networks, device=rows.device)
                first += networks
            return
        constraint = self._constraint(slice(0, fitted))
        for rows, ancestor in zip(*(tensor.split(self.block) for tensor in particles), strict=True):
            state = rows
            for _ in range(steps):
                state = self.sweep(state, constraint)
                yield state, ancestor

    def _level(self, particles: Particles | None, before: int, after: int, steps: int) -> Survivors:
        """All states of the level that goes from some fitted points to more."""
        survivors = Survivors(self.chains, after - before, self.x.device)
        asked = self._constraint(slice(before, after))
        for rows, ancestor in self.states(particles, before, steps):
            fitted_in_a_row = asked.fitted(asked.logits(rows)).cumprod(1).sum(1)
            key = torch.rand(len(rows), generator=self.generator, device=rows.device, dtype=torch.float32)
            survivors.add(rows, ancestor, fitted_in_a_row, key)
        return survivors

    def _constraint(self, points: slice) -> Constraint:
        return Constraint(self.architecture, self.table, self.x[points], self.labels[points], self.classes)
