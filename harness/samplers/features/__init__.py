"""Hidden layers of an ensemble: their statistics, how they move, and whether a last layer on them can fit."""

from harness.samplers.features.feasibility import Feasibility, certified, last_layer_feasibility, separable
from harness.samplers.features.least_width import Tallies, compression, least_width, search
from harness.samplers.features.observed import Observed, difference, mean, shift, shift_of_runs
from harness.samplers.features.patterns import LayerPatterns
from harness.samplers.features.posterior import hidden_draws, hidden_patterns, observer
from harness.samplers.features.training import trained_features, trained_patterns
from harness.samplers.features.transfer import Transfer, errors_on_second, gain_in_error, gain_in_evidence, transfer

__all__ = [
    "Feasibility",
    "LayerPatterns",
    "Observed",
    "Tallies",
    "Transfer",
    "certified",
    "compression",
    "difference",
    "errors_on_second",
    "gain_in_error",
    "gain_in_evidence",
    "hidden_draws",
    "hidden_patterns",
    "last_layer_feasibility",
    "least_width",
    "mean",
    "observer",
    "search",
    "separable",
    "shift",
    "shift_of_runs",
    "trained_features",
    "trained_patterns",
    "transfer",
]
