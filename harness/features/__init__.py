"""Hidden layers of an ensemble: their statistics, how they move, and whether a last layer on them can fit."""

from harness.features.feasibility import Feasibility, certified, last_layer_feasibility, separable
from harness.features.observed import Observed, difference, mean, shift
from harness.features.patterns import LayerPatterns
from harness.features.posterior import hidden_draws, hidden_patterns
from harness.features.training import trained_features, trained_patterns

__all__ = [
    "Feasibility",
    "LayerPatterns",
    "Observed",
    "certified",
    "difference",
    "hidden_draws",
    "hidden_patterns",
    "last_layer_feasibility",
    "mean",
    "separable",
    "shift",
    "trained_features",
    "trained_patterns",
]
