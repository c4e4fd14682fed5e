"""Training and test accuracy at initialisation beside where training ends, for the report to draw."""

from collections.abc import Mapping
from math import isfinite, log
from typing import Any

import numpy as np

from harness.comparison import SHOWN_ALPHA
from harness.posterior import DensityOfStates
from harness.verdicts import Estimate


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
