"""A bound on the generalisation gap of Langevin dynamics from its temperature: Harel et al. 2025, arXiv 2505.19087.

Langevin dynamics from p_0 with the stationary density p_0(θ)·exp(−βL(θ)), L the mean loss on m training points, has at
any time, with probability at least 1 − δ over the training set, a test error above its training error by at most

    √((β E L(θ_0) + ln 1/δ)/m),    θ_0 ~ p_0.

Why: the divergence from the stationary law never grows (the second law of thermodynamics), and at the start it is β E
L(θ_0) + ln Z. With E L ≥ 0 at time t, KL(p_t‖p_0) ≤ β E L(θ_0), and a PAC-Bayes bound with the prior p_0 does the rest.
"""

from math import log, sqrt

import numpy as np

from harness.errors import BadInput
from harness.functions import FunctionCounts
from harness.problems import Problem


def gap_bound(initial_loss: float, temperature: float, m: int, delta: float = 0.05) -> float:
    """Upper bound on test error less training error.

    Args:
        initial_loss: E L(θ_0), the mean loss at initialisation, averaged over networks.
        temperature: 1/β of the dynamics on the mean loss, positive.
        m: training points, at least 1.
        delta: probability over training sets that the bound fails.

    Returns:
        The bound; above ½ it says nothing of networks that guess where they do not know.

    Raises:
        BadInput: one of these is out of its range.
    """
    if not (initial_loss >= 0 and temperature > 0 and m >= 1 and 0 < delta <= 1):
        raise BadInput(
            "The bound takes a loss from 0, a positive temperature, at least 1 training point and a probability delta, "
            f"not {initial_loss}, {temperature}, {m} and {delta}."
        )
    return sqrt((initial_loss / temperature + log(1 / delta)) / m)


def with_training_inputs(problem: Problem) -> Problem:
    """The problem with S before E among the evaluation inputs, so that a network's labels on S are recorded."""
    labels = np.concatenate([problem.train_y, problem.eval_y])
    return Problem.from_arrays(
        problem.train_x, problem.train_y, problem.inputs, labels, f"{problem.name}-S_evaluated", _facts(problem)
    )


def _facts(problem: Problem) -> dict:
    return {name: value for name, value in problem.facts.items() if name not in ("problem", "m", "n")}


def gap(functions: FunctionCounts, problem: Problem) -> float:
    """Test error less training error; problem: as `with_training_inputs` gives it."""
    wrong = functions.counts @ (functions.labels() != problem.eval_y) / functions.total
    return float(wrong[problem.m :].mean() - wrong[: problem.m].mean())
