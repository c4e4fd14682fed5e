"""Untrained networks: P(f), without regard to S, with hidden layers as they were drawn."""

from dataclasses import dataclass, replace

import numpy as np
import torch

from harness.nulls.learner import NullLearner, Task
from harness.samplers.features.observed import Observed
from harness.samplers.features.patterns import LayerPatterns
from harness.samplers.features.posterior import hidden_patterns, views_at_initialisation
from harness.samplers.features.training import TrainedFeatures, TrainedPatterns, columns
from harness.samplers.features.transfer import Transfer
from harness.samplers.prior import prior


@dataclass(frozen=True)
class UntrainedNetworks(NullLearner):
    """Networks at initialisation, counted as if they had been trained; their hidden layers have not moved."""

    name = "untrained networks"
    has_layers = True

    def labels(self, task: Task) -> np.ndarray:
        """(networks, n) uint8."""
        stream = torch.Generator().manual_seed(int(task.generator.integers(2**63)))
        counts = prior(task.architecture, task.problem, task.networks, stream)
        return np.repeat(counts.labels(), counts.counts, axis=0)


def untrained_features(asked: TrainedFeatures, generator: torch.Generator) -> Observed:
    """Statistics at initialisation, and changes from the initialisation to itself, in place of those of training."""
    views = views_at_initialisation(
        asked.architecture, asked.problem, asked.networks, generator, in_span=asked.in_span is not False
    )
    values = [columns(view, view, asked.statistics, asked.changes).cpu().numpy() for view in views]
    return Observed(np.concatenate(values), np.ones(asked.networks))


def untrained_patterns(asked: TrainedPatterns, generator: torch.Generator) -> LayerPatterns:
    """Patterns of the units at initialisation, in place of those of trained networks."""
    return hidden_patterns(
        asked.architecture, asked.problem, asked.networks, generator, asked.points, asked.units, weighted=False
    )


def unmoved(sample: Observed | Transfer) -> Observed | Transfer:
    """The same hidden draws of the initialisation, with the evidence on which they are weighted the same for all."""
    if isinstance(sample, Observed):
        return replace(sample, weights=np.full_like(sample.weights, sample.weights.mean()))
    return replace(sample, first=np.full_like(sample.first, sample.first.mean()))
