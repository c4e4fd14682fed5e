"""What the hidden layers of an ensemble can do, and how they move."""

from collections.abc import Callable
from typing import Any

import torch

from harness.lab.shards import Shards, identity
from harness.networks import Architecture
from harness.optimisers import Optimiser
from harness.problems import Problem
from harness.samplers.features import (
    Feasibility,
    LayerPatterns,
    Observed,
    Tallies,
    Transfer,
    hidden_draws,
    hidden_patterns,
    last_layer_feasibility,
    search,
    trained_features,
    trained_patterns,
    transfer,
)
from harness.samplers.training import train

# Points of S and of E each, and units of each layer, that patterns are taken of.
PATTERN_POINTS, PATTERN_UNITS = 6, 8


class Features(Shards):
    """Statistics of hidden layers."""

    def last_layer_feasibility(self, architecture: Architecture, problem: Problem, draws: int = 50) -> Feasibility:
        """For how many of `draws` hidden draws a shard some last layer fits S, exactly."""
        return self.gather(
            Feasibility,
            {"sampler": "last-layer feasibility", **identity(architecture, problem), "draws": draws},
            lambda generator: last_layer_feasibility(architecture, problem, draws, generator),
        )

    def least_frozen_width(
        self,
        network: Callable[[int], Architecture],
        problem: Problem,
        highest: int,
        draws: int = 100,
        grows: bool = True,
    ) -> Tallies:
        """Of hidden draws of the networks of widths 1 … highest, for how many some last layer fits S: by bisection.

        grows: False, for every look to have the shards of the first.
        """

        def compute(generator: torch.Generator) -> Tallies:
            def probe(width: int) -> tuple[int, int]:
                found = last_layer_feasibility(network(width), problem, draws, generator)
                return found.feasible, found.draws

            return search(probe, 1, highest)

        return self.gather(
            Tallies,
            {"sampler": "least frozen width", **identity(network(highest), problem), "draws": draws},
            compute,
            grows,
        )

    def least_trained_width(
        self,
        network: Callable[[int], Architecture],
        problem: Problem,
        optimiser: Optimiser,
        highest: int,
        networks: int = 50,
        grows: bool = True,
        **training: Any,
    ) -> Tallies:
        """Of networks of widths 1 … highest, how many fit S when all layers are trained: by bisection; see above."""
        arguments = training_arguments(training)

        def compute(generator: torch.Generator) -> Tallies:
            def probe(width: int) -> tuple[int, int]:
                found = train(network(width), problem, optimiser, networks, generator, **arguments)
                return found.functions.total, found.networks

            return search(probe, 1, highest)

        return self.gather(
            Tallies,
            {
                "sampler": "least trained width",
                **identity(network(highest), problem),
                "optimiser": repr(optimiser),
                "networks": networks,
                **{name: repr(value) for name, value in arguments.items()},
            },
            compute,
            grows,
        )

    def transfer(self, architecture: Architecture, first: Problem, second: Problem, draws: int = 10_000) -> Transfer:
        """`draws` hidden draws a shard with their evidence on both tasks, and their test error on the second."""
        return self.gather(
            Transfer,
            {
                "sampler": "transfer",
                **identity(architecture, second),
                "first": first.fingerprint,
                "draws": draws,
            },
            lambda generator: transfer(architecture, first, second, draws, generator),
        )

    def hidden_draws(
        self, architecture: Architecture, problem: Problem, statistics: tuple[str, ...], draws: int = 10_000
    ) -> Observed:
        """Statistics of `draws` hidden draws a shard at initialisation, weighted by evidence: under the posterior."""
        return self.gather(
            Observed,
            {"sampler": "hidden draws", **identity(architecture, problem), "statistics": statistics, "draws": draws},
            lambda generator: hidden_draws(architecture, problem, draws, generator, statistics),
        )

    def hidden_patterns(
        self, architecture: Architecture, problem: Problem, draws: int = 5000, weighted: bool = True
    ) -> LayerPatterns:
        """Patterns of hidden units under the posterior, of `draws` hidden draws a shard; not weighted: of the prior."""
        return self.gather(
            LayerPatterns,
            {
                "sampler": "hidden patterns",
                **identity(architecture, problem),
                "draws": draws,
                "points": PATTERN_POINTS,
                "units": PATTERN_UNITS,
                "weighted": weighted,
            },
            lambda generator: hidden_patterns(
                architecture, problem, draws, generator, PATTERN_POINTS, PATTERN_UNITS, weighted
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
                **identity(architecture, problem),
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
                **identity(architecture, problem),
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
    """Further arguments of `harness.samplers.training.train`, with those that `Lab.train` has where none are chosen."""
    return {"loss": "cross-entropy", "batch": 8, "max_epochs": 2000, **chosen}
