"""Null learners that draw on a sample of a posterior: of its labels, of another architecture's, of frozen draws."""

from dataclasses import dataclass

import numpy as np

from harness.errors import BadInput, Undecided
from harness.functions import ClusteredCounts
from harness.functions.packing import unpack
from harness.functions.runs import Runs, Sample
from harness.lab.posteriors import REJECTION_UP_TO
from harness.networks import Architecture, FullyConnected
from harness.nulls.learner import NullLearner, Task
from harness.samplers.posterior import RejectionPosterior

_PERCEPTRON, _TWO_LAYERS = FullyConnected(()), FullyConnected((40, 40))


@dataclass(frozen=True)
class Coins(NullLearner):
    """Independent labels, each with the probability that it has under P_B: the posterior without what its labels have
    in common.
    """

    name = "coins with the posterior's marginals"

    def labels(self, task: Task) -> np.ndarray:
        """(networks, n) uint8."""
        below = marginals(task.posterior(task.architecture).sample).cumsum(1)
        chance = task.generator.random((*task.shape, 1))
        # The last class takes what rounding leaves.
        return (chance >= below[:, :-1]).sum(2).astype(np.uint8)


@dataclass(frozen=True)
class AnothersPosterior(NullLearner):
    """P_B(f|S) of another architecture.

    other: that architecture, by default a perceptron; the perceptron's own other is `instead`.
    """

    other: Architecture = _PERCEPTRON
    instead: Architecture = _TWO_LAYERS

    name = "another architecture's posterior"

    def labels(self, task: Task) -> np.ndarray:
        """(networks, n) uint8."""
        another = self.instead if task.architecture == self.other else self.other
        sample = task.posterior(another).sample
        return drawn(sample, weights(sample), task)


@dataclass(frozen=True)
class FrozenDrawsAlike(NullLearner):
    """Last layers that fit S on hidden layers frozen as they were drawn, each hidden draw that can fit counted alike.

    The posterior counts each hidden draw in proportion to its evidence instead.
    """

    name = "frozen draws counted alike"

    def labels(self, task: Task) -> np.ndarray:
        """(networks, n) uint8."""
        posterior = task.posterior(task.architecture)
        if not isinstance(posterior, RejectionPosterior):
            raise BadInput(
                f"Frozen draws are sampled by rejection, which takes at most {REJECTION_UP_TO} training points, and "
                f"{task.problem.name} has {task.problem.m}; exclude this null learner on a smaller problem."
            )
        clusters = posterior.clusters
        return drawn(clusters, alike(clusters), task)


@dataclass(frozen=True)
class FrozenDrawsByEvidence(NullLearner):
    """Last layers that fit S on frozen hidden layers, each hidden draw counted by its evidence: P_B itself."""

    name = "frozen draws counted by evidence"

    def labels(self, task: Task) -> np.ndarray:
        """(networks, n) uint8."""
        sample = task.posterior(task.architecture).sample
        return drawn(sample, weights(sample), task)


def marginals(sample: Sample) -> np.ndarray:
    """(n, classes) probability of each label at each point of E."""
    labels, mass = unpack(sample.words, sample.n, sample.classes), weights(sample)
    return np.stack([mass @ (labels == label) for label in range(sample.classes)], axis=1) / mass.sum()


def drawn(sample: Sample, mass: np.ndarray, task: Task) -> np.ndarray:
    """Draw functions independently from those of a sample.

    Args:
        sample: the functions that were seen.
        mass: (entries,) weight of each entry of the sample.
        task: how many to draw, and the generator.

    Returns:
        (networks, n) uint8 labels.
    """
    _needs_any(mass)
    chosen = task.generator.choice(len(mass), task.networks, p=mass / mass.sum())
    return unpack(sample.words[chosen], sample.n, sample.classes)


def weights(sample: Sample) -> np.ndarray:
    """(entries,) weight of each of a sample's functions, where hidden draws and runs count by their evidence."""
    mass = sample.measure if isinstance(sample, Runs) else sample.counts.astype(float)
    _needs_any(mass)
    return mass


def alike(clusters: ClusteredCounts) -> np.ndarray:
    """(entries,) weight of each function of each hidden draw, of which each that kept any has weight 1 in all."""
    return clusters.counts / np.bincount(clusters.unit, clusters.counts, minlength=clusters.units)[clusters.unit]


def _needs_any(mass: np.ndarray) -> None:
    if not len(mass):
        raise Undecided(
            "No network of the sample that a null learner rests on fits the training set; it takes fewer points."
        )
