"""Star domains against balls, half-spaces and cones of known Gaussian mass, and against plain draws."""

from dataclasses import replace
from math import log

import numpy as np
import pytest
import torch
from scipy import integrate, special, stats

from harness.errors import BadInput
from harness.functions.packing import pack
from harness.networks import FullyConnected, perceptron
from harness.networks.ensemble import views
from harness.optimisers import SGD
from harness.problems import Problem, boolean_cube, digits
from harness.samplers.local.local_volume import LocalVolume, local_volumes
from harness.samplers.local.preconditioners import PRECONDITIONERS, preconditioner
from harness.samplers.local.radial import log_radial
from harness.samplers.local.region import Region
from harness.samplers.local.star_domain import log_masses
from harness.samplers.local.volumes import ENOUGH, LocalVolumes
from harness.samplers.prior import Prior
from harness.statistics.exact.few_points import arcs

Z = 5.3
# Gradients that have nothing to do with the regions.
STRETCHED = torch.tensor([[3.0, 0.0, 1.0], [0.0, 0.5, -2.0]])


def generator(seed):
    return torch.Generator().manual_seed(seed)


def mean(terms):
    """The mean of the masses, with its standard error."""
    values = np.exp(terms)
    return values.mean(), values.std(ddof=1) / len(values) ** 0.5


@pytest.mark.parametrize("dimension", [1, 2, 3, 40, 5000])
def test_rays_from_the_origin_have_chi_squared_mass(dimension):
    reach, square = np.array([0.5, 1.0, 1.4]) * dimension**0.5, np.array([1.0, 1.5, 0.7])
    exact = dimension / 2 * np.log(2 / square) + special.gammaln(dimension / 2) - log(2)
    share = special.gammainc(dimension / 2, square * reach**2 / 2)
    held = share > 1e-300
    found = log_radial(reach, square, np.zeros(3), dimension)
    np.testing.assert_allclose(found[held], (exact + np.log(np.maximum(share, 1e-300)))[held], atol=1e-9)
    # Deep in the tail, the first terms of the incomplete gamma function's series.
    k = dimension / 2 + np.arange(200)
    z = square[0] * reach[0] ** 2 / 2
    series = special.logsumexp(np.arange(200) * log(z) - np.cumsum(np.log(k)) + np.log(k[0])) - z - log(k[0])
    assert found[0] == pytest.approx(
        dimension / 2 * np.log(2 / square[0]) - log(2) + dimension / 2 * log(z) + series, abs=1e-8
    )


@pytest.mark.parametrize("dimension", [1, 2, 9])
@pytest.mark.parametrize("product", [-40.0, -1.0, 3.0, 200.0])
def test_rays_from_elsewhere_against_quadrature(dimension, product):
    for reach in (0.01, 1.0, 60.0):
        square = 1.3
        grid = np.linspace(0, min(reach, 45.0), 400_001)[1:]
        logs = (dimension - 1) * np.log(grid) - square * grid**2 / 2 - product * grid
        first = 0.0 if dimension > 1 else np.exp(-logs.max())
        exact = integrate.simpson(np.append(first, np.exp(logs - logs.max())), dx=grid[0])
        found = log_radial(np.array([reach]), np.array([square]), np.array([product]), dimension)
        assert found[0] == pytest.approx(logs.max() + log(exact), abs=1e-7)


def test_a_ball_around_the_origin_is_exact_in_every_direction():
    terms = log_masses(
        lambda points: points.norm(dim=1) < 2.0,
        torch.zeros(6),
        preconditioner("none", torch.zeros(1, 6)),
        10,
        generator(0),
    )
    np.testing.assert_allclose(np.exp(terms), stats.chi2.cdf(4.0, 6), rtol=1e-6)


@pytest.mark.parametrize("kind", PRECONDITIONERS)
def test_shapes_around_a_point_have_their_mass_under_every_map(kind):
    centre = torch.tensor([0.8, -0.3, 0.5])
    shapes = {
        "ball": (lambda x: (x - centre).norm(dim=1) < 1.2, stats.ncx2.cdf(1.44, 3, float(centre @ centre))),
        "half-space": (lambda x: x[:, 0] > 0.5, stats.norm.sf(0.5)),
        "slab": (lambda x: (x[:, 1] < 0.2) & (x[:, 1] > -1), stats.norm.cdf(0.2) - stats.norm.cdf(-1)),
        "everything": (lambda x: x[:, 0].isfinite(), 1.0),
    }
    shape = preconditioner(kind, STRETCHED)
    for number, (inside, exact) in enumerate(shapes.values()):
        value, error = mean(log_masses(inside, centre, shape, 4000, generator(number)))
        assert value == pytest.approx(exact, abs=Z * error)
        assert error < 0.1 * exact


def test_only_what_the_centre_sees_counts():
    """Of two corridors that cross, the centre in one, what is not behind a corner."""
    centre = torch.tensor([0.5, 1.5])

    def corner(x):
        return ((x[:, 0] > 0) & (x[:, 0] < 1)) | ((x[:, 1] > 0) & (x[:, 1] < 1))

    rng = np.random.default_rng(0)
    drawn = torch.from_numpy(rng.standard_normal((40_000, 2))).float()
    seen = torch.ones(len(drawn), dtype=torch.bool)
    for share in np.linspace(0, 1, 201):
        seen &= corner(torch.lerp(centre.expand_as(drawn), drawn, float(share)))
    value, error = mean(log_masses(corner, centre, preconditioner("none", drawn[:1]), 4000, generator(1)))
    count = float(seen.float().mean())
    assert value == pytest.approx(count, abs=Z * (error + 0.5 / len(drawn) ** 0.5))
    assert float(corner(drawn).float().mean()) > count + 0.02


def test_maps_are_the_inverse_roots_they_say():
    for kind, precision in (
        ("none", torch.eye(3)),
        ("diagonal", torch.diag(1 + STRETCHED.square().sum(0))),
        ("full", torch.eye(3) + STRETCHED.T @ STRETCHED),
    ):
        shape = preconditioner(kind, STRETCHED)
        matrix = shape.apply(torch.eye(3))
        torch.testing.assert_close(matrix @ precision @ matrix.T, torch.eye(3))
        assert shape.log_det == pytest.approx(float(matrix.det().log()), abs=1e-6)


def in_a_plane(m):
    """Inputs in a plane, with the labels of one perceptron."""
    x = np.random.default_rng(m).standard_normal((m, 2))
    return Problem.from_arrays(x, x[:, 0] + 0.4 * x[:, 1] > 0, np.array([[1.0, -1.0], [-1.0, 2.0]]), [0, 0])


@pytest.mark.parametrize("kind", PRECONDITIONERS)
def test_perceptrons_have_the_length_of_their_arc(kind):
    """Their region is a convex cone: the star domain is all of it, and what training found makes no difference."""
    problem = in_a_plane(5)
    labels, lengths = arcs(problem.inputs)
    fits = (labels[:, :5] == problem.train_y).all(1)
    found = local_volumes(perceptron(), problem, SGD(0.1), 4, 4000, generator(0), region="fit", preconditioning=kind)
    for terms in found.terms:
        value, error = mean(terms)
        assert value == pytest.approx(lengths[fits].sum(), abs=Z * error)
    whole = local_volumes(perceptron(), problem, SGD(0.1), 4, 4000, generator(1), preconditioning=kind)
    for terms, own in zip(whole.terms, whole.functions, strict=True):
        value, error = mean(terms)
        assert value == pytest.approx(lengths[fits & (labels[:, 5:] == own).all(1)].sum(), abs=Z * error)


def test_networks_have_no_more_than_the_volume_that_plain_draws_count():
    problem, network = boolean_cube(3, "majority", train=3), FullyConnected((2,))
    both = Problem.from_arrays(problem.train_x, problem.train_y, problem.inputs, np.zeros(len(problem.inputs)))
    drawn = Prior(network, both, draws=200_000).draw(generator(2))
    found = local_volumes(network, problem, SGD(0.1), 6, 2000, generator(3))
    assert len(found.values) >= 4
    functions = np.hstack([np.tile(problem.train_y, (len(found.values), 1)), found.functions]).astype(np.uint8)
    volumes = drawn.counts_of(pack(functions)) / drawn.total
    assert volumes.min() > 1e-3
    # Two units can change places, so that half of it is never seen, but for places where both are alike.
    assert (np.exp(found.values) < volumes).all()


@pytest.mark.parametrize("classes", [2, 3])
def test_gradients_are_those_of_the_margins(classes):
    x = np.random.default_rng(0).standard_normal((4, 3))
    problem = Problem.from_arrays(x, [0, 1, classes - 1, 0], np.ones((1, 3)), [0], classes=classes)
    network, labels = FullyConnected((3,), "tanh"), torch.tensor(problem.train_y, dtype=torch.int64)
    region = Region(network, torch.tensor(problem.train_x), labels, classes, None, "cross-entropy")
    centre = torch.randn(len(region.spread), generator=generator(1))

    def margins(point):
        parameters = views(region.table, (point * region.spread)[None])
        logits = network.readout(parameters, network.features(parameters, region.x))[0].double()
        if classes == 2:
            return logits[:, 0] * (2 * labels - 1)
        others = logits.scatter(1, labels[:, None], -torch.inf).max(1).values
        return logits.gather(1, labels[:, None])[:, 0] - others

    found, scale = region.gradients(centre), margins(centre).square().mean().sqrt()
    for place in range(0, len(centre), 5):
        step = torch.zeros_like(centre)
        step[place] = 1e-3
        slope = (margins(centre + step) - margins(centre - step)) / 2e-3 / scale
        np.testing.assert_allclose(found[:, place], slope, atol=2e-3)


def test_regions_of_low_loss_are_smaller_the_lower_the_loss():
    problem, network = digits(4, 4), FullyConnected((3,))
    found = [local_volumes(network, problem, SGD(0.1), 3, 200, generator(4), region=most) for most in (0.69, 0.6, 0.01)]
    assert len(found[0].values) == 3
    assert len(found[2].values) == 0
    assert found[2].networks == 3
    assert found[0].values.max() < 0


def lognormal(seed, directions, spread):
    terms = np.random.default_rng(seed).normal(-(spread**2) / 2, spread, (1, directions))
    return LocalVolumes(terms, np.zeros((1, 1), dtype=np.uint8), 1)


def test_intervals_hold_the_truth_as_often_as_they_say():
    """Masses of mean 1 whose logarithm is normal: 200 samples at each spread."""
    missed = {}
    for spread, directions in ((0.5, 400), (1.0, 1000), (1.2, 2000), (4.0, 100)):
        found = [lognormal(seed, directions, spread).at(0) for seed in range(200)]
        ends = np.array([each.interval(0.1) for each in found])
        missed[spread] = (ends[:, 0] > 0).mean(), (ends[:, 1] < 0).mean()
        if spread == 4.0:
            assert max(each.effective_n for each in found) < ENOUGH
            assert np.isinf(ends[:, 1]).all()
            assert (ends[:, 0] <= found[0].value + 50).all()
    # 0.05 is promised; 200 samples know it to 0.015.
    assert max(low for low, _ in missed.values()) < 0.08
    assert max(high for _, high in missed.values()) < 0.1


def test_one_direction_that_has_it_all_is_told():
    found = LocalVolumes(np.array([[0.0, -900.0, -800.0], [-5.0, -5.0, -5.0]]), np.zeros((2, 1)), 2)
    np.testing.assert_allclose(found.effective, [1.0, 3.0])
    assert found.values[0] == pytest.approx(-log(3))
    assert "too few for an upper end" in found.at(0).method
    assert found.at(0).interval(0.1) == (pytest.approx(-log(3) + log(0.05)), np.inf)
    with pytest.raises(BadInput, match="numbered"):
        found.at(2)


@pytest.mark.parametrize(
    "wrong",
    [{"region": "ball"}, {"region": -1.0}, {"preconditioning": "adam"}, {"directions": 0}, {"networks": 0}],
)
def test_other_arguments_are_refused(wrong):
    with pytest.raises(BadInput):
        LocalVolume(FullyConnected((2,)), digits(4, 4), SGD(0.1), **wrong)


@pytest.mark.parametrize(
    "network", [replace(FullyConnected((2,)), distribution="uniform"), FullyConnected((2,), distribution="binary")]
)
def test_other_initialisations_are_refused(network):
    with pytest.raises(BadInput, match="Gaussian initialisation"):
        local_volumes(network, digits(4, 4), SGD(0.1), 1, 2, generator(0))
