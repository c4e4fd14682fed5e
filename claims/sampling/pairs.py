"""Two classes of images that a few points tell apart, and what random sampling and training get wrong on them."""

from collections.abc import Sequence
from typing import Any

from claims.grids import ERROR_POINTS, image_sets
from harness.claim import registry
from harness.errors import NotAsked
from harness.lab import Lab
from harness.lab.posteriors import REJECTION_UP_TO
from harness.networks import Architecture
from harness.optimisers import Optimiser
from harness.problems import TrainingSets, digits, fashion_mnist, mnist, training_sets
from harness.samplers.posterior import RejectionPosterior
from harness.samplers.posterior.rejection_until import RejectionUntil
from harness.statistics.over_sets import errors_on_sets

# Zeros against ones, T-shirts against boots: with 8 points random sampling errs on a fifth of the others, where even
# digits against odd ones leave it near a half, and a network fits 16 or 32 often enough for rejection.
PAIRS = {"digits 0/1": (digits, "0/1"), "mnist 0/1": (mnist, "0/1"), "fashion_mnist 0/9": (fashion_mnist, "0/9")}
_TWO = ("digits 0/1", "fashion_mnist 0/9", *registry.data)
DATA = {"smoke": _TWO, "standard": (*PAIRS, *registry.data), "full": (*PAIRS, *registry.data)}
PAIRS_BY_REJECTION_UP_TO = 32
# Hidden draws that count on one of many sets; with more training points each costs more.
_EFFECTIVE = 100
# An error above this is not far from guessing, and differences of such errors say little.
LEARNT = 0.25


def pair_sets(data: str, m: int) -> TrainingSets:
    """Training sets of two such classes, drawn anew for each, with their evaluation points."""
    if data not in PAIRS:
        return image_sets(data, m)
    images, task = PAIRS[data]
    return training_sets(images, m, ERROR_POINTS, task=task)


def trained_errors(
    lab: Lab, architecture: Architecture, sets: TrainingSets, optimiser: Optimiser, loss: str
) -> list[float]:
    """Mean test error of trained networks on each training set."""
    trained = lab.train_on_sets(architecture, sets, optimiser, loss)
    return errors_on_sets(trained, lab.problems(sets))


def by_volume(lab: Lab, architecture: Architecture, sets: TrainingSets) -> list[RejectionPosterior] | list[Any]:
    """P_B(f|S) on each training set, by rejection for more points of these classes than `Lab.posterior_on_sets` has."""
    told_apart = sets.facts.get("task") in [task for _, task in PAIRS.values()]
    if told_apart and REJECTION_UP_TO < sets.m <= PAIRS_BY_REJECTION_UP_TO:
        return lab.gather_on_sets(lambda problem: RejectionUntil(architecture, problem, _EFFECTIVE), sets)
    return lab.posterior_on_sets(architecture, sets)


def sampled_errors(lab: Lab, architecture: Architecture, sets: TrainingSets) -> list[float]:
    """Mean test error of random-sampled networks on each training set."""
    return errors_on_sets(by_volume(lab, architecture, sets), lab.problems(sets))


def check_learnt(*errors: Sequence[float], at_most: float = LEARNT) -> None:
    """Raise NotAsked if the mean of these errors says that little has been learnt, or nothing is left to learn."""
    means = [sum(each) / len(each) for each in errors]
    mean = sum(means) / len(means)
    if mean > at_most:
        raise NotAsked(f"The test errors, {mean:.2f} on average, are above {at_most}: too near guessing to compare.")
    if mean == 0:
        raise NotAsked("No network errs on any evaluation point: there are no errors to compare.")
