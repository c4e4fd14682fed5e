"""P(S) where all points at once are hard to fit: sequential Monte-Carlo from labels that say nothing to labels kept.

Every network is weighted by Π σ(β·margin) over S, its margins being its logits times the labels' signs over the logits'
r.m.s. At sharpness β = 0 that says nothing, and as β grows it becomes the 0–1 likelihood. Particles drawn at the
initialisation are weighted, resampled and moved by Hamiltonian trajectories from one sharpness to the next, and P(S) is
the product of the mean weights (annealed importance sampling: Neal 2001, arXiv physics/9803008; with resampling: Del
Moral, Doucet & Jasra 2006). All points are asked from the beginning, so that nothing depends on their order, and a
trajectory follows the gradient, as training does. Both differ from `subset_simulation`, whose particles fit ever more
points, and which the two can therefore check.

Without the r.m.s. particles would first shrink their logits to 0, where wrong labels cost least; from there no way
leads to networks that fit.

Sharpnesses and steps are settled by a pilot run, so that every run's P(S) is an unbiased estimate. But where particles
lag behind the likelihood they all lag alike: nearly every run finds too little, by nearly as much, and the few that
would make up for it are never seen. So every run also goes back to the initialisation, from the particles that it has
at the last finite sharpness, which estimates 1/P(S): those that lag on the way back make P(S) too large, and the truth
lies between (bidirectional Monte-Carlo: Grosse, Ghahramani & Adams 2015, arXiv 1511.02543, where the way back begins at
exact draws; here at particles that may lag themselves). Trajectories are doubled until there and back agree.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import exp, inf, log

import numpy as np
import torch
from scipy.optimize import brentq
from scipy.special import logsumexp
from torch import Tensor

from harness.arguments import are_counts, is_number
from harness.errors import BadInput, Undecided
from harness.intervals import log_evidence
from harness.networks import Architecture
from harness.networks.ensemble import Layered, draw, sampling_inputs
from harness.posterior.constraint import Constraint
from harness.posterior.trajectories import Trajectories, log_likelihood
from harness.problems import Problem
from harness.verdicts import Estimate

# Hamiltonian trajectories are best where about so many are accepted (Beskos et al. 2013).
_ACCEPTED = 0.8
_LONGEST_STEP = 0.5
# Sharpness grows by at most this factor, once it is 1: by twice and more, weights on the way back have no variance.
_STEEPEST = 1.5
_MOST_LEVELS = 500
# In nats: how far there and back may be apart where trajectories are long enough.
_LONG_ENOUGH = 0.5
# Levels need no more than rough weights: a pilot moves so much less often than a run.
_PILOTS_PART = 4


@dataclass(frozen=True, eq=False)
class AnnealedEvidence:
    """by_run: (runs,) ln P(S), −inf where no particle fitted; e^by_run is without bias. levels: of each run.

    back: (runs in which some did,) ln P(S) on the way back, too large where particles lag.
    """

    by_run: np.ndarray
    back: np.ndarray
    levels: int

    @cached_property
    def evidence(self) -> Estimate:
        """ln P(S), with its between-run interval."""
        return log_evidence(self.by_run.tolist())

    @property
    def ends(self) -> tuple[float, float]:
        """ln P(S) on the way there, where lagging makes it too small, and on the way back, where it makes it too large;
        −inf and 0 where no run arrived."""
        return _log_mean(self.by_run), -_log_mean(-self.back) if len(self.back) else 0.0


def annealed_evidence(
    architecture: Architecture,
    problem: Problem,
    generator: torch.Generator,
    *,
    runs: int = 4,
    particles: int = 128,
    trajectories: int = 16,
    leaps: int = 30,
    lengthenings: int = 3,
    effective: float = 0.8,
) -> AnnealedEvidence:
    """ln P(S) of two classes, by so many independent runs.

    trajectories: of every particle at each sharpness. leaps: steps of each. lengthenings: how often the trajectories
    may be doubled until there and back agree within half a nat; with 0, who asks has to see to it. effective: the pilot
    sharpens the likelihood until the particles' weights are worth so large a share of them. BadInput for numbers that
    make no sense, more than two classes, and architectures whose layers are not known, not Gaussian or tied; Undecided
    where the pilot or the lengthening does not come to an end.
    """
    wrong = not are_counts(problem.m, runs, particles, trajectories, leaps) or not are_counts(lengthenings, least=0)
    if wrong or not (is_number(effective) and 0 < effective < 1):
        raise BadInput(
            "Annealing takes at least 1 training point, run, particle, trajectory and leap, no negative number of "
            f"lengthenings and an effective share between 0 and 1, not m = {problem.m}, runs = {runs}, "
            f"particles = {particles}, trajectories = {trajectories}, leaps = {leaps}, "
            f"lengthenings = {lengthenings}, effective = {effective}."
        )
    problem.needs_two_classes("Annealing")
    if not isinstance(architecture, Layered) or architecture.ties or architecture.distribution != "gaussian":
        raise BadInput(
            "Annealing is for layered architectures with Gaussian weights and biases, whose logits are never exactly "
            f"0, not {architecture.name}."
        )
    sampler = _Sampler(architecture, problem, generator, particles, leaps)
    ladder = sampler.pilot(max(trajectories // _PILOTS_PART, 1), effective)
    found = sampler.runs(ladder, trajectories, runs)
    for _ in range(lengthenings):
        if _agree(found):
            return found
        trajectories *= 2
        found = sampler.runs(ladder, trajectories, runs)
    if lengthenings and not _agree(found):
        there, back = found.ends
        raise Undecided(
            f"Annealing finds ln P(S) = {there:.4g} on the way there and {back:.4g} on the way back with "
            f"{trajectories} trajectories a level; still more trajectories would decide it."
        )
    return found


def _agree(found: AnnealedEvidence) -> bool:
    there, back = found.ends
    return abs(back - there) <= _LONG_ENOUGH


def _log_mean(values: np.ndarray) -> float:
    """ln of the mean of what values are ln of."""
    return float(logsumexp(values)) - log(len(values))


class _Sampler:
    """One run after the other, with all that does not change between them."""

    def __init__(
        self, architecture: Architecture, problem: Problem, generator: torch.Generator, particles: int, leaps: int
    ) -> None:
        x = sampling_inputs(architecture, problem.inputs, generator.device)[: problem.m]
        labels = torch.tensor(problem.train_y, dtype=torch.int64, device=x.device)
        self.table = architecture.parameters(tuple(x.shape[1:]), outputs=1)
        self.move = Trajectories(Constraint(architecture, self.table, x, labels, 2), leaps)
        self.particles, self.generator = particles, generator

    def pilot(self, trajectories: int, effective: float) -> list[tuple[float, float]]:
        """Sharpnesses, the last one ∞, and the trajectories' step at each."""
        ladder: list[tuple[float, float]] = []
        beta, step = 0.0, _LONGEST_STEP
        rows, margins = self._start()
        while beta < inf:
            if len(ladder) == _MOST_LEVELS:
                raise Undecided(
                    f"Annealing did not come to networks that fit all of S within {_MOST_LEVELS} levels; more "
                    "trajectories at each would decide it."
                )
            beta = _next(margins, beta, effective)
            rows, margins = self._resampled(rows, margins, ladder[-1][0] if ladder else 0.0, beta)
            if beta < inf:
                for _ in range(trajectories):
                    rows, margins, accepted = self._moved(rows, margins, beta, step)
                    step = min(step * exp((accepted - _ACCEPTED) / 2), _LONGEST_STEP)
            ladder.append((beta, step))
        return ladder

    def runs(self, ladder: Sequence[tuple[float, float]], trajectories: int, runs: int) -> AnnealedEvidence:
        """There and back, one run after the other."""
        # At sharpness 0 the likelihood of any labels is 2^−m.
        nothing = -log(2) * len(self.move.constraint.x)
        *path, (sharpest, _) = [(0.0, 0.0), *ladder]
        there, back = [], []
        for _ in range(runs):
            rows, margins, total = self.along(*self._start(), path, trajectories)
            # The way back begins before the last step, as all that fit S say nothing of those that do not.
            last = _ln_mean_weight(margins, path[-1][0], sharpest)
            there.append(nothing + total + last)
            if last > -inf:
                *_, total = self.along(rows, margins, path[::-1], trajectories)
                back.append(nothing - total + last)
        return AnnealedEvidence(np.array(there), np.array(back), len(ladder))

    def along(
        self, rows: Tensor, margins: Tensor, path: Sequence[tuple[float, float]], trajectories: int
    ) -> tuple[Tensor, Tensor, float]:
        """Particles at the path's end, and ln of the evidence there over that at its beginning.

        path: finite sharpnesses and the trajectories' step at each.
        """
        total = 0.0
        for (before, _), (beta, step) in pairwise(path):
            total += _ln_mean_weight(margins, before, beta)
            rows, margins = self._resampled(rows, margins, before, beta)
            for _ in range(trajectories if beta > 0 else 0):
                rows, margins, _ = self._moved(rows, margins, beta, step)
        return rows, margins, total

    def _start(self) -> tuple[Tensor, Tensor]:
        rows = draw(self.table, "gaussian", self.particles, self.generator)
        return rows, self.move.margins(rows)

    def _resampled(self, rows: Tensor, margins: Tensor, before: float, beta: float) -> tuple[Tensor, Tensor]:
        """Particles as often as their weights say, as evenly as can be."""
        weights = _log_weights(margins, before, beta)
        offset = torch.rand(1, generator=self.generator, dtype=weights.dtype, device=weights.device)
        places = (torch.arange(len(weights), device=weights.device) + offset) / len(weights)
        chosen = torch.searchsorted(weights.softmax(0).cumsum(0), places).clamp_(max=len(weights) - 1)
        return rows[chosen], margins[chosen]

    def _moved(self, rows: Tensor, margins: Tensor, beta: float, step: float) -> tuple[Tensor, Tensor, float]:
        velocity = draw(self.table, "gaussian", len(rows), self.generator)
        uniform = torch.rand(len(rows), generator=self.generator, device=rows.device)
        return self.move(rows, velocity, margins, uniform, beta, step)


def _ln_mean_weight(margins: Tensor, before: float, beta: float) -> float:
    return float(_log_weights(margins, before, beta).logsumexp(0)) - log(len(margins))


def _log_weights(margins: Tensor, before: float, beta: float) -> Tensor:
    return log_likelihood(margins, beta) - log_likelihood(margins, before)


def _next(margins: Tensor, beta: float, effective: float) -> float:
    """The sharpness at which the weights are worth that share of the particles; ∞ where they are at any."""

    def excess(sharper: float) -> float:
        weights = _log_weights(margins, beta, sharper)
        if weights.max() == -inf:
            return -effective
        weights = (weights - weights.max()).exp()
        return float(weights.sum() ** 2 / (weights**2).sum()) / len(weights) - effective

    if excess(inf) >= 0:
        return inf
    most = max(_STEEPEST * beta, 1.0)
    return most if excess(most) >= 0 else float(brentq(excess, beta, most, rtol=1e-3))
