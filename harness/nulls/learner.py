"""What a null learner is, and what it is given."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from harness.errors import BadInput
from harness.networks import Architecture
from harness.problems import Problem
from harness.samplers.infinite_width import ChainsPosterior
from harness.samplers.posterior import AnnealedPosterior, RejectionPosterior, RunsPosterior

Posterior = RejectionPosterior | RunsPosterior | AnnealedPosterior | ChainsPosterior


@dataclass(frozen=True)
class Task:
    """What takes the place of training is given.

    architecture: the networks in whose place the learner stands. problem: S, and E with its true labels. networks: how
    many functions are asked for. generator: from which alone its random numbers come. posterior: an architecture -> a
    sample of its P_B(f|S), independent of any that a claim sees.
    """

    architecture: Architecture
    problem: Problem
    networks: int
    generator: np.random.Generator
    posterior: Callable[[Architecture], Posterior]

    @property
    def shape(self) -> tuple[int, int]:
        """(networks, n): functions by points of E."""
        return self.networks, self.problem.n


@dataclass(frozen=True)
class NullLearner(ABC):
    """A learner without the property that a claim says trained networks have.

    Its repr is its address among seeds. has_layers: whether it has hidden layers, which are then as they were drawn.
    """

    name: ClassVar[str]
    has_layers: ClassVar[bool] = False

    @abstractmethod
    def labels(self, task: Task) -> np.ndarray:
        """(networks, n) uint8: the function of each network on E."""

    def needs_layers(self) -> None:
        """Raise BadInput if it has no hidden layers."""
        if not self.has_layers:
            raise BadInput(
                f"The null learner {self.name!r} has no hidden layers, which this claim asks for; a claim about them "
                "can exclude 'untrained networks'."
            )
