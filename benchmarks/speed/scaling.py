"""Samples a second with one worker and with two, in processes and under Dask, and what a shard costs besides itself.

python -m benchmarks.speed.scaling [--json PATH]

What counts is the ratio, in seconds of the clock: of shards alike, alternating between one worker and two, the least
time of several rounds each. It says something on a machine with two idle cores only; the load is written down with it.
Where there is a GPU, all of it a second time on that, with the share of the device's own speed in large products.
"""

import os
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.speed.report import Row, parse_path, write
from benchmarks.speed.timing import least_seconds
from harness.claim import Scale
from harness.execution.cluster import Cluster, keys_of, start_workers
from harness.execution.executor import Executor, InProcess, timed
from harness.execution.machine import one_thread, resolve_device
from harness.functions import FunctionCounts
from harness.lab import Lab
from harness.lab.jobs import Shard
from harness.networks import FullyConnected
from harness.optimisers import SGD
from harness.problems import boolean_cube, digits
from harness.samplers.posterior.subset_simulation import SubsetSimulation
from harness.samplers.prior import Prior
from harness.samplers.sampler import Sampler
from harness.samplers.training.train import Training
from harness.store import Store

ARCHITECTURE = FullyConnected((40, 40))
SHARDS, ROUNDS = 4, 3
WORKERS = (1, 2)
TARGET = 1.8
# Shards whose computation is nothing, for what surrounds it.
EMPTY = 200
# Side of the square matrices that the device's speed is measured with, and how often they are multiplied.
SIDE, PRODUCTS = 8192, 10

# What draws a shard: about a second on one core, and on a GPU enough to fill it.
SAMPLERS: dict[str, dict[str, Sampler[Any]]] = {
    "cpu": {
        "prior": Prior(ARCHITECTURE, boolean_cube(7), 60_000),
        "training": Training(ARCHITECTURE, digits(128, 32), SGD(0.1), networks=1024, batch=32),
        "subset simulation": SubsetSimulation(ARCHITECTURE, digits(16, 8), runs=2),
    },
    "cuda": {
        "prior": Prior(ARCHITECTURE, boolean_cube(7), 10_000_000),
        "training": Training(ARCHITECTURE, digits(128, 32), SGD(0.1), networks=65_536, batch=32),
        "subset simulation": SubsetSimulation(ARCHITECTURE, digits(16, 8), runs=64),
    },
}


def shards(sampler: Sampler[Any], name: str) -> list[Shard]:
    """Shards of equal size, each with a random stream of its own."""
    return [Shard(sampler, 0, name, number) for number in range(SHARDS)]


def in_process(device: torch.device, job: Shard) -> float:
    """One shard in a process of a pool; its seconds."""
    return timed(job, device)[1]


def by_pool(pool: ProcessPoolExecutor, device: torch.device, jobs: Sequence[Shard]) -> list[float]:
    """All of them, by a pool's processes."""
    return list(pool.map(partial(in_process, device), jobs))


def by_cluster(cluster: Cluster, jobs: Sequence[Shard]) -> list[Any]:
    """All of them, by a cluster's workers."""
    return list(cluster.map(cluster.compute, jobs))


def scaling(layout: str, device: str, run: Mapping[int, Callable[[Sequence[Shard]], object]]) -> list[Row]:
    """For each sampler, shards a second with one worker, and how many times as many with two."""
    found = []
    for name, sampler in SAMPLERS[torch.device(device).type].items():
        jobs = shards(sampler, name)
        for compute in run.values():
            compute(jobs)  # compiles, in every worker
        load = os.getloadavg()[0]
        works = {str(workers): partial(compute, jobs) for workers, compute in run.items()}
        seconds = least_seconds(works, ROUNDS, time.perf_counter)
        ratio = seconds["1"] / seconds["2"]
        prefix = f"{device}, {name}, {layout}"
        found += [
            Row(f"{prefix}, 1 worker", SHARDS / seconds["1"], "shards/s"),
            Row(f"{prefix}, 2 workers", ratio, "× 1 worker", f"target {TARGET} on idle cores; load {load:.1f} before"),
        ]
    return found


# What a shard that takes no time holds: as much as a sample of a thousand functions of a hundred points.
_COUNTS = FunctionCounts.from_bits(np.random.default_rng(0).integers(0, 2, (1000, 100), dtype=np.uint8))


@dataclass(frozen=True)
class Nothing(Sampler[FunctionCounts]):
    """Shards that take no time."""

    name = "nothing"
    result = FunctionCounts
    work = 0.0

    def draw(self, generator: torch.Generator) -> FunctionCounts:  # noqa: ARG002 — as a sampler is called
        """Always the same."""
        return _COUNTS


NOTHING = Nothing(ARCHITECTURE, boolean_cube(7))


def milliseconds_a_shard(executor: Executor, folder: Path) -> float:
    """Through the lab and its store, of shards that take no time."""
    lab = Lab(Scale("empty", 1.0, EMPTY, 1), executor.device, 0, Store(folder), executor=executor)
    start = time.perf_counter()
    lab.gather(NOTHING)
    return (time.perf_counter() - start) / EMPTY * 1e3


def overheads(device: str, cluster: Cluster) -> list[Row]:
    """What a shard costs besides its computation."""
    note = f"{EMPTY} shards of 1,000 functions that take no time to compute"
    with tempfile.TemporaryDirectory() as folder:
        one, other = (Path(folder) / name for name in ("one", "other"))
        here = InProcess(resolve_device(device))
        stored = milliseconds_a_shard(here, one)
        read = milliseconds_a_shard(here, one)
        dask = milliseconds_a_shard(cluster, other)
        job = Shard(NOTHING, 0, "nothing", 0)
        start = time.perf_counter()
        for _ in range(EMPTY):
            cluster.compute(job)
        latency = (time.perf_counter() - start) / EMPTY * 1e3
    return [
        Row(f"{device}, store, a shard written", stored, "ms", note),
        Row(f"{device}, store, a shard read", read, "ms", note),
        Row(f"{device}, Dask and store, a shard of many at once", dask, "ms", f"{note}, on 2 workers"),
        Row(f"{device}, Dask, a shard alone", latency, "ms", "there and back, without the store"),
    ]


def operations_a_second(device: torch.device) -> float:
    """Floating-point operations a second in products of large square matrices of float32, as samplers use it."""
    a, b = (torch.randn(SIDE, SIDE, device=device) for _ in range(2))

    def multiply() -> None:
        for _ in range(PRODUCTS):
            a @ b
        if device.type == "cuda":
            torch.cuda.synchronize(device)

    multiply()
    return 2 * SIDE**3 * PRODUCTS / least_seconds({"product": multiply}, clock=time.perf_counter)["product"]


def share_of_peak(device: torch.device) -> list[Row]:
    """The operations of each sampler's products a second, over those of large products."""
    peak = operations_a_second(device)
    found = [Row(f"{device}, large products", peak / 1e12, "Tflop/s")]
    for name, sampler in SAMPLERS[device.type].items():
        job = Shard(sampler, 0, name, 0)
        with FlopCounterMode(display=False) as counter:
            job(device)
        seconds = least_seconds({name: partial(job, device)}, ROUNDS, time.perf_counter)[name]
        share = counter.get_total_flops() / seconds / peak
        found.append(Row(f"{device}, {name}, share of that", share, "", f"{seconds:.2f} s a shard"))
    return found


def rows() -> list[Row]:
    """On the CPU, then on the GPU where there is one, which its workers share."""
    one_thread()
    found = []
    for device in ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",):
        place = resolve_device(device)
        with ExitStack() as stack:
            context = get_context("spawn")
            pools = {
                n: stack.enter_context(ProcessPoolExecutor(n, mp_context=context, initializer=one_thread))
                for n in WORKERS
            }
            found += scaling("processes", device, {n: partial(by_pool, pool, place) for n, pool in pools.items()})
        with ExitStack() as stack:
            clusters = {}
            for n in WORKERS:
                own = stack.enter_context(closing(start_workers(n, device)))
                clusters[n] = Cluster(own.scheduler_address, device, Path.cwd(), n, keys=keys_of(own))
                stack.enter_context(closing(clusters[n]))
            found += scaling("Dask", device, {n: partial(by_cluster, cluster) for n, cluster in clusters.items()})
            found += overheads(device, clusters[max(WORKERS)])
        if device == "cuda":
            found += share_of_peak(place)
    return found


if __name__ == "__main__":
    write(rows(), parse_path())
