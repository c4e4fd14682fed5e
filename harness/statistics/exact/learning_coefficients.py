"""Learning coefficients in closed form: the exponent of the volume at which a loss K is within ε of its minimum 0.

Under a prior that is positive there, V(ε) = P(K ≤ ε) ~ c ε^λ (ln 1/ε)^(θ − 1) for ε → 0, with the coefficient λ and
its multiplicity θ; equally E e^(−nK) ~ c n^(−λ) (ln n)^(θ − 1) for n → ∞ (Watanabe 2009, *Algebraic Geometry and
Statistical Learning Theory*, theorem 7.1). λ is half the number of parameters where the minimum is a point with a
regular Hessian.
"""

from collections.abc import Sequence
from typing import NamedTuple

from harness.arguments import whole, wholes
from harness.errors import BadInput


class LearningCoefficient(NamedTuple):
    """value: λ. multiplicity: θ, from 1."""

    value: float
    multiplicity: int = 1


def regular(parameters: int) -> LearningCoefficient:
    """That of a minimum whose Hessian has full rank: half the number of parameters."""
    return LearningCoefficient(whole(parameters, "The number of parameters", least=0) / 2)


def monomial(powers: Sequence[int]) -> LearningCoefficient:
    """That of K = (w₁^k₁ w₂^k₂ …)² at 0, as of the squared output of such a model whose truth is 0.

    powers: k of each parameter, from 0, not all 0.
    """
    powers = wholes(list(powers), "Powers of a monomial", least=0)
    largest = max(powers, default=0)
    if not largest:
        raise BadInput("A monomial has a parameter of a power of at least 1; without one its loss is never 0.")
    return LearningCoefficient(1 / (2 * largest), powers.count(largest))


def reduced_rank(inputs: int, outputs: int, hidden: int, rank: int) -> LearningCoefficient:
    """That of K = ‖BA − C‖², a linear network of one hidden layer, where it is least: at its most singular minimum.

    Source: Aoyagi & Watanabe 2005, Neural Networks 18:924, main theorem.

    Args:
        inputs: columns of A, M.
        outputs: rows of B, N.
        hidden: rows of A and columns of B, H.
        rank: that of C, r.

    Returns:
        The coefficient with its multiplicity.

    Raises:
        BadInput: one of them is no such number, or C has a rank that no product has.
    """
    m, n, h = (whole(each, "A width of a linear network") for each in (inputs, outputs, hidden))
    r = whole(rank, "The rank of a linear map", least=0)
    if r > min(m, n, h):
        raise BadInput(
            f"A product of {n}×{h} and {h}×{m} matrices has a rank of at most {min(m, n, h)}, not {r}; take a lower "
            "rank, or wider layers."
        )
    if m + h < n + r:
        return LearningCoefficient((h * m - h * r + n * r) / 2)
    if n + h < m + r:
        return LearningCoefficient((h * n - h * r + m * r) / 2)
    if m + n < h + r:
        return LearningCoefficient(m * n / 2)
    odd = (m + n + h + r) % 2
    eight = 2 * (h + r) * (m + n) + 2 * m * n - (h + r) ** 2 - m**2 - n**2
    return LearningCoefficient((eight + odd) / 8, 1 + odd)


def reduced_rank_at(inputs: int, outputs: int, hidden: int, rank: int, first: int, second: int) -> LearningCoefficient:
    """That of K = ‖BA − C‖² at a minimum of any kind, told by the ranks of the two layers.

    What C needs, and what a layer has beyond that, is regular: its directions are fitted at full rank and leave a
    smaller linear network at 0, whose coefficient is that of `reduced_rank`. Training ends at minima whose layers have
    as much rank as they may; there λ is half the number of parameters less the dimension of the minima.

    Args:
        inputs: columns of A.
        outputs: rows of B.
        hidden: rows of A and columns of B.
        rank: that of C = BA.
        first: rank of A, from `rank`.
        second: rank of B, from `rank`.

    Returns:
        The coefficient with its multiplicity.

    Raises:
        BadInput: as of `reduced_rank`, or no two layers of these ranks have such a product.
    """
    reduced_rank(inputs, outputs, hidden, rank)
    a, b = (whole(each, "The rank of a layer", least=0) - rank for each in (first, second))
    m, n, h = inputs - rank, outputs - rank, hidden - rank
    if not (0 <= a <= m and 0 <= b <= n and a + b <= h):
        raise BadInput(
            f"Layers of ranks {first} and {second} between {inputs} inputs, {hidden} units and {outputs} outputs have "
            f"no product of rank {rank}; each has at least that rank, and both together at most {hidden + rank}."
        )
    fitted = rank * (inputs + outputs - rank) + n * a + m * b - a * b
    left = (m - a, n - b, h - a - b)
    rest = reduced_rank(*left, 0) if min(left) > 0 else LearningCoefficient(0.0)
    return LearningCoefficient(fitted / 2 + rest.value, rest.multiplicity)
