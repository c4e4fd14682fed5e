"""What a null learner is, and what it is given."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch

from harness.errors import BadInput
from harness.networks import Architecture
from harness.problems import Problem
from harness.samplers.features.observed import Observed
from harness.samplers.features.patterns import LayerPatterns
from harness.samplers.features.training import TrainedFeatures, TrainedPatterns
from harness.samplers.posterior import AnnealedPosterior, RejectionPosterior, RunsPosterior

Posterior = RejectionPosterior | RunsPosterior | AnnealedPosterior


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

    Its repr is its address among seeds. answers_frozen_draws: it stands in the place of frozen draws, too.
    """

    name: ClassVar[str]
    answers_frozen_draws: ClassVar[bool] = False

    @abstractmethod
    def labels(self, task: Task) -> np.ndarray:
        """(networks, n) uint8: the function of each network on E."""

    def features(self, asked: TrainedFeatures, generator: torch.Generator) -> Observed:  # noqa: ARG002
        """Statistics of hidden layers, in place of those that training gives."""
        raise self._no_layers

    def patterns(self, asked: TrainedPatterns, generator: torch.Generator) -> LayerPatterns:  # noqa: ARG002
        """Patterns of hidden units, in place of those that training gives."""
        raise self._no_layers

    @property
    def _no_layers(self) -> BadInput:
        return BadInput(
            f"The null learner {self.name!r} has no hidden layers, which this claim asks for; a claim about them can "
            "exclude 'untrained networks'."
        )
