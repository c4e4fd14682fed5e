"""What a claim hands to the report to draw."""

from collections.abc import Mapping, Sequence
from math import isfinite, log
from typing import Any

import numpy as np

from harness.functions import FunctionCounts
from harness.problems import Problem
from harness.samplers.posterior import DensityOfStates
from harness.verdicts import Estimate
from harness.verdicts.intervals import clopper_pearson

# Secondary figures and scatter plots are for reading, not for verdicts: one level for all of them.
SHOWN_ALPHA = 0.05
MOST_POINTS = 200


def figure(estimate: Estimate) -> dict[str, Any]:
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
        {**figure(estimate), "parameters": {x: place, "sample": line}}
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


def accuracies(networks: Mapping[str, DensityOfStates], trained: Mapping[str, Estimate]) -> dict[str, Any]:
    """networks: densities of states on one problem, by what the report calls each. trained: the test error of training,
    which ends where all training points are right, from the initialisation of some of them.

    JSON-ready: of each network log10 P of k training points and j evaluation points right, None where nothing was seen;
    and by k log10 P and the test error, each [value, low, high] with 95 % intervals, None where a run saw nothing;
    trained as well, None where there is none.
    """
    first = next(iter(networks.values()))
    return {
        "m": first.m,
        "n": first.n,
        "networks": [
            {"name": name, **_shown(density), "trained": _with_interval(trained[name]) if name in trained else None}
            for name, density in networks.items()
        ],
    }


def _shown(density: DensityOfStates) -> dict[str, Any]:
    table = density.table / log(10)
    points = range(density.m + 1)
    return {
        "log10_p": [[float(p) if np.isfinite(p) else None for p in row] for row in table],
        "of_training": [_with_interval(density.exactly(k), 1 / log(10)) for k in points],
        "test_error": [_with_interval(density.test_error(k)) for k in points],
    }


def _with_interval(estimate: Estimate, factor: float = 1.0) -> list[float] | None:
    if not isfinite(estimate.value):
        return None
    return [float(each) * factor for each in (estimate.value, *estimate.interval(SHOWN_ALPHA))]
