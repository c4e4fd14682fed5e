"""Learning rates that a cell's optimisers got where they were relative, for the cell's record."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from inspect import BoundArguments
from typing import Any

import numpy as np

from harness.arguments import one_of
from harness.functions.brief import Brief
from harness.networks import Architecture
from harness.networks.logits import LOSSES
from harness.optimisers import Optimiser, Relative
from harness.problems import Problem, TrainingSets
from harness.samplers.sampler import Computation
from harness.samplers.training import Trained
from harness.samplers.training.fitted import share_fitted
from harness.samplers.training.units import resolved
from harness.store.identity import stated

# Training sets over which a unit is a median: the first ones of seed 0, at every look, scale and seed.
SETS = 8

Once = Callable[[Computation], Mapping[str, np.ndarray]]


@dataclass
class Rates(Brief):
    """What a cell's relative optimisers came to, by optimiser, architecture, data and loss."""

    noted: dict[tuple[str, ...], dict[str, Any]] = field(default_factory=dict)

    @property
    def facts(self) -> list[dict[str, Any]]:
        """In the order in which they were asked for, JSON-ready."""
        return list(self.noted.values())

    def resolve(
        self,
        optimiser: Optimiser,
        architecture: Architecture,
        data: Problem | TrainingSets,
        loss: str,
        once: Once,
    ) -> Optimiser:
        """Give an optimiser a learning rate that is a number, and note it if it had none.

        Args:
            optimiser: any, relative or not.
            architecture: the networks.
            data: the problem, or training sets, over the first of which the unit is a median.
            loss: a name in `LOSSES`.
            once: gives the arrays of a computation.

        Returns:
            The optimiser at its rate; one that is not relative itself.

        Raises:
            BadInput: no unit can be measured.
        """
        one_of(loss, LOSSES, "There is no loss")
        if not isinstance(optimiser, Relative):
            return optimiser
        problems = [data.problem(number) for number in range(SETS)] if isinstance(data, TrainingSets) else [data]
        found, unit = resolved(optimiser, architecture, problems, loss, once)
        self.noted[_key(optimiser, architecture, data, loss)] = {
            "optimiser": found.name,
            "architecture": architecture.name,
            "problem": data.name + (f", {SETS} training sets" if isinstance(data, TrainingSets) else ""),
            "loss": loss,
            "rho": optimiser.ratio,
            "unit": unit,
            "rate": float(f"{optimiser.ratio * (unit or 0.0):.4g}"),
        }
        return found

    def bind(self, bound: BoundArguments, once: Once) -> Callable[[Any], Any]:
        """Resolve the optimiser among the arguments of a request, in place.

        Returns a function that takes the request's samples and notes which share of the networks fitted.
        """
        given = bound.arguments
        optimiser, loss = given.get("optimiser"), given.get("loss", "cross-entropy")
        if not isinstance(optimiser, Relative):
            return lambda found: found
        architecture, data = given["architecture"], given["problem"]
        given["optimiser"] = self.resolve(optimiser, architecture, data, loss, once)
        return lambda found: self.fitted(found, optimiser, architecture, data, loss)

    def fitted(
        self, found: Any, optimiser: Optimiser, architecture: Architecture, data: Problem | TrainingSets, loss: str
    ) -> Any:
        """Note which share of the networks fitted.

        Args:
            found: trained networks, or a list of them by training set; nothing is noted of anything else.
            optimiser: as it was asked for, relative or not.
            architecture: the networks.
            data: as of `resolve`.
            loss: as of `resolve`.

        Returns:
            What was found.
        """
        every = found if isinstance(found, list) else [found]
        note = self.noted.get(_key(optimiser, architecture, data, loss))
        if note is not None and all(isinstance(each, Trained) for each in every):
            note["fitted"] = share_fitted(every)
        return found


def _key(optimiser: Optimiser, architecture: Architecture, data: Problem | TrainingSets, loss: str) -> tuple[str, ...]:
    which = data.fingerprint if isinstance(data, Problem) else data.name
    return stated(optimiser, "An optimiser"), stated(architecture, "An architecture"), type(data).__name__, which, loss
