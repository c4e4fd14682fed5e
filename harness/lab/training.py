"""Networks under an optimiser."""

from harness.lab.shards import Shards, identity
from harness.networks import Architecture
from harness.optimisers import FirstFit, Optimiser, Stop
from harness.problems import Problem
from harness.samplers.training import Trained, train


class Training(Shards):
    """P_OPT(f|S)."""

    def train(
        self,
        architecture: Architecture,
        problem: Problem,
        optimiser: Optimiser,
        loss: str = "cross-entropy",
        networks: int = 500,
        batch: int = 8,
        max_epochs: int = 2000,
        stop: Stop = FirstFit(),  # noqa: B008 — immutable
    ) -> Trained:
        """P_OPT(f|S): `networks` trained networks a shard."""
        return self.gather(
            Trained,
            {
                "sampler": "training",
                **identity(architecture, problem),
                "optimiser": repr(optimiser),
                "loss": loss,
                "networks": networks,
                "batch": batch,
                "max_epochs": max_epochs,
                "stop": repr(stop),
            },
            lambda generator: train(
                architecture,
                problem,
                optimiser,
                networks,
                generator,
                loss=loss,
                batch=batch,
                max_epochs=max_epochs,
                stop=stop,
            ),
        )
