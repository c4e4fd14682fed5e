"""Trained against sampled networks on one problem, wherever they are from.

Where training sets are drawn, sets are what intervals count (`over_sets.py`). Here there is one, and intervals are
those of the networks: the direction c and the sharpness s are ratios of means over groups of networks, of what each
group adds to unbiased terms (a jackknife), with the intervals that ratios over training sets have.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple
from zlib import crc32

import numpy as np

from harness.errors import Undecided
from harness.functions import ClusteredCounts, FunctionCounts
from harness.functions.packing import unpack
from harness.functions.runs import Runs, Sample
from harness.problems import Problem
from harness.statistics.distances import bias_explained
from harness.statistics.distances.products import Products, products
from harness.statistics.distances.units import fewest, unit_name
from harness.statistics.generalisation import generalisation_error
from harness.statistics.means_over_sets import LEAST_SETS
from harness.statistics.over_sets import direction_of, sharpness_of
from harness.verdicts import Estimate, nothing_yet
from harness.verdicts.intervals import difference

# Groups of which each is large enough that pairs within it say something.
_GROUPS, _LEAST_UNITS = 16, 4
_GROUP = "groups of networks"


class Found(NamedTuple):
    """What separates two samples on one problem.

    coins: bias explained of independent labels with the sampled frequencies, which know no more of sampling.
    """

    bias_explained: Estimate
    direction: Estimate
    sharpness: Estimate
    error_trained: Estimate
    error_sampled: Estimate
    advantage: Estimate
    coins: Estimate


def compare_samples(trained: Sample, sampled: Sample, problem: Problem, seed: int = 0) -> Found:
    """Compare two independent samples of functions on the evaluation inputs of one problem.

    Args:
        trained: functions that training found.
        sampled: functions of networks drawn at random that fit S.
        problem: the problem of both.
        seed: of the coins' draws.

    Returns:
        Bias explained, c, s, test errors and the advantage of training, with intervals over networks, and the bias
        explained of coins.

    Raises:
        BadInput: the samples are on different inputs.
        Undecided: a sample holds no network.
    """
    if not fewest(trained, sampled):
        raise Undecided("One of the samples holds no network that fits the training set; there is nothing to compare.")
    of_trained, of_sampled = (
        replace(generalisation_error(sample, problem), quantity=f"test error, {which}")
        for sample, which in ((trained, "trained"), (sampled, "sampled"))
    )
    terms = terms_by_group(trained, sampled)
    return Found(
        bias_explained(trained, sampled),
        _over_groups(direction_of, terms, "direction c"),
        _over_groups(sharpness_of, terms, "sharpness s"),
        of_trained,
        of_sampled,
        difference(of_sampled, of_trained, "advantage of training"),
        coins_explained(sampled, fewest(trained, trained), seed),
    )


def terms_by_group(p: Sample, q: Sample) -> list[Products]:
    """Pseudo-values of the products of P − U and Q − U by groups of units (Quenouille 1956), of which they are nearly
    independent and their mean is that of all units; none if there are too few units.
    """
    groups = min(_GROUPS, fewest(p, q) // _LEAST_UNITS)
    if groups < LEAST_SETS:
        return []
    whole = np.array(products(p, q))
    without = [products(*pair) for pair in zip(*(parted(each, groups, without=True) for each in (p, q)), strict=True)]
    return [Products(*each) for each in (groups * whole - (groups - 1) * np.array(without)).tolist()]


def parted(sample: Sample, groups: int, *, without: bool = False) -> list[Sample]:
    """Deal the independent units of a sample to groups, at random, the same way at every call.

    Args:
        sample: the functions with their units.
        groups: how many.
        without: give all but each group in its place.

    Returns:
        The groups as samples.
    """
    # By its content: one stream for all would deal alike in every sample.
    rng = np.random.default_rng(crc32(np.ascontiguousarray(sample.words).tobytes()))
    if isinstance(sample, FunctionCounts):
        order = rng.permutation(np.repeat(np.arange(sample.distinct), sample.counts))
        numbers = [np.bincount(each, minlength=sample.distinct) for each in np.array_split(order, groups)]
        kept = [sample.counts - each for each in numbers] if without else numbers
        return [replace(sample, words=sample.words[k > 0], counts=k[k > 0]) for k in kept]
    units = np.unique(sample.unit)
    chosen = np.array_split(rng.permutation(units), groups)
    return [_of_units(sample, np.setdiff1d(units, each) if without else each) for each in chosen]


def _of_units(sample: ClusteredCounts | Runs, units: np.ndarray) -> Sample:
    if isinstance(sample, Runs):
        weights = sample.weights or (1.0,) * len(sample.runs)
        return Runs(tuple(sample.runs[i] for i in units), tuple(weights[i] for i in units))
    own = np.isin(sample.unit, units)
    return replace(sample, unit=sample.unit[own], words=sample.words[own], counts=sample.counts[own])


def _over_groups(estimate: Callable[[Sequence[Products]], Estimate], terms: list[Products], quantity: str) -> Estimate:
    if not terms:
        return nothing_yet(quantity, 0, _GROUP)
    found = estimate(terms)
    method = found.method.replace("training sets", _GROUP).replace("for sets not seen", "for groups not seen")
    return replace(found, unit=_GROUP, method=f"jackknife; {method}", details={})


def coins_explained(sampled: Sample, networks: int, seed: int = 0) -> Estimate:
    """Bias explained of independent labels that have the frequencies of one half of a sample, by the other half.

    Args:
        sampled: functions of networks drawn at random that fit S.
        networks: how many functions of coins are drawn.
        seed: of the draws.

    Returns:
        The estimate; what is no higher is explained by label frequencies alone.
    """
    quantity = "bias explained of coins"
    if fewest(sampled, sampled) < 2:
        return nothing_yet(quantity, fewest(sampled, sampled), unit_name(sampled))
    known, other = parted(sampled, 2)
    labels = unpack(known.words, known.n, known.classes)
    mass = known.measure if isinstance(known, Runs) else known.counts.astype(float)
    below = np.stack([mass @ (labels <= label) for label in range(known.classes - 1)], axis=1) / mass.sum()
    chance = np.random.default_rng(seed).random((networks, known.n, 1))
    drawn = FunctionCounts.from_labels((chance >= below).sum(2).astype(np.uint8), known.classes)
    return replace(bias_explained(replace(drawn, origin=known.origin), other), quantity=quantity)
