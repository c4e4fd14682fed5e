"""P_B(f|S) and P(S) of many points, or of points that are hard to fit at once: from labels that say nothing to labels
kept, by sequential Monte-Carlo.

Networks are weighted by how well they fit S, ever more sharply: see `levels.py`. Particles drawn at the initialisation
are weighted, resampled and moved by Hamiltonian trajectories from one level to the next, and P(S) is the product of the
mean weights (annealed importance sampling: Neal 2001, arXiv physics/9803008; with resampling: Del Moral, Doucet & Jasra
2006). All points are asked from the beginning, so that nothing depends on their order, and a trajectory follows the
gradient, as training does. Both differ from `subset_simulation`, whose particles fit ever more points, and which the
two can therefore check.

How well a network fits is told by its margins, its logits times the labels' signs over the logits' r.m.s. Without the
r.m.s. particles would first shrink their logits to 0, where wrong labels cost least; from there no way leads to
networks that fit.

Levels and steps are settled by a pilot run, so that every run's P(S) is an unbiased estimate. But where particles lag
behind the weight they all lag alike: nearly every run finds too little, by nearly as much, and the few that would make
up for it are never seen. So every run also goes back to the initialisation, from the particles that it has at the last
level but that of all that fit, which estimates 1/P(S): those that lag on the way back make P(S) too large, and the
truth lies between (bidirectional Monte-Carlo: Grosse, Ghahramani & Adams 2015, arXiv 1511.02543, where the way back
begins at exact draws; here at particles that may lag themselves). How many trajectories are needed is settled by trial
runs that count for nothing else: they are doubled until there and back agree. (Were the counted runs themselves drawn
again until they agree, those that come out alike would be selected.)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp, inf, log
from typing import get_args

import numpy as np
import torch
from torch import Tensor

from harness.arguments import are_counts, is_number
from harness.errors import BadInput, Undecided
from harness.functions import ClusteredCounts
from harness.functions.packing import pack
from harness.networks import Architecture
from harness.networks.ensemble import Layered, draw, sampling_inputs
from harness.networks.logits import labels_of
from harness.problems import Problem
from harness.samplers.posterior.annealing_levels import (
    FITTING,
    HELD_AT,
    INITIALISATION,
    AnnealingPath,
    Level,
    Segment,
    along_likelihood,
    mean_likelihood,
    sharpening,
)
from harness.samplers.posterior.moves.constraint import Constraint
from harness.samplers.posterior.moves.hamiltonian import Trajectories
from harness.samplers.posterior.samples import AnnealedPosterior, settled_length
from harness.samplers.sampler import Sampler, argument

# Hamiltonian trajectories are best where about so many are accepted (Beskos et al. 2013).
_ACCEPTED = 0.8
_LONGEST_STEP = 0.5
_MOST_LEVELS = 500
# Levels need no more than rough weights: a pilot moves so much less often than a run.
_PILOTS_PART = 4
# Runs that settle how many trajectories are needed.
_TRIAL_RUNS = 2

# A level and the trajectories' step there.
_Step = tuple[Level, float]


def annealed_posterior(
    architecture: Architecture,
    problem: Problem,
    generator: torch.Generator,
    *,
    runs: int = 4,
    particles: int = 128,
    trajectories: int = 16,
    leaps: int = 30,
    states: int = 8,
    max_doublings: int = 3,
    effective: float = 0.8,
    path: AnnealingPath = "sharpness",
) -> AnnealedPosterior:
    """Sample the posterior of two classes by so many independent runs.

    trajectories: of every particle at each level. leaps: steps of each. states: how often the last particles are moved
    on and asked for their functions. max_doublings: how often the trajectories may be doubled until trial runs agree
    there and back within half a nat; 0: no trial. Who asks sees whether the counted runs agree. effective: levels are
    so near that the particles' weights are worth so large a share of them. path: along the "sharpness", or the
    "likelihood", which takes more levels but passes where labels are learnt all at once: see `levels.py`.
    BadInput for numbers that make no
    sense, more than two classes, and architectures whose layers are not known, not Gaussian or tied; Undecided where
    the pilot does not come to an end.
    """
    counted = are_counts(problem.m, runs, particles, trajectories, leaps, states) and are_counts(max_doublings, least=0)
    if not counted or not (is_number(effective) and 0 < effective < 1):
        raise BadInput(
            "Annealing takes at least 1 training point, run, particle, trajectory, leap and state, no negative number "
            f"of doublings and an effective share between 0 and 1, not m = {problem.m}, runs = {runs}, "
            f"particles = {particles}, trajectories = {trajectories}, leaps = {leaps}, states = {states}, "
            f"max_doublings = {max_doublings}, effective = {effective}."
        )
    if path not in get_args(AnnealingPath):
        raise BadInput(f"Annealing goes along one of {', '.join(get_args(AnnealingPath))}, not along {path!r}.")
    problem.needs_two_classes("Annealing")
    if not supports(architecture):
        raise BadInput(
            "Annealing is for layered architectures with Gaussian weights and biases, whose logits are never exactly "
            f"0, not {architecture.name}."
        )
    sampler = _Sampler(architecture, problem, generator, particles, leaps, states)
    ladder = sampler.ladder(path, max(trajectories // _PILOTS_PART, 1), effective)

    def long_enough(trajectories: int) -> bool:
        return sampler.runs(ladder, trajectories, _TRIAL_RUNS).agree

    return sampler.runs(ladder, settled_length(long_enough, trajectories, max_doublings), runs)


def supports(architecture: Architecture) -> bool:
    """Whether annealing is for such networks."""
    return isinstance(architecture, Layered) and not architecture.ties and architecture.distribution == "gaussian"


class _Sampler:
    """One run after the other, with all that does not change between them."""

    def __init__(
        self,
        architecture: Architecture,
        problem: Problem,
        generator: torch.Generator,
        particles: int,
        leaps: int,
        states: int,
    ) -> None:
        x = sampling_inputs(architecture, problem.inputs, generator.device)
        self.table = architecture.parameters(tuple(x.shape[1:]), outputs=1)
        labels, m = torch.tensor(problem.train_y, dtype=torch.int64, device=x.device), problem.m
        self.move = Trajectories(Constraint(architecture, self.table, x[:m], labels, 2), leaps)
        self.evaluation = Constraint(architecture, self.table, x[m:], labels[:0], 2)
        self.problem, self.particles, self.states, self.generator = problem, particles, states, generator
        self.nothing = pack(np.zeros((0, problem.n), dtype=np.uint8))

    def ladder(self, path: AnnealingPath, trajectories: int, effective: float) -> list[_Step]:
        """From the initialisation to networks that fit, by pilot runs."""
        if path == "sharpness":
            return self.pilot([sharpening()], trajectories, effective)[0]
        _, sharp = self.pilot([sharpening(end=HELD_AT)], trajectories, effective)
        _, drawn = self._start()
        ends = mean_likelihood(drawn), mean_likelihood(sharp)
        return self.pilot(along_likelihood(self.problem.m, *ends), trajectories, effective)[0]

    def pilot(self, segments: Sequence[Segment], trajectories: int, effective: float) -> tuple[list[_Step], Tensor]:
        """Levels of these pieces, and the particles' margins at their end."""
        step = _LONGEST_STEP
        ladder = [(INITIALISATION, step)]
        rows, margins = self._start()
        for piece in segments:
            position = piece.start
            while position < piece.end:
                if len(ladder) > _MOST_LEVELS:
                    raise Undecided(
                        f"Annealing did not come to networks that fit all of S within {_MOST_LEVELS} levels; more "
                        "trajectories at each would decide it."
                    )
                position = piece.next(margins, position, effective)
                level = piece.level(position)
                rows, margins, _ = self._resampled(rows, margins, ladder[-1][0], level)
                for _ in range(trajectories if level != FITTING else 0):
                    rows, margins, accepted = self._moved(rows, margins, level, step)
                    step = min(step * exp((accepted - _ACCEPTED) / 2), _LONGEST_STEP)
                ladder.append((level, step))
        return ladder, margins

    def runs(self, ladder: Sequence[_Step], trajectories: int, runs: int) -> AnnealedPosterior:
        """There and back, one run after the other."""
        *path, _ = ladder
        there, back, words, unit = [], [], [self.nothing], []
        for run in range(runs):
            rows, margins, total = self.along(*self._start(), path, trajectories)
            # The way back begins before the last step, as all that fit S say nothing of those that do not.
            last = _ln_mean(_log_weights(margins, path[-1][0], FITTING))
            there.append(total + last)
            if last > -inf:
                rows, margins, found = self.functions(rows, margins, *path[-1], trajectories)
                words.append(found)
                unit += [run] * len(found)
                *_, total = self.along(rows, margins, path[::-1], trajectories)
                back.append(last - total)
        clusters = ClusteredCounts.from_words(np.concatenate(words), np.array(unit, dtype=int), self.problem.n, runs)
        return AnnealedPosterior(clusters, np.array(there), np.array(back), len(path))

    def functions(
        self, rows: Tensor, margins: Tensor, level: Level, step: float, trajectories: int
    ) -> tuple[Tensor, Tensor, np.ndarray]:
        """Particles moved on at the last level but one, and functions, (draws, words), of those among them that fit, as
        often as their weights say."""
        words = [self.nothing]
        for _ in range(self.states):
            for _ in range(trajectories):
                rows, margins, _ = self._moved(rows, margins, level, step)
            if (margins > 0).all(1).any():
                fitting, _, _ = self._resampled(rows, margins, level, FITTING)
                words.append(pack(labels_of(self.evaluation.logits(fitting)).cpu().numpy()))
        return rows, margins, np.concatenate(words)

    def along(
        self, rows: Tensor, margins: Tensor, path: Sequence[_Step], trajectories: int
    ) -> tuple[Tensor, Tensor, float]:
        """Particles at the path's end, and ln of the mean weight there over that at its beginning."""
        total = 0.0
        for (before, _), (level, step) in pairwise(path):
            rows, margins, gained = self._resampled(rows, margins, before, level)
            total += gained
            for _ in range(trajectories if level != INITIALISATION else 0):
                rows, margins, _ = self._moved(rows, margins, level, step)
        return rows, margins, total

    def _start(self) -> tuple[Tensor, Tensor]:
        rows = draw(self.table, "gaussian", self.particles, self.generator)
        return rows, self.move.margins(rows)

    def _resampled(self, rows: Tensor, margins: Tensor, before: Level, level: Level) -> tuple[Tensor, Tensor, float]:
        """Particles as often as their weights say, as evenly as can be, and ln of the mean weight."""
        weights = _log_weights(margins, before, level)
        offset = torch.rand(1, generator=self.generator, dtype=weights.dtype, device=weights.device)
        places = (torch.arange(len(weights), device=weights.device) + offset) / len(weights)
        chosen = torch.searchsorted(weights.softmax(0).cumsum(0), places).clamp_(max=len(weights) - 1)
        return rows[chosen], margins[chosen], _ln_mean(weights)

    def _moved(self, rows: Tensor, margins: Tensor, level: Level, step: float) -> tuple[Tensor, Tensor, float]:
        velocity = draw(self.table, "gaussian", len(rows), self.generator)
        uniform = torch.rand(len(rows), generator=self.generator, device=rows.device)
        return self.move(rows, velocity, margins, uniform, level, step)


def _log_weights(margins: Tensor, before: Level, level: Level) -> Tensor:
    return level.log_weight(margins) - before.log_weight(margins)


def _ln_mean(log_weights: Tensor) -> float:
    return float(log_weights.logsumexp(0)) - log(len(log_weights))


@dataclass(frozen=True)
class Annealing(Sampler[AnnealedPosterior]):
    """P_B(f|S) and ln P(S) of two classes, for layered networks of Gaussian weights and biases.

    runs: independent runs per shard. particles: of each run. trajectories: at each level; few to begin with, which is
    enough for images. max_doublings: how often trajectories may be doubled. path: as of `annealed_posterior`.
    """

    runs: int = 4
    particles: int = 64
    trajectories: int = 4
    max_doublings: int = argument(least=0, key="lengthenings", default=5)
    path: AnnealingPath = argument(key="route", default="sharpness")

    name = "annealing"
    result = AnnealedPosterior

    def draw(self, generator: torch.Generator) -> AnnealedPosterior:
        """One shard."""
        return annealed_posterior(
            self.architecture,
            self.problem,
            generator,
            runs=self.runs,
            particles=self.particles,
            trajectories=self.trajectories,
            max_doublings=self.max_doublings,
            path=self.path,
        )

    def checked(self, sample: AnnealedPosterior) -> AnnealedPosterior:
        """The sample; Undecided where forward and reverse runs disagree though trajectories were lengthened."""
        if not sample.agree:
            there, back = sample.ends
            raise Undecided(
                f"Annealing finds ln P(S) = {there:.4g} on the way there and {back:.4g} on the way back, though "
                "trajectories were lengthened; still more of them at each level would decide it."
            )
        return sample
