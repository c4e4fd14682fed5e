"""Optimisers with noise of their own: Langevin training against closed forms, whitened noise against enumeration."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from harness.errors import BadInput
from harness.networks import FullyConnected, perceptron
from harness.networks.ensemble import Parameter
from harness.optimisers import SGD, After, Langevin, Whitened
from harness.optimisers.minibatches import normal, splitmix64
from harness.problems import Problem
from harness.samplers.training import train
from harness.samplers.training.state import EnsembleState
from harness.samplers.training.trainer import Trainer
from tests.samplers.training.test_trainer import a_trainer
from tests.samplers.training.test_training import differing, drawn
from tests.support.plain_training import two_clouds

# Chance that one check of a right program fails on keys not yet tried.
FALSE_ALARM = 1e-7
NETWORKS = 20_000


def covariance_agrees(sample, mean, covariance):
    """Whether rows (draws, d) of Gaussian numbers have this mean and covariance: two χ² statistics and their level.

    After whitening, draws·mean² is χ² of d; and the d(d+1)/2 entries of the covariance, less the identity and divided
    by their standard deviations (1/draws, 2/draws on the diagonal), are so of as many degrees of freedom.
    """
    draws, d = sample.shape
    white = np.linalg.solve(np.linalg.cholesky(covariance), (sample - mean).T)
    error = white @ white.T / draws - np.eye(d)
    lower, diagonal = error[np.tril_indices(d, -1)], np.diag(error)
    spread = draws * ((lower**2).sum() + (diagonal**2).sum() / 2)
    chances = stats.chi2.sf([draws * (white.mean(1) ** 2).sum(), spread], [d, d * (d + 1) // 2])
    return min(chances) > FALSE_ALARM


class TestNormalNumbers:
    def test_they_are_normal(self):
        for update in (0, 1, 10**6):
            found = normal(splitmix64(torch.arange(2000)), torch.full((2000,), update), 101)
            assert found.dtype == torch.float32
            assert stats.kstest(found.flatten().numpy(), "norm").pvalue > FALSE_ALARM
            # Tails too: squares of rows are χ² of 101.
            assert stats.kstest(found.double().square().sum(1).numpy(), "chi2", (101,)).pvalue > FALSE_ALARM

    def test_they_are_independent_within_a_network_and_from_update_to_update(self):
        keys, updates = splitmix64(torch.arange(NETWORKS)), torch.arange(NETWORKS) % 7
        both = torch.cat([normal(keys, updates, 5), normal(keys, updates + 1, 5), normal(keys + 1, updates, 5)], dim=1)
        assert covariance_agrees(both.double().numpy(), np.zeros(15), np.eye(15))
        # Not only uncorrelated: neither are their squares, whose correlations have variance 1/draws.
        correlations = np.corrcoef(both.double().square().numpy().T)[np.tril_indices(15, -1)]
        assert stats.chi2.sf(NETWORKS * (correlations**2).sum(), len(correlations)) > FALSE_ALARM

    @given(st.lists(st.tuples(st.integers(-(2**63), 2**63 - 1), st.integers(0, 10**9)), min_size=1), st.integers(1, 9))
    def test_each_network_has_its_own(self, named, size):
        keys, updates = (torch.tensor(column) for column in zip(*named, strict=True))
        found = normal(keys, updates, size, torch.float64)
        assert found.isfinite().all()
        for i in range(len(named)):
            assert torch.equal(normal(keys[i : i + 1], updates[i : i + 1], size, torch.float64)[0], found[i])


def linear_trainer(optimiser, rates=None, batch=99):
    """A perceptron without threshold and its squared error: a quadratic loss. Returns H and b of ½θᵀHθ − bᵀθ."""
    problem = two_clouds(m=6, n=2, d=3, seed=4, apart=1.0)
    trainer, block = a_trainer(perceptron(), problem, optimiser, "squared error", batch, NETWORKS)
    task = replace(trainer.task, rates=rates)
    x, s = task.inputs.numpy(), task.targets.numpy()
    return Trainer(task), block, 2 * x.T @ x / 6, 2 * x.T @ s / 6


@pytest.mark.parametrize("epochs", [1, 4, 150])
@pytest.mark.parametrize("rates", [None, torch.tensor([0.3, 1.0, 1.4], dtype=torch.float64)], ids=["plain", "rates"])
def test_langevin_on_a_quadratic_loss_has_its_closed_form_at_every_step(epochs, rates):
    """θ ← θ − ηR(Aθ − b) + √(2ηTR) z is Gaussian all along: its mean and covariance follow, η and all."""
    optimiser = Langevin(learning_rate=0.25, temperature=0.3)
    trainer, block, hessian, b = linear_trainer(optimiser, rates)
    variance = 1 / 3  # of a perceptron's weights on three inputs
    rate = np.diag(np.ones(3) if rates is None else rates.numpy())
    step = np.eye(3) - 0.25 * rate @ (hessian + 0.3 / variance * np.eye(3))
    assert 0.9 > abs(np.linalg.eigvals(step)).max() > 0.5
    mean, covariance = np.zeros(3), variance * np.eye(3)
    for _ in range(epochs):
        trainer.epoch(block)
        mean, covariance = step @ mean + 0.25 * rate @ b, step @ covariance @ step.T + 2 * 0.25 * 0.3 * rate
    assert covariance_agrees(block.rows.numpy(), mean, covariance)
    if epochs == 150 and rates is None:
        # The stationary law that the docstring gives, far from the one at η → 0.
        a = hessian + 0.3 / variance * np.eye(3)
        stationary = 0.3 * np.linalg.inv(a - 0.25 * a @ a / 2)
        np.testing.assert_allclose(mean, np.linalg.solve(a, b), atol=1e-9)
        np.testing.assert_allclose(covariance, stationary, atol=1e-9)
        assert not covariance_agrees(block.rows.numpy(), mean, 0.3 * np.linalg.inv(a))


@pytest.mark.parametrize("steps", [1, 10, 200])
def test_langevin_on_a_cross_entropy_has_the_law_that_quadrature_gives(steps):
    """One weight, two points that no weight fits: its density, step after step, on a grid of 1,201 weights."""
    problem = Problem.from_arrays([[-1.0], [2.0], [3.0]], [0, 1, 0], [[1.0]], [0])
    rate, temperature = 0.1, 0.2
    trainer, block = a_trainer(perceptron(), problem, Langevin(rate, temperature), networks=NETWORKS)
    for _ in range(steps):
        trainer.epoch(block)
    grid = np.linspace(-6, 6, 1201)
    x, s = problem.train_x[:, 0].astype(float), problem.train_y * 2.0 - 1
    energy = np.log1p(np.exp(-np.outer(grid, s * x))).mean(1) / temperature + grid**2 / 2
    drift = grid - rate * temperature * np.gradient(energy, grid)
    kernel = stats.norm.pdf(grid[:, None], drift, np.sqrt(2 * rate * temperature)) * (grid[1] - grid[0])
    density = stats.norm.pdf(grid)
    for _ in range(steps):
        density = kernel @ density
    cumulative = np.cumsum(density) * (grid[1] - grid[0])
    assert abs(cumulative[-1] - 1) < 1e-6
    found = block.rows[:, 0].numpy()
    assert stats.kstest(found, lambda z: np.interp(z, grid + (grid[1] - grid[0]) / 2, cumulative)).pvalue > FALSE_ALARM
    if steps == 200:
        # Close to e^(−L/T) times the initialisation's Gaussian, and far from that Gaussian alone.
        gibbs = np.exp(-energy) / (np.exp(-energy).sum() * (grid[1] - grid[0]))
        distance = [np.abs(density - each).sum() * (grid[1] - grid[0]) / 2 for each in (gibbs, stats.norm.pdf(grid))]
        assert distance[0] < 0.05 < 0.3 < distance[1]


def test_langevin_on_minibatches_takes_their_gradient_and_the_same_noise():
    rows = {}
    for optimiser in (SGD(0.05), Langevin(0.05, 0.1), Langevin(0.05, 0.1, full_batch=False)):
        for batch in (2, 99):
            trainer, block, *_ = linear_trainer(optimiser, batch=batch)
            trainer.epoch(block, updates=1)
            rows[optimiser, batch] = block.rows
    whole, minibatch = rows[Langevin(0.05, 0.1), 99], rows[Langevin(0.05, 0.1, full_batch=False), 2]
    difference = rows[SGD(0.05), 2] - rows[SGD(0.05), 99]
    assert difference.abs().min() > 1e-9
    torch.testing.assert_close(minibatch - whole, difference, rtol=1e-7, atol=1e-12)
    problem = two_clouds(m=6, n=2)
    epochs = [
        train(perceptron(), problem, optimiser, 20, torch.Generator().manual_seed(0), batch=2).epochs.tolist()
        for optimiser in (Langevin(0.05, 0.1), Langevin(0.05, 0.1, full_batch=False))
    ]
    assert epochs[0] != epochs[1]


def test_langevin_finds_functions_as_often_in_the_inputs_span():
    class OnAllPixels(Langevin):
        rotation_equivariant = False

    problem, tables = two_clouds(m=6, n=3, d=40, seed=2, apart=0.3), []
    for seed, kind in enumerate((Langevin, OnAllPixels)):
        generator, optimiser = torch.Generator().manual_seed(seed), kind(0.2, 0.05)
        trained = train(FullyConnected((5,)), problem, optimiser, 3000, generator, stop=After(updates=30))
        for counts in (trained.functions, trained.others):
            tables.append(np.bincount(counts.words[:, 0].astype(int), counts.counts, 8))
    table = np.array([np.concatenate(tables[:2]), np.concatenate(tables[2:])])
    assert stats.chi2_contingency(table[:, table.sum(0) >= 40]).pvalue > FALSE_ALARM


def test_parameters_that_start_at_zero_have_no_langevin_law():
    trainer, block = a_trainer(perceptron(), two_clouds(), Langevin())
    table = {name: Parameter(parameter.shape, 0.0) for name, parameter in trainer.task.table.items()}
    trainer = Trainer(replace(trainer.task, table=table))
    with pytest.raises(BadInput, match="start at 0"):
        trainer.epoch(block)


def test_whitened_noise_has_the_mean_and_the_trace_of_the_minibatches_and_no_direction():
    """Against all minibatches of 2 of 6 points, by enumeration: one step of many networks from one place."""
    problem = two_clouds(m=6, n=2, d=3, seed=4)
    architecture, size = FullyConnected((2,), "tanh"), 3 * 2 + 2 + 2 + 1
    trainer, block = a_trainer(architecture, problem, Whitened(SGD(1.0)), batch=2, networks=1)
    here = block.rows.clone()

    def gradient(points):
        task = trainer.task
        some = {"inputs": task.inputs[points], "targets": task.targets[points]}
        one = Trainer(replace(task, **some, optimiser=SGD(1.0), batch=99))
        networks = EnsembleState(here.clone(), [], block.keys, block.epochs)
        one.epoch(networks)
        return (here - networks.rows)[0].numpy()

    whole = gradient(list(range(6)))
    noise = np.array([gradient(list(pair)) for pair in combinations(range(6), 2)]) - whole
    np.testing.assert_allclose(noise.mean(0), 0, atol=1e-12)
    lengths = (noise**2).sum(1)
    many = EnsembleState(
        here.expand(NETWORKS, -1).clone(), [], splitmix64(torch.arange(NETWORKS)), torch.zeros(NETWORKS).long()
    )
    trainer.epoch(many, updates=1)
    found = (here - many.rows).numpy() - whole
    assert found.shape == (NETWORKS, size)

    # Given its length, each number is normal of variance length²/p: a mixture over the 15 minibatches.
    def cdf(z):
        return stats.norm.cdf(z[:, None] / np.sqrt(lengths / size)).mean(1)

    for each in found.T:
        assert stats.kstest(each, cdf).pvalue > FALSE_ALARM / size
    # Isotropic: no direction of the minibatches' noise is favoured. The variance of each correlation is E l⁴/(E l²)²/N.
    correlations = np.corrcoef(found.T)[np.tril_indices(size, -1)]
    spread = np.sqrt((lengths**2).mean() / lengths.mean() ** 2 / NETWORKS)
    assert np.abs(correlations).max() < stats.norm.isf(FALSE_ALARM / len(correlations) / 2) * spread
    assert np.linalg.matrix_rank(noise) < size


def test_whitened_noise_vanishes_on_all_of_s():
    problem = two_clouds()
    (one, first), (other, second) = (
        a_trainer(FullyConnected((4,)), problem, each, batch=99) for each in (Whitened(SGD(0.3)), SGD(0.3))
    )
    for _ in range(3):
        one.epoch(first)
        other.epoch(second)
    torch.testing.assert_close(first.rows, second.rows)


def test_noise_does_not_depend_on_the_block():
    problem, arguments = two_clouds(m=12, n=6, d=4, seed=3), {"batch": 5, "max_epochs": 80}
    for optimiser in (Langevin(0.1, 0.02), Whitened(SGD(0.1))):
        runs = [
            train(
                FullyConnected((6,)), problem, optimiser, 60, torch.Generator().manual_seed(0), block=block, **arguments
            )
            for block in (1, 13, None)
        ]
        for run in runs[1:]:
            assert differing(run.epochs.tolist(), runs[0].epochs.tolist()) <= 1
            assert differing(drawn(run.functions), drawn(runs[0].functions)) <= 1
