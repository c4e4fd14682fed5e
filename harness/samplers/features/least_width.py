"""The least width that fits: the smallest width at which at least half of the networks fit S.

The share that fits is taken to rise with the width.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf, log
from typing import Any

import numpy as np
import torch
from scipy.optimize import isotonic_regression

from harness.arguments import are_counts, short_repr, whole
from harness.errors import BadInput
from harness.functions.brief import Brief
from harness.networks import Architecture
from harness.samplers.features.feasibility import last_layer_feasibility
from harness.samplers.features.training import OfTrained
from harness.samplers.sampler import Sampler, argument, check_architecture
from harness.samplers.training import train
from harness.samplers.training.units import resolved
from harness.samplers.work import ENTRY, training_work
from harness.store.identity import stated
from harness.verdicts import Estimate
from harness.verdicts.intervals import clopper_pearson


@dataclass(frozen=True, eq=False)
class Tallies(Brief):
    """Number of networks that fit at each width that was asked; merges like a sum.

    widths: (widths,) int64, increasing.
    fitting: (widths,) int64, networks that fit.
    networks: (widths,) int64, networks in all.
    lowest, highest: the range that was searched.
    """

    widths: np.ndarray
    fitting: np.ndarray
    networks: np.ndarray
    lowest: int
    highest: int

    def __add__(self, other: "Tallies") -> "Tallies":
        if (self.lowest, self.highest) != (other.lowest, other.highest):
            raise BadInput("Searches between different widths cannot be merged; search between the same.")
        widths = np.union1d(self.widths, other.widths)
        sums = np.zeros((2, len(widths)), dtype=np.int64)
        for each in (self, other):
            sums[:, np.searchsorted(widths, each.widths)] += np.stack([each.fitting, each.networks])
        return Tallies(widths, sums[0], sums[1], self.lowest, self.highest)

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Arrays for the store."""
        return {
            "widths": self.widths,
            "fitting": self.fitting,
            "networks": self.networks,
            "between": np.array([self.lowest, self.highest]),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "Tallies":
        """The inverse of `to_arrays`."""
        lowest, highest = arrays["between"].tolist()
        return cls(arrays["widths"], arrays["fitting"], arrays["networks"], lowest, highest)


def search(probe: Callable[[int], tuple[int, int]], lowest: int, highest: int) -> Tallies:
    """Search the least width by bisection.

    At each width the majority of networks decides on which side the search goes on, until no width is left between. The
    answer is one of lowest … highest; the highest width is taken to fit, and no width is asked twice.

    Args:
        probe: width -> (networks that fit, networks drawn), drawn anew at each call.
        lowest: the smallest width of the search.
        highest: the largest width of the search.

    Returns:
        The tallies at the widths that were asked.

    Raises:
        BadInput: if the widths are not 1 ≤ lowest ≤ highest.
    """
    if not are_counts(lowest, highest) or lowest > highest:
        raise BadInput(f"Widths are searched upwards from 1, not between {lowest} and {highest}.")
    found = {}
    low, high = lowest, highest
    while low < high:
        width = (low + high) // 2
        fitting, networks = found[width] = probe(width)
        low, high = (low, width) if 2 * fitting >= networks else (width + 1, high)
    widths = np.array(sorted(found), dtype=np.int64)
    tallies = np.array([found[width] for width in widths.tolist()], dtype=np.int64).reshape(-1, 2)
    return Tallies(widths, tallies[:, 0], tallies[:, 1], lowest, highest)


def least_width(tallies: Tallies, quantity: str = "least width", unit: str = "networks") -> Estimate:
    """Estimate the least width w*, with its interval.

    A width at which fewer than half of the networks fit lies below w*, any other does not. The tally at a width decides
    where the search goes on, but the search does not change the tally's distribution: each Clopper–Pearson limit holds
    as it is, and those at the widths that were asked fail together at most as often as the sum of their errors.

    Args:
        tallies: the tallies of one or several searches.
        quantity: name of the width in the report.
        unit: name of the independent units, plural.

    Returns:
        The estimate; its interval lies within the range that was searched.
    """
    share = _rising(tallies.fitting / np.maximum(tallies.networks, 1), tallies.networks)
    half = tallies.widths[share >= 0.5]
    below = tallies.widths[share < 0.5]
    value = int(half[0]) if len(half) else (int(below[-1]) + 1 if len(below) else tallies.highest)

    def interval(alpha: float) -> tuple[float, float]:
        each = alpha / max(len(tallies.widths), 1)
        low, high = tallies.lowest, tallies.highest
        for width, fitting, networks in zip(tallies.widths.tolist(), tallies.fitting, tallies.networks, strict=True):
            least, most = clopper_pearson(fitting, networks, each)
            if most < 0.5:
                low = max(low, width + 1)
            if least > 0.5:
                high = min(high, width)
        return (float(low), float(high)) if low <= high else (-inf, inf)

    total = int(tallies.networks.sum())
    method = "bisection; exact binomial limits at each width asked, the error shared among them"
    return Estimate(quantity, float(value), interval, total, unit, float(total), method)


def compression(with_features: Estimate, without: Estimate) -> Estimate:
    """ln of the ratio of two least widths, without over with features; each one's interval has half of the error."""

    def interval(alpha: float) -> tuple[float, float]:
        (low, high), (lower, higher) = (estimate.interval(alpha / 2) for estimate in (without, with_features))
        if low < 1 or lower < 1:
            return -inf, inf
        return log(low / higher), log(high / lower)

    value = log(without.value / with_features.value)
    fewer = min((without, with_features), key=lambda estimate: estimate.n)
    method = "two independent searches; the hull of their intervals' ratios"
    return Estimate("ln compression", value, interval, fewer.n, fewer.unit, fewer.effective_n, method)


def _rising(shares: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The nearest shares that do not fall (pool adjacent violators)."""
    return isotonic_regression(shares, weights=weights).x if len(shares) else shares


# What the network of each width is has a part in the samples' address: a second or two for so many.
WIDEST = 2**14


def widest(network: Callable[[int], Architecture], highest: int) -> Architecture:
    """The network of the highest width; BadInput unless this is a width, and `network` makes an architecture of it."""
    highest = whole(highest, "The highest width of a search", most=WIDEST)
    try:
        made = network(highest)
    except TypeError as error:
        raise BadInput(
            "Networks of all widths are given as a function, such as lambda width: FullyConnected((width,)), not as "
            f"{short_repr(network)}, which makes none of the width {highest} ({error})."
        ) from error
    check_architecture(made)
    return made


def family(network: Callable[[int], Architecture], highest: int) -> str:
    """SHA-256 of what the networks of widths 1 … highest are: any of them may be asked, the highest alone says little.

    A width that the family does not have, as where layers are normalised, stands there with the reason.
    """
    digest = hashlib.sha256()
    for width in range(1, highest + 1):
        try:
            said = stated(network(width), "An architecture")
        except BadInput as error:
            if width == highest:
                raise
            said = f"none: {error}"
        digest.update(f"{width}: {said}\n".encode())
    return digest.hexdigest()


@dataclass(frozen=True)
class LeastFrozenWidth(Sampler[Tallies]):
    """Number of hidden draws on which some last layer fits S, at widths 1 … highest chosen by bisection.

    The architecture is the network of the highest width.

    network: width -> architecture.
    highest: the largest width of the search.
    draws: hidden draws at each width.
    grows: False if every look has the shards of the first.
    """

    network: Callable[[int], Architecture] = argument(key=None)
    highest: int = argument(key=None)
    draws: int = 100
    grows: bool = argument(key=None, default=True)

    name = "least frozen width"
    fits_s = True
    result = Tallies

    def __post_init__(self) -> None:
        super().__post_init__()
        widest(self.network, self.highest)

    @property
    def arguments(self) -> dict[str, Any]:
        """Those of the address."""
        return super().arguments | {"networks of all widths": family(self.network, self.highest)}

    def draw(self, generator: torch.Generator) -> Tallies:
        """One shard."""

        def probe(width: int) -> tuple[int, int]:
            found = last_layer_feasibility(self.network(width), self.problem, self.draws, generator)
            return found.feasible, found.draws

        return search(probe, 1, self.highest)

    @property
    def work(self) -> float:
        """Roughly the scalar multiplications of a shard."""
        of = self.shape
        return self.draws * (of.draw + of.m * of.forward + ENTRY * of.m * min(of.m, of.features))


@dataclass(frozen=True)
class LeastTrainedWidth(OfTrained[Tallies]):
    """Number of networks that fit S if all layers are trained, at widths 1 … highest chosen by bisection.

    A relative learning rate has its unit measured at each width.

    network, highest, grows: as of `LeastFrozenWidth`.
    networks: trained networks at each width.
    """

    network: Callable[[int], Architecture] = argument(key=None)
    highest: int = argument(key=None)
    networks: int = 50
    grows: bool = argument(key=None, default=True)

    name = "least trained width"
    fits_s = True
    result = Tallies
    relative_rates = True

    def __post_init__(self) -> None:
        super().__post_init__()
        widest(self.network, self.highest)

    @property
    def arguments(self) -> dict[str, Any]:
        """Those of the address."""
        of_family = {"networks of all widths": family(self.network, self.highest)}
        return super().arguments | of_family | {"networks": self.networks}

    def draw(self, generator: torch.Generator) -> Tallies:
        """One shard."""

        def probe(width: int) -> tuple[int, int]:
            network, training = self.network(width), self.training
            optimiser, _ = resolved(self.optimiser, network, [self.problem], self.loss)
            found = train(network, self.problem, optimiser, self.networks, generator, **training)
            return found.functions.total, found.networks

        return search(probe, 1, self.highest)

    @property
    def work(self) -> float:
        """Roughly the scalar multiplications of a shard."""
        return training_work(self.shape, self.optimiser, self.networks, self.batch, self.stop)
