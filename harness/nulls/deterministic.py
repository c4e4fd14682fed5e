"""Null learners that always give one and the same function: the truth, and the nearest neighbour's labels."""

from dataclasses import dataclass

import numpy as np

from harness.errors import BadInput
from harness.nulls.learner import NullLearner, Task
from harness.problems import Problem


@dataclass(frozen=True)
class Truth(NullLearner):
    """The true labels of E: all mass on the one function that makes no error."""

    name = "truth"

    def labels(self, task: Task) -> np.ndarray:
        """(networks, n) uint8."""
        return np.tile(task.problem.eval_y, (task.networks, 1))


@dataclass(frozen=True)
class NearestNeighbour(NullLearner):
    """Every point of E has the label of the nearest point of S; of equally near ones, of the first.

    Distances are Euclidean; of tokens, the number of places that differ.
    """

    name = "nearest neighbour"

    def labels(self, task: Task) -> np.ndarray:
        """(networks, n) uint8."""
        if task.problem.m == 0:
            raise BadInput(
                "The nearest neighbour is one of the training points, and this problem has none; give it some."
            )
        nearest = distances(task.problem).argmin(1)
        return np.tile(task.problem.train_y[nearest], (task.networks, 1))


def distances(problem: Problem) -> np.ndarray:
    """(n, m) squared distance of each point of E to each point of S; of tokens, how many places differ."""
    train, evaluation = (x.reshape(len(x), -1) for x in (problem.train_x, problem.eval_x))
    if problem.vocabulary is not None:
        return (evaluation[:, None] != train).sum(2)
    return np.stack([((evaluation - each).astype(float) ** 2).sum(1) for each in train], axis=1)
