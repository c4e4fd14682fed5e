"""Figures that a claim hands to the report to draw."""

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
    """The estimates behind a slope, for the report to draw.

    Args:
        x: name of the number on the horizontal axis.
        places: values of that number.
        lines: estimates at these values, by the name of their line.

    Returns:
        A figure per estimate, JSON-ready, with its place and its line.
    """
    return [
        {**figure(estimate), "parameters": {x: place, "sample": line}}
        for line, estimates in lines.items()
        for place, estimate in zip(places, estimates, strict=True)
    ]


def scatter(trained: FunctionCounts, sampled: FunctionCounts, problem: Problem) -> list[dict[str, Any]]:
    """The P–P plot: both probabilities of the functions seen most often in either sample.

    Args:
        trained: functions of trained networks.
        sampled: functions of the posterior.
        problem: the problem; functions are on its first evaluation points.

    Returns:
        A point per function, JSON-ready: the function's string, both probabilities with their intervals, and its error
        on these evaluation points.
    """
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
    """The table of states of several networks on one problem, JSON-ready.

    networks: densities of states, by the name in the report. trained: the test error of training, which stops at the
    first fit of S, for some of these names.

    Each network has log10 P of k training points and j evaluation points right, None if nothing was seen; for each k
    log10 P and the test error, each [value, low, high] with 95 % intervals, None if a run saw nothing, an end None if
    it is unbounded, as where runs coincide; and the trained test error, None if there is none.
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


def _with_interval(estimate: Estimate, factor: float = 1.0) -> list[float | None] | None:
    if not isfinite(estimate.value):
        return None
    numbers = (estimate.value, *estimate.interval(SHOWN_ALPHA))
    return [float(each) * factor if isfinite(each) else None for each in numbers]
