"""Annealing against orthants in closed form, rejection, and its own trajectories differentiated automatically.

With networks that are quickly sampled; `benchmarks/calibration/agreement.py` has wider ones and more particles.
"""

from itertools import product
from math import asin, log, pi

import numpy as np
import pytest
import torch

from harness.errors import BadInput, Undecided
from harness.functions import ClusteredCounts
from harness.functions.packing import pack
from harness.networks import FullyConnected, Transformer, perceptron
from harness.problems import Problem, digits
from harness.samplers.posterior import AnnealedPosterior, annealed_posterior, annealing, rejection, subset_simulation
from harness.samplers.posterior.annealing_levels import (
    FITTING,
    HELD_AT,
    INITIALISATION,
    Level,
    along_likelihood,
    log_likelihood,
    sharpening,
)
from harness.samplers.posterior.moves.constraint import Constraint
from harness.samplers.posterior.moves.hamiltonian import Trajectories
from harness.statistics.distances import mmd_squared
from harness.statistics.volumes import named_function
from harness.verdicts.intervals import log_evidence

ALPHA = 1e-6
ROUTES = pytest.mark.parametrize("path", ["sharpness", "likelihood"])


def generator(seed):
    return torch.Generator().manual_seed(seed)


def assert_overlap(found, low, high, widest=1.0):
    """The interval meets another one at a level that never fails, and the one at level 0.95 is not too wide."""
    below, above = found.evidence.interval(ALPHA)
    assert below < high
    assert low < above
    below, above = found.evidence.interval(0.05)
    assert above - below < widest


def clusters(runs, draws=2):
    """So many draws of one function in each run."""
    words = pack(np.zeros((runs * draws, 3), dtype=np.uint8))
    return ClusteredCounts.from_words(words, np.repeat(np.arange(runs), draws), 3, runs)


def two_points(angle, labels=(1, 1)):
    """Two inputs at an angle, as the perceptron without bias sees them."""
    x = np.array([[1, 0], [np.cos(angle), np.sin(angle)]])
    return Problem.from_arrays(x, labels, x[:1], [0])


@ROUTES
@pytest.mark.parametrize("labels", list(product((0, 1), (0, 1))))
def test_two_points_of_a_perceptron(labels, path):
    options = {"runs": 8, "particles": 64, "trajectories": 8, "leaps": 10, "max_doublings": 0, "path": path}
    found = annealed_posterior(perceptron(), two_points(0.5, labels), generator(0), **options)
    correlation = np.cos(0.5) * (1 if labels[0] == labels[1] else -1)
    truth = log(1 / 4 + asin(correlation) / (2 * pi))
    assert_overlap(found, truth, truth, widest=0.5)


@ROUTES
def test_orthogonal_inputs_have_evidence_two_to_the_minus_m(path):
    m = 12
    problem = Problem.from_arrays(np.eye(m), np.arange(m) % 2, np.eye(m)[:1], [0])
    options = {"runs": 8, "particles": 64, "trajectories": 4, "leaps": 10, "max_doublings": 0, "path": path}
    found = annealed_posterior(perceptron(), problem, generator(1), **options)
    assert_overlap(found, -m * log(2), -m * log(2))


# What a network is made of does not matter to the route: the slower one need not be taken with each.
@pytest.mark.parametrize(
    ("architecture", "problem", "path"),
    [
        (FullyConnected((20, 20)), named_function(2, "parity"), "sharpness"),
        (FullyConnected((20, 20)), named_function(2, "parity"), "likelihood"),
        (FullyConnected((10,), activation="tanh"), digits(5, 4), "sharpness"),
        (FullyConnected((20,), parametrisation="ntk"), digits(5, 4), "sharpness"),
        (FullyConnected((10,), normalised=True), digits(5, 4), "sharpness"),
    ],
    ids=lambda each: getattr(each, "name", each),
)
def test_agrees_with_rejection(architecture, problem, path):
    options = {"runs": 6, "particles": 64, "trajectories": 4, "leaps": 10, "max_doublings": 0, "path": path}
    found = annealed_posterior(architecture, problem, generator(2), **options)
    drawn = rejection(architecture, problem, 10_000, generator(3), last_layers=16)
    assert_overlap(found, *(log(end) for end in drawn.evidence.interval(ALPHA)))
    assert found.functions.total == 6 * 64 * 8
    low, high = mmd_squared(drawn.sample, found.sample).interval(1e-4)
    assert low <= 0
    assert high < 0.1


def test_agrees_with_subset_simulation_where_rejection_is_hopeless():
    network, problem = FullyConnected((10, 10)), digits(32, 4)
    found = annealed_posterior(
        network, problem, generator(11), runs=6, particles=64, trajectories=4, leaps=15, max_doublings=0
    )
    by_levels = subset_simulation(network, problem, generator(12), runs=6, max_doublings=0)
    assert by_levels.evidence.value < -17
    assert_overlap(found, *by_levels.evidence.interval(ALPHA))
    assert np.ptp(found.ends) < 1
    assert mmd_squared(by_levels.sample, found.sample).interval(1e-4)[0] <= 0


def test_both_routes_and_subset_simulation_find_the_same_volume_of_parity():
    network, parity = FullyConnected((10, 10)), named_function(3, "parity")
    options = {"runs": 6, "particles": 64, "trajectories": 8, "leaps": 15, "max_doublings": 0}
    sharp = annealed_posterior(network, parity, generator(15), **options)
    held = annealed_posterior(network, parity, generator(16), **options, path="likelihood")
    by_levels = subset_simulation(network, parity, generator(17), runs=6, max_doublings=0)
    assert sharp.evidence.value < -12
    assert_overlap(sharp, *held.evidence.interval(ALPHA))
    assert_overlap(held, *by_levels.evidence.interval(ALPHA))


@ROUTES
def test_evidence_is_unbiased_with_few_particles(path):
    problem = two_points(2.5)
    options = {"runs": 100, "particles": 32, "trajectories": 1, "leaps": 5, "max_doublings": 0, "path": path}
    few = annealed_posterior(perceptron(), problem, generator(4), **options)
    values = np.exp(few.by_run)
    truth = 1 / 4 + asin(np.cos(2.5)) / (2 * pi)
    assert abs(values.mean() - truth) < 4 * values.std() / 10 < truth / 6


def parts(architecture, problem, networks=16):
    """What a trajectory takes."""
    x = torch.tensor(problem.train_x)
    table = architecture.parameters(tuple(x.shape[1:]), outputs=1)
    labels = torch.tensor(problem.train_y, dtype=torch.int64)
    move = Trajectories(Constraint(architecture, table, x, labels, 2), leaps=7)
    scale = move.variance.sqrt()
    rows, velocity = (torch.randn(networks, len(scale), generator=generator(seed)) * scale for seed in (5, 6))
    return move, rows, velocity


@pytest.mark.parametrize("level", [Level(2.0), Level(3.0, 0.3, 0.2, -15.0)], ids=["sharp", "held"])
@pytest.mark.parametrize(
    "architecture", [FullyConnected((40, 40)), FullyConnected((12,), sigma_b=0.0), FullyConnected((9, 8, 7))]
)
def test_compiled_trajectories_are_the_differentiated_ones(architecture, level):
    move, rows, velocity = parts(architecture, named_function(4, "parity"))
    assert move.compiled
    compiled = move._compiled(rows, velocity, level, 0.05)
    differentiated = move._differentiated(rows, velocity, level, 0.05)
    for one, other in zip(compiled, differentiated, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-4)


def test_small_steps_keep_the_energy():
    move, rows, velocity = parts(FullyConnected((20, 20)), named_function(4, "parity"))
    errors = [move._compiled(rows, velocity, Level(3.0), step)[2].abs().mean() for step in (0.04, 0.02)]
    # A leapfrog's error is of second order.
    assert 2.5 < errors[0] / errors[1] < 6


def test_a_sharp_likelihood_is_the_0_1_likelihood():
    margins = torch.tensor([[0.5, 2.0], [0.5, -0.1]])
    assert log_likelihood(margins, float("inf")).tolist() == [0, float("-inf")]
    torch.testing.assert_close(log_likelihood(margins, 0.0), torch.full((2,), -2 * log(2), dtype=torch.float64))


@pytest.mark.parametrize(
    "segments", [[sharpening()], along_likelihood(16, -25.0, -9.0)], ids=["sharpness", "likelihood"]
)
def test_a_route_goes_from_the_initialisation_to_all_that_fit_without_a_jump(segments):
    margins = torch.randn(100, 16, generator=generator(13))
    weights = INITIALISATION.log_weight(margins)
    for piece in segments:
        # Up to a constant, which moves no particle.
        begins = piece.level(piece.start).log_weight(margins) - weights
        torch.testing.assert_close(begins, begins[:1].expand(100))
        weights = piece.level(piece.end).log_weight(margins)
    assert segments[-1].level(segments[-1].end) == FITTING


def test_networks_that_are_held_lie_where_the_likelihood_alone_would_have_them():
    # Of L that is normal, mean −20 and variance 9, e^L moves the mean to −11; held there it stays.
    likelihood = torch.linspace(-60, 30, 100_001, dtype=torch.float64)
    _, held, *_ = along_likelihood(16, -20.0, -11.0)
    level = held.level(1.0)
    assert (level.sharpness, level.slope) == (HELD_AT, 0)
    log_density = -((likelihood + 20) ** 2) / 18 - level.stiffness * (likelihood - level.centre) ** 2 / 2
    density = (log_density - log_density.max()).exp()
    assert float((density * likelihood).sum() / density.sum()) == pytest.approx(-11, abs=1e-6)


def test_the_next_level_is_where_weights_are_worth_their_share():
    margins = torch.randn(1000, 8, generator=generator(14))
    piece = sharpening()
    position = piece.next(margins, 0.0, 0.8)
    weights = (piece.level(position).log_weight(margins) - piece.level(0.0).log_weight(margins)).exp()
    assert float(weights.sum() ** 2 / (weights**2).sum()) == pytest.approx(800, rel=1e-3)
    assert piece.next(margins.abs(), 0.0, 0.8) == float("inf")
    assert sharpening(end=0.1).next(margins, 0.0, 0.8) == 0.1


def test_the_order_of_points_and_the_block_do_not_matter(monkeypatch):
    problem = digits(6, 4)
    last_first = Problem.from_arrays(problem.train_x[::-1], problem.train_y[::-1], problem.eval_x, problem.eval_y)
    options = {"runs": 6, "particles": 64, "trajectories": 4, "leaps": 10, "max_doublings": 0}
    found = annealed_posterior(FullyConnected((10, 10)), problem, generator(7), **options)
    turned = annealed_posterior(FullyConnected((10, 10)), last_first, generator(8), **options)
    assert_overlap(found, *turned.evidence.interval(ALPHA))
    monkeypatch.setattr("harness.samplers.posterior.moves.hamiltonian.block_size", lambda *_: 24)
    again = annealed_posterior(FullyConnected((10, 10)), problem, generator(7), **options)
    np.testing.assert_allclose(again.by_run, found.by_run)


@ROUTES
def test_the_way_back_finds_the_same(path):
    problem = two_points(2.5)
    truth = 1 / 4 + asin(np.cos(2.5)) / (2 * pi)
    options = {"runs": 100, "particles": 64, "trajectories": 2, "leaps": 10, "max_doublings": 0, "path": path}
    found = annealed_posterior(perceptron(), problem, generator(9), **options)
    inverse = np.exp(-found.back)
    assert abs(inverse.mean() - 1 / truth) < 4 * inverse.std() / 10 < 0.15 / truth
    assert found.ends == pytest.approx((log(truth), log(truth)), abs=0.05)


def test_who_lags_finds_too_little_there_and_too_much_back():
    m = 24
    problem = Problem.from_arrays(np.eye(m), np.arange(m) % 2, np.eye(m)[:1], [0])
    found = annealed_posterior(
        perceptron(),
        problem,
        generator(10),
        runs=8,
        particles=8,
        trajectories=1,
        leaps=1,
        max_doublings=0,
        effective=0.3,
    )
    there, back = found.ends
    assert there < -m * log(2) - 0.5
    assert back > -m * log(2) + 0.5


def test_where_no_run_arrives_nothing_is_known():
    found = AnnealedPosterior(clusters(2, draws=0), np.array([-np.inf, -np.inf]), np.empty(0), 7)
    assert found.ends == (-np.inf, 0)
    assert not found.agree
    assert found.functions.total == 0


def test_runs_count_by_their_evidence_and_lost_ones_do_not():
    found = AnnealedPosterior(clusters(3), np.array([-3.0, -np.inf, -4.0]), np.array([-3.0, -4.0]), 7)
    found += AnnealedPosterior(clusters(1), np.array([-3.0]), np.array([-3.0]), 6)
    assert found.sample.weights == pytest.approx((1, np.exp(-1), 1))
    assert found.levels == 7
    assert found.functions.total == 8


def test_to_the_store_and_back():
    found = AnnealedPosterior(clusters(3), np.array([-3.0, -np.inf, -4.0]), np.array([-3.0, -4.0]), 7)
    again = AnnealedPosterior.from_arrays(found.to_arrays())
    assert again.functions == found.functions
    assert (again.by_run.tolist(), again.back.tolist(), again.levels) == ([-3, -np.inf, -4], [-3, -4], 7)


def test_particles_that_lag_are_moved_further(monkeypatch):
    apart = {2: 6.0, 4: 3.0, 8: 1.0, 16: 0.4}
    lengths, counts = [], []

    def runs(_, ladder, trajectories, runs):
        lengths.append(trajectories)
        counts.append(runs)
        lag = apart[trajectories] / 2
        return AnnealedPosterior(clusters(runs), np.full(runs, -54 - lag), np.full(runs, -54 + lag), 3)

    monkeypatch.setattr(annealing._Sampler, "runs", runs)
    options = {"runs": 5, "particles": 16, "trajectories": 2, "leaps": 2}
    found = annealed_posterior(perceptron(), two_points(1), generator(0), **options, max_doublings=5)
    # Trial runs settle the number of trajectories; those that are counted are drawn once, after them.
    assert (lengths, counts) == ([2, 4, 8, 16, 16], [2, 2, 2, 2, 5])
    assert found.ends == pytest.approx((-54.2, -53.8))
    found = annealed_posterior(perceptron(), two_points(1), generator(0), **options, max_doublings=2)
    assert (lengths[5:], counts[5:]) == ([2, 4, 8], [2, 2, 5])
    assert not found.agree


def test_a_pilot_without_end_is_undecided(monkeypatch):
    monkeypatch.setattr(annealing, "_MOST_LEVELS", 2)
    with pytest.raises(Undecided, match="more trajectories"):
        annealed_posterior(FullyConnected((5,)), named_function(3, "parity"), generator(0), particles=8)


@pytest.mark.parametrize(
    "wrong", [{"runs": 0}, {"particles": -1}, {"trajectories": 0}, {"leaps": 1.5}, {"effective": 1.0}]
)
def test_bad_numbers(wrong):
    with pytest.raises(BadInput, match="Annealing takes at least 1"):
        annealed_posterior(perceptron(), two_points(1), generator(0), **wrong)


def test_routes_are_two():
    with pytest.raises(BadInput, match="along one of sharpness, likelihood, not along 'gradient'"):
        annealed_posterior(perceptron(), two_points(1), generator(0), path="gradient")


@pytest.mark.parametrize(
    "architecture",
    [FullyConnected((5,), sigma_b=0.0), FullyConnected((5,), distribution="binary"), Transformer()],
    ids=lambda each: each.name,
)
def test_architectures_it_is_not_for(architecture):
    with pytest.raises(BadInput, match="Annealing is for architectures"):
        annealed_posterior(architecture, two_points(1), generator(0))


def test_more_than_two_classes():
    problem = Problem.from_arrays(np.eye(3), [0, 1, 2], np.eye(3)[:1], [0], classes=3)
    with pytest.raises(BadInput, match="two classes"):
        annealed_posterior(perceptron(), problem, generator(0))


def test_one_run_has_no_interval():
    found = annealed_posterior(perceptron(), two_points(1), generator(0), runs=1)
    with pytest.raises(BadInput, match="at least 2 independent runs"):
        log_evidence(found.by_run.tolist())


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_finds_the_same_evidence():
    problem = named_function(2, "parity")
    found = annealed_posterior(FullyConnected((40, 40)), problem, torch.Generator("cuda").manual_seed(0), leaps=10)
    on_cpu = annealed_posterior(FullyConnected((40, 40)), problem, generator(1), leaps=10)
    assert_overlap(found, *on_cpu.evidence.interval(ALPHA))
