"""The work of a request: roughly the scalar multiplications that a shard of it needs, from its description alone."""

import re
from collections.abc import Callable
from math import ceil
from typing import Any, NamedTuple

from harness.networks.cost import network_cost
from harness.run.plan.requests import Request

# Multiplications that take as long, on a CPU, as an activation; a Gaussian number; whatever else a network is drawn
# with; what an update of a network needs besides its gradient; an entry of a function or a kernel; a normal integral.
ACTIVATION, NORMAL, NETWORK, UPDATE, ENTRY, INTEGRAL = 10, 30, 1e3, 1e4, 50, 1e3
# Epochs until a network fits, the median over optimisers, losses and problems.
EPOCHS = 20
# −log₂ P(S) = a·mᵇ, as measured on digits (docs/large_pairs.md).
BITS = 2.61, 0.63


class Shape(NamedTuple):
    """Of a request: training points, test points and both; work to draw a network, and to evaluate it on one input;
    its parameters, numbers held for one input, and last-layer features."""

    m: int
    n: int
    p: int
    draw: float
    forward: float
    parameters: int
    held: int
    features: int


def shape_of(request: Request) -> Shape:
    """What formulas are made of; BadInput where the network does not take the inputs."""
    problem: Any = request.problem
    architecture: Any = request.architecture
    m, n, p = problem.m, problem.n, problem.m + problem.n
    parameters, products, held, features = network_cost(architecture, problem.eval_x, p, problem.outputs)
    draw, forward = NORMAL * parameters + NETWORK, products + ACTIVATION * held
    return Shape(m, n, p, draw, forward, parameters, held, features)


def _prior(spec: Any, of: Shape) -> float:
    return spec["draws"] * (of.draw + of.n * (of.forward + ENTRY))


def _rejection(spec: Any, of: Shape) -> float:
    last_layers = spec["last_layers"] * (ACTIVATION * of.m * of.features + of.n * ENTRY)
    return spec["draws"] * (of.draw + of.p * of.forward + last_layers)


def _subset_simulation(spec: Any, of: Shape) -> float:
    """Each of −log₂ P(S) levels halves the survivors; each move evaluates a network on the training points."""
    moves = spec["runs"] * spec["chains"] * spec["steps"] * max(BITS[0] * of.m ** BITS[1], 1.0)
    return moves * (of.draw + of.m * of.forward)


def _annealing(spec: Any, of: Shape) -> float:
    """Levels as digits took them, 24 at m = 32 and 63 at 600; twice as many along the likelihood, as parity took."""
    levels = 7.5 * of.m ** (1 / 3) * (2 if spec["route"] == "likelihood" else 1)
    return spec["runs"] * spec["particles"] * spec["trajectories"] * levels * of.m * of.forward


def _training(spec: Any, of: Shape) -> float:
    rule, stop = str(spec["optimiser"]), str(spec.get("stop"))
    full = "full_batch=True" in rule or rule.startswith("GradientDescent")
    batch = of.m if full else min(int(spec["batch"]), of.m)
    updates = EPOCHS * ceil(of.m / batch)
    if after := re.match(r"After.*\b(epochs|updates)=(\d+)", stop):
        updates = int(after[2]) * (ceil(of.m / batch) if after[1] == "epochs" else 1)
    elif further := re.search(r"further=([1-9]\d*)", stop):
        updates *= int(further[1])
    return spec["networks"] * updates * (batch * of.forward + ACTIVATION * of.parameters + UPDATE)


def _linearisation(spec: Any, of: Shape) -> float:
    return spec["networks"] * spec["steps"] * of.m * of.forward


def _linear_programs(spec: Any, of: Shape) -> float:
    return spec["draws"] * (of.draw + of.m * of.forward + ENTRY * of.m * min(of.m, of.features))


def _hidden_layers(spec: Any, of: Shape) -> float:
    return spec.get("draws", spec.get("networks")) * (of.draw + of.p * of.forward + ENTRY * of.p**2)


def _monte_carlo_kernels(spec: Any, of: Shape) -> float:
    entry = of.parameters if spec["sampler"].startswith("ntk") else of.features
    kernels = spec.get("kernels", spec.get("runs", 1))
    return kernels * spec["networks"] * (of.draw + of.p * of.forward + of.p**2 * entry)


def _kernel(spec: Any, of: Shape) -> float:
    rows, columns, block = spec["block"]
    return min(block, of.p - rows) * min(block, of.p - columns)


def _cubic(spec: Any, of: Shape) -> float:  # noqa: ARG001
    return of.p**3


def _gaussian_prior(spec: Any, of: Shape) -> float:
    return spec["draws"] * of.n * (of.n + 4 * ENTRY) + of.n**3


def _orthant(spec: Any, of: Shape) -> float:
    return spec["runs"] * spec["points"] * of.m * (of.m + INTEGRAL)


def _truncated_gaussian(spec: Any, of: Shape) -> float:
    return spec["chains"] * spec["draws"] * (of.m**2 + of.n * of.p) + of.p**3


def _regression(spec: Any, of: Shape) -> float:
    return spec["sets"] * spec["m"] * (spec["m"] ** 2 + of.p * ENTRY)


Formula = Callable[[Any, Shape], float]

WORK: dict[str, Formula] = {
    "prior": _prior,
    **dict.fromkeys(("rejection", "tempered rejection"), _rejection),
    **dict.fromkeys(("subset simulation", "subset simulation, observed", "density of states"), _subset_simulation),
    "annealing": _annealing,
    **dict.fromkeys(("training", "trained features", "trained patterns", "least trained width"), _training),
    "departure from the linearisation": _linearisation,
    **dict.fromkeys(("last-layer feasibility", "least frozen width"), _linear_programs),
    **dict.fromkeys(("hidden draws", "hidden patterns", "posteriors of one point", "transfer"), _hidden_layers),
    **dict.fromkeys(("nngp by Monte Carlo", "ntk by Monte Carlo"), _monte_carlo_kernels),
    **dict.fromkeys(("posterior of Monte-Carlo kernels", "ln P(S) of Monte-Carlo kernels"), _monte_carlo_kernels),
    "kernel": _kernel,
    **dict.fromkeys(("approximation", "spectrum"), _cubic),
    "Gaussian prior": _gaussian_prior,
    "orthant": _orthant,
    **dict.fromkeys(("truncated Gaussian", "approximate posterior"), _truncated_gaussian),
    **dict.fromkeys(("nngp regression", "ntk regression"), _regression),
}


def work(request: Request) -> float | None:
    """The work of a shard; None for a sampler that has no formula."""
    formula = WORK.get(request.sampler)
    return None if formula is None else float(formula(request.spec, shape_of(request)))
