"""One-hot inputs: the closed forms against the incomplete beta function, simulated units, and Sheppard's formula."""

from math import pi

import numpy as np
import pytest
from scipy import special, stats

from harness.errors import BadInput
from harness.statistics.exact import one_hot

# 1e-6 over some ten comparisons.
Z = 5.3


def beta_form(k, m):
    """ln P(S) at width 2 by the incomplete beta function instead of nodes."""
    tail = special.betainc(k + 1, m - k + 1, 0.5) - special.betainc(k + 1, m - k + 1, 0.25)
    terms = [np.log(0.25) + k * np.log(0.75) + (m - k) * np.log(0.25), np.log(2) + special.betaln(k + 1, m - k + 1)]
    return special.logsumexp([*terms, np.log(0.25)], b=[1, tail, float(k == 0)])


@pytest.mark.parametrize(("k", "m"), [(4, 8), (0, 8), (8, 8), (16, 32), (64, 128), (300, 600), (200, 600), (600, 600)])
def test_width_two_by_the_incomplete_beta_function(k, m):
    assert one_hot.log_evidence(one_hot.width_two(), k, m - k) == pytest.approx(beta_form(k, m), abs=1e-10)


@pytest.mark.parametrize(
    "sizes", [(8, 4, -6.3533, 0.4588), (128, 64, -90.9289, 0.4651), (2400, 1200, -1667.2194, 0.4919)]
)
def test_width_two_as_tabulated(sizes):
    m, k, expected, following = sizes
    law = one_hot.width_two()
    assert one_hot.log_evidence(law, k, m - k) == pytest.approx(expected, abs=1e-4)
    assert one_hot.next_ones(law, k, m - k, 1)[1] == pytest.approx(following, abs=1e-4)


@pytest.mark.parametrize(("m", "k", "expected"), [(8, 4, -6.1517), (600, 200, -384.6672), (2400, 1200, -1666.8390)])
def test_infinite_width_as_tabulated(m, k, expected):
    assert one_hot.relu_correlation(1) == pytest.approx(1 / pi)
    law = one_hot.infinite_width(one_hot.relu_correlation(1))
    assert one_hot.log_evidence(law, k, m - k) == pytest.approx(expected, abs=1e-4)


def test_infinite_width_of_two_points_is_sheppards():
    for depth in (1, 2, 5):
        rho = one_hot.relu_correlation(depth)
        found = one_hot.log_evidence(one_hot.infinite_width(rho), 1, 1)
        assert np.exp(found) == pytest.approx(0.25 - np.arcsin(rho) / (2 * pi), abs=1e-12)


def test_correlations_over_depth_are_those_of_wide_layers():
    rng = np.random.default_rng(0)
    g = rng.standard_normal((2, 4_000_000))
    for depth in (1, 2):
        g = np.linalg.cholesky([[1, rho := one_hot.relu_correlation(depth - 1)], [rho, 1]]) @ rng.standard_normal(
            g.shape
        )
        h = np.maximum(g, 0)
        found = (h[0] * h[1]).mean() / (h**2).mean()
        assert found == pytest.approx(one_hot.relu_correlation(depth), abs=Z * 2 / 2000)


def units(readout, bias, offset, draws, rng):
    """Share of positive sums, by drawing units."""
    y = np.maximum(rng.standard_normal((draws, len(readout))) + bias, 0)
    return (y @ readout + offset > 0).mean()


@pytest.mark.parametrize("width", [1, 2, 3, 10])
@pytest.mark.parametrize("biased", [False, True])
def test_the_chance_of_a_positive_sum_is_that_of_drawn_units(width, biased):
    rng = np.random.default_rng(width)
    readouts = rng.standard_normal((4, width))
    biases, offsets = rng.standard_normal((4, width)) * biased, rng.standard_normal(4) * biased
    found = one_hot.positive_chance(readouts, biases, offsets)
    drawn = [units(*each, 200_000, rng) for each in zip(readouts, biases, offsets, strict=True)]
    # At width 1 with biases half of the mass is an atom, next to which the inversion converges slowly.
    np.testing.assert_allclose(found, drawn, atol=Z * 0.5 / 200_000**0.5 + (0.003 if width < 3 and biased else 0))


def test_sampled_readouts_have_the_laws_of_widths_one_and_two():
    rng = np.random.default_rng(3)
    p, _ = one_hot.one_hidden_layer(1, 400, rng)
    assert set(np.round(p, 4)) == {0.0, 0.5}
    p, _ = one_hot.one_hidden_layer(2, 2000, rng)
    inner = p[(p > 0.2501) & (p < 0.4999)]
    assert stats.kstest(inner, stats.uniform(0.25, 0.25).cdf).pvalue > 1e-6
    for value in (0.0, 0.75):
        assert abs((abs(p - value) < 1e-4).mean() - 0.25) < Z * (0.1875 / 2000) ** 0.5


def test_narrow_layers_of_any_depth():
    for depth in (1, 3):
        alive = 0.5**depth
        assert one_hot.log_evidence(one_hot.width_one(depth), 3, 5) == pytest.approx(np.log(alive / 256))
        assert one_hot.log_evidence(one_hot.width_one(depth), 0, 8) == pytest.approx(np.log(alive / 256 + 1 - alive))


@pytest.mark.parametrize("law", [one_hot.odd(), one_hot.width_one(), one_hot.width_two(), one_hot.infinite_width(0.3)])
def test_probabilities_of_all_labels_add_up(law):
    total = sum(special.comb(12, k) * np.exp(one_hot.log_evidence(law, k, 12 - k)) for k in range(13))
    assert total == pytest.approx(1)
    assert one_hot.next_ones(law, 3, 4, 5).sum() == pytest.approx(1)


def test_the_error_of_a_sampled_law():
    values = [
        one_hot.log_evidence(one_hot.one_hidden_layer(5, 100, np.random.default_rng(seed)), 10, 10)
        for seed in range(60)
    ]
    foreseen = one_hot.log_evidence_error(one_hot.one_hidden_layer(5, 100, np.random.default_rng(99)), 10, 10)
    # The standard deviation of 60 values is known to a tenth.
    assert 0.6 < np.std(values, ddof=1) / foreseen < 1.6


def test_labels_that_no_network_has():
    assert one_hot.log_evidence((np.array([0.0]), np.array([1.0])), 1, 3) == -np.inf
    with pytest.raises(BadInput, match="correlation"):
        one_hot.infinite_width(1.0)
