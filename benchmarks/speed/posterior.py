"""Evidence and posterior at finite width by subset simulation and by annealing, beside what rejection would cost.

python -m benchmarks.speed.posterior [--json PATH] [--full]

64–40–40–1 on 8×8 digits, even against odd. Seconds are processor time on one core; with --full m = 600 as well, the
runs of both methods shared by two processes, in seconds of the clock.
"""

import argparse
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from math import exp, inf, sqrt
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch

from benchmarks.speed.report import Row, write
from harness.functions.runs import Runs
from harness.networks import FullyConnected
from harness.problems import digits
from harness.samplers.posterior import (
    AnnealedPosterior,
    RunsPosterior,
    annealed_posterior,
    rejection,
    subset_simulation,
)
from harness.statistics.distances.kernel import kernel
from harness.statistics.distances.units import of_two
from harness.verdicts.intervals import log_evidence

ARCHITECTURE = FullyConnected((40, 40))
EVALUATION_POINTS = 8
RUNS = 16
# m -> states of each chain, as many as the runs need to agree; at m = 600 they do not with these, in eight minutes.
STEPS = {8: 8, 16: 8, 32: 8, 64: 8, 128: 16, 600: 32}
ANNEALED_FROM, ANNEALED_RUNS = 32, 4
FULL_RUNS = 4
WORKERS = 2
# The targets' seconds.
TARGET = {32: 60, 128: 600, 600: 3600}
REJECTION_AT = 8


def sample(m: int, runs: int, seed: int) -> RunsPosterior:
    """So many independent runs."""
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(seed)
    problem = digits(m, EVALUATION_POINTS)
    return subset_simulation(ARCHITECTURE, problem, generator, runs=runs, steps=STEPS[m], max_doublings=0)


def annealed(m: int, runs: int, seed: int) -> AnnealedPosterior:
    """So many independent runs, there and back."""
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(seed)
    problem = digits(m, EVALUATION_POINTS)
    return annealed_posterior(
        ARCHITECTURE, problem, generator, runs=runs, particles=64, trajectories=4, leaps=30, max_doublings=0
    )


def embeddings(runs: Runs) -> tuple[np.ndarray, np.ndarray]:
    """(runs, functions) shares of each run, and the kernel between the functions."""
    units, _ = of_two(runs, runs)
    return units.measures.toarray() / units.mass[:, None], kernel(units.words[:, None], units.words[None], units.n)


def spread(shares: np.ndarray, similarity: np.ndarray) -> tuple[float, float]:
    """Squared distance that one independent draw has from the mean embedding, and that a run has, on average."""
    mean = shares.mean(axis=0)
    centred = shares - mean
    between = float(np.einsum("ri,ij,rj->", centred, similarity, centred)) / (len(shares) - 1)
    return 1 - float(mean @ similarity @ mean), between


def disagreement(shares: np.ndarray, similarity: np.ndarray) -> float:
    """Squared MMD of two sets of runs over that of independent draws of the effective size that the other half has."""
    half, quarter = len(shares) // 2, len(shares) // 4
    one_draw, between = spread(shares[:half], similarity)
    draws = one_draw / between * quarter
    difference = shares[half : half + quarter].mean(axis=0) - shares[half + quarter :].mean(axis=0)
    return float(difference @ similarity @ difference) / (2 * one_draw / draws)


def proposals_a_second() -> float:
    """Networks that rejection proposes a second, 64 last layers to a hidden draw counted as 64."""
    start = time.process_time()
    generator = torch.Generator().manual_seed(0)
    rejection(ARCHITECTURE, digits(REJECTION_AT, EVALUATION_POINTS), 20_000, generator, last_layers=64)
    return 20_000 * 64 / (time.process_time() - start)


def rows_of(m: int, found: RunsPosterior, seconds: float, proposals: float) -> list[Row]:
    """What is to be said of one m."""
    runs = len(found.curve)
    error = found.scatter / sqrt(runs)
    shares, similarity = embeddings(found.sample)
    one_draw, between = spread(shares, similarity)
    table = [
        Row(f"m = {m}: ln P(S)", found.evidence.value, "nats", f"{runs} runs of {STEPS[m]} states a chain"),
        Row(f"m = {m}: its standard error", error, "nats", f"a run's {found.scatter:.3f}"),
        Row(f"m = {m}: seconds", seconds, "s"),
        Row(f"m = {m}: effective samples", one_draw / between * runs / seconds, "1/s"),
        Row(f"m = {m}: effective ancestors of a run", float(found.ancestors.mean()), ""),
        Row(f"m = {m}: rejection for that error", exp(-found.evidence.value) / error**2 / proposals, "s", "from P(S)"),
    ]
    if m in TARGET:
        after = error * sqrt(seconds / TARGET[m])
        table.append(Row(f"m = {m}: error after {TARGET[m]} s", after, "nats", "by 1/√time"))
    if runs >= RUNS:
        ratio = disagreement(shares, similarity)
        table.append(Row(f"m = {m}: squared MMD of runs", ratio, "of independent draws'", "of equal effective size"))
    return table


def annealed_rows(m: int, found: AnnealedPosterior, seconds: float) -> list[Row]:
    """What annealing says of one m; the truth lies between there and back."""
    there, inverse = found.by_run, log_evidence((-found.back).tolist(), most=inf)
    error = float(there.std(ddof=1)) / sqrt(len(there))
    one_draw, between = spread(*embeddings(found.sample))
    each = ", ".join(f"{value:.2f}" for value in there)
    name = f"m = {m}, annealing:"
    table = [
        Row(f"{name} ln P(S)", found.evidence.value, "nats", f"runs {each}"),
        Row(f"{name} on the way back", -inverse.value, "nats", f"{found.levels} levels"),
        Row(f"{name} its standard error", error, "nats", f"a run's {there.std(ddof=1):.3f}"),
        Row(f"{name} seconds", seconds, "s", "there and back"),
        Row(f"{name} effective samples", one_draw / between * len(there) / seconds, "1/s"),
    ]
    if m in TARGET:
        after = error * sqrt(seconds / TARGET[m])
        table.append(Row(f"{name} error after {TARGET[m]} s", after, "nats", "by 1/√time"))
    return table


def measured_rejection(m: int, draws: int) -> list[Row]:
    """Where rejection can go: its own ln P(S), error and seconds."""
    start = time.process_time()
    generator = torch.Generator().manual_seed(1)
    found = rejection(ARCHITECTURE, digits(m, EVALUATION_POINTS), draws, generator, last_layers=64)
    seconds = time.process_time() - start
    low, high = found.evidence.interval(0.05)
    value = found.evidence.value
    note = f"{np.log(low):.2f} to {np.log(high):.2f}, measured in {seconds:.0f} s"
    return [Row(f"m = {m}: rejection's ln P(S)", float(np.log(value)), "nats", note)]


def groups(full: bool) -> Iterator[list[Row]]:
    """The rows of each m in turn, as soon as they are known."""
    torch.set_num_threads(1)
    sample(8, 1, 0)  # compiles
    proposals = proposals_a_second()
    yield [Row("rejection, networks proposed", proposals, "networks/s", "64 last layers a hidden draw")]
    for m, draws in ((8, 20_000), (16, 400_000)):
        yield measured_rejection(m, draws)
    for m in (8, 16, 32, 64, 128):
        start = time.process_time()
        found = sample(m, RUNS, 0)
        yield rows_of(m, found, time.process_time() - start, proposals)
        if m >= ANNEALED_FROM:
            start = time.process_time()
            yield annealed_rows(m, annealed(m, ANNEALED_RUNS, 0), time.process_time() - start)
    if full:
        with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
            shared = [600] * WORKERS, [FULL_RUNS // WORKERS] * WORKERS, range(WORKERS)
            clock = time.perf_counter()
            halves = list(pool.map(annealed, *shared))
            yield annealed_rows(600, sum(halves[1:], start=halves[0]), time.perf_counter() - clock)
            clock = time.perf_counter()
            parts = list(pool.map(sample, *shared))
            yield rows_of(600, sum(parts[1:], start=parts[0]), time.perf_counter() - clock, proposals)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    parser.add_argument("--full", action="store_true", help="m = 600 as well, for up to an hour")
    options = parser.parse_args()
    table: list[Row] = []
    for group in groups(options.full):
        write(group, None)
        table += group
    write(table, options.json)
