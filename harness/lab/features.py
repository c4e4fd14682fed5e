"""What the hidden layers of an ensemble can do, and how they move."""

from harness.features import Feasibility, last_layer_feasibility
from harness.lab.shards import Shards, who
from harness.networks import Architecture
from harness.problems import Problem


class Features(Shards):
    """Statistics of hidden layers."""

    def last_layer_feasibility(self, architecture: Architecture, problem: Problem, draws: int = 50) -> Feasibility:
        """For how many of `draws` hidden draws a shard some last layer fits S, exactly."""
        return self.gather(
            Feasibility,
            {"sampler": "last-layer feasibility", **who(architecture, problem), "draws": draws},
            lambda generator: last_layer_feasibility(architecture, problem, draws, generator),
        )
