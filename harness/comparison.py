"""What a claim says of an optimiser beside random sampling: bias explained, with everything else worth seeing."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import isfinite
from typing import Any

import numpy as np

from harness.distances import bias_explained, mmd_squared, rank_agreement, total_variation, within_tenfold
from harness.errors import Undecided
from harness.functions import FunctionCounts
from harness.generalisation import generalisation_error
from harness.intervals import clopper_pearson
from harness.marginals import restricted
from harness.posterior import AnnealedPosterior, ChainsPosterior, RejectionPosterior, RunsPosterior
from harness.problems import Problem
from harness.training import Trained
from harness.verdicts import Estimate

# Secondary figures and scatter plots are for reading, not for verdicts: one level for all of them.
SHOWN_ALPHA = 0.05
MOST_POINTS = 200


def compare(
    by_training: Trained,
    by_volume: RejectionPosterior | RunsPosterior | AnnealedPosterior | ChainsPosterior,
    problem: Problem,
    points: int | None = None,
) -> Estimate:
    """Bias explained of P_OPT by P_B; in its details the other distances, the P–P scatter and the test errors.

    Only networks that fitted S enter; those that did not are counted in the notes. Functions are compared on the first
    `points` evaluation points (on all of them, where none are given), test errors are on all. Undecided where none did.
    """
    if by_training.functions.total == 0:
        raise Undecided(
            f"None of {by_training.networks:,} trained networks fitted the training set, so that there is no P_OPT to "
            "compare; a smaller learning rate or another loss would give one."
        )
    errors = [
        replace(generalisation_error(sample, problem), quantity=f"test error, {which}")
        for sample, which in ((by_training.functions, "trained"), (by_volume.sample, "sampled"))
    ]
    if points is not None:
        by_training, by_volume = restricted(by_training, points), restricted(by_volume, points)
    trained, sampled = by_training.functions, by_volume.functions
    main = bias_explained(trained, by_volume.sample)
    if not isfinite(main.value):
        return replace(
            main, details={"notes": [f"{trained.total:,} trained and {sampled.total:,} sampled networks fit."]}
        )
    others = [measure(trained, by_volume.sample) for measure in (mmd_squared, total_variation, within_tenfold)]
    evidence = [] if isinstance(by_volume, ChainsPosterior) else [by_volume.evidence]
    others += [rank_agreement(trained, by_volume.sample), *evidence, *errors]
    details: dict[str, Any] = {
        "secondary": [shown(each) for each in others],
        "scatter": scatter(trained, sampled, problem),
        "scatter_axes": ["P_B(f|S)", "P_OPT(f|S)"],
        "notes": [
            f"Mass on functions not yet seen (Good–Turing): {trained.unseen_mass():.2g} trained, "
            f"{sampled.unseen_mass():.2g} sampled.",
            f"{by_training.unfitted:,} of {by_training.networks:,} trained networks never fitted the training set.",
            f"Epochs to the first perfect fit: median {np.median(by_training.epochs):g}.",
        ],
    }
    return replace(main, details=details)


def shown(estimate: Estimate) -> dict[str, Any]:
    """A secondary figure for the report."""
    low, high = estimate.interval(SHOWN_ALPHA)
    return {
        "quantity": estimate.quantity,
        "value": estimate.value,
        "low": low,
        "high": high,
        "level": 1 - SHOWN_ALPHA,
        "noise_floor": estimate.noise_floor,
        "method": estimate.method,
    }


def curve(x: str, places: Sequence[float], lines: Mapping[str, Sequence[Estimate]]) -> list[dict[str, Any]]:
    """What a slope rests on, for the report to draw: each line's estimates over the number that x names."""
    return [
        {**shown(estimate), "parameters": {x: place, "sample": line}}
        for line, estimates in lines.items()
        for place, estimate in zip(places, estimates, strict=True)
    ]


def scatter(trained: FunctionCounts, sampled: FunctionCounts, problem: Problem) -> list[dict[str, Any]]:
    """The functions most seen in either sample, on the first points of the problem: both probabilities with intervals,
    and the error of each on these points."""
    chosen = trained.most_common(MOST_POINTS // 2) + sampled.most_common(MOST_POINTS // 2)
    errors = (chosen.labels() != problem.eval_y[: trained.n]).mean(axis=1)
    points = []
    counts = trained.counts_of(chosen.words), sampled.counts_of(chosen.words)
    for function, by_training, by_volume, error in zip(chosen.strings(), *counts, errors, strict=True):
        points.append(
            {
                "function": function,
                "x": by_volume / sampled.total,
                "x_interval": clopper_pearson(by_volume, sampled.total, SHOWN_ALPHA),
                "y": by_training / trained.total,
                "y_interval": clopper_pearson(by_training, trained.total, SHOWN_ALPHA),
                "error": float(error),
                "target": bool(error == 0),
            }
        )
    return points
