"""Kernels of convolutional and residual networks by neural-tangents, against networks that are drawn."""

from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest
import torch
from scipy import stats

from harness.claim import Scale
from harness.errors import BadInput, Unavailable
from harness.lab import Lab
from harness.networks import LSTM, Convolutional, FullyConnected, Residual
from harness.problems import digits
from harness.samplers.infinite_width.kernels import empirical_nngp, library
from harness.samplers.infinite_width.kernels.library import library_kernels
from harness.store import Store

IMAGES = np.sin(np.arange(60.0)).reshape(2, 6, 5)
# Entries (0, 0), (0, 1) and (1, 1) of NNGP kernels on these, from `library_kernels` with neural-tangents 0.6.5.
ONE_LAYER = [
    (Convolutional((1,), (), sigma_b=0.3), (0.6804460836842653, 0.5039623689923658, 0.6824195930616629)),
    (
        Convolutional((1,), (), padding="circular", pooling=None, activation="erf"),
        (0.9298476953790514, 0.12313001777310995, 0.9488468289649017),
    ),
]
DEEPER = [
    (Convolutional((1, 1), (1,), kernel=5, sigma_b=0.3), (0.3337705240175053, 0.3301594401539233, 0.3347860890172947)),
    (
        Residual(1, 2, padding="circular", sigma_b=0.3),
        (1.5807030693240136, 1.6053204279127602, 1.6339336290918587),
    ),
]
ids = pytest.mark.parametrize(("architecture", "entries"), ONE_LAYER + DEEPER, ids=lambda a: getattr(a, "name", ""))
installed = pytest.mark.skipif(find_spec("neural_tangents") is None, reason="needs neural-tangents")
FALSE_ALARM = 1e-7


def drawn(architecture, networks):
    found = empirical_nngp(architecture, IMAGES, networks, torch.Generator().manual_seed(0))
    place = [0, 0, 1], [0, 1, 1]
    return found.mean[place], found.standard_error[place]


@pytest.mark.parametrize(("architecture", "entries"), ONE_LAYER, ids=lambda a: getattr(a, "name", ""))
def test_one_layer_has_the_kernel_of_drawn_networks(architecture, entries):
    """With one hidden layer a finite width has the limit's kernel in expectation."""
    mean, error = drawn(replace(architecture, channels=(20,)), 4000)
    assert (error < 0.01).all()
    assert (abs(mean - entries) < stats.norm.isf(FALSE_ALARM / 2) * error).all()


@pytest.mark.parametrize(("architecture", "entries"), DEEPER, ids=lambda a: getattr(a, "name", ""))
def test_deeper_ones_come_to_the_kernel_of_drawn_networks(architecture, entries):
    """Up to a share of 1/width, by which kernels of finite networks are off, and five standard errors."""
    width = 100
    wide = {"channels": width} if isinstance(architecture, Residual) else {"channels": (width,) * 2, "hidden": (width,)}
    mean, error = drawn(replace(architecture, **wide), 1000)
    assert (error < 0.01 * mean).all()
    assert (abs(mean - entries) < 5 * error + mean / width).all()


@installed
@ids
def test_the_library_says_so(architecture, entries):
    kernel, _ = library_kernels(architecture, IMAGES)
    np.testing.assert_allclose(kernel[[0, 0, 1], [0, 1, 1]], entries, rtol=1e-10)
    np.testing.assert_allclose(kernel, kernel.T, rtol=1e-12)


@installed
@ids
def test_tiles_do_not_matter(architecture, entries, monkeypatch):
    inputs = np.random.default_rng(0).normal(size=(3, 6, 5))
    whole = library_kernels(architecture, inputs)
    of_two = library_kernels(architecture, inputs, inputs[:2])
    monkeypatch.setattr(library, "_TILE_BYTES", 1)
    for one, other, part in zip(whole, library_kernels(architecture, inputs), of_two, strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-10)
        np.testing.assert_allclose(part, one[:, :2], rtol=1e-6)


@installed
def test_the_lab_asks_the_library(tmp_path):
    lab = Lab(Scale("test", 100.0, effort=1, looks=1), torch.device("cpu"), 0, Store(tmp_path))
    problem, network = digits(6, 4), Convolutional((2,), ())
    kernel = lab.kernel(network, problem, by="neural-tangents")
    np.testing.assert_allclose(kernel, library_kernels(network, problem.inputs)[0], rtol=1e-12)
    evidence = lab.infinite_evidence(network, problem, by="neural-tangents")
    by_drawing = lab.infinite_evidence(network, problem)
    low, high = by_drawing.interval(1e-6)
    # Kernels by Monte Carlo of 1,000 networks are hardly biased.
    assert low - 0.02 < evidence.value < high + 0.02
    assert lab.infinite_posterior(network, problem, by="neural-tangents").sample is not None


@pytest.mark.parametrize(
    ("architecture", "said"),
    [
        (LSTM((3,)), "fully connected, convolutional and residual networks, not of lstm"),
        (Convolutional((1,), (), activation="tanh"), "no closed form for tanh"),
        (FullyConnected((2,), normalised=True), "not asked for normalised layers"),
        (Convolutional((1,), (), pooling="max"), "pooling of maxima has no kernel in closed form"),
    ],
)
def test_what_it_lacks_is_said_in_one_sentence(architecture, said, monkeypatch):
    monkeypatch.setattr(library, "stax", lambda: type("stax", (), dict.fromkeys(("Relu", "Erf", "Gelu", "Identity"))))
    with pytest.raises(BadInput, match=said):
        library_kernels(architecture, IMAGES)


def test_a_missing_library_makes_claims_unavailable(tmp_path, monkeypatch):
    monkeypatch.setattr(library, "find_spec", lambda _: None)
    lab = Lab(Scale("test", 100.0, effort=1, looks=1), torch.device("cpu"), 0, Store(tmp_path))
    for network in (Residual(2, 1), FullyConnected((3,))):
        with pytest.raises(Unavailable, match="neural-tangents is missing"):
            lab.infinite_evidence(network, digits(6, 4), by="neural-tangents")
