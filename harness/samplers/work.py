"""The work of a shard: roughly the scalar multiplications that it needs, for the price of a run before it is run.

Each sampler says its own (`Sampler.work`) from what is here: what one network on a problem costs.
"""

from math import ceil
from typing import NamedTuple

from harness.networks import Architecture
from harness.networks.cost import network_cost
from harness.optimisers import FirstFit, Optimiser, Stop
from harness.problems import Problem

# Multiplications that take as long, on a CPU, as an activation; a Gaussian number; whatever else a network is drawn
# with; what an update of a network needs besides its gradient; an entry of a function or a kernel; a normal integral.
ACTIVATION, NORMAL, NETWORK, UPDATE, ENTRY, INTEGRAL = 10, 30, 1e3, 1e4, 50, 1e3
# Epochs until a network fits, the median over optimisers, losses and problems.
EPOCHS = 20
# −log₂ P(S) = a·mᵇ, as measured on digits (docs/large_pairs.md).
BITS = 2.61, 0.63


class Shape(NamedTuple):
    """Of a network on a problem: training points, test points and both; work to draw a network, and to evaluate it on
    one input; its parameters, numbers held for one input, and last-layer features."""

    m: int
    n: int
    p: int
    draw: float
    forward: float
    parameters: int
    held: int
    features: int

    @property
    def levels(self) -> float:
        """Levels of subset simulation, at each of which half of the networks survive: −log₂ P(S)."""
        return max(BITS[0] * self.m ** BITS[1], 1.0)


def shape_of(architecture: Architecture, problem: Problem) -> Shape:
    """What work is made of; BadInput if the network does not take the inputs."""
    m, n, p = problem.m, problem.n, problem.m + problem.n
    parameters, products, held, features = network_cost(architecture, problem.eval_x, p, problem.outputs)
    return Shape(m, n, p, NORMAL * parameters + NETWORK, products + ACTIVATION * held, parameters, held, features)


def training_work(of: Shape, optimiser: Optimiser, networks: int, batch: int, stop: Stop | None) -> float:
    """Work of training networks.

    Args:
        of: one network on its problem.
        optimiser: what trains them.
        networks: how many are trained.
        batch: points of a minibatch.
        stop: when they stop; None for the first fit.

    Returns:
        Roughly the scalar multiplications.
    """
    batch = of.m if optimiser.full_batch else min(batch, of.m)
    an_epoch = ceil(of.m / max(batch, 1))
    if stop is None or isinstance(stop, FirstFit):
        updates = EPOCHS * an_epoch * max(stop.further if stop else 0, 1)
    else:
        updates = stop.of_updates(an_epoch)
    return networks * updates * (batch * of.forward + ACTIVATION * of.parameters + UPDATE)
