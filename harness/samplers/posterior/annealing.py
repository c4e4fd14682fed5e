"""Posterior samples and ln P(S) for large or hard training sets, by sequential Monte Carlo.

Particles go from the flat likelihood (the prior) to the 0–1 likelihood (all labels fitted), level by level: see
`annealing_levels.py`. Drawn at the initialisation, they are weighted, resampled and moved by Hamiltonian trajectories
from one level to the next, and P(S) is the product of the mean weights (annealed importance sampling: Neal 2001, arXiv
physics/9803008; with resampling: Del Moral, Doucet & Jasra 2006). All points count from the first level, so the result
does not depend on their order, and a trajectory follows the gradient, as training does. Both differ from
`subset_simulation`, whose particles fit ever more points, so the two methods check each other.

The likelihood is a function of the margins: logits times the labels' signs over the logits' r.m.s. Without the r.m.s.
particles would first shrink their logits to 0, where wrong labels cost least, and could not move from there to networks
that fit.

Levels and steps are settled by a pilot run, so that every run's P(S) is an unbiased estimate. But if particles
equilibrate too slowly, all runs underestimate P(S) by about the same factor, and the spread between runs does not show
it. Each run is therefore annealed in reverse as well, from its particles at the last level before the 0–1 likelihood to
the initialisation, which estimates 1/P(S). If particles equilibrate too slowly in reverse, P(S) is overestimated: the
two bracket the truth (bidirectional Monte Carlo: Grosse, Ghahramani & Adams 2015, arXiv 1511.02543, whose reverse run
begins at exact draws; here it begins at particles that may not be in equilibrium). Trial runs that count for nothing
else settle the number of trajectories: it is doubled until forward and reverse agree. (If the counted runs themselves
were drawn again until they agree, those that agree by chance would be selected.)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp, inf, log
from typing import Any, cast, get_args

import numpy as np
import torch
from torch import Tensor

from harness.arguments import are_counts, is_number, is_one_of, short_repr
from harness.errors import BadInput, Undecided
from harness.functions import ClusteredCounts
from harness.functions.packing import pack
from harness.networks import Architecture
from harness.networks.ensemble import draw, sampling_inputs
from harness.networks.inheritance import own
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

# Hamiltonian trajectories are most efficient at about this share of acceptance (Beskos et al. 2013).
_ACCEPTED = 0.8
_LONGEST_STEP = 0.5
_MOST_LEVELS = 500
# Levels need only rough weights: a pilot moves less often than a run by this factor.
_PILOTS_PART = 4
# Runs that settle the number of trajectories.
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
    """Sample the posterior of two classes by independent annealing runs.

    Args:
        architecture: networks of Gaussian weights and biases, known to be without ties.
        problem: S and the evaluation inputs, of two classes.
        generator: source of randomness, on the device that computes.
        runs: number of runs, the independent units.
        particles: particles of each run.
        trajectories: Hamiltonian trajectories of every particle at each level, to begin with.
        leaps: steps of each trajectory.
        states: how often the last particles are moved and their functions recorded.
        max_doublings: how often the trajectories may be doubled until the forward and reverse estimates of trial runs
            agree within half a nat; 0 for no trial. Whether the counted runs agree is for the caller to check.
        effective: the effective share of the particles after each level's weights, between 0 and 1; it sets the levels.
        path: "sharpness", or "likelihood", which takes more levels but passes labels that are learnt all at once: see
            `annealing_levels.py`.

    Returns:
        The functions by run, with the forward and reverse estimates of ln P(S).

    Raises:
        BadInput: if a number is out of its range, or if the path, the problem or the architecture is not supported.
        Undecided: if the pilot does not reach networks that fit.
    """
    counted = are_counts(problem.m, runs, particles, trajectories, leaps, states) and are_counts(max_doublings, least=0)
    if not counted or not (is_number(effective) and 0 < effective < 1):
        raise BadInput(
            "Annealing takes at least 1 training point, run, particle, trajectory, leap and state, no negative number "
            f"of doublings and an effective share between 0 and 1, not m = {problem.m}, runs = {runs}, "
            f"particles = {particles}, trajectories = {trajectories}, leaps = {leaps}, states = {states}, "
            f"max_doublings = {max_doublings}, effective = {effective}."
        )
    _check_path(path)
    problem.needs_two_classes("Annealing")
    if not supports(architecture):
        raise BadInput(
            "Annealing is for architectures with Gaussian weights and biases, whose logits are known never to be "
            f"exactly 0, not {architecture.name}."
        )
    sampler = _Sampler(architecture, problem, generator, particles, leaps, states)
    ladder = sampler.ladder(path, max(trajectories // _PILOTS_PART, 1), effective)

    def long_enough(trajectories: int) -> bool:
        return sampler.runs(ladder, trajectories, _TRIAL_RUNS).agree

    return sampler.runs(ladder, settled_length(long_enough, trajectories, max_doublings), runs)


def supports(architecture: Architecture) -> bool:
    """Whether annealing can sample such networks."""
    return architecture.distribution == "gaussian" and own(architecture, "ties") and not cast(Any, architecture).ties


class _Sampler:
    """Draws one run after the other; it holds all that does not change between them."""

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
        """Levels and steps from the initialisation to networks that fit, by pilot runs."""
        if path == "sharpness":
            return self.pilot([sharpening()], trajectories, effective)[0]
        _, sharp = self.pilot([sharpening(end=HELD_AT)], trajectories, effective)
        _, drawn = self._start()
        ends = mean_likelihood(drawn), mean_likelihood(sharp)
        return self.pilot(along_likelihood(self.problem.m, *ends), trajectories, effective)[0]

    def pilot(self, segments: Sequence[Segment], trajectories: int, effective: float) -> tuple[list[_Step], Tensor]:
        """Levels of these segments, and the particles' margins at their end."""
        step = _LONGEST_STEP
        ladder = [(INITIALISATION, step)]
        rows, margins = self._start()
        for segment in segments:
            position = segment.start
            while position < segment.end:
                if len(ladder) > _MOST_LEVELS:
                    raise Undecided(
                        f"Annealing did not come to networks that fit all of S within {_MOST_LEVELS} levels; more "
                        "trajectories at each would decide it."
                    )
                position = segment.next(margins, position, effective)
                level = segment.level(position)
                rows, margins, _ = self._resampled(rows, margins, ladder[-1][0], level)
                for _ in range(trajectories if level != FITTING else 0):
                    rows, margins, accepted = self._moved(rows, margins, level, step)
                    step = min(step * exp((accepted - _ACCEPTED) / 2), _LONGEST_STEP)
                ladder.append((level, step))
        return ladder, margins

    def runs(self, ladder: Sequence[_Step], trajectories: int, runs: int) -> AnnealedPosterior:
        """Anneal forward and in reverse, one run after the other."""
        *path, _ = ladder
        forward, reverse, words, unit = [], [], [self.nothing], []
        for run in range(runs):
            rows, margins, total = self.along(*self._start(), path, trajectories)
            # The reverse run begins before the last step, as networks that fit S say nothing of those that do not.
            last = _ln_mean(_log_weights(margins, path[-1][0], FITTING))
            forward.append(total + last)
            if last > -inf:
                rows, margins, found = self.functions(rows, margins, *path[-1], trajectories)
                words.append(found)
                unit += [run] * len(found)
                *_, total = self.along(rows, margins, path[::-1], trajectories)
                reverse.append(last - total)
        clusters = ClusteredCounts.from_words(np.concatenate(words), np.array(unit, dtype=int), self.problem.n, runs)
        return AnnealedPosterior(clusters, np.array(forward), np.array(reverse), len(path))

    def functions(
        self, rows: Tensor, margins: Tensor, level: Level, step: float, trajectories: int
    ) -> tuple[Tensor, Tensor, np.ndarray]:
        """Move particles at the last level before the 0–1 likelihood, and record the functions of those that fit.

        The functions are (draws, words), each as often as its particle's weight says.
        """
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
        """Particles resampled by their weights, as evenly as possible, and ln of the mean weight."""
        weights = _log_weights(margins, before, level)
        offset = torch.rand(1, generator=self.generator, dtype=weights.dtype, device=weights.device)
        places = (torch.arange(len(weights), device=weights.device) + offset) / len(weights)
        chosen = torch.searchsorted(weights.softmax(0).cumsum(0), places).clamp_(max=len(weights) - 1)
        return rows[chosen], margins[chosen], _ln_mean(weights)

    def _moved(self, rows: Tensor, margins: Tensor, level: Level, step: float) -> tuple[Tensor, Tensor, float]:
        velocity = draw(self.table, "gaussian", len(rows), self.generator)
        uniform = torch.rand(len(rows), generator=self.generator, device=rows.device, dtype=torch.float32)
        return self.move(rows, velocity, margins, uniform, level, step)


def _log_weights(margins: Tensor, before: Level, level: Level) -> Tensor:
    return level.log_weight(margins) - before.log_weight(margins)


def _ln_mean(log_weights: Tensor) -> float:
    return float(log_weights.logsumexp(0)) - log(len(log_weights))


def _check_path(path: object) -> None:
    if not is_one_of(path, get_args(AnnealingPath)):
        raise BadInput(
            f"Annealing goes along one of {', '.join(get_args(AnnealingPath))}, not along {short_repr(path)}."
        )


@dataclass(frozen=True)
class Annealing(Sampler[AnnealedPosterior]):
    """P_B(f|S) and ln P(S) of two classes, for layered networks of Gaussian weights and biases.

    runs: independent runs per shard.
    particles: particles of each run.
    trajectories: trajectories at each level, to begin with; a few are enough for images.
    max_doublings: how often trajectories may be doubled.
    path: as of `annealed_posterior`.
    """

    runs: int = 4
    particles: int = 64
    trajectories: int = 4
    max_doublings: int = argument(least=0, key="lengthenings", default=5)
    path: AnnealingPath = argument(key="route", default="sharpness")

    name = "annealing"
    fits_s = True
    result = AnnealedPosterior

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_path(self.path)

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

    @property
    def work(self) -> float:
        """Roughly the scalar multiplications of a shard."""
        of = self.shape
        # Levels as digits took them, 24 at m = 32 and 63 at 600; twice as many along the likelihood, as parity took.
        levels = 7.5 * of.m ** (1 / 3) * (2 if self.path == "likelihood" else 1)
        return self.runs * self.particles * self.trajectories * levels * of.m * of.forward

    def checked(self, sample: AnnealedPosterior) -> AnnealedPosterior:
        """The sample; Undecided if forward and reverse estimates disagree though trajectories were doubled."""
        if not sample.agree:
            forward, reverse = sample.ends
            raise Undecided(
                f"Annealing finds ln P(S) = {forward:.4g} on the way there and {reverse:.4g} on the way back, though "
                "trajectories were lengthened; still more of them at each level would decide it."
            )
        return sample
