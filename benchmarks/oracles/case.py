"""A number that is known exactly, and the estimate of it by one sampler."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch

from harness.verdicts import Estimate

# Chance that a right sampler's interval misses; of the whole table, less than one row is expected to.
ALPHA = 0.01


@dataclass(frozen=True)
class Case:
    """What is known, and how it is estimated.

    oracle: where it is from, such as O1. what: the quantity. sampler: what estimates it. m: training points. exact: the
    number, or a function that returns it. estimate: draws and returns an estimate. held: the test or claim that holds
    it.
    """

    oracle: str
    what: str
    sampler: str
    m: int
    exact: float | Callable[[], float]
    estimate: Callable[[], Estimate]
    held: str

    @property
    def name(self) -> str:
        """What `--only` looks in."""
        return f"{self.oracle} {self.what}, {self.sampler}, m = {self.m}"

    def found(self) -> "Found":
        """Compute it; seconds are processor time."""
        exact = self.exact() if callable(self.exact) else self.exact
        start = time.process_time()
        estimate = self.estimate()
        seconds = time.process_time() - start
        low, high = estimate.interval(ALPHA)
        return Found(self.oracle, self.what, self.sampler, self.m, exact, estimate.value, low, high, seconds, self.held)


@dataclass(frozen=True)
class Found:
    """A row of the table: as of the case, with the estimate, its interval and its seconds."""

    oracle: str
    what: str
    sampler: str
    m: int
    exact: float
    value: float
    low: float
    high: float
    seconds: float
    held: str

    @property
    def agrees(self) -> str:
        """Whether the exact number lies in the interval, to the eight digits that sums of floats keep."""
        slack = 1e-8 * max(1.0, abs(self.exact))
        return "yes" if self.low - slack <= self.exact <= self.high + slack else "no"


def seeded(seed: int = 0) -> torch.Generator:
    """On the CPU."""
    return torch.Generator().manual_seed(seed)
