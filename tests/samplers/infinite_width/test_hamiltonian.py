"""Trajectories against closed forms and against a plain integration, and that they leave the distribution as it is."""

from importlib import import_module

import numpy as np
import pytest
import torch
from scipy import stats

from harness.errors import Undecided
from harness.samplers.infinite_width.truncated_gaussian import QUARTER_TURN, move
from tests.support.gaussian_processes import at_random, generator

ALPHA = 1e-6


def test_unrelated_coordinates_forget_where_they_were():
    # Each runs on its own and bounces once at most: after a quarter turn it is where its velocity was, folded.
    scale = torch.tensor([0.5, 1.0, 3.0], dtype=torch.float64)
    start = torch.rand(50, 3, generator=generator(0), dtype=torch.float64)
    velocity = torch.randn(50, 3, generator=generator(1), dtype=torch.float64) * scale
    moved = move(start, torch.diag(scale**2), torch.diag(scale), generator(1))
    torch.testing.assert_close(moved, velocity.abs())


def by_small_steps(z, w, factor, steps=100_000):
    """The same trajectory in whitened coordinates, where walls are planes and light is reflected from their normals."""
    position, velocity = np.linalg.solve(factor, z), np.linalg.solve(factor, w)
    cos, sin = np.cos(QUARTER_TURN / steps), np.sin(QUARTER_TURN / steps)
    for _ in range(steps):
        position, velocity = position * cos + velocity * sin, velocity * cos - position * sin
        for normal in factor[factor @ position < 0]:
            if normal @ velocity < 0:
                velocity = velocity - 2 * (normal @ velocity) / (normal @ normal) * normal
    return factor @ position


def test_a_trajectory_bounces_as_light_does():
    covariance = torch.tensor(at_random(4, 0, seed=3).margins)
    factor = torch.linalg.cholesky(covariance)
    start = torch.rand(1, 4, generator=generator(5), dtype=torch.float64)
    velocity = torch.randn(1, 4, generator=generator(6), dtype=torch.float64) @ factor.T
    moved = move(start, covariance, factor, generator(6))[0].numpy()
    free = velocity[0].numpy()  # where it would be after a quarter turn without walls
    assert (free < 0).any()
    slow = by_small_steps(start[0].numpy(), velocity[0].numpy(), factor.numpy())
    np.testing.assert_allclose(moved, slow, atol=2e-3)


def test_the_truncated_gaussian_stays_what_it_is():
    covariance = torch.tensor(at_random(3, 0, seed=4).margins)
    factor = torch.linalg.cholesky(covariance)
    draws = torch.randn(400_000, 3, generator=generator(7), dtype=torch.float64) @ factor.T
    kept = draws[(draws > 0).all(1)]
    before, other = kept[: len(kept) // 2], kept[len(kept) // 2 :]
    after = before
    for seed in range(3):
        after = move(after, covariance, factor, generator(8 + seed))
    assert (after >= 0).all()
    assert not torch.equal(after, before)
    # Nothing is left of where each began, so that these and the others are two independent samples.
    for k in range(3):
        assert stats.ks_2samp(after[:, k], other[:, k]).pvalue > ALPHA
        assert stats.ks_2samp(after[:, k] - after[:, k - 1], other[:, k] - other[:, k - 1]).pvalue > ALPHA


def test_a_trajectory_without_end_is_given_up(monkeypatch):
    monkeypatch.setattr(import_module("harness.samplers.infinite_width.truncated_gaussian"), "_MOST_BOUNCES", 3)
    covariance = torch.tensor(at_random(20, 0, seed=5).margins)
    with pytest.raises(Undecided, match="after 3 bounces"):
        move(torch.rand(8, 20, dtype=torch.float64), covariance, torch.linalg.cholesky(covariance), generator(11))


def test_single_precision_stays_within_the_walls():
    covariance = torch.tensor(at_random(20, 0, seed=5).margins, dtype=torch.float32)
    z = torch.rand(64, 20, generator=generator(9))
    for _ in range(20):
        z = move(z, covariance, torch.linalg.cholesky(covariance), generator(10))
    assert torch.isfinite(z).all()
    assert (z >= 0).all()
