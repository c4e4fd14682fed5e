"""Comparison of an optimiser with random sampling: bias explained, and the other distances in its details."""

from collections.abc import Mapping
from dataclasses import replace
from math import isfinite
from typing import Any, TypeVar

import numpy as np

from harness.arguments import is_whole, short_repr
from harness.errors import BadInput, Undecided
from harness.functions import ClusteredCounts, FunctionCounts
from harness.functions.counts import Origin
from harness.functions.packing import pack, unpack
from harness.functions.runs import Sample
from harness.problems import Problem
from harness.samplers.infinite_width import ChainsPosterior
from harness.samplers.posterior import AnnealedPosterior, RejectionPosterior, RunsPosterior
from harness.samplers.sampler import check_problem
from harness.samplers.training import Trained
from harness.statistics.distances import bias_explained, mmd_squared, rank_agreement, total_variation, within_tenfold
from harness.statistics.distances.units import half
from harness.statistics.figures import figure, scatter
from harness.statistics.generalisation import generalisation_error
from harness.verdicts import Estimate

_BY_VOLUME = (RejectionPosterior, RunsPosterior, AnnealedPosterior, ChainsPosterior)


def compare(
    by_training: Trained,
    by_volume: RejectionPosterior | RunsPosterior | AnnealedPosterior | ChainsPosterior,
    problem: Problem,
    points: int | None = None,
) -> Estimate:
    """Bias explained of P_OPT by P_B, with the other distances, the P–P scatter and the test errors in its details.

    Only networks that fitted S enter; the others are counted in the notes.

    Args:
        by_training: trained networks.
        by_volume: sample of the posterior, independent of the trained networks.
        problem: the problem of both.
        points: number of first evaluation points on which functions are compared; None: all. Test errors are on all.

    Returns:
        The estimate of the bias explained.

    Raises:
        BadInput: an argument is something else, as where the samples are given the other way round, or networks are of
            another problem.
        Undecided: no trained network fitted S.
    """
    check_problem(problem)
    if not isinstance(by_training, Trained) or not isinstance(by_volume, _BY_VOLUME):
        raise BadInput(
            "compare takes trained networks and then a posterior, as compare(lab.train(…), lab.posterior(…), problem), "
            f"not a {type(by_training).__name__} and a {type(by_volume).__name__}."
        )
    given = (by_training.functions.origin, by_volume.clusters.origin)
    if any(origin and origin.problem != problem.fingerprint for origin in given):
        raise BadInput(
            f"Networks are compared on the problem that they were trained and sampled on, which {problem.name} is not "
            "of both; use one problem for all three."
        )
    if by_training.functions.total == 0:
        raise Undecided(
            f"None of {by_training.networks:,} trained networks fitted the training set, so that there is no P_OPT to "
            "compare; a smaller learning rate or another loss would give one."
        )
    errors = [
        replace(generalisation_error(sample, problem), quantity=f"test error, {which}")
        for sample, which in ((by_training.functions, "trained"), (by_volume.sample, "sampled"))
    ]
    if points is not None:
        by_training, by_volume = restricted(by_training, points), restricted(by_volume, points)
    trained, sampled = by_training.functions, by_volume.functions
    main = bias_explained(trained, by_volume.sample)
    if not isfinite(main.value):
        return replace(
            main, details={"notes": [f"{trained.total:,} trained and {sampled.total:,} sampled networks fit."]}
        )
    others = [measure(trained, by_volume.sample) for measure in (mmd_squared, total_variation, within_tenfold)]
    evidence = [] if isinstance(by_volume, ChainsPosterior) else [by_volume.evidence]
    others += [rank_agreement(trained, by_volume.sample), *evidence, *errors]
    details: dict[str, Any] = {
        "secondary": [figure(each) for each in others],
        "scatter": scatter(trained, sampled, problem),
        "scatter_axes": ["P_B(f|S)", "P_OPT(f|S)"],
        "notes": [
            f"Mass on functions not yet seen (Good–Turing): {trained.unseen_mass():.2g} trained, "
            f"{sampled.unseen_mass():.2g} sampled.",
            f"{by_training.unfitted:,} of {by_training.networks:,} trained networks never fitted the training set.",
            f"Epochs to the first perfect fit: median {np.median(by_training.epochs):g}.",
        ],
    }
    return replace(main, details=details)


S = TypeVar("S", bound=Trained | RejectionPosterior | RunsPosterior | AnnealedPosterior | ChainsPosterior)


def restricted(sample: S, points: int) -> S:
    """The same networks on the first `points` evaluation points; BadInput if the sample has fewer."""
    parts: dict[str, Any] = (
        {"functions": _functions(sample.functions, points), "others": _functions(sample.others, points)}
        if isinstance(sample, Trained)
        else {"clusters": _clusters(sample.clusters, points)}
    )
    return replace(sample, **parts)


def _functions(sample: FunctionCounts, points: int) -> FunctionCounts:
    found = FunctionCounts.from_words(_drawn(sample, points), points, sample.classes)
    return replace(found, origin=_of_first(sample, points))


def _clusters(sample: ClusteredCounts, points: int) -> ClusteredCounts:
    unit = np.repeat(sample.unit, sample.counts)
    found = ClusteredCounts.from_words(_drawn(sample, points), unit, points, sample.units, sample.classes)
    return replace(found, origin=_of_first(sample, points))


def _of_first(sample: FunctionCounts | ClusteredCounts, points: int) -> Origin | None:
    origin = sample.origin
    return origin and origin._replace(inputs=origin.inputs[:points])


def _drawn(sample: FunctionCounts | ClusteredCounts, points: int) -> np.ndarray:
    """(draws, words) the restricted function of every draw."""
    if not is_whole(points) or not 1 <= points <= sample.n:
        raise BadInput(
            f"Functions on {sample.n} inputs can be restricted to 1 to {sample.n} of them, not to {short_repr(points)}."
        )
    labels = unpack(sample.words, sample.n, sample.classes)[:, :points]
    return np.repeat(pack(labels, sample.classes), sample.counts, axis=0)


_SPLIT_SEED = 20210511


def best_temperature(trained: FunctionCounts, posteriors: Mapping[float, Sample]) -> tuple[float, FunctionCounts]:
    """The temperature whose posterior has the least squared MMD to half of the networks, and the other half.

    The halves are the same at every call. The choice is independent of the other half, so an estimate from that half at
    the chosen temperature has no bias from choosing. Posteriors with too few draws for a distance are not chosen.
    """
    chosen, others = halves(trained)
    distances = {temperature: mmd_squared(chosen, sample).value for temperature, sample in posteriors.items()}
    return min(distances, key=lambda temperature: np.nan_to_num(distances[temperature], nan=np.inf)), others


def halves(sample: FunctionCounts) -> tuple[FunctionCounts, FunctionCounts]:
    """Two halves of independent draws, without common draws, the same at every call."""
    taken = half(sample.counts, _SPLIT_SEED, sample.words)
    one, other = (
        FunctionCounts(sample.n, sample.words[part > 0], part[part > 0], sample.classes, sample.origin)
        for part in (taken, sample.counts - taken)
    )
    return one, other
