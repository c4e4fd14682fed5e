"""Learning coefficients against volumes and integrals computed to arbitrarily small ε, and against each other."""

from itertools import product
from math import log

import numpy as np
import pytest
from scipy import special

from harness.errors import BadInput
from harness.statistics.exact.learning_coefficients import monomial, reduced_rank, reduced_rank_at, regular

# e^(−nK) is averaged by the trapezium rule over ln of what it depends on, at ln n of up to:
FURTHEST = 200.0


def exponents(log_mean):
    """λ and θ from ln E e^(−nK) = c − λ ln n + (θ − 1) ln ln n: two slopes, further and further out."""
    middle, far, step = FURTHEST / 2, FURTHEST, 1e-2
    slopes = [(log_mean(at + step) - log_mean(at - step)) / (2 * step) for at in (middle, far)]
    # The slope is −λ + (θ − 1)/(ln n + constant); a constant of order 1 is left.
    theta = (slopes[0] - slopes[1]) / (1 / middle - 1 / far)
    return -(slopes[1] - theta / far), 1 + theta


def log_volume_of_monomial(powers, log_n):
    """ln P(K ≤ 1/n), parameters uniform on [0, 1]: −ln K = Σ 2k E with E exponential, by repeated convolution."""
    grid = np.linspace(0, log_n, 4001)
    first, *others = (np.exp(-grid / (2 * k)) for k in powers if k)
    above = first
    for each in others:
        # P(A + B > x) = P(B > x) + ∫ p_B(y) P(A > x − y) dy, by the trapezium rule.
        density = -np.gradient(each, grid, edge_order=2)
        inner = np.convolve(density, above)[: len(grid)] - (density * above[0] + density[0] * above) / 2
        above = each + grid[1] * inner
    return log(above[-1])


@pytest.mark.parametrize("powers", [(1,), (2,), (3,), (1, 2), (2, 1, 0), (1, 1), (2, 2), (1, 1, 1), (1, 3, 3)])
def test_monomials_have_the_exponent_of_their_volume(powers):
    found = monomial(powers)
    at = np.array([60.0, 90.0, 120.0, 150.0])
    volumes = np.array([log_volume_of_monomial(powers, each) for each in at])
    # V = n^(−λ) times a polynomial of degree θ − 1 in ln n: a straight line in ln n and ln ln n with a fixed shift.
    polynomial = np.exp(volumes + found.value * at - (volumes + found.value * at)[0])
    degree = found.multiplicity - 1
    fitted = np.polynomial.Polynomial.fit(at, polynomial, degree)
    np.testing.assert_allclose(fitted(at), polynomial, rtol=2e-3)
    assert degree == 0 or abs(fitted.convert().coef[-1]) * at[-1] ** degree > 0.1


def chi_squared(freedom):
    """Nodes s and ln of weights of a χ² variable with as many degrees of freedom, over ln s."""
    t = np.linspace(-1.3 * FURTHEST, 8, 40_001)
    density = freedom / 2 * t - np.exp(t) / 2 - special.gammaln(freedom / 2) - freedom / 2 * log(2)
    return np.exp(t), density + log(t[1] - t[0])


def one_input(outputs, hidden, rank):
    """ln E e^(−n‖Ba − c‖²/2) of one input, standard normal A and B; c has length 1 if rank is 1, else 0."""
    s, weights = chi_squared(hidden)

    def log_mean(log_n):
        n = np.exp(log_n)
        return special.logsumexp(weights - outputs / 2 * np.log1p(n * s) - rank / 2 / (1 / n + s))

    return log_mean


def two_hidden_units(inputs, outputs):
    """The same of two hidden units and C = 0: over the two eigenvalues of AAᵀ, which have Wishart's density."""
    t = np.linspace(-1.3 * FURTHEST, 8, 1501)
    s, step = np.exp(t), t[1] - t[0]
    each = (inputs - 3) / 2 * t - s / 2 + t
    with np.errstate(divide="ignore"):
        density = each[:, None] + each + np.log(np.abs(s[:, None] - s))
    density -= special.logsumexp(density)
    assert step < 0.25

    def log_mean(log_n):
        of_each = -outputs / 2 * np.logaddexp(0, log_n + t)
        return special.logsumexp(density + of_each[:, None] + of_each)

    return log_mean


CASES_OF_ONE_INPUT = [(n, h, r) for n, h, r in product((1, 2, 3, 4), (1, 2, 3), (0, 1))]


@pytest.mark.parametrize(("outputs", "hidden", "rank"), CASES_OF_ONE_INPUT)
def test_linear_networks_of_one_input(outputs, hidden, rank):
    value, multiplicity = exponents(one_input(outputs, hidden, rank))
    found = reduced_rank(1, outputs, hidden, rank)
    assert value == pytest.approx(found.value, abs=0.01)
    assert multiplicity == pytest.approx(found.multiplicity, abs=0.1)
    assert reduced_rank(outputs, 1, hidden, rank) == found


@pytest.mark.parametrize(("inputs", "outputs"), [(2, 1), (2, 2), (2, 3), (3, 2), (3, 3), (3, 4), (4, 4), (3, 6)])
def test_linear_networks_of_two_hidden_units(inputs, outputs):
    value, multiplicity = exponents(two_hidden_units(inputs, outputs))
    found = reduced_rank(inputs, outputs, 2, 0)
    assert value == pytest.approx(found.value, abs=0.01)
    assert multiplicity == pytest.approx(found.multiplicity, abs=0.1)


def test_all_four_cases_are_among_these():
    def case(m, n, h, r):
        return (m + h < n + r, n + h < m + r, m + n < h + r, (m + n + h + r) % 2)

    seen = {case(1, *each) for each in CASES_OF_ONE_INPUT} | {case(m, n, 2, 0) for m, n in [(3, 3), (3, 2), (3, 6)]}
    seen |= {case(n, 1, h, r) for n, h, r in CASES_OF_ONE_INPUT}
    assert {each[:3] for each in seen} == {
        (True, False, False),
        (False, True, False),
        (False, False, True),
        (False, False, False),
    }
    assert {(False, False, False, odd) for odd in (0, 1)} <= seen


def test_what_the_truth_needs_is_regular():
    """λ(M, N, H, r) = r(M + N − r)/2 + λ(M − r, N − r, H − r, 0)."""
    for m, n, h in product(range(2, 7), repeat=3):
        for r in range(1, min(m, n, h)):
            rest = reduced_rank(m - r, n - r, h - r, 0)
            found = reduced_rank(m, n, h, r)
            assert found == (r * (m + n - r) / 2 + rest.value, rest.multiplicity)


def dimension_of_minima(a, b):
    """Parameters less the rank of the derivative of BA, where that rank is the largest near by: at generic minima."""
    columns = []
    for i, j in np.ndindex(a.shape):
        step = np.zeros_like(a)
        step[i, j] = 1
        columns.append((b @ step).ravel())
    for i, j in np.ndindex(b.shape):
        step = np.zeros_like(b)
        step[i, j] = 1
        columns.append((step @ a).ravel())
    return len(columns) - np.linalg.matrix_rank(np.array(columns))


@pytest.mark.parametrize(("m", "n", "h", "first", "second"), [(4, 3, 2, 2, 1), (4, 3, 3, 2, 2), (5, 4, 4, 3, 2)])
def test_at_generic_minima_it_is_half_the_parameters_that_matter(m, n, h, first, second):
    """Of rank 1: A has the span of e₁ … e_first, B that of e₁ and the last ones."""
    rng = np.random.default_rng(0)
    rows, columns = np.zeros((h, first)), np.zeros((h, second))
    rows[range(first), range(first)] = 1
    columns[[0, *range(h - second + 1, h)], range(second)] = 1
    a, b = rows @ rng.standard_normal((first, m)), rng.standard_normal((n, second)) @ columns.T
    assert np.linalg.matrix_rank(b @ a) == 1
    assert first + second == h + 1
    found = reduced_rank_at(m, n, h, 1, first, second)
    assert found == (((m + n) * h - dimension_of_minima(a, b)) / 2, 1)
    assert found.value >= reduced_rank(m, n, h, 1).value


def test_at_the_most_singular_minimum_it_is_the_least():
    for m, n, h, r in product((2, 3), (2, 4), (2, 3), (0, 1, 2)):
        assert reduced_rank_at(m, n, h, r, r, r) == reduced_rank(m, n, h, r)


def test_regular_minima_have_half_the_number_of_parameters():
    assert regular(7) == (3.5, 1)
    assert regular(1) == monomial((1,))


@pytest.mark.parametrize(
    "call",
    [
        lambda: monomial((0, 0)),
        lambda: monomial(()),
        lambda: monomial((1.5,)),
        lambda: reduced_rank(3, 3, 1, 2),
        lambda: reduced_rank(0, 3, 1, 0),
        lambda: reduced_rank_at(3, 3, 2, 1, 2, 2),
        lambda: reduced_rank_at(3, 3, 2, 1, 0, 1),
        lambda: regular(-1),
    ],
)
def test_other_numbers_are_refused(call):
    with pytest.raises(BadInput):
        call()
