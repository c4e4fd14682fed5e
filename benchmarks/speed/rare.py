"""P(f) of named functions on the 7-bit cube, however rare, by methods that have nothing in common but the networks.

python -m benchmarks.speed.rare [--json PATH] [--functions identity parity] [--bits 7]

7–40–40–1. Seconds are processor time, of all runs together; runs are shared by two processes.
"""

import argparse
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from math import inf, log
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch

from benchmarks.speed.report import Row, write
from harness.networks import FullyConnected
from harness.problems import Problem
from harness.samplers.posterior import annealed_posterior, density_of_states, subset_simulation
from harness.samplers.posterior.annealing_levels import AnnealingPath
from harness.statistics.volumes import named_function
from harness.verdicts.intervals import log_evidence

ARCHITECTURE = FullyConnected((40, 40))
WORKERS = 2

# Problem, generator and runs -> the way, where there are two, and (runs,) ln P(f) of each.
Sampler = Callable[[Problem, torch.Generator, int], dict[str, np.ndarray]]


@dataclass(frozen=True)
class Annealing:
    """Trajectories at each level; there and back, between which the truth lies, tell whether they are enough.

    path: along the sharpness, or along the likelihood, where what labels are learnt all at once does not hold it up.
    """

    trajectories: int
    path: AnnealingPath = "sharpness"

    def __call__(self, problem: Problem, generator: torch.Generator, runs: int) -> dict[str, np.ndarray]:
        found = annealed_posterior(
            ARCHITECTURE,
            problem,
            generator,
            runs=runs,
            trajectories=self.trajectories,
            max_doublings=0,
            path=self.path,
        )
        return {", there": found.by_run, ", back": found.back}


@dataclass(frozen=True)
class SubsetSimulation:
    """Over the points, in counting order."""

    chains: int
    steps: int

    def __call__(self, problem: Problem, generator: torch.Generator, runs: int) -> dict[str, np.ndarray]:
        found = subset_simulation(
            ARCHITECTURE, problem, generator, runs=runs, chains=self.chains, steps=self.steps, max_doublings=0
        )
        return {"": found.curve[:, -1]}


@dataclass(frozen=True)
class DensityOfStates:
    """Over how many points are right, whichever they are."""

    chains: int
    steps: int

    def __call__(self, problem: Problem, generator: torch.Generator, runs: int) -> dict[str, np.ndarray]:
        found = density_of_states(ARCHITECTURE, problem, generator, runs=runs, chains=self.chains, steps=self.steps)
        return {"": found.training[:, -1]}


# What is rarer takes more: name -> (what, how, runs of each process).
METHODS: dict[str, tuple[tuple[str, Sampler, int], ...]] = {
    "identity": (
        ("subset simulation", SubsetSimulation(128, 8), 4),
        ("density of states", DensityOfStates(64, 8), 4),
        ("annealing, 8 trajectories a level", Annealing(8), 2),
    ),
    "parity": (
        ("annealing along the likelihood, 32 trajectories a level", Annealing(32, "likelihood"), 2),
        ("annealing along the sharpness, 32 trajectories a level", Annealing(32), 2),
        ("subset simulation", SubsetSimulation(128, 64), 2),
    ),
}


def sample(bits: int, function: str, method: int, worker: int) -> tuple[dict[str, np.ndarray], float]:
    """What a worker's runs estimate, and its seconds."""
    torch.set_num_threads(1)
    start = time.process_time()
    _, sampler, runs = METHODS[function][method]
    generator = torch.Generator().manual_seed(1000 * method + worker)
    return sampler(named_function(bits, function), generator, runs), time.process_time() - start


def row(name: str, runs: np.ndarray, back: bool, seconds: float) -> Row:
    """log10 P(f) and its interval from runs; those back estimate 1/P(f)."""
    sign = -1 if back else 1
    evidence = log_evidence((sign * runs).tolist(), most=inf)
    low, high = sorted(sign * end / log(10) for end in evidence.interval(0.05))
    each = ", ".join(f"{value / log(10):.2f}" for value in runs)
    note = f"[{low:.2f}, {high:.2f}] at 95 %; runs {each}; {seconds:.0f} s"
    return Row(name, sign * evidence.value / log(10), "log10 P(f)", note)


def rows_of(bits: int, function: str, pool: ProcessPoolExecutor) -> list[Row]:
    """Each method in turn."""
    table = []
    for method, (name, _, _) in enumerate(METHODS[function]):
        jobs = [pool.submit(sample, bits, function, method, worker) for worker in range(WORKERS)]
        found, seconds = zip(*(job.result() for job in jobs), strict=True)
        for way in found[0]:
            runs = np.concatenate([each[way] for each in found])
            table.append(row(f"{function}, {name}{way}", runs, way == ", back", sum(seconds)))
            write(table[-1:], None)
    return table


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    parser.add_argument("--functions", nargs="+", choices=tuple(METHODS), default=tuple(METHODS))
    parser.add_argument("--bits", type=int, default=7)
    options = parser.parse_args()
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
        found = [row for function in options.functions for row in rows_of(options.bits, function, pool)]
    write(found, options.json)
