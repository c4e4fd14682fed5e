"""Where samples are computed: in this process, or by the workers of a Dask cluster (`cluster.py`, `worker.py`).

The shard is the unit of distribution. Its draws come from a random stream that is named by its seed, so its bits do not
depend on the process that computes it, or on the time.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from typing import Any, Protocol, TypeVar

import numpy as np
import torch

from harness.errors import Unavailable

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
    """A job's result, and the seconds it took; Unavailable if an Apple GPU cannot compute it."""
    cpu = torch.device("cpu")
    start = time.perf_counter()
    # Tensors without a named device are the CPU's, whatever a notebook has set. A context slows each call of torch.
    with nullcontext() if torch.get_default_device() == cpu else cpu:
        try:
            found = job(device)
        except (TypeError, NotImplementedError) as error:
            # What an Apple GPU cannot do: double precision, and operations that torch lacks there.
            if device.type != "mps" or "MPS" not in str(error):
                raise
            said = str(error).partition(". ")[0]
            raise Unavailable(f"An Apple GPU cannot draw these samples ({said}); name --device cpu.") from None
    return found, time.perf_counter() - start
