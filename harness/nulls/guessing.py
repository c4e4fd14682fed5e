"""Null learners that know the labels of S at most, and look at no input."""

from dataclasses import dataclass

import numpy as np

from harness.nulls.learner import NullLearner, Task
from harness.problems import Problem


@dataclass(frozen=True)
class UniformGuessing(NullLearner):
    """Every function on E is as likely as any other: the distribution U."""

    name = "uniform guessing"

    def labels(self, task: Task) -> np.ndarray:
        """(networks, n) uint8."""
        return task.generator.integers(0, task.problem.classes, task.shape, dtype=np.uint8)


@dataclass(frozen=True)
class MajorityLabel(NullLearner):
    """The most frequent label of S everywhere; where several are most frequent, each network takes one at random."""

    name = "majority label"

    def labels(self, task: Task) -> np.ndarray:
        """(networks, n) uint8."""
        shares = _shares(task.problem)
        most = np.flatnonzero(shares == shares.max()).astype(np.uint8)
        return np.tile(task.generator.choice(most, task.networks)[:, None], task.problem.n)


@dataclass(frozen=True)
class ClassFrequencies(NullLearner):
    """Every label is drawn with the frequencies that the labels have in S, independently of all others.

    Of two classes with the frequencies p and 1 − p in S and in E, its error is 2p(1 − p).
    """

    name = "class frequencies"

    def labels(self, task: Task) -> np.ndarray:
        """(networks, n) uint8."""
        shares = _shares(task.problem)
        return task.generator.choice(len(shares), task.shape, p=shares).astype(np.uint8)


def _shares(problem: Problem) -> np.ndarray:
    """(classes,) frequency of each label in S; all alike if S is empty."""
    counts = np.bincount(problem.train_y, minlength=problem.classes) if problem.m else np.ones(problem.classes)
    return counts / counts.sum()
