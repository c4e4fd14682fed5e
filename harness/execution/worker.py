"""A worker of a cluster: it reports its software and hardware, and computes shards."""

import hashlib
import platform
import signal
import threading
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cloudpickle
import numpy as np
import torch

from harness.errors import BadInput, ClusterLost
from harness.execution.executor import timed
from harness.execution.machine import c_library, describe, reproducible, resolve_device

if TYPE_CHECKING:
    from distributed import Worker

# What must be the same wherever a run's shards are computed, for the numbers to be the same.
PACKAGES = ("torch", "numpy", "scipy", "numba", "cloudpickle", "distributed")

Facts = dict[str, str]


def software(started: int) -> Facts:
    """Versions of Python, the C library and packages, and a hash of this package's code, whose version does not change
    with every commit.

    started: number of workers that the run has started; these have their code from the same folder, which is not
    hashed.
    """
    found = {"Python": ".".join(platform.python_version_tuple()[:2]), "C library": c_library()}
    found |= {package: version(package) for package in PACKAGES}
    if not started:
        content = hashlib.sha256()
        folder = Path(__file__).parents[1]
        for path in sorted(folder.rglob("*.py")):
            content.update(f"{path.relative_to(folder)}\n".encode() + path.read_bytes())
        found["code of the harness"] = content.hexdigest()[:12]
    return found


def facts(device: str, started: int, dask_worker: "Worker") -> Facts:
    """This worker's software and hardware.

    Args:
        device: name of the device that the run asks for; BadInput if the worker has none of that name.
        started: number of workers that the run has started; 0: they were there already.
        dask_worker: the worker, which Dask passes by this name.

    Returns:
        The facts by name, in which all workers of a run must agree.
    """
    return _software_once(started) | hardware(_device(device, started, dask_worker.name))


# As it was when this worker first said it, which is as it was imported.
_software_once = cache(software)


@cache
def hardware(device: torch.device) -> Facts:
    """The kind of device: two kinds of GPU round differently, and so do two instruction sets of CPUs."""
    kind = describe(device) if device.type == "cuda" else torch.backends.cpu.get_cpu_capability()
    return {"device": device.type, "kind of device": kind}


def perform(payload: bytes, device: str, started: int, expected: Facts) -> tuple[dict[str, np.ndarray], float]:
    """Compute a pickled job.

    Args:
        payload: the job, pickled by cloudpickle.
        device: name of the device that the run asks for.
        started: number of workers that the run has started; 0: they were there already.
        expected: facts that the run's workers had when it began.

    Returns:
        The job's arrays, and the seconds it took.

    Raises:
        ClusterLost: this worker's facts differ from the expected ones.
        BadInput: the job needs a module that the worker lacks.
    """
    from distributed import get_worker

    worker = get_worker()
    mine = facts(device, started, worker)
    for name, value in expected.items():
        if mine[name] != value:
            raise ClusterLost(
                f"The worker {worker.address} has joined with another {name}, {mine[name]} instead of {value}; "
                "start alike workers and run again. What was stored stays."
            )
    place = _device(device, started, worker.name)
    _prepare(threading.get_ident(), place)
    if place.type == "cuda":
        torch.cuda.set_device(place)
    try:
        job = cloudpickle.loads(payload)
    except ImportError as error:
        raise BadInput(
            f"The worker {worker.address} cannot import what a sample needs ({error}); install it there."
        ) from None
    return timed(job, place)


@cache
def _prepare(thread: int, device: torch.device) -> None:  # noqa: ARG001 — a thread's limit on threads is its own
    reproducible(device)


@cache
def _device(device: str, started: int, name: Any) -> torch.device:
    """Workers that the run has started are numbered and share out its GPUs; any other takes the first it sees."""
    return resolve_device(device, name if started else 0, max(started, 1))


def dask_setup(worker: "Worker") -> None:  # noqa: ARG001 — the signature that Dask asks of a preload
    """Ignore Ctrl-C: it is for the process that started the workers, which then ends them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
