"""What the log volumes ln P_A(f|S) of given functions say, over training sets, in nats.

ln P_A(f|S) is how likely architecture A, sampled at random until it fits S, is to be the function f on all of E: a
proper score of whole functions, which a distribution that has only the labels' probabilities cannot reach. Each
training set gives one number, a mean over its functions; the error of the orthants is part of its scatter.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import log, sqrt

import numpy as np

from harness.errors import BadInput, NotAsked
from harness.functions import FunctionCounts
from harness.functions.packing import unpack
from harness.functions.runs import Runs
from harness.samplers.log_volumes import LogVolumes
from harness.statistics.means_over_sets import mean_over_sets
from harness.statistics.plain_learners import as_often_right, coins
from harness.verdicts import Estimate


def by_set(volumes: Sequence[LogVolumes]) -> list[float]:
    """Mean of ln P(f|S) over the functions of each training set; −inf if one of them has no volume."""
    return [each.mean()[0] for each in volumes]


def _finite_by_set(volumes: Sequence[LogVolumes]) -> np.ndarray:
    found = np.array(by_set(volumes))
    if not np.isfinite(found).all():
        raise NotAsked("Some of these functions have no volume: no network of this architecture computes them.")
    return found


def log_volume(volumes: Sequence[LogVolumes], quantity: str = "ln P(f|S)") -> Estimate:
    """Estimate the mean of ln P(f|S) over functions and training sets, in nats; NotAsked if one has no volume."""
    errors = [each.mean()[1] for each in volumes]
    return _with_details(mean_over_sets(_finite_by_set(volumes).tolist(), quantity), {"errors of the volumes": errors})


def by_pair(own: Sequence[LogVolumes], others: Mapping[str, Sequence[LogVolumes]]) -> dict[str, Estimate]:
    """Estimate by how many nats functions are likelier under one volume than under each of others.

    Args:
        own: ln P(f|S) under the volume of the architecture that found the functions, by training set.
        others: the same functions under other volumes, by name.

    Returns:
        For each of the others, the mean of own minus other over training sets; without those of which no network
        computes some of the functions, by which own is likelier by any number of nats.

    Raises:
        BadInput: if there are no others, or they are not of the same training sets.
        NotAsked: if some functions have no volume under their own architecture, or under none of the others.
    """
    if not others or any(len(each) != len(own) for each in others.values()):
        raise BadInput("Volumes are compared on the same training sets: give one or more others, of as many sets.")
    mine, theirs = _finite_by_set(own), {name: np.array(by_set(each)) for name, each in others.items()}
    finite = {name: each for name, each in theirs.items() if np.isfinite(each).all()}
    if not finite:
        raise NotAsked("None of the other architectures can compute all of these functions: there is no rival.")
    return {
        name: mean_over_sets((mine - each).tolist(), f"own volume minus that of {name}")
        for name, each in finite.items()
    }


def whose_volume(own: Sequence[LogVolumes], others: Mapping[str, Sequence[LogVolumes]]) -> Estimate:
    """Estimate by how many nats functions are likelier under their own architecture's volume than under the nearest
    rival's.

    It is the least of the differences between own and others (means over training sets). All of them exceed what the
    lowest of the lower ends says, each at full level, since only that of the true nearest rival could be wrong. The
    upper end is the lowest of the upper ends, each of which may miss with a share of the probability (Bonferroni),
    since any of them could be. So choosing the rival by what was measured costs no coverage.

    Args:
        own: as of `by_pair`.
        others: as of `by_pair`.

    Returns:
        Own minus nearest rival, in nats; the pairs are in the details.

    Raises:
        BadInput: as of `by_pair`.
        NotAsked: as of `by_pair`.
    """
    pairs = by_pair(own, others)
    name = max(pairs, key=lambda each: np.mean(by_set(others[each])))
    nearest = pairs[name]

    def foreseen(alpha: float, growth: float) -> tuple[float, float]:
        low = min(each.ahead(alpha, growth)[0] for each in pairs.values())
        return low, min(each.ahead(alpha / len(pairs), growth)[1] for each in pairs.values())

    return replace(
        nearest,
        quantity="own volume minus that of the nearest rival",
        interval=lambda alpha: foreseen(alpha, 1.0),
        foreseen=foreseen,
        method=f"least of {len(pairs)} differences; {nearest.method}, upper ends by Bonferroni",
        details={
            **nearest.details,
            "nearest rival": name,
            "pairs": {other: float(np.mean(_finite_by_set(own) - by_set(others[other]))) for other in pairs},
        },
    )


def above_uniform_guessing(volumes: Sequence[LogVolumes], n: int) -> Estimate:
    """Estimate by how many nats functions on n points are likelier under a volume than by uniform guessing."""
    return mean_over_sets((_finite_by_set(volumes) + n * log(2)).tolist(), "nats above uniform guessing")


def above_coins(
    volumes: Sequence[LogVolumes], functions: Sequence[np.ndarray], posteriors: Sequence[FunctionCounts]
) -> Estimate:
    """Estimate by how many nats functions are likelier under a volume than by coins with its marginals.

    Args:
        volumes: ln P(f|S), by training set.
        functions: the same functions, (k, n) labels, by training set.
        posteriors: draws of the volume's P_B(f|S), by training set, as of `plain_learners.coins`.

    Returns:
        Nats above coins.

    Raises:
        BadInput: if these are not of the same training sets.
    """
    _alike(volumes, functions, posteriors)
    scores = [float(coins(each, drawn).mean()) for each, drawn in zip(functions, posteriors, strict=True)]
    return _above(volumes, scores, "nats above coins with the posterior's marginals")


def above_random_errors(
    volumes: Sequence[LogVolumes], functions: Sequence[np.ndarray], truths: Sequence[np.ndarray]
) -> Estimate:
    """Estimate by how many nats functions are likelier under a volume than by a learner that is as often right but errs
    at random.

    Args:
        volumes: ln P(f|S), by training set.
        functions: the same functions, (k, n) labels, by training set.
        truths: (n,) true labels, by training set, as of `plain_learners.as_often_right`.

    Returns:
        Nats above that learner.

    Raises:
        BadInput: if these are not of the same training sets, or of fewer than 2.
    """
    _alike(volumes, functions, truths)
    scores = [float(each.mean()) for each in as_often_right(functions, truths)]
    return _above(volumes, scores, "nats above a learner as often right")


def typicality(trained: Sequence[LogVolumes], sampled: Sequence[LogVolumes]) -> Estimate:
    """Estimate E_OPT ln P_B(f|S) − E_B ln P_B(f|S): by how many nats training is sharper than sampling.

    0 if training draws functions as P_B does; positive if it prefers those that P_B does.

    Args:
        trained: ln P(f|S) of functions that training found, by training set.
        sampled: ln P(f|S) of independent draws of P_B itself, by training set.

    Returns:
        The mean difference over training sets. Its noise floor is the standard deviation that two samples of P_B, of
        these sizes, would give it.

    Raises:
        BadInput: if the two are not of the same training sets.
    """
    _alike(trained, sampled)
    apart = _finite_by_set(trained) - _finite_by_set(sampled)
    found = mean_over_sets(apart.tolist(), "ln P_B of trained minus that of sampled functions")
    noise2 = [
        float(of_b.values.var()) * (1 / len(of_b.values) + 1 / len(of_opt.values))
        for of_opt, of_b in zip(trained, sampled, strict=True)
    ]
    return replace(found, noise_floor=sqrt(sum(noise2)) / len(noise2))


def some_functions(sample: FunctionCounts | Runs, k: int, seed: int) -> np.ndarray:
    """Draw functions from a sample: without replacement; of runs of unequal weight with, by their weight.

    Args:
        sample: functions with their counts, or by run.
        k: how many; all if a sample of counts has no more.
        seed: of the choice.

    Returns:
        (k, n) uint8 labels.
    """
    rng = np.random.default_rng(seed)
    if isinstance(sample, Runs):
        chosen = rng.choice(len(sample.words), k, p=sample.measure / sample.measure.sum())
        return unpack(sample.words[chosen], sample.n, sample.classes)
    every = np.repeat(np.arange(sample.distinct), sample.counts)
    chosen = rng.permutation(every)[:k]
    return sample.bits()[chosen]


def _above(volumes: Sequence[LogVolumes], scores: Sequence[float], quantity: str) -> Estimate:
    apart = _finite_by_set(volumes) - scores
    return _with_details(mean_over_sets(apart.tolist(), quantity), {"scores of the learner": list(scores)})


def _with_details(estimate: Estimate, more: Mapping[str, object]) -> Estimate:
    return replace(estimate, details={**estimate.details, **more})


def _alike(*by_sets: Sequence[object]) -> None:
    if len({len(each) for each in by_sets}) != 1:
        raise BadInput(
            f"Volumes, functions and the like are given for the same training sets, not for {[*map(len, by_sets)]}."
        )
