"""What the cost of a shard is made of: amounts of work that follow from its description, before anything is drawn.

A shard's seconds are taken to be a sum of these amounts, each at its price, times factors: see `costs.py`.
"""

import re
from collections.abc import Hashable
from dataclasses import dataclass
from functools import cache
from math import log, log2, prod
from typing import Any

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from harness.networks import Architecture
from harness.networks.ensemble import activations, draw, size, views
from harness.problems import Problem
from harness.run.plan.evidence import evidence_curve
from harness.run.plan.infinite import AMOUNTS
from harness.run.plan.requests import Request

SUBSET = ("subset simulation", "subset simulation, observed", "density of states")
TRAINING = ("training", "trained features", "trained patterns", "least trained width")
BY_NETWORKS = (
    "nngp by Monte Carlo",
    "ntk by Monte Carlo",
    "posterior of Monte-Carlo kernels",
    "ln P(S) of Monte-Carlo kernels",
)
# A block's share of a core's cache, see `block_size`.
CACHE_BYTES = 6 * 2**20
GPU_BYTES = 80e9
# Samplers that do the same work, and so have one curve; training for a time is one of its own, since how
# long that takes is given.
_FAMILIES = {
    **dict.fromkeys(SUBSET, "subset simulation"),
    **dict.fromkeys(("nngp regression", "ntk regression"), "kernel regression"),
    **dict.fromkeys(("rejection", "tempered rejection"), "rejection"),
}
UNTIL_FITTED, FOR_A_TIME = "training until it fits", "training for a time"


@dataclass(frozen=True)
class Quantities:
    """Of one shard.

    family: of samplers that do the same work, and have one curve.
    work: amounts that seconds are a sum of, more of any costs no less. sizes: what multiplies all of them, by a power
    that is not known but not negative. kinds: what multiplies them by a factor each. networks: how many are drawn or
    trained, 0 at infinite width. memory: bytes at the peak while it is computed.
    """

    family: str
    work: dict[str, float]
    sizes: dict[str, float]
    kinds: tuple[str, ...]
    networks: float
    memory: float


@dataclass(frozen=True)
class Network:
    """One network on a problem's inputs, drawn in the least dimension: see `sampling_inputs`.

    forward: multiplications for one input. activations: numbers held for one input. features: of the last layer.
    """

    parameters: int
    forward: float
    activations: int
    features: int


def quantities(request: Request) -> Quantities:
    """Of one shard of a request, or of what is computed once."""
    problem, architecture, spec = request.problem, request.architecture, request.spec
    assert problem is not None
    assert architecture is not None
    kinds = [type(architecture).__name__, str(getattr(architecture, "activation", "")), request.sampler]
    m, p = float(problem.m), float(problem.m + problem.n)
    sampler = request.sampler
    family = _FAMILIES.get(sampler, sampler)
    if (of := AMOUNTS.get(sampler)) is not None:
        rows, columns = (min(1000.0, p - start) for start in spec.get("block", (0, 0))[:2])
        work = of(spec, float(spec.get("m", m)), float(problem.n), p, rows * columns)
        kinds += [f"{key} {spec[key]}" for key in ("kernel", "by", "approximation", "method") if key in spec]
        return Quantities(
            family,
            work,
            {"m": max(m, 1.0)} if sampler == "truncated Gaussian" else {},
            tuple(kinds),
            0.0,
            3 * 8 * p * p,
        )
    network = of_network(architecture, problem)
    if sampler in TRAINING:
        return _training(request, network, kinds)
    drawn, evaluated, more = _drawn(request, network, m, float(problem.n), p)
    work = {
        "multiplications": evaluated * network.forward,
        "activations": evaluated * network.activations,
        "parameters": drawn * network.parameters,
        "networks": drawn,
        "shard": 1.0,
        **more,
    }
    memory = _held(request, network, drawn)
    if sampler in SUBSET:
        kinds += [f"{key} {problem.facts[key]}" for key in ("dataset", "task") if key in problem.facts]
    return Quantities(family, work, {}, tuple(kinds), drawn, memory)


def _drawn(request: Request, network: Network, m: float, n: float, p: float) -> tuple[float, float, dict[str, float]]:
    """Networks drawn, inputs they are evaluated on, and work besides."""
    spec, sampler = request.spec, request.sampler
    if sampler in SUBSET:
        # Each level halves the survivors, so that there are as many as −log₂ P(S); its chains keep all points before it
        # fitted. Lengthened chains are in the price.
        a, b = evidence_curve()
        drawn = float(spec["runs"] * spec["chains"] * spec["steps"]) * max(a * m**b / log(2), 1.0)
        return drawn, drawn * max(m, 1.0), {}
    if sampler == "annealing":
        # Levels as digits took them, 24 at m = 32 and 63 at 600; along the likelihood twice as many, as parity on
        # 7 bits did. What a trajectory takes, and longer ones, are in the price.
        levels = 7.5 * m ** (1 / 3) * (2 if spec["route"] == "likelihood" else 1)
        drawn = float(spec["runs"] * spec["particles"])
        moves = drawn * spec["trajectories"] * levels
        return drawn, moves * m, {"parameters": moves * network.parameters}
    if sampler in ("rejection", "tempered rejection"):
        drawn, each = float(spec["draws"]), float(spec["last_layers"])
        return drawn, drawn * p, {"last layers": drawn * each * m * network.features, "kept": drawn * each * n}
    if sampler == "departure from the linearisation":
        drawn = float(spec["networks"])
        return drawn, drawn * m * float(spec["steps"]), {}
    if sampler == "prior":
        drawn = float(spec["draws"])
        return drawn, drawn * n, {"functions": drawn * n}
    drawn = float(spec["networks"] if "networks" in spec else spec["draws"])
    if sampler in ("last-layer feasibility", "least frozen width"):
        drawn *= log2(max(network.features, 2)) if sampler == "least frozen width" else 1.0
        return drawn, drawn * m, {"programs": drawn * m * min(m, network.features)}
    if sampler in BY_NETWORKS:
        drawn *= float(spec.get("kernels", spec.get("runs", 1)))
        each = network.parameters if sampler.startswith("ntk") else network.features
        exact = float(spec.get("chains", 0) * spec.get("draws", 0) or spec.get("runs", 0) * spec.get("points", 0))
        return drawn, drawn * p, {"products": drawn * p * p * each, "exact": exact * m * p}
    return drawn, drawn * p, {"products": drawn * p * p, "last layers": drawn * m * network.features}


def _training(request: Request, network: Network, kinds: list[str]) -> Quantities:
    spec = request.spec
    assert request.problem is not None
    m = float(request.problem.m)
    optimiser, rule = str(spec["optimiser"]), str(spec["optimiser"]).partition("(")[0]
    loss, stop = str(spec.get("loss", "'cross-entropy'")).strip("'"), str(spec.get("stop", "FirstFit(further=0)"))
    batch = m if "full_batch=True" in optimiser or rule == "GradientDescent" else min(float(spec["batch"]), m)
    networks = float(spec["networks"])
    if request.sampler == "least trained width":
        networks *= log2(max(network.features, 2))
    # One epoch; how many it takes to the first fit, the factors say.
    updates = float(np.ceil(m / batch))
    kinds += [rule, *(["in the inputs' own dimension"] if spec.get("in_span") == "False" else [])]
    sizes: dict[str, float] = {}
    if (found := re.search(r"(epochs|updates)=(\d+)", stop)) and stop.startswith("After"):
        updates = float(found[2]) * (updates if found[1] == "epochs" else 1)
        family = FOR_A_TIME
    else:
        family = UNTIL_FITTED
        if (further := re.search(r"further=(\d+)", stop)) and int(further[1]):
            updates *= int(further[1])
            kinds.append("overtraining")
        data = str(request.problem.facts.get("task", request.problem.facts.get("dataset", "arrays")))
        rate = re.search(r"(?:learning_rate|radius)=([0-9.e-]+)", optimiser)
        sizes = {"m": m, "1/rate": 1 / float(rate[1]) if rate else 1.0}
        both = f"{rule}, {loss}"
        kinds += [data, loss, both, f"{both}, {data}", f"{both}, {data}, m = {m:g}"]
    work = {
        "multiplications": networks * updates * batch * network.forward,
        "activations": networks * updates * batch * network.activations,
        "parameters": networks * updates * network.parameters,
        "updates": networks * updates,
        "shard": 1.0,
    }
    return Quantities(family, work, sizes, tuple(kinds), networks, _held(request, network, networks))


def _held(request: Request, network: Network, networks: float) -> float:
    """Bytes of a block of networks: on a CPU such a one as stays in its cache, of four networks at the least; on a GPU
    what a quarter of 80 GB holds. Three times, for what is made of them on the way."""
    assert request.problem is not None
    numbers = network.parameters + (request.problem.m + request.problem.n) * network.activations
    room = CACHE_BYTES if request.spec["device"] == "cpu" else GPU_BYTES / 4
    together = min(max(room / (4 * numbers), 4.0), 2.0**16)
    return 3 * 4 * numbers * min(networks, together)


def of_network(architecture: Architecture, problem: Problem) -> Network:
    """Of an architecture on a problem's inputs; BadInput where it does not take them."""
    x = architecture.prepare(problem.eval_x[:1])
    shape = tuple(x.shape[1:])
    if architecture.rotation_invariant:
        shape = (min(prod(shape), problem.m + problem.n),)
    assert isinstance(architecture, Hashable)
    return _network(architecture, shape, x.dtype.kind in "iu", problem.outputs)


@cache
def _network(architecture: Any, shape: tuple[int, ...], tokens: bool, outputs: int) -> Network:
    """Multiplications are those of matrix products and convolutions that torch does for one input."""
    table = architecture.parameters(shape, outputs)
    x = torch.zeros((1, *shape), dtype=torch.int64 if tokens else torch.float32)
    parameters = views(table, draw(table, architecture.distribution, 1, torch.Generator()))
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        features = architecture.features(parameters, x)
        architecture.readout(parameters, features)
    held = activations(architecture, x) or sum(part.shape[-1] for part in table.values())
    return Network(size(table), max(counter.get_total_flops() / 2, 1.0), held, features.shape[-1])
