"""What claims about volume and simplicity share: functions of every complexity with their volumes at infinite width.

Volumes are exact, whether or not a function would be seen among draws. Functions spread over complexity are not even
among those of one complexity (`harness/statistics/complexity/spread.py`): simple ones have few runs.
How much hangs on that was tried on 5 bits, two layers, 192 functions: the rank correlation of volume with complexity is
−0.74 with these, −0.67 where half begin as a random word that is repeated, and −0.61 where all do.
"""

from dataclasses import replace
from functools import cache

import numpy as np

from harness.lab import Lab
from harness.networks import FullyConnected
from harness.problems import boolean_cube
from harness.samplers.infinite_width.function_volumes import FunctionVolumes
from harness.statistics.complexity import MEASURES
from harness.statistics.complexity.spread import spread_over
from harness.statistics.figures import figure
from harness.statistics.simplicity import random_complexity
from harness.statistics.volume_and_complexity import least_constant, rank_correlation_over_functions
from harness.verdicts import Estimate
from harness.verdicts.intervals import difference

# Functions drawn from P(f) a shard, and functions spread over complexity a shard.
DRAWS, SPREAD = 128, 48
LEAST_B = "least b that holds 95 % of draws"
ADVANTAGE = "least b: inputs in random order − in order"
TREND = "rank correlation of volume with complexity at equal entropy"


def deep(depth: int) -> FullyConnected:
    """Infinitely wide ReLU networks of so many hidden layers, with biases."""
    return FullyConnected((40,) * depth)


def in_bits(volumes: FunctionVolumes) -> np.ndarray:
    """(k,) log2 P."""
    return volumes.values / np.log(2)


def least_b(lab: Lab, bits: int, depth: int, measure: str, in_order: bool = True) -> Estimate:
    """The least b of the bound over draws from P(f); in random order, each function's labels are permuted at random
    before their complexity is measured, which leaves its volume and its entropy as they are."""
    drawn = lab.drawn_volumes(deep(depth), boolean_cube(bits), draws=DRAWS)
    functions = drawn.functions
    if not in_order:
        functions = np.random.default_rng([lab.seed, bits, depth]).permuted(functions, axis=1)
    a = 2**bits / random_complexity(MEASURES[measure], 2**bits)
    return least_constant(in_bits(drawn), MEASURES[measure](functions), a, quantity=LEAST_B)


def advantage_of_order(lab: Lab, bits: int, depth: int, measure: str) -> Estimate:
    """By how many bits the bound can be lower for functions as they are than for the same with inputs in random order.

    Both are of the same draws, so that the interval for independent ones is conservative.
    """
    of_random, of_ordered = (least_b(lab, bits, depth, measure, in_order) for in_order in (False, True))
    found = difference(of_random, of_ordered, ADVANTAGE)
    secondary = [
        {**figure(each), "quantity": f"{LEAST_B}, {order}"}
        for each, order in ((of_ordered, "inputs in order"), (of_random, "inputs in random order"))
    ]
    return replace(found, n=of_ordered.n, details={"secondary": secondary})


def spread_functions(lab: Lab, bits: int, measure: str) -> list[np.ndarray]:
    """Balanced functions spread over a measure of complexity, (SPREAD, 2^bits) for each shard of this look."""
    n = 2**bits
    return [
        spread_over(MEASURES[measure], n, SPREAD, n // 2, np.random.default_rng([lab.seed, shard]))
        for shard in range(lab.shards)
    ]


def simple_functions(lab: Lab, bits: int, measure: str) -> list[np.ndarray]:
    """Functions of every number of ones, of complexities at most half that of a random string, by shard."""
    return [_simple_of_shard(lab.seed, shard, bits, measure) for shard in range(lab.shards)]


# Cells of other networks and later looks ask for the same ones.
@cache
def _simple_of_shard(seed: int, shard: int, bits: int, measure: str) -> np.ndarray:
    n, rng = 2**bits, np.random.default_rng([seed, shard, 2])
    numbers = rng.integers(1, n, SPREAD)
    # Four times as many as are wanted, of each number of ones its share; the simple ones of these.
    functions = np.concatenate([spread_over(MEASURES[measure], n, 4, int(ones), rng) for ones in numbers])
    return functions[MEASURES[measure](functions) <= random_complexity(MEASURES[measure], n) / 2]


def volumes_of(lab: Lab, bits: int, depth: int, batches: list[np.ndarray]) -> np.ndarray:
    """(k,) log2 P of the functions of all batches."""
    found = [lab.named_volumes(deep(depth), boolean_cube(bits), tuple(map(_string, batch))) for batch in batches]
    return np.concatenate([in_bits(each) for each in found])


def trend_at_equal_entropy(lab: Lab, bits: int, depth: int, measure: str) -> Estimate:
    """Rank correlation of log2 P with K over balanced functions spread over K, beside that in random order.

    With inputs in random order balanced functions are alike in distribution, so that the correlation is 0.
    """
    batches = spread_functions(lab, bits, measure)
    complexity, volumes = MEASURES[measure](np.concatenate(batches)), volumes_of(lab, bits, depth, batches)
    found = rank_correlation_over_functions(volumes, complexity, quantity=TREND)
    # What is known to be 0 needs no more than the functions of one shard.
    shuffled = np.random.default_rng([lab.seed, 1]).permuted(batches[0], axis=1)
    floor = rank_correlation_over_functions(
        volumes_of(lab, bits, depth, [shuffled]), complexity[:SPREAD], quantity=f"{TREND}, inputs in random order"
    )
    points = [
        {"function": _string(row), "k": float(k), "p": float(2.0**volume)}
        for row, k, volume in zip(np.concatenate(batches), complexity, volumes, strict=True)
    ]
    return replace(found, details={"secondary": [figure(floor)], "complexity": points})


def _string(labels: np.ndarray) -> str:
    return "".join(map(str, labels))
