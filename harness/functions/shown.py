"""Samples of functions for other tools: as a frame of pandas, as a tree of ArviZ's shape, and in a notebook."""

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

from harness.arguments import package
from harness.errors import BadInput
from harness.functions.brief import Brief
from harness.functions.counts import ClusteredCounts, FunctionCounts
from harness.functions.packing import CHARACTERS, unpack

# Functions that a notebook shows, and draws of one chain in a random order that is always the same.
_MOST_SHOWN, _SEED = 8, 20210512
# Labels of each.
_MOST_LABELS = 64
Counts = FunctionCounts | ClusteredCounts


def columns(sample: Counts) -> dict[str, np.ndarray]:
    """A row a function: `function` as a string of labels, `count`, `probability`; by unit there is `unit` in its place.

    sample: functions with their counts, or by unit.
    """
    labels = unpack(sample.words, sample.n, sample.classes)
    strings = np.array([row.tobytes().decode() for row in CHARACTERS[labels]], dtype=object)
    if isinstance(sample, ClusteredCounts):
        return {"unit": sample.unit, "function": strings, "count": sample.counts}
    order = np.argsort(-sample.counts, kind="stable")
    found = {"function": strings, "count": sample.counts, "probability": sample.probabilities()}
    return {name: column[order] for name, column in found.items()}


def chains(sample: Counts) -> tuple[np.ndarray, np.ndarray]:
    """Lay out the draws of a sample in chains of equal length.

    A chain is a unit where all units that drew any have equally many draws; else one chain has all draws, those of a
    unit together, so that its autocorrelation shows their dependence. Draws of a unit are in a random order, and so are
    the units of one chain, which is always the same: counts do not keep the one in which they were drawn.

    Args:
        sample: functions with their counts, or by unit.

    Returns:
        (chains, draws, n) labels, and (chains, draws) the unit of each draw; 0 for all of independent networks.

    Raises:
        BadInput: the sample holds no network.
    """
    labels = unpack(sample.words, sample.n, sample.classes)
    every = np.repeat(np.arange(len(sample.counts)), sample.counts)
    unit = np.zeros(len(every), dtype=np.int64)
    if isinstance(sample, ClusteredCounts):
        unit = np.repeat(sample.unit, sample.counts)
    _, places, sizes = np.unique(unit, return_inverse=True, return_counts=True)
    if not len(sizes):
        raise BadInput("This sample holds no network, and a tree has at least one draw.")
    alike = sizes.min() == sizes.max()
    rng = np.random.default_rng(_SEED)
    order = rng.permutation(len(every))
    turn = np.arange(len(sizes)) if alike else rng.permutation(len(sizes))
    order = order[np.argsort(turn[places[order]], kind="stable")]
    shape = (len(sizes), int(sizes[0])) if alike else (1, len(every))
    return labels[every[order]].reshape(*shape, sample.n), unit[order].reshape(shape)


class Shown(Brief):
    """Base of samples: what they give to other tools. They are counts themselves, or hold `functions` or `clusters`."""

    def frame(self) -> Any:
        """The functions as a DataFrame of pandas, the most frequent first, or by independent unit where there are such.

        Its columns are those of `columns`. Unavailable if pandas is not installed.
        """
        return package("pandas", "Frames").DataFrame(columns(_counts(self)))

    def to_datatree(self, observed: Sequence[int] | np.ndarray | None = None) -> Any:
        """Make an xarray.DataTree of ArviZ's shape: posterior/label (chain, draw, point).

        A chain is a unit; where units have different numbers of draws, as hidden draws of rejection, one chain has all
        of them, unit by unit. sample_stats/unit (chain, draw) says which. Where units differ in weight,
        sample_stats/ln_evidence (chain, draw) has ln P(S) by the draw's unit: ArviZ's own means do not weight by it.

        Args:
            observed: (m,) labels of S, for observed_data; None: left out.

        Returns:
            The tree.

        Raises:
            BadInput: the sample holds no network.
            Unavailable: xarray is not installed.
        """
        xarray = package("xarray", "Trees")
        counts = _counts(self)
        labels, unit = chains(counts)
        groups: dict[str, dict[str, Any]] = {"posterior": {"label": (("chain", "draw", "point"), labels)}}
        if isinstance(counts, ClusteredCounts):
            groups["sample_stats"] = {"unit": (("chain", "draw"), unit)}
            evidence = _log_evidence(self)
            if evidence is not None:
                groups["sample_stats"]["ln_evidence"] = (("chain", "draw"), evidence[unit])
        if observed is not None:
            groups["observed_data"] = {"label": (("training_point",), np.asarray(observed))}
        return xarray.DataTree.from_dict({name: xarray.Dataset(of) for name, of in groups.items()})

    def _repr_html_(self) -> str:
        counts = _counts(self)
        pooled = counts.pooled() if isinstance(counts, ClusteredCounts) else counts
        units = f", {counts.units:,} units" if isinstance(counts, ClusteredCounts) else ""
        shown = columns(pooled)
        rows = "".join(
            f"<tr><td><code>{escape(_cut(function))}</code></td><td>{count:,}</td><td>{share:.3g}</td></tr>"
            for function, count, share in list(zip(*shown.values(), strict=True))[:_MOST_SHOWN]
        )
        more = f"<p>… {pooled.distinct - _MOST_SHOWN:,} more</p>" if pooled.distinct > _MOST_SHOWN else ""
        return (
            f"<p>{escape(type(self).__name__)}: {pooled.total:,} networks, {pooled.distinct:,} functions on {counts.n} "
            f"inputs{units}</p><table><tr><th>function</th><th>count</th><th>share</th></tr>{rows}</table>{more}"
        )


def _cut(function: str) -> str:
    return function if len(function) <= _MOST_LABELS else f"{function[:_MOST_LABELS]}…"


def _counts(sample: Any) -> Counts:
    if isinstance(sample, FunctionCounts | ClusteredCounts):
        return sample
    found: Counts = sample.clusters if hasattr(sample, "clusters") else sample.functions
    independent = isinstance(found, ClusteredCounts) and isinstance(getattr(sample, "sample", None), FunctionCounts)
    return sample.functions if independent else found


def _log_evidence(sample: Any) -> np.ndarray | None:
    """(units,) ln P(S) of each, where units have one."""
    if hasattr(sample, "curve"):
        return np.asarray(sample.curve[:, -1])
    return np.asarray(sample.by_run) if hasattr(sample, "by_run") else None
