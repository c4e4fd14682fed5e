"""Lipschitz-normalised margins against finite differences, singular values, and gradients by hand."""

import numpy as np
import pytest
import torch
from scipy import stats

from harness.errors import BadInput
from harness.networks import LSTM, Architecture, Convolutional, FullyConnected, Residual, perceptron
from harness.networks.ensemble import draw, same_gram_inputs, views
from harness.optimisers import SGD
from harness.problems import Problem, digits
from harness.samplers.features import margins
from harness.samplers.features.layer_statistics import View
from harness.samplers.features.posterior import observer, signs_of
from harness.samplers.features.training import trained_features
from harness.samplers.posterior import subset_simulation
from harness.samplers.training import trained_networks

FALSE_ALARM = 1e-6
NETWORKS = 5


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def view_of(architecture: Architecture, problem: Problem, x=None, parameters=None) -> View:
    """Networks at initialisation on the inputs as the problem holds them, in double precision."""
    whole = torch.tensor(architecture.prepare(problem.inputs)).double()
    x = whole if x is None else x
    table = architecture.parameters(tuple(x.shape[1:]))
    if parameters is None:
        rows = draw(table, "gaussian", NETWORKS, seeded()).double()
        parameters = views(table, rows)
    signs = signs_of(problem, torch.device("cpu")).double()
    return View(architecture, table, parameters, x, signs, problem.m, tuple(whole.shape[1:]))


def logit(view: View, x: torch.Tensor) -> np.ndarray:
    return view.architecture.readout(view.parameters, view.architecture.features(view.parameters, x))[..., 0].numpy()


@pytest.mark.parametrize(
    "architecture",
    [FullyConnected((6, 5)), FullyConnected((7,), "tanh"), Convolutional((2,), (3,)), Residual(2, 1), LSTM((3,))],
    ids=lambda each: each.name,
)
def test_steepness_is_that_of_finite_differences(architecture):
    view = view_of(architecture, digits(4, 3))
    squares, step = np.zeros((NETWORKS, 7)), 1e-6
    for place in np.ndindex(*view.x.shape[1:]):
        shift = torch.zeros_like(view.x)
        shift[(slice(None), *place)] = step
        squares += ((logit(view, view.x + shift) - logit(view, view.x - shift)) / (2 * step)) ** 2
    logits, steepness = margins.logits_and_steepness(view)
    np.testing.assert_allclose(logits, logit(view, view.x), rtol=1e-12)
    np.testing.assert_allclose(steepness, np.sqrt(squares), rtol=1e-4, atol=1e-8)
    least = (logits * view.signs)[:, :4].min(1).values
    expected = least.numpy() / np.sqrt(squares).max(1)
    np.testing.assert_allclose(margins.lipschitz_margin(view)[:, 0], expected, rtol=1e-4)


def test_no_network_is_steeper_than_the_product_of_its_layers_largest_singular_values():
    """And a perceptron is as steep everywhere as that, which is the norm of its weights."""
    for architecture, most in ((FullyConnected((6, 5, 4)), 1.0), (perceptron(threshold=True), 1 + 1e-9)):
        view = view_of(architecture, digits(5, 20))
        bound = np.prod(
            [
                np.linalg.svd(weight.numpy(), compute_uv=False)[:, 0]
                for name, weight in view.parameters.items()
                if name.endswith("weight")
            ],
            axis=0,
        )
        ratio = margins.logits_and_steepness(view)[1].numpy() / bound[:, None]
        assert (ratio <= most).all()
        assert ratio.max() > 0.1
        if not architecture.hidden:
            np.testing.assert_allclose(ratio, 1)


def test_scaling_a_layer_changes_no_margin():
    """With biases, those of the layers above are scaled along."""
    architecture, problem = FullyConnected((6, 5)), digits(5, 8)
    view = view_of(architecture, problem)
    above = ("hidden0.weight", "hidden0.bias", "hidden1.bias", "readout.bias")
    scaled = {name: 3 * each if name in above else each for name, each in view.parameters.items()}
    other = view_of(architecture, problem, parameters=scaled)
    np.testing.assert_allclose(logit(other, view.x), 3 * logit(view, view.x))
    np.testing.assert_allclose(margins.lipschitz_margin(other), margins.lipschitz_margin(view))
    np.testing.assert_allclose(margins.errors_by_margin(other), margins.errors_by_margin(view))


def test_in_the_inputs_own_span_it_is_the_gradient_along_it():
    """The same networks on 64 pixels and on the 7 dimensions that 7 images span."""
    architecture, problem = FullyConnected((6, 5)), digits(4, 3)
    whole = view_of(architecture, problem)
    x = whole.x.numpy()
    span = same_gram_inputs(x.astype(np.float32)).astype(float)
    assert span.shape == (7, 7)
    # x W = span W' for W' = span⁻¹ x W; what of W lies across the span is seen by no point.
    first = whole.parameters["hidden0.weight"]
    own = {**whole.parameters, "hidden0.weight": torch.tensor(np.linalg.solve(span, x)) @ first}
    held = view_of(architecture, problem, torch.tensor(span), own)
    np.testing.assert_allclose(logit(held, held.x), logit(whole, whole.x), rtol=1e-4, atol=1e-5)
    axes = np.linalg.svd(x, full_matrices=False)[2]
    inside = torch.tensor(axes.T @ axes) @ first
    along = view_of(architecture, problem, parameters={**whole.parameters, "hidden0.weight": inside})
    expected = margins.logits_and_steepness(along)[1]
    np.testing.assert_allclose(margins.logits_and_steepness(held)[1], expected, rtol=1e-4)


def test_tokens_have_no_margin():
    architecture = LSTM((3,), vocabulary=9)
    tokens = np.arange(12).reshape(4, 3) % 9
    view = View(architecture, {}, {}, torch.tensor(tokens), torch.ones(4), 4, (3,))
    with pytest.raises(BadInput, match="Tokens have no distances"):
        margins.lipschitz_margin(view)


def test_bins_are_powers_of_two():
    inside = torch.tensor([0.0, 2.0**-21, 2.0**-20, 0.24, 0.25, 31.0, 32.0, 1e9])
    assert margins.bins_of(inside).tolist() == [0, 0, 1, 18, 19, 25, 26, 26]
    assert margins.BINS == 27


def test_runs_observe_what_networks_that_fit_show():
    """Shares and errors of the bins: runs of subset simulation, weighted by evidence, against plain draws that fit."""
    architecture, problem = FullyConnected((4, 4)), digits(4, 6)
    observe = observer(architecture, problem, ("errors by margin",), torch.device("cpu"))
    runs = subset_simulation(architecture, problem, seeded(1), runs=16, chains=64, steps=4, observe=observe)
    x = torch.tensor(problem.inputs.reshape(10, -1))
    table = architecture.parameters((64,))
    parameters = views(table, draw(table, "gaussian", 20_000, seeded(2)))
    every = architecture.readout(parameters, architecture.features(parameters, x))[..., 0]
    fits = ((every[:, :4] > 0) == torch.tensor(problem.train_y > 0)).all(1)
    kept = {name: each[fits] for name, each in parameters.items()}
    # By hand: the input's own product of weights and active units at each point, in 64 dimensions less those across.
    h, slope = x.expand(len(every[fits]), 10, 64), torch.eye(64).expand(len(every[fits]), 10, 64, 64)
    for layer in ("hidden0", "hidden1"):
        z = h @ kept[f"{layer}.weight"] + kept[f"{layer}.bias"]
        slope = (slope @ kept[f"{layer}.weight"][:, None]) * (z > 0)[:, :, None]
        h = z.relu()
    gradient = (slope @ kept["readout.weight"][:, None])[..., 0]
    axes = torch.linalg.svd(x, full_matrices=False)[2]
    steepest = (gradient @ axes.T).norm(dim=2).max(1).values
    signs = torch.tensor(problem.train_y * 2.0 - 1)
    margin = ((every[fits][:, :4] * signs).min(1).values / steepest).numpy()
    wrong = ((every[fits][:, 4:] > 0).numpy() != (problem.eval_y > 0)).mean(1)
    evidence = np.exp(runs.curve[:, -1])
    place = np.clip(np.floor(np.log2(margin)) + 21, 0, 26).astype(int)
    ends = 0
    for b in range(27):
        for column, plain in ((b, (place == b).astype(float)), (27 + b, (place == b) * wrong)):
            mine = evidence @ runs.observed[:, column] / evidence.sum()
            apart = evidence * (runs.observed[:, column] - mine) / evidence.mean()
            error = np.hypot(apart.std(ddof=1) / 4, plain.std(ddof=1) / len(plain) ** 0.5)
            # Of 54 comparisons with 15 degrees of freedom, all within this but one time in a million.
            assert abs(mine - plain.mean()) <= stats.t.isf(FALSE_ALARM / 108, 15) * error + 3 / len(plain)
            ends += plain.mean() > 0.05
    assert len(margin) > 400
    assert ends > 4


def test_trained_networks_show_their_margins():
    problem, network = digits(6, 9), FullyConnected((5, 4))
    arguments = {"batch": 3, "max_epochs": 300}
    names = ("Lipschitz-normalised margin", "evaluation error")
    found = trained_features(network, problem, SGD(0.1), 25, seeded(), changes=names, **arguments)
    rows = []
    # In the inputs' own span, where descent is cheaper.
    for finished in trained_networks(network, problem, SGD(0.1), 25, seeded(), **arguments):
        kept = {name: each[finished.fits] for name, each in finished.final.items()}
        view = view_of(network, problem, finished.x.double(), {name: each.double() for name, each in kept.items()})
        wrong = (logit(view, view.x)[:, 6:] > 0) != (problem.eval_y > 0)
        rows.append(np.stack([margins.lipschitz_margin(view)[:, 0].numpy(), wrong.mean(1)], axis=1))
    np.testing.assert_allclose(found.values, np.concatenate(rows), rtol=1e-3, atol=1e-6)
    assert len(found.values) > 10
