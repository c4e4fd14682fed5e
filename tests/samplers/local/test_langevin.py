"""Langevin's local learning coefficients against exact Gibbs averages at the same n, and against closed forms of λ."""

from math import log

import numpy as np
import pytest
import torch
from scipy import integrate, special

from harness.errors import BadInput, Undecided
from harness.networks import FullyConnected, perceptron
from harness.optimisers import After, GradientDescent
from harness.problems import Problem
from harness.samplers.local.langevin import ChainEnergies, chain_energies
from harness.samplers.local.learning_coefficient import LearningCoefficient, learning_coefficient
from harness.statistics.exact.learning_coefficients import monomial, reduced_rank, regular

# 1e-6 over some ten comparisons.
Z = 5.3


def generator(seed):
    return torch.Generator().manual_seed(seed)


def of_loss(loss, size, seed, **arguments):
    """Chains around 0 of a loss, (rows, size) -> (rows,), differentiated by torch."""

    def with_gradient(rows):
        with torch.enable_grad():
            leaf = rows.detach().requires_grad_()
            values = loss(leaf)
            return values.detach(), torch.autograd.grad(values.sum(), leaf)[0]

    centre = torch.zeros(1, size)
    settings = {"localisation": 1.0, "chains": 256, "burn_in": 500, "steps": 1000} | arguments
    halves = chain_energies(with_gradient, centre, torch.zeros(1), generator(seed), **settings)
    return ChainEnergies(halves, np.zeros(1), 1)


def error(found):
    values = found.by_chain.ravel()
    return values.std(ddof=1) / len(values) ** 0.5


CURVATURES = torch.tensor([0.5, 1.0, 2.0, 4.0, 4.0])


def quadratic(rows):
    return (CURVATURES * rows.square()).sum(1) / 2


def test_quadratic_losses_have_their_exact_value_at_every_step_and_localisation():
    for number, (localisation, step_size) in enumerate([(1.0, 2e-3), (30.0, 5e-3), (1.0, 8e-3)]):
        heat = 100.0
        found = of_loss(quadratic, 5, number, inverse_temperature=heat, localisation=localisation, step_size=step_size)
        a = heat * CURVATURES.double().numpy() + localisation
        exact = (heat * CURVATURES.double().numpy() / (a - step_size * a**2 / 4)).sum() / 2
        assert found.at_one_point().value == pytest.approx(exact, abs=Z * error(found))
        assert error(found) < 0.03 * exact


# 1/β of it, of a step whose stiffest direction has ε·a/4 = 0.02.
COLD = {"inverse_temperature": 2000.0, "step_size": 1e-5, "burn_in": 1000, "steps": 1000}


def test_a_regular_minimum_has_half_the_number_of_parameters():
    low, high = of_loss(quadratic, 5, 7, **COLD).at_one_point().interval(1e-5)
    # The step adds ½ Σ εa/4 = 0.03, localisation takes off ½ Σ γ/nβh = 0.001.
    assert low - 0.03 < regular(5).value < high
    assert high - low < 0.6


def test_a_wrong_temperature_is_refuted():
    def hot(rows):
        # Half of the gradient, all of the loss, as of chains at twice the temperature they are taken to have.
        return quadratic(rows) / 2 + quadratic(rows).detach() / 2

    found = of_loss(hot, 5, 8, **COLD)
    assert found.at_one_point().interval(1e-5)[0] > 1.5 * regular(5).value


def gibbs(loss, inverse_temperature, localisation):
    """nβ E L under exp(−nβ L − γw²/2), one parameter."""

    def density(w):
        return np.exp(-inverse_temperature * loss(w) - localisation * w**2 / 2)

    below, above = (
        integrate.quad(lambda w, power=power: loss(w) ** power * density(w), -8, 8, points=[0], epsabs=1e-13)[0]
        for power in (0, 1)
    )
    return inverse_temperature * above / below


@pytest.mark.parametrize("power", [2, 3])
def test_powers_of_one_parameter_against_quadrature(power):
    heat = 1000.0
    exact = gibbs(lambda w: w ** (2 * power), heat, 1.0)
    found = of_loss(
        lambda rows: rows[:, 0] ** (2 * power), 1, power, inverse_temperature=heat, step_size=5e-4, steps=2000
    )
    assert found.at_one_point().value == pytest.approx(exact, abs=Z * error(found) + 0.005)
    # What is left of the difference from λ is of localisation.
    assert abs(exact - monomial((power,)).value) < 0.05


def contrary(inputs):
    """Orthogonal inputs, each once with either label: of linear networks the mean loss is least at 0."""
    x = np.repeat(np.eye(inputs) * inputs**0.5, 2, axis=0)
    return Problem.from_arrays(x, [0, 1] * inputs, x[:1], [0])


def exact_energy(inputs, hidden, n, localisation):
    """nβ E‖b·A‖² of linear networks of one output, from ln Z = ln E (1 + 2nβs/γ²)^(−M/2), s of χ² with H degrees."""
    t = np.linspace(-40, 8, 20_001)
    weights = hidden / 2 * t - np.exp(t) / 2

    def log_z(log_heat):
        return special.logsumexp(weights - inputs / 2 * np.log1p(2 * np.exp(log_heat + t) / localisation**2))

    at, step = log(n / log(n)), 1e-4
    return -(log_z(at + step) - log_z(at - step)) / (2 * step)


@pytest.mark.parametrize(("inputs", "hidden"), [(3, 1), (1, 1), (2, 2)])
def test_linear_networks_around_zero_against_their_exact_average(inputs, hidden):
    network = FullyConnected((hidden,), "linear", sigma_b=0.0)
    found = learning_coefficient(
        network,
        contrary(inputs),
        generator(10 * inputs + hidden),
        loss="squared error",
        points=100,
        step_size=1e-3,
        chains=128,
    )
    exact = exact_energy(inputs, hidden, 100, 1.0)
    assert found.at_one_point().value == pytest.approx(exact, abs=Z * error(found) + 0.03 * exact)
    assert found.losses == pytest.approx(1.0)
    # It comes from below, and slowly where the multiplicity is 2.
    value, multiplicity = reduced_rank(inputs, 1, hidden, 0)
    further = [value - exact_energy(inputs, hidden, n, 1.0) for n in (1e2, 1e4, 1e8)]
    assert further[0] > further[1] > further[2] > -1e-4
    assert (further[2] > 0.02) == (multiplicity == 2)


def line(m, d):
    """Linearly independent inputs, which a perceptron fits with squared error 0."""
    rng = np.random.default_rng(m)
    return Problem.from_arrays(rng.standard_normal((m, d)), rng.integers(0, 2, m), np.ones((1, d)), [0])


def test_trained_perceptrons_are_regular():
    problem, localisation, step_size, n = line(3, 4), 1.0, 2e-4, 500
    sampler = LearningCoefficient(
        perceptron(),
        problem,
        GradientDescent(0.1),
        "squared error",
        networks=2,
        points=n,
        step_size=step_size,
        stop=After(epochs=3000),
    )
    found = sampler.checked(sampler.draw(generator(0)))
    assert found.losses.max() < 1e-6
    heat = n / log(n)
    curvature = np.linalg.svd(problem.train_x)[1] ** 2 * 2 / 3
    a = heat * curvature + localisation
    exact = (heat * curvature / (a - step_size * a**2 / 4)).sum() / 2
    for centre in (0, 1):
        values = found.by_chain[centre]
        assert values.mean() == pytest.approx(exact, abs=Z * values.std() / len(values) ** 0.5)
    assert exact == pytest.approx(regular(3).value, abs=0.2)
    assert found.over_networks().n == 2


def test_minibatches_heat_in_proportion_to_the_step():
    """On contrary labels the gradient of one point is large though that of all is 0."""
    network, problem = FullyConnected((1,), "linear", sigma_b=0.0), contrary(2)
    settings = {"loss": "squared error", "points": 100, "chains": 128}
    exact = exact_energy(2, 1, 100, 1.0)
    fine, coarse = (
        learning_coefficient(network, problem, generator(3), step_size=step, minibatch=2, **settings)
        for step in (1e-3, 5e-3)
    )
    # Their noise adds ε²(nβ)²/4 times the gradients' variance to a step's own variance ε: it heats.
    assert coarse.at_one_point().interval(1e-5)[0] > 1.2 * exact
    assert coarse.at_one_point().value > fine.at_one_point().value > exact


def test_samples_that_say_nothing_are_not_accepted():
    problem, network = contrary(2), FullyConnected((1,), "linear", sigma_b=0.0)
    few = {"loss": "squared error", "points": 100, "chains": 256, "steps": 100}
    unsettled = LearningCoefficient(network, problem, burn_in=0, step_size=1e-3, **few)
    with pytest.raises(Undecided, match="settled"):
        unsettled.checked(unsettled.draw(generator(0)))
    diverged = LearningCoefficient(network, problem, step_size=1.0, **few)
    with pytest.raises(Undecided, match="diverged"):
        diverged.checked(diverged.draw(generator(0)))


@pytest.mark.parametrize(
    "wrong",
    [{"steps": 3}, {"step_size": 0.0}, {"localisation": -1.0}, {"points": 0}, {"loss": "hinge"}, {"chains": 1}],
)
def test_other_arguments_are_refused(wrong):
    with pytest.raises(BadInput):
        LearningCoefficient(perceptron(), contrary(2), **wrong)


def test_one_point_has_no_temperature():
    with pytest.raises(BadInput, match="n of at least 2"):
        learning_coefficient(perceptron(), contrary(2), generator(0), points=1)


def test_halves_merge():
    one = ChainEnergies(np.arange(8.0).reshape(1, 4, 2), np.zeros(1), 1)
    both = one + one
    assert both.halves.shape == (2, 4, 2)
    assert both.networks == 2
    assert both.at_one_point().value == both.at(1).value == pytest.approx(3.5)
    assert both.drift == pytest.approx(1 / 3.5)
    with pytest.raises(BadInput, match="numbered"):
        both.at(2)
