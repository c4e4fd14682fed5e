"""Whether an optimiser trains at all: which share of the networks fits its training set."""

from collections.abc import Sequence
from typing import Protocol

from harness.errors import NotAsked

LEAST_FITTED = 0.9


class FitCounts(Protocol):
    """How many networks were trained on a training set, and how many of them fit it."""

    @property
    def fitted(self) -> int:
        """Networks that fit."""

    @property
    def networks(self) -> int:
        """All networks."""


def share_fitted(samples: Sequence[FitCounts]) -> float:
    """The share of all networks that fit their training set; 0 of none."""
    return sum(each.fitted for each in samples) / max(sum(each.networks for each in samples), 1)


def needs_fitted(samples: Sequence[FitCounts], least: float = LEAST_FITTED) -> None:
    """Raise NotAsked unless a share `least` of all networks fit their training set, and some on every set."""
    share, none = share_fitted(samples), sum(not each.fitted for each in samples)
    if share < least or none:
        raise NotAsked(
            f"This optimiser does not train here: {share:.0%} of the networks fit their training set, and none on "
            f"{none} of {len(samples)} sets, where at least {least:.0%} must, and some on every set."
        )
