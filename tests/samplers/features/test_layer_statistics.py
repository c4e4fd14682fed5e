"""Hidden layers, kernels and their alignment against plain numpy, closed forms of linear networks, and NNGP."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import BadInput
from harness.networks import FullyConnected
from harness.networks.ensemble import draw, views
from harness.optimisers import SGD, After
from harness.problems import digits
from harness.samplers.features.layer_statistics import (
    STATISTICS,
    View,
    alignment,
    centred,
    hidden_layers,
    kernel,
    label_alignment,
)
from harness.samplers.features.posterior import hidden_draws, views_at_initialisation
from harness.samplers.features.training import trained_features
from harness.samplers.infinite_width.kernels import nngp
from harness.samplers.training import trained_networks

PROBLEM = digits(6, 5)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def drawn(architecture, networks, seed=0):
    x = torch.tensor(architecture.prepare(PROBLEM.inputs))
    table = architecture.parameters(tuple(x.shape[1:]))
    signs = torch.tensor(np.concatenate([PROBLEM.train_y, PROBLEM.eval_y]) * 2.0 - 1, dtype=torch.float32)
    parameters = views(table, draw(table, architecture.distribution, networks, seeded(seed)))
    return View(architecture, table, parameters, x, signs, PROBLEM.m, tuple(x.shape[1:]))


def plain_alignment(one, two):
    """Cortes et al. 2012: centring by its definition, one entry after the other."""
    points = len(one)

    def centre(a):
        return np.array(
            [[a[i, j] - a[i].mean() - a[:, j].mean() + a.mean() for j in range(points)] for i in range(points)]
        )

    one, two = centre(one), centre(two)
    return (one * two).sum() / np.sqrt((one * one).sum() * (two * two).sum())


def plain_layers(architecture, parameters, network, x):
    """One network at a time, one layer after the other."""
    found, h = [], x.astype(float)
    for layer in range(len(architecture.hidden)):
        weight, bias = (parameters[f"hidden{layer}.{part}"][network].double().numpy() for part in ("weight", "bias"))
        if architecture.parametrisation == "ntk":
            weight, bias = weight * architecture.sigma_w / np.sqrt(len(weight)), bias * architecture.sigma_b
        h = np.maximum(h @ weight + bias, 0)
        found.append(h)
    return found


@pytest.mark.parametrize("parametrisation", ["standard", "ntk"])
def test_layers_and_statistics_are_those_of_one_network_at_a_time(parametrisation):
    architecture = FullyConnected((5, 7, 4), parametrisation=parametrisation)
    view = drawn(architecture, 9)
    x, y = view.x.numpy(), view.signs.numpy().astype(float)
    found = {name: statistic(view) for name, statistic in STATISTICS.items()}
    for network in range(9):
        layers = plain_layers(architecture, view.parameters, network, x)
        for layer, h in enumerate(layers):
            np.testing.assert_allclose(view.layers[layer][network].numpy(), h, rtol=1e-4, atol=1e-5)
            for name, points in (("training", slice(0, 6)), ("evaluation", slice(6, None))):
                expected = plain_alignment(h[points] @ h[points].T, np.outer(y[points], y[points]))
                assert found[f"{name} alignment"][network, layer] == pytest.approx(expected, abs=1e-5)
            assert found["active share"][network, layer] == pytest.approx((h > 0).mean())
            weight = view.parameters[f"hidden{layer}.weight"][network].double().numpy()
            variance = architecture.sigma_w**2 / len(weight) if parametrisation == "standard" else 1.0
            assert found["weight norm"][network, layer] == pytest.approx((weight**2).mean() / variance, rel=1e-5)


def test_alignment_of_linear_kernels_is_cka_by_its_own_formula():
    """Kornblith et al. 2019, equation 4: with the features centred, no kernel at all."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(3, 9, 5)), rng.normal(size=(3, 9, 2))
    a, b = x - x.mean(1, keepdims=True), y - y.mean(1, keepdims=True)
    found = alignment(kernel(torch.tensor(x)), kernel(torch.tensor(y)))
    for i in range(3):
        cross, own = np.linalg.norm(b[i].T @ a[i]) ** 2, np.linalg.norm(a[i].T @ a[i]) * np.linalg.norm(b[i].T @ b[i])
        assert float(found[i]) == pytest.approx(cross / own)


@given(st.integers(2, 8), st.integers(1, 6), st.floats(0.1, 10), st.integers(0, 2**32 - 1))
def test_alignment_is_one_of_a_kernel_with_itself_and_does_not_see_scale_shift_or_rotation(points, units, scale, seed):
    rng = np.random.default_rng(seed)
    h = torch.tensor(rng.normal(size=(1, points, units)))
    other = kernel(torch.tensor(rng.normal(size=(1, points, units))))
    turned = scale * h @ torch.tensor(np.linalg.qr(rng.normal(size=(units, units)))[0]) + torch.tensor(
        rng.normal(size=units)
    )
    assert float(alignment(kernel(h), kernel(turned))) == pytest.approx(1)
    one, two = float(alignment(kernel(h), other)), float(alignment(other, kernel(turned)))
    assert one == pytest.approx(two)
    assert 0 <= one <= 1 + 1e-12


def test_what_never_varies_aligns_with_nothing():
    flat = torch.ones(2, 4, 4)
    assert alignment(flat, torch.eye(4)[None]).tolist() == [0, 0]
    assert label_alignment(flat, torch.tensor([1.0, -1, 1, -1])).tolist() == [0, 0]
    assert label_alignment(torch.eye(4)[None], torch.ones(4)).tolist() == [0]


def test_label_alignment_in_closed_form():
    """Features that are the labels: 1. The identity on balanced labels: ‖y‖²/(√(p − 1)·‖y‖²)."""
    y = torch.tensor([1.0, -1, 1, -1, 1, -1])
    assert float(label_alignment(torch.outer(y, y)[None], y)) == pytest.approx(1)
    assert float(label_alignment(torch.eye(6)[None], y)) == pytest.approx(1 / np.sqrt(5))
    torch.testing.assert_close(centred(torch.eye(3)), torch.eye(3) - 1 / 3)


def test_wide_hidden_kernels_are_those_of_infinite_width():
    """σ_w²·E hhᵀ + σ_b² after each layer is the NNGP kernel of as many layers: arc-cosine (Cho & Saul 2009)."""
    architecture = FullyConnected((4096, 4096))
    view = drawn(architecture, 2)
    for depth, h in enumerate(view.layers, start=1):
        expected = nngp(FullyConnected((1,) * depth), PROBLEM.inputs)
        found = (architecture.sigma_w**2 * kernel(h) + architecture.sigma_b**2).mean(0).numpy()
        np.testing.assert_allclose(found, expected, atol=0.1 * expected.max())
        assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.995


def test_the_mean_kernel_of_one_layer_is_that_of_infinite_width_at_any_width():
    architecture = FullyConnected((3,))
    k = kernel(drawn(architecture, 60_000).layers[0]) * architecture.sigma_w**2 + architecture.sigma_b**2
    error = k.std(0) / 60_000**0.5
    expected = nngp(FullyConnected((1,)), PROBLEM.inputs)
    # 121 entries, half of them the same: 1e-6 over all of them is 1e-8 each, 5.7 standard errors.
    assert (((k.mean(0) - torch.tensor(expected)) / error).abs() < 5.8).all()


def test_drawing_in_the_span_of_the_inputs_leaves_the_statistics_distributed_as_they_are():
    """Inputs of 64 numbers on 11 points: weights of 11 numbers a unit say the same of every statistic but their norm's
    spread, which is that of 11 numbers instead of 64."""
    architecture = FullyConnected((6, 6))
    whole = drawn(architecture, 20_000)
    reduced = next(iter(views_at_initialisation(architecture, PROBLEM, 2000, seeded(1))))
    assert reduced.x.shape[1] == 11
    span = hidden_draws(architecture, PROBLEM, 20_000, seeded(1), tuple(STATISTICS)).values
    everything = torch.cat([statistic(whole) for statistic in STATISTICS.values()], dim=1).numpy()
    apart = (span.mean(0) - everything.mean(0)) / np.sqrt((span.var(0) + everything.var(0)) / 20_000)
    assert np.abs(apart).max() < 5.5  # eight statistics, 1e-6 in all
    columns = [name == "weight norm" for name in STATISTICS for _ in range(2)]
    first_norm = columns.index(True)
    ratio = span.var(0) / everything.var(0)
    assert ratio[first_norm] == pytest.approx(64 / 11, rel=0.1)
    assert np.delete(ratio, first_norm) == pytest.approx(1, rel=0.12)


def test_changes_are_those_of_one_network_at_a_time():
    """A step of gradient descent, its networks taken apart and compared layer by layer in float64."""
    architecture = FullyConnected((5, 7))
    found = trained_features(
        architecture,
        PROBLEM,
        SGD(0.02),
        40,
        seeded(),
        ("training alignment",),
        ("kernel change", "unit change", "CKA with the start", "layer distance", "training alignment"),
        batch=6,
        stop=After(updates=20),
        loss="squared error",
    )
    rows = []
    for finished in trained_networks(
        architecture, PROBLEM, SGD(0.02), 40, seeded(), batch=6, stop=After(updates=20), loss="squared error"
    ):
        for network in finished.fits.nonzero()[:, 0].tolist():
            before, after = (
                plain_layers(architecture, parameters, network, finished.x.numpy()[:6])
                for parameters in (finished.initial, finished.final)
            )
            y = PROBLEM.train_y * 2.0 - 1
            labels = [[plain_alignment(h @ h.T, np.outer(y, y)) for h in layers] for layers in (before, after)]
            kernels = [[h @ h.T / h.shape[1] for h in layers] for layers in (before, after)]
            rows.append(
                [
                    *labels[1],
                    *(np.linalg.norm(b - a) / np.linalg.norm(a) for a, b in zip(*kernels, strict=True)),
                    *(np.linalg.norm(b - a) / np.linalg.norm(a) for a, b in zip(before, after, strict=True)),
                    *(plain_alignment(a, b) for a, b in zip(*kernels, strict=True)),
                    *(
                        np.linalg.norm(finished.final[name][network] - finished.initial[name][network])
                        # Weights of 11 numbers a unit instead of 64, larger by the ratio of their standard deviations.
                        / np.sqrt((2 / 11) * 64 * 5 if name == "hidden0.weight" else (2 / 5) * 5 * 7)
                        for name in ("hidden0.weight", "hidden1.weight")
                    ),
                    *(b - a for a, b in zip(*labels, strict=True)),
                ]
            )
    assert 0 < len(rows) < 40
    assert found.left_out == 40 - len(rows)
    np.testing.assert_allclose(found.values, rows, rtol=2e-3, atol=2e-4)


@pytest.mark.parametrize("parametrisation", ["standard", "ntk"])
def test_distances_travelled_are_those_of_training_on_the_inputs_as_they_are(parametrisation):
    """Trained in 64 dimensions and in the 11 of the inputs' span: with plain formulas, and the same on average."""
    architecture, arguments = FullyConnected((6, 6), parametrisation=parametrisation), {"batch": 6, "max_epochs": 300}
    found = trained_features(architecture, PROBLEM, SGD(0.05), 400, seeded(), (), ("layer distance",), **arguments)
    plain = []
    for finished in trained_networks(
        architecture, PROBLEM, SGD(0.05), 400, seeded(1), in_span=False, block=400, **arguments
    ):
        assert finished.x.shape[1] == 64
        step = [
            (finished.final[f"hidden{i}.weight"] - finished.initial[f"hidden{i}.weight"]).flatten(1) for i in (0, 1)
        ]
        variance = [2 / 64, 2 / 6] if parametrisation == "standard" else [1, 1]
        radius = [(v * fan_in * 6) ** 0.5 for v, fan_in in zip(variance, (64, 6), strict=True)]
        rows = np.stack([(s.norm(dim=1) / r).numpy() for s, r in zip(step, radius, strict=True)], axis=1)
        plain.append(rows[finished.fits.numpy()])
    plain = np.concatenate(plain)
    error = np.sqrt(plain.var(0) / len(plain) + found.values.var(0) / len(found.values))
    assert (np.abs(plain.mean(0) - found.values.mean(0)) < 5.1 * error).all()  # two means, twice: 1e-6
    assert (error < 0.1 * plain.mean(0)).all()


def test_distance_travelled_is_over_all_parameters():
    """Against one flat vector a network; inputs as they are, so that each number counts as it is."""
    arguments = {"batch": 6, "max_epochs": 300, "in_span": False}
    architecture = FullyConnected((4, 3), "tanh")
    found = trained_features(architecture, PROBLEM, SGD(0.05), 30, seeded(), (), ("distance travelled",), **arguments)
    plain = []
    for finished in trained_networks(architecture, PROBLEM, SGD(0.05), 30, seeded(), **arguments):
        first, last = (
            torch.cat([tensor.flatten(1) for tensor in each.values()], dim=1)[finished.fits].double().numpy()
            for each in (finished.initial, finished.final)
        )
        assert first.shape[1] == 64 * 4 + 4 + 4 * 3 + 3 + 3 + 1
        plain.extend(np.linalg.norm(last - first, axis=1) / np.linalg.norm(first, axis=1))
    assert found.values.shape == (len(plain), 1)
    np.testing.assert_allclose(found.values[:, 0], plain, rtol=1e-4)
    assert min(plain) >= 0 < max(plain)


def test_bad_requests_are_said():
    with pytest.raises(BadInput, match="no statistic 'beauty'"):
        hidden_draws(FullyConnected((3,)), PROBLEM, 5, seeded(), ("beauty",))
    with pytest.raises(BadInput, match="no statistic 'beauty'"):
        trained_features(FullyConnected((3,)), PROBLEM, SGD(0.1), 5, seeded(), (), ("beauty",))
    with pytest.raises(BadInput, match="two classes"):
        hidden_draws(FullyConnected((3,)), digits(6, 5, "0/1/2"), 5, seeded(), ("active share",))


def test_networks_that_never_fit_leave_nothing():
    found = trained_features(
        FullyConnected((1,)), digits(40, 5), SGD(0.1), 6, seeded(), ("active share",), ("unit change",), max_epochs=0
    )
    assert (found.values.shape, found.left_out) == ((0, 2), 6)


def test_other_architectures_show_their_last_hidden_layer():
    class Plain:
        """An architecture with nothing but what all must have."""

        def __init__(self, of):
            self.features = of.features

    architecture = FullyConnected((5, 7))
    view = drawn(architecture, 3)
    (last,) = hidden_layers(Plain(architecture), view.parameters, view.x)
    torch.testing.assert_close(last, view.layers[-1])
