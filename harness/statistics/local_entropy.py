"""How many solutions lie near a solution: the local entropy of binary weights (Baldassi et al. 2015, PRL 115:128101).

Weights are packed as functions are, one bit a weight; all solutions are known, by counting.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from harness.functions import FunctionCounts
from harness.functions.packing import check_words, pack, unpack
from harness.problems import Problem
from harness.samplers.enumeration import ExactVolumes
from harness.samplers.training import Trained
from harness.statistics.distances.kernel import hamming
from harness.statistics.distances.pairs import counts_within


def local_entropies(weights: np.ndarray, solutions: np.ndarray, n: int, distance: int) -> np.ndarray:
    """ln of the number of solutions within a Hamming distance of each of some weights.

    Args:
        weights: (k, ⌈n/64⌉) uint64, packed.
        solutions: (solutions, ⌈n/64⌉) uint64, all different.
        n: weights of a network.
        distance: largest number of weights that differ; a solution is near itself.

    Returns:
        (k,) in nats; −∞ where there is none.
    """
    near = counts_within(check_words(weights, n, 2), check_words(solutions, n, 2), distance)
    with np.errstate(divide="ignore"):
        return np.log(near)


def nearest(starts: np.ndarray, solutions: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """The nearest solution to each of some weights, at random among those that are equally near.

    Args:
        starts: (k, ⌈n/64⌉) uint64, packed.
        solutions: (solutions, ⌈n/64⌉) uint64, at least one.
        n: weights of a network.
        rng: chooses among equals.

    Returns:
        (k, ⌈n/64⌉) uint64.
    """
    starts, solutions = check_words(starts, n, 2), check_words(solutions, n, 2)
    apart = hamming(starts[:, None], solutions)
    tied = apart == apart.min(axis=1, keepdims=True)
    return solutions[(tied * rng.random(tied.shape)).argmax(axis=1)]


def share_below(found: np.ndarray, every: np.ndarray) -> float:
    """Mean over some solutions of the share of all solutions that have a lower local entropy, ties counting half.

    It is ½ for solutions that are drawn uniformly, and 1 for those of the densest cluster if it holds hardly any.
    """
    ordered = np.sort(every)
    below, upto = (np.searchsorted(ordered, found, side) for side in ("left", "right"))
    return float((below + upto).mean()) / (2 * len(ordered))


def above_typical(trained: Sequence[Trained], counted: Sequence[ExactVolumes], distance: int) -> np.ndarray:
    """Mean local entropy of the solutions that training found, less that of all solutions alike.

    Args:
        trained: networks on each training set, of which functions on E are the weights.
        counted: all solutions, by training set.
        distance: as of `local_entropies`.

    Returns:
        (sets,) in nats, of the training sets on which a solution was found.
    """
    return np.array(
        [
            local_entropies(found, every, n, distance).mean() - local_entropies(every, every, n, distance).mean()
            for found, every, n in _solutions(trained, counted)
        ]
    )


def above_equal_margin(
    trained: Sequence[Trained], counted: Sequence[ExactVolumes], problems: Sequence[Problem], distance: int
) -> np.ndarray:
    """Mean local entropy of the solutions that training found, less that of all solutions of the same margin.

    The margin of a solution is the least distance of a training point's logit from 0.

    Args:
        trained: as of `above_typical`.
        counted: as of `above_typical`.
        problems: the training sets.
        distance: as of `local_entropies`.

    Returns:
        (sets,) in nats, of the training sets on which a solution was found.
    """
    values = []
    for one, volumes, problem in zip(trained, counted, problems, strict=True):
        for found, every, n in _solutions([one], [volumes]):
            least = np.abs((2.0 * unpack(every, n, 2) - 1) @ problem.train_x.T).min(axis=1)
            _, margin = np.unique(least, return_inverse=True)
            entropy = local_entropies(every, every, n, distance)
            typical = np.bincount(margin, entropy) / np.bincount(margin)
            # Solutions are in the order of their words.
            values.append((entropy - typical[margin])[np.searchsorted(every[:, 0], found[:, 0])].mean())
    return np.array(values)


def above_nearest(
    trained: Sequence[Trained], counted: Sequence[ExactVolumes], distance: int, starts: int, seed: int
) -> np.ndarray:
    """Mean local entropy of the solutions that training found, less that of those nearest to random weights.

    Args:
        trained: as of `above_typical`.
        counted: as of `above_typical`.
        distance: as of `local_entropies`.
        starts: random weights on each training set.
        seed: of the random weights.

    Returns:
        (sets,) in nats, of the training sets on which a solution was found.
    """
    rng = np.random.default_rng(seed)
    values = []
    for found, every, n in _solutions(trained, counted):
        close = nearest(pack(rng.integers(0, 2, (starts, n))), every, n, rng)
        of_found, of_close = (local_entropies(each, every, n, distance).mean() for each in (found, close))
        values.append(of_found - of_close)
    return np.array(values)


def less_clustered(trained: Sequence[Trained], counted: Sequence[ExactVolumes], distance: int) -> np.ndarray:
    """Share of all solutions with a lower local entropy than one that training found.

    Args:
        trained: as of `above_typical`.
        counted: as of `above_typical`.
        distance: as of `local_entropies`.

    Returns:
        (sets,) means over the solutions found, of the training sets on which there are any; see `share_below`.
    """
    return np.array(
        [
            share_below(*(local_entropies(each, every, n, distance) for each in (found, every)))
            for found, every, n in _solutions(trained, counted)
        ]
    )


def _solutions(
    trained: Sequence[Trained], counted: Sequence[ExactVolumes]
) -> Iterator[tuple[np.ndarray, np.ndarray, int]]:
    """Weights of the networks that are solutions, one row a network, all solutions, and the number of weights; of each
    training set on which some network is a solution.
    """
    for networks, volumes in zip(trained, counted, strict=True):
        functions, every = networks.functions, FunctionCounts.from_words(volumes.words, volumes.n)
        often = functions.counts * every.counts_of(functions.words)
        if often.any():
            yield np.repeat(functions.words, often, axis=0), every.words, volumes.n
