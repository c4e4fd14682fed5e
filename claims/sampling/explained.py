"""Bias explained where a claim needs more than its value: over a rate, or before and after."""

from collections.abc import Sequence

import numpy as np

from claims.grids import EVALUATION_POINTS
from harness.samplers.training import Trained
from harness.statistics.comparison import restricted
from harness.statistics.over_sets import Posterior, products_on_sets


def terms(by_training: Sequence[Trained], by_volume: Sequence[Posterior]) -> np.ndarray:
    """(3, sets): ‖P_OPT − U‖², ‖P_B − U‖² and ⟨P_OPT − U, P_B − U⟩ over functions on the first evaluation points."""
    trained = [restricted(each, EVALUATION_POINTS) for each in by_training]
    sampled = [restricted(each, EVALUATION_POINTS) for each in by_volume]
    return np.array(products_on_sets(trained, sampled)).T


def bias_explained(means: np.ndarray) -> np.ndarray:
    """1 − ‖P_OPT − P_B‖²/‖P_B − U‖² of means over training sets; means: (..., 3), as of `terms`."""
    training, volume, product = np.moveaxis(means, -1, 0)
    return (2 * product - training) / volume
