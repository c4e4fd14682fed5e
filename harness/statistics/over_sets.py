"""Training against random sampling over training sets: bias explained, direction c, sharpness s, test errors.

On each set the terms are unbiased: pairs of networks of one independent unit are left out. Estimates are ratios of
means over the sets, with the intervals of `means_over_sets.py`.
"""

from collections.abc import Sequence
from dataclasses import replace
from math import nan, sqrt
from typing import Any

import numpy as np

from harness.errors import BadInput, Undecided
from harness.functions.packing import pack
from harness.functions.runs import Runs, Sample
from harness.problems import Problem
from harness.samplers.infinite_width import ChainsPosterior
from harness.samplers.posterior import AnnealedPosterior, RejectionPosterior, RunsPosterior
from harness.samplers.training import Trained
from harness.statistics.comparison import restricted
from harness.statistics.distances.kernel import hamming
from harness.statistics.distances.products import Products, products
from harness.statistics.figures import figure
from harness.statistics.means_over_sets import (
    UNIT,
    cut,
    mean_over_sets,
    ratio_over_sets,
    share_over_sets,
    slope_over_sets,
)
from harness.verdicts import Estimate, nothing_yet

__all__ = [
    "bias_explained_over_sets",
    "compare_over_sets",
    "direction_over_sets",
    "errors_on_sets",
    "mean_over_sets",
    "products_on_sets",
    "ratio_over_sets",
    "share_over_sets",
    "sharpness_over_sets",
    "slope_over_sets",
    "squared_distances",
]

Posterior = RejectionPosterior | RunsPosterior | AnnealedPosterior | ChainsPosterior
Networks = Trained | Posterior | Sample


def compare_over_sets(
    trained: Sequence[Trained],
    by_volume: Sequence[Posterior],
    problems: Sequence[Problem],
    points: int | None = None,
    decay: float | None = None,
) -> Estimate:
    """Bias explained of squared distances over training sets, with c, s, test errors and the share fitted beside it.

    Only networks that fitted their training set enter.

    Args:
        trained: trained networks on each set.
        by_volume: sample of the posterior on each set, independent of the trained networks.
        problems: the sets.
        points: number of first evaluation points on which functions are compared; None: all. Test errors are on all.
        decay: λ of the kernel, as of `distances.products`.

    Returns:
        The estimate; the others are in its details under "secondary".

    Raises:
        BadInput: the three are on different numbers of sets, or there are fewer points.
        Undecided: on some set fewer than two networks fitted, or random sampling kept fewer than two units.
    """
    none = sum(each.functions.total < 2 for each in trained)
    if none:
        raise Undecided(
            f"On {none} of {len(trained)} training sets fewer than two networks fitted, so that there is no P_OPT to "
            "compare; a smaller learning rate or more epochs would give one."
        )
    errors = [errors_on_sets(sample, problems) for sample in (trained, by_volume)]
    if points is not None:
        trained = [restricted(each, points) for each in trained]
        by_volume = [restricted(each, points) for each in by_volume]
    terms = products_on_sets(trained, by_volume, decay)
    main = bias_explained_of(terms)
    fitted = [each.functions.total / each.networks for each in trained]
    others = [
        direction_of(terms),
        sharpness_of(terms),
        *(
            share_over_sets(each, f"test error, {which}")
            for each, which in zip(errors, ("trained", "sampled"), strict=True)
        ),
        mean_over_sets(np.subtract(errors[1], errors[0]), "advantage of training"),
        share_over_sets(fitted, "share of networks that fit"),
    ]
    epochs = np.concatenate([each.epochs for each in trained])
    more: dict[str, Any] = {
        "secondary": [figure(each) for each in others],
        "notes": [
            f"{len(terms)} training sets, drawn from the pool; each is a dot.",
            f"Epochs to the first perfect fit: median {np.median(epochs):g}.",
        ],
    }
    return replace(main, details={**main.details, **more})


def products_on_sets(
    trained: Sequence[Networks], by_volume: Sequence[Networks], decay: float | None = None
) -> list[Products]:
    """The squared lengths and the product of P_OPT − U and P_B − U on each training set.

    Args:
        trained: sample of P_OPT on each set.
        by_volume: sample of P_B on each of the same sets.
        decay: λ of the kernel, as of `distances.products`.

    Returns:
        The products, by set.

    Raises:
        BadInput: the samples are on different numbers of sets.
        Undecided: a sample has fewer than 2 units.
    """
    if len(trained) != len(by_volume):
        raise BadInput(
            f"Training and random sampling are compared on the same sets, not on {len(trained)} and {len(by_volume)}."
        )
    return [products(sample_of(p), sample_of(q), decay) for p, q in zip(trained, by_volume, strict=True)]


def squared_distances(first: Sequence[Networks], second: Sequence[Networks], decay: float | None = None) -> list[float]:
    """Squared MMD between two independent samples on each training set, unbiased.

    Args:
        first: sample on each set.
        second: sample on each of the same sets.
        decay: λ of the kernel, as of `distances.products`.

    Returns:
        The distances, by set; they may be negative.
    """
    return [each.distance2 for each in products_on_sets(first, second, decay)]


def bias_explained_over_sets(
    trained: Sequence[Networks], by_volume: Sequence[Networks], decay: float | None = None
) -> Estimate:
    """1 − mean of MMD²(P_OPT, P_B) over mean of MMD²(U, P_B), U uniform, means over training sets.

    Args:
        trained: sample of P_OPT on each set.
        by_volume: sample of P_B on each of the same sets.
        decay: λ of the kernel, as of `distances.products`.

    Returns:
        The estimate; it may exceed 1, its interval ends there.
    """
    return bias_explained_of(products_on_sets(trained, by_volume, decay))


def direction_over_sets(
    trained: Sequence[Networks], by_volume: Sequence[Networks], decay: float | None = None
) -> Estimate:
    """The direction c: cosine of P_OPT − U and P_B − U over training sets, 1 if training goes where volume points.

    Args:
        trained: sample of P_OPT on each set.
        by_volume: sample of P_B on each of the same sets.
        decay: λ of the kernel, as of `distances.products`.

    Returns:
        The estimate of mean ⟨P_OPT − U, P_B − U⟩/√(mean ‖P_OPT − U‖² · mean ‖P_B − U‖²).
    """
    return direction_of(products_on_sets(trained, by_volume, decay))


def sharpness_over_sets(
    trained: Sequence[Networks], by_volume: Sequence[Networks], decay: float | None = None
) -> Estimate:
    """The sharpness s: ‖P_OPT − U‖/‖P_B − U‖ over training sets, above 1 if training is more concentrated.

    Args:
        trained: sample of P_OPT on each set.
        by_volume: sample of P_B on each of the same sets.
        decay: λ of the kernel, as of `distances.products`.

    Returns:
        The estimate of √(mean ‖P_OPT − U‖²/mean ‖P_B − U‖²).
    """
    return sharpness_of(products_on_sets(trained, by_volume, decay))


def bias_explained_of(terms: Sequence[Products]) -> Estimate:
    """Bias explained of squared distances from the products on each training set."""
    a, b, ab = np.array(terms).T
    # 1 − d/b = (b − d)/b.
    return cut(ratio_over_sets(2 * ab - a, b, "bias explained of squared distances"), most=1.0)


def direction_of(terms: Sequence[Products]) -> Estimate:
    """The direction c from the products on each training set.

    c solves mean ab = c·√(mean a·mean b), so that it is a ratio of means with the denominators ½(a√(B/A) + b√(A/B)),
    A = mean a, B = mean b: their mean is √(AB), and their spread is that of √(AB) to first order.
    """
    a, b, ab = np.array(terms).T
    if not min(a.mean(), b.mean()) > 0:
        return nothing_yet("direction c", len(terms), UNIT)
    scale = sqrt(a.mean() / b.mean())
    return cut(ratio_over_sets(ab, (a / scale + b * scale) / 2, "direction c"), -1.0, 1.0)


def sharpness_of(terms: Sequence[Products]) -> Estimate:
    """The sharpness s from the products on each training set: the root of a ratio, and of the ends of its interval."""
    a, b, _ = np.array(terms).T
    found = ratio_over_sets(a, b, "sharpness s")
    if not found.value > 0:
        return nothing_yet("sharpness s", len(terms), UNIT)

    def root(ends: tuple[float, float]) -> tuple[float, float]:
        return sqrt(max(ends[0], 0.0)), sqrt(max(ends[1], 0.0))

    s = sqrt(found.value)
    return replace(
        found,
        value=s,
        interval=lambda alpha: root(found.interval(alpha)),
        foreseen=lambda alpha, growth: root(found.ahead(alpha, growth)),
        details={"sets": [s + (each - s * s) / (2 * s) for each in found.details["sets"]]},
    )


def errors_on_sets(functions: Sequence[Networks], problems: Sequence[Problem]) -> list[float]:
    """Mean test error on each training set's own evaluation points; weights as of the sample's units.

    Args:
        functions: sample on each set.
        problems: the sets, in the same order.

    Returns:
        The errors; NaN where no network was seen.

    Raises:
        BadInput: the two do not belong together.
    """
    if len(functions) != len(problems):
        raise BadInput(f"Errors need a sample for each training set, not {len(functions)} for {len(problems)}.")
    return [_error(sample_of(each), problem) for each, problem in zip(functions, problems, strict=True)]


def _error(sample: Sample, problem: Problem) -> float:
    if (sample.n, sample.classes) != (problem.n, problem.classes):
        raise BadInput(
            f"Functions of {sample.classes} classes on {sample.n} inputs have no test error on {problem.name}, which "
            f"has {problem.classes} classes and {problem.n} evaluation points."
        )
    wrong = hamming(sample.words, pack(problem.eval_y, problem.classes), problem.classes)
    weights = sample.measure if isinstance(sample, Runs) else sample.counts
    return float(wrong @ weights / weights.sum()) / problem.n if len(weights) else nan


def sample_of(networks: Networks) -> Sample:
    """The functions with their independent units: those of trained networks that fit, or of a posterior."""
    if isinstance(networks, Trained):
        return networks.functions
    return networks.sample if isinstance(networks, Posterior) else networks
