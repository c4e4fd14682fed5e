"""What width, depth and data size do to the gap between training and random sampling, at equal margins."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from harness.lab import Lab
from harness.networks import Architecture
from harness.optimisers import Optimiser
from harness.problems import Problem
from harness.statistics.equal_margins import errors_at_equal_margins
from harness.statistics.figures import curve
from harness.statistics.generalisation import generalisation_error
from harness.verdicts import Estimate
from harness.verdicts.intervals import difference, slope

# What claims of width and of depth ask at equal margins.
GAP = "trained less random-sampled test error, at equal margins"


def trained_errors(
    lab: Lab, architectures: Sequence[Architecture], problem: Problem, optimiser: Optimiser, loss: str
) -> list[Estimate]:
    """Test error of trained networks of each architecture."""
    trained = [lab.train(architecture, problem, optimiser, loss) for architecture in architectures]
    return [generalisation_error(each.functions, problem) for each in trained]


def sampled_errors(lab: Lab, architectures: Sequence[Architecture], problem: Problem) -> list[Estimate]:
    """Test error of random-sampled networks of each architecture."""
    by_volume = [lab.posterior(architecture, problem) for architecture in architectures]
    return [generalisation_error(each.sample, problem) for each in by_volume]


def errors_alike_in_margin(
    lab: Lab, architectures: Sequence[Architecture], problem: Problem, optimiser: Optimiser, loss: str
) -> tuple[list[Estimate], list[Estimate]]:
    """Test errors of trained and of random-sampled networks of each architecture, at equal normalised margins."""
    pairs = [
        errors_at_equal_margins(
            lab.trained_features(
                architecture,
                problem,
                optimiser,
                changes=("Lipschitz-normalised margin", "evaluation error"),
                networks=500,
                loss=loss,
            ),
            lab.posterior_by_runs(architecture, problem),
        )
        for architecture in architectures
    ]
    return [trained for trained, _ in pairs], [by_volume for _, by_volume in pairs]


def slope_of_gap(
    errors: tuple[Sequence[Estimate], Sequence[Estimate]],
    x: str,
    places: Sequence[float],
    over: Sequence[float] | np.ndarray,
    quantity: str,
) -> Estimate:
    """Slope over the numbers `over` of GAP, errors being those of `errors_alike_in_margin`.

    x, places: what the report draws the errors over.
    """
    trained, by_volume = errors
    gaps = [difference(*pair, GAP) for pair in zip(trained, by_volume, strict=True)]
    shown = curve(x, places, {"trained": trained, "random sampling": by_volume})
    return replace(slope(over, gaps, quantity=quantity), details={"curve": shown})
