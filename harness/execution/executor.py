"""Where samples are computed: in this process, or by the workers of a Dask cluster (`cluster.py`, `worker.py`).

The shard is the unit of distribution. Its draws come from a random stream that is named by its seed, so its bits do not
depend on the process that computes it, or on the time.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol, TypeVar

import numpy as np
import torch

# What has to be computed, given the device to compute it on.
Job = Callable[[torch.device], dict[str, np.ndarray]]

A = TypeVar("A")
B = TypeVar("B")


class Executor(Protocol):
    """Computes jobs.

    device: where jobs are computed. workers: number of jobs computed at the same time.
    """

    device: torch.device
    workers: int

    @property
    def device_name(self) -> str:
        """The name of the processor or the GPU."""
        ...

    def compute(self, job: Job) -> tuple[dict[str, np.ndarray], float]:
        """The job's arrays, and the seconds it took on the machine that computed it."""
        ...

    def map(self, function: Callable[[A], B], items: Iterable[A]) -> Iterator[B]:
        """function(item) in the order of the items; each calls `compute` at most once, and several may run at once."""
        ...

    def close(self) -> None:
        """Release the workers."""
        ...


class InProcess:
    """This process, one job after the other."""

    workers = 1

    def __init__(self, device: torch.device) -> None:
        self.device = device

    @property
    def device_name(self) -> str:
        """The name of the processor or the GPU."""
        from harness.execution.machine import describe

        return describe(self.device)

    def compute(self, job: Job) -> tuple[dict[str, np.ndarray], float]:
        """The job's arrays, and the seconds it took."""
        return timed(job, self.device)

    def map(self, function: Callable[[A], B], items: Iterable[A]) -> Iterator[B]:
        """Each item when it is asked for."""
        return map(function, items)

    def close(self) -> None:
        """Nothing to release."""


def timed(job: Callable[[Any], A], device: torch.device) -> tuple[A, float]:
    """A job's result, and the seconds it took."""
    start = time.perf_counter()
    found = job(device)
    return found, time.perf_counter() - start
