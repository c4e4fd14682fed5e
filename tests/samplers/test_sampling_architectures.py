"""Subset simulation against rejection for every architecture that is not fully connected, Layered or not."""

import numpy as np
import pytest
import torch
from scipy import stats

from harness.networks import LSTM, Residual
from harness.networks.ensemble import Layered
from harness.problems import Problem
from harness.samplers.posterior import rejection, subset_simulation
from harness.samplers.prior import prior
from tests.support.every_architecture import CONVOLUTIONAL, RESIDUAL, SEQUENTIAL, some_inputs

FALSE_ALARM = 1e-6
RUNS, DRAWS, M, N = 16, 8000, 4, 2
ARCHITECTURES = [*CONVOLUTIONAL[:2], RESIDUAL[0], SEQUENTIAL[0], *SEQUENTIAL[2:4], SEQUENTIAL[5]]


def problem_for(architecture):
    """Training labels that the architecture gives now and then: the fourth most frequent ones."""
    x = some_inputs(architecture, M + N, seed=7)
    vocabulary = getattr(architecture, "vocabulary", None)
    unlabelled = Problem.from_arrays([], [], x[:M], [0] * M, vocabulary=vocabulary)
    seen = prior(architecture, unlabelled, 1000, torch.Generator().manual_seed(0))
    labels = seen.most_common(4).bits()[3]
    return Problem.from_arrays(x[:M], labels, x[M:], [0] * N, vocabulary=vocabulary)


def tally(counts):
    """(2^n,) how often each function of two evaluation points was seen."""
    return np.bincount(counts.bits() @ [2, 1], counts.counts, minlength=2**N)


@pytest.mark.parametrize("architecture", ARCHITECTURES, ids=lambda a: a.name)
def test_subset_simulation_finds_what_rejection_finds(architecture):
    problem = problem_for(architecture)
    together = tally(rejection(architecture, problem, DRAWS, torch.Generator().manual_seed(1)).functions) / DRAWS
    generator = torch.Generator().manual_seed(2)
    found = subset_simulation(
        architecture, problem, generator, runs=RUNS, chains=16, steps=4, groups=2, last_layers=1, max_doublings=0
    )
    # P(S and f) of each run is without bias, and runs are independent.
    by_run = np.stack([tally(found.clusters.of_unit(run)) for run in range(RUNS)]) / (16 * 4)
    by_run *= np.exp(found.curve[:, -1])[:, None]
    apart = by_run.mean(0) - together
    error = np.sqrt(by_run.var(0, ddof=1) / RUNS + together * (1 - together) / DRAWS)
    seen = together * DRAWS >= 25
    assert seen.any()
    threshold = stats.t.isf(FALSE_ALARM / 2 / seen.sum() / len(ARCHITECTURES), RUNS - 1)
    assert (abs(apart[seen]) < threshold * error[seen]).all()
    # So that a sampler that were wrong by its own size would be found out.
    assert threshold * error.max() < together.max()


def test_both_kinds_of_moves_are_tried():
    assert all(isinstance(architecture, Layered) for architecture in CONVOLUTIONAL)
    assert not isinstance(Residual(), Layered)
    assert not isinstance(LSTM(), Layered)
