"""Distributions over functions on the first evaluation points only, from samples on all of them.

A test error wants many evaluation points, a whole distribution few: one sample serves both.
"""

from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from harness.errors import BadInput
from harness.functions import ClusteredCounts, FunctionCounts, pack, unpack
from harness.posterior import AnnealedPosterior, ChainsPosterior, RejectionPosterior, RunsPosterior
from harness.training import Trained

S = TypeVar("S", bound=Trained | RejectionPosterior | RunsPosterior | AnnealedPosterior | ChainsPosterior)


def restricted(sample: S, points: int) -> S:
    """The same networks on the first `points` evaluation points; BadInput where the sample has fewer."""
    parts: dict[str, Any] = (
        {"functions": _functions(sample.functions, points), "others": _functions(sample.others, points)}
        if isinstance(sample, Trained)
        else {"clusters": _clusters(sample.clusters, points)}
    )
    return replace(sample, **parts)


def _functions(sample: FunctionCounts, points: int) -> FunctionCounts:
    return FunctionCounts.from_words(_drawn(sample, points), points, sample.classes)


def _clusters(sample: ClusteredCounts, points: int) -> ClusteredCounts:
    unit = np.repeat(sample.unit, sample.counts)
    return ClusteredCounts.from_words(_drawn(sample, points), unit, points, sample.units, sample.classes)


def _drawn(sample: FunctionCounts | ClusteredCounts, points: int) -> np.ndarray:
    """(draws, words) the restricted function of every draw."""
    if not 1 <= points <= sample.n:
        raise BadInput(f"Functions on {sample.n} inputs can be restricted to 1 to {sample.n} of them, not to {points}.")
    labels = unpack(sample.words, sample.n, sample.classes)[:, :points]
    return np.repeat(pack(labels, sample.classes), sample.counts, axis=0)
