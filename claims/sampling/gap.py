"""What width and depth do to the gap between training and random sampling, at equal margins."""

from collections.abc import Callable, Sequence

import numpy as np

from harness.errors import NotAsked
from harness.lab import Lab
from harness.lab.posteriors import RUNS_ON_A_SET
from harness.networks import Architecture
from harness.optimisers import Optimiser
from harness.problems import Problem, TrainingSets
from harness.samplers.features.posterior import ERRORS_BY_MARGIN, ObservedSubsetSimulation
from harness.samplers.features.training import TrainedFeatures
from harness.statistics.equal_margins import gap_at_equal_margins
from harness.statistics.figures import curve
from harness.statistics.over_sets import mean_over_sets

# What claims of width and of depth ask at equal margins.
GAP = "trained less random-sampled test error, at equal margins"
# Of the training sets, as many must have margins that trained and random-sampled networks have in common.
LEAST_COMMON = 0.9


def gaps_at_equal_margins(
    lab: Lab, architectures: Sequence[Architecture], sets: TrainingSets, optimiser: Optimiser, loss: str
) -> np.ndarray:
    """GAP of each architecture on each training set, on the sets where all have one; NotAsked if these are few.

    Args:
        lab: the lab.
        architectures: the networks.
        sets: the training sets.
        optimiser: what trains them.
        loss: a name in `LOSSES`.

    Returns:
        (architectures, sets).
    """
    gaps = []
    for architecture in architectures:
        training = _training(architecture, lab.resolve(optimiser, architecture, sets, loss), loss)
        trained = lab.gather_on_sets(training, sets)
        sampled = lab.gather_on_sets(_sampling(architecture), sets, check=False)
        gaps.append([gap_at_equal_margins(*pair) for pair in zip(trained, sampled, strict=True)])
    found = np.array(gaps)
    common = np.isfinite(found).all(0)
    if common.mean() < LEAST_COMMON:
        raise NotAsked(
            f"Trained and random-sampled networks have margins in common on {common.sum()} of {len(common)} training "
            "sets: at equal margins there is little to compare."
        )
    return found[:, common]


def _training(architecture: Architecture, rule: Optimiser, loss: str) -> Callable[[Problem], TrainedFeatures]:
    changes = "Lipschitz-normalised margin", "evaluation error"
    return lambda problem: TrainedFeatures(architecture, problem, rule, loss=loss, changes=changes, networks=100)


def _sampling(architecture: Architecture) -> Callable[[Problem], ObservedSubsetSimulation]:
    """Runs as `Lab.posterior_on_sets` has them, with what equal margins need."""
    return lambda problem: ObservedSubsetSimulation(architecture, problem, **RUNS_ON_A_SET, observe=(ERRORS_BY_MARGIN,))


def errors_over(x: str, places: Sequence[float], lines: dict[str, Sequence[Sequence[float]]]) -> list[dict]:
    """Mean test errors over training sets, for the report to draw.

    Args:
        x: name of the number on the horizontal axis.
        places: values of that number.
        lines: by the name of a line, at each place the errors on each training set.

    Returns:
        As of `curve`.
    """
    means = {line: [mean_over_sets(each, "test error") for each in errors] for line, errors in lines.items()}
    return curve(x, places, means)
