"""What the hidden layers of an ensemble can do, and how they move."""

from typing import Any

from harness.features import (
    Feasibility,
    LayerPatterns,
    Observed,
    hidden_draws,
    hidden_patterns,
    last_layer_feasibility,
    trained_features,
    trained_patterns,
)
from harness.lab.shards import Shards, who
from harness.networks import Architecture
from harness.problems import Problem
from harness.training import Optimiser

# Points of S and of E each, and units of each layer, that patterns are taken of.
PATTERN_POINTS, PATTERN_UNITS = 6, 8


class Features(Shards):
    """Statistics of hidden layers."""

    def last_layer_feasibility(self, architecture: Architecture, problem: Problem, draws: int = 50) -> Feasibility:
        """For how many of `draws` hidden draws a shard some last layer fits S, exactly."""
        return self.gather(
            Feasibility,
            {"sampler": "last-layer feasibility", **who(architecture, problem), "draws": draws},
            lambda generator: last_layer_feasibility(architecture, problem, draws, generator),
        )

    def hidden_draws(
        self, architecture: Architecture, problem: Problem, statistics: tuple[str, ...], draws: int = 10_000
    ) -> Observed:
        """Statistics of `draws` hidden draws a shard at initialisation, weighted by evidence: under the posterior."""
        return self.gather(
            Observed,
            {"sampler": "hidden draws", **who(architecture, problem), "statistics": statistics, "draws": draws},
            lambda generator: hidden_draws(architecture, problem, draws, generator, statistics),
        )

    def hidden_patterns(self, architecture: Architecture, problem: Problem, draws: int = 5000) -> LayerPatterns:
        """Patterns of hidden units under the posterior, of `draws` hidden draws a shard."""
        return self.gather(
            LayerPatterns,
            {
                "sampler": "hidden patterns",
                **who(architecture, problem),
                "draws": draws,
                "points": PATTERN_POINTS,
                "units": PATTERN_UNITS,
            },
            lambda generator: hidden_patterns(
                architecture, problem, draws, generator, points=PATTERN_POINTS, units=PATTERN_UNITS
            ),
        )

    def trained_features(
        self,
        architecture: Architecture,
        problem: Problem,
        optimiser: Optimiser,
        statistics: tuple[str, ...] = (),
        changes: tuple[str, ...] = (),
        networks: int = 200,
        **training: Any,
    ) -> Observed:
        """Statistics and changes of `networks` trained networks a shard, those that fit; see `training_arguments`."""
        arguments = training_arguments(training)
        return self.gather(
            Observed,
            {
                "sampler": "trained features",
                **who(architecture, problem),
                "optimiser": repr(optimiser),
                "statistics": statistics,
                "changes": changes,
                "networks": networks,
                **{name: repr(value) for name, value in arguments.items()},
            },
            lambda generator: trained_features(
                architecture, problem, optimiser, networks, generator, statistics, changes, **arguments
            ),
        )

    def trained_patterns(
        self, architecture: Architecture, problem: Problem, optimiser: Optimiser, networks: int = 500, **training: Any
    ) -> LayerPatterns:
        """Patterns of hidden units of `networks` trained networks a shard, those that fit."""
        arguments = training_arguments(training)
        return self.gather(
            LayerPatterns,
            {
                "sampler": "trained patterns",
                **who(architecture, problem),
                "optimiser": repr(optimiser),
                "networks": networks,
                "points": PATTERN_POINTS,
                "units": PATTERN_UNITS,
                **{name: repr(value) for name, value in arguments.items()},
            },
            lambda generator: trained_patterns(
                architecture,
                problem,
                optimiser,
                networks,
                generator,
                points=PATTERN_POINTS,
                units=PATTERN_UNITS,
                **arguments,
            ),
        )


def training_arguments(chosen: dict[str, Any]) -> dict[str, Any]:
    """Further arguments of `harness.training.train`, with those that `Lab.train` has where none are chosen."""
    return {"loss": "cross-entropy", "batch": 8, "max_epochs": 2000, **chosen}
