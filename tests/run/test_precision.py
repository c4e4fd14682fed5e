"""float32 is precise enough for every verdict; TensorFloat-32 and bfloat16, emulated, are what they should be."""

from math import sqrt

import numpy as np
import pytest
import torch

from benchmarks.speed.precision import BFLOAT16, FLOAT32, TF32, Products, changed, drawn_rows, labels, logits, rounded
from harness.networks import FullyConnected
from harness.networks.ensemble import views
from harness.problems import boolean_cube, digits

# The unit roundoff of float32.
UNIT = 2.0**-24
CELLS = [(FullyConnected((40, 40)), boolean_cube(7)), (FullyConnected((64, 64)), digits(16, 100))]
cells = pytest.mark.parametrize(("network", "problem"), CELLS, ids=["cube", "digits"])
DRAWN = 3000


def numbers(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_rounding_is_that_of_types_of_so_many_bits():
    x = torch.cat([numbers(10_000), numbers(10_000) * 1e3, torch.tensor([0.0, -0.0, 1.0, 1 + 2.0**-11, 1 + 2.0**-8])])
    assert torch.equal(rounded(x, 7), x.bfloat16().float())
    # float16 has the 10 bits of TensorFloat-32, and subnormal numbers below 2⁻¹⁴.
    x = x[x.abs() > 2.0**-14]
    assert torch.equal(rounded(x, 10), x.half().float())


def test_products_are_those_of_rounded_factors():
    a, b = numbers(5, 6, 7), numbers(5, 7, 8, seed=1)
    with Products(10, sums=False):
        found = torch.bmm(a, b)
    torch.testing.assert_close(found, torch.bmm(rounded(a, 10), rounded(b, 10)), rtol=0, atol=0)
    assert not torch.equal(found, torch.bmm(a, b))
    with BFLOAT16():
        found = a @ b
    torch.testing.assert_close(found, (a.bfloat16() @ b.bfloat16()).float(), rtol=2.0**-6, atol=2.0**-6)
    with FLOAT32():
        assert torch.equal(a @ b, torch.bmm(a, b))


def logits_with_bounds(network, problem, rows):
    """Logits of a ReLU network in float64, and how far those in float32 may be off, (networks, n) each.

    A sum of k products in any order is off by at most γ = ku/(1 − ku) times the sum of their sizes (Higham 2002,
    section 3.1), to which come the errors of the layer below, times the sizes of the weights; ReLU adds none.
    """
    x = torch.tensor(network.prepare(problem.eval_x), dtype=torch.float64)
    parameters = views(network.parameters(tuple(x.shape[1:])), rows.double())
    h = x.expand(len(rows), *x.shape)
    off = torch.zeros_like(h)
    for name in network.layers:
        weight, bias = parameters[f"{name}.weight"], parameters[f"{name}.bias"]
        terms = h.shape[-1] + 1
        gamma = terms * UNIT / (1 - terms * UNIT)
        off = off @ weight.abs() + gamma * ((h.abs() + off) @ weight.abs() + bias.abs())
        h = h @ weight + bias
        if name != "readout":
            h = h.relu()
    return h[..., 0], off[..., 0]


@cells
def test_float32_changes_labels_only_where_rounding_can(network, problem):
    rows = drawn_rows(network, problem, 500, seed=0)
    logits, off = logits_with_bounds(network, problem, rows)
    different = labels(network, problem, rows) != (logits > 0)
    assert (logits.abs() <= off)[different].all()
    with TF32():
        different = labels(network, problem, rows) != (logits > 0)
    assert different.any()
    if problem.name == "cube7":
        # The bound is no empty one: products in TF32 break it where sums are short.
        assert not (logits.abs() <= off)[different].all()


def expected_changes(network, problem, rows, precision):
    """Labels that a network changes between this precision and float64, in expectation over its last layer.

    Given the layers below, a logit is Gaussian, of mean 0 and variance s² = σ_w²|h|²/width + σ_b²; an error of e, small
    beside s, changes the label where the logit is within e of 0 on one side: with the chance e/(s√2π).
    """
    exact = logits(network, problem, rows, torch.float64)[..., 0]
    with precision():
        error = (logits(network, problem, rows)[..., 0] - exact).abs()
    x = torch.tensor(network.prepare(problem.eval_x), dtype=torch.float64)
    h = network.features(views(network.parameters(tuple(x.shape[1:])), rows.double()), x)
    s = (network.sigma_w**2 * h.square().mean(2) + network.sigma_b**2).sqrt()
    return float((error / (s * sqrt(2 * np.pi))).sum(1).mean())


@cells
def test_float32_changes_too_few_functions_for_any_verdict(network, problem):
    """Total variation between the laws in float32 and without rounding is at most δ, the chance that a network changes
    its function: no probability, no mean of what lies in 0 … 1 and no squared MMD moves by more. δ is at most what a
    network changes in labels: below 10⁻⁴, so that among a million networks, more than any claim draws, what rounding
    moves is at most a tenth of 1/√networks, by which samples of this size scatter.
    """
    rows = drawn_rows(network, problem, 300, seed=1)
    assert expected_changes(network, problem, rows, FLOAT32) < 1e-4
    # That this is how many labels change is seen where it can be counted.
    many = drawn_rows(network, problem, DRAWN, seed=2)
    exact = labels(network, problem, many, torch.float64)
    with TF32():
        counted = float((labels(network, problem, many) != exact).sum(1).double().mean())
    # Of about 50 labels; one network may change several: within a factor of 2 both ways is more than five deviations.
    assert counted / 2 < expected_changes(network, problem, rows, TF32) < 2 * counted
    # And float32: with δ below 10⁻⁴ their number is below Poisson's of mean 0.3, which is 6 with a chance of 1e-6.
    assert changed(labels(network, problem, many), exact) * DRAWN < 6
