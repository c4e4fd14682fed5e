"""Infinite width: ln P(S) by several methods, samplers of the truncated Gaussian, approximations against the exact.

python -m benchmarks.speed.infinite_width [--json PATH]

ReLU networks of two hidden layers on 8×8 digits, even against odd, without end in width. Seconds are processor time on
one core. Effective draws are those of the evaluation logits' means, the median over evaluation inputs.
"""

import time
from collections.abc import Callable
from math import exp, pi

import numpy as np
import torch
from scipy import special, stats
from scipy.optimize import brentq

from benchmarks.speed.report import Row, parse_path, write
from benchmarks.speed.timing import least_seconds
from harness.errors import Unavailable
from harness.networks import FullyConnected
from harness.problems import digits
from harness.samplers.infinite_width.approximations import APPROXIMATIONS
from harness.samplers.infinite_width.gaussian_process import GaussianProcess
from harness.samplers.infinite_width.kernels import empirical_nngp, nngp
from harness.samplers.infinite_width.kernels.library import library_kernels
from harness.samplers.infinite_width.orthant import TiltedSampler, hazard
from harness.samplers.infinite_width.orthant_evidence import log_probability
from harness.samplers.infinite_width.truncated_gaussian import margins_of_chains
from harness.verdicts import Estimate
from harness.verdicts.intervals import log_evidence

ARCHITECTURE = FullyConnected((40, 40))
EVALUATION_POINTS = 8
RUNS = 16
CHAINS = 64
# m -> Sobol' points a scrambling, moves of a chain by linear elliptical slice sampling (0: too slow to measure).
SIZES = {16: (1024, 10_000), 64: (1024, 10_000), 256: (1024, 10_000), 1000: (2048, 0)}
TRAJECTORIES = 50
KERNEL_POINTS = 400
KERNEL_NETWORKS = 1000


def of_digits(m: int) -> GaussianProcess:
    """The process of the wide networks."""
    problem = digits(m, EVALUATION_POINTS)
    return GaussianProcess(nngp(ARCHITECTURE, problem.inputs), problem.train_y)


def seeded(seed: int) -> torch.Generator:
    """On the CPU."""
    return torch.Generator().manual_seed(seed)


def independent(process: GaussianProcess, points: int, tilted: bool) -> list[float]:
    """(RUNS,) ln of estimates of P(S) from pseudo-random draws; without the tilt they are Genz's."""
    sampler = TiltedSampler(process.margins)
    if not tilted:
        sampler.tilt = np.zeros(process.m)
    rng = np.random.default_rng(1)
    weights = (sampler.draw(rng.random((points, process.m)))[1] for _ in range(RUNS))
    return [float(special.logsumexp(each) - np.log(points)) for each in weights]


def bridged(process: GaussianProcess, points: int) -> list[float]:
    """(RUNS / 4,) ln P(S) from the weights of tilted draws and of the posterior's own (Bennett 1976).

    At c = ln P(S) as many of either would be taken for the other's; the posterior's are by Hamiltonian Monte-Carlo.
    """
    sampler = TiltedSampler(process.margins)
    rng, generator = np.random.default_rng(2), seeded(2)
    values = []
    for _ in range(RUNS // 4):
        tilted = sampler.draw(rng.random((points, process.m)))[1]
        margins = margins_of_chains(process, generator, 32, 16, 8).flatten(0, 1).numpy()
        exact = sampler.log_weights(np.maximum(margins, 1e-300))
        ratio = np.log(len(exact) / len(tilted))

        def excess(c: float, tilted: np.ndarray = tilted, exact: np.ndarray = exact, ratio: float = ratio) -> float:
            return float(special.expit(c - exact - ratio).sum() - special.expit(tilted - c + ratio).sum())

        values.append(brentq(excess, tilted.min() - 100, exact.max() + 100))
    return values


def evidence_rows(process: GaussianProcess, points: int) -> list[Row]:
    """Each method's ln P(S), standard error and seconds; the first is what the rest is held against."""
    methods: dict[str, Callable[[], Estimate]] = {
        # Those counted have twice the points of the trials, which are in its time.
        "tilted, Sobol'": lambda: log_probability(process, seeded(0), runs=RUNS, points=points // 2),
        "tilted, pseudo-random": lambda: log_evidence(independent(process, points, tilted=True)),
        "untilted (Genz), pseudo-random": lambda: log_evidence(independent(process, points, tilted=False)),
        "bridged with exact draws": lambda: log_evidence(bridged(process, points)),
    }
    table = []
    for name, method in methods.items():
        start = time.process_time()
        found = method()
        seconds = time.process_time() - start
        low, high = found.interval(0.05)
        error = float(np.diff(found.interval(2 * stats.norm.sf(1)))[0]) / 2
        title = f"m = {process.m}: ln P(S), {name}"
        table += [
            Row(title, found.value, "nats", f"{low:.3f} to {high:.3f}; {found.n} runs"),
            Row(f"{title}: standard error", error, "nats", "half of a 68 % interval"),
            Row(f"{title}: time", seconds, "s"),
        ]
    return table


def effective(logits: np.ndarray) -> float:
    """Effective draws in all of (chains, draws, evaluation inputs), from how far the chains' means scatter."""
    each = logits.var(axis=(0, 1)) / logits.mean(axis=1).var(axis=0, ddof=1)
    return float(np.median(each)) * len(logits)


def hamiltonian(process: GaussianProcess) -> tuple[float, float]:
    """Effective draws and seconds, the start included."""
    start = time.process_time()
    margins = margins_of_chains(process, seeded(3), CHAINS, TRAJECTORIES, 10).numpy()
    seconds = time.process_time() - start
    return effective(margins * process.signs @ process.weights.T), seconds


def slice_sampling(process: GaussianProcess, moves: int, margins: np.ndarray) -> tuple[float, float]:
    """Effective draws and seconds of linear elliptical slice sampling (Gessner et al. 2020), from exact starts."""
    generator, factor = seeded(4), torch.linalg.cholesky(torch.tensor(process.margins))
    weights, z, logits = torch.tensor(process.weights * process.signs).T, torch.tensor(margins), []
    start = time.process_time()
    for _ in range(moves):
        ellipse = torch.randn(z.shape, generator=generator, dtype=z.dtype) @ factor.T
        ratio = ellipse / z
        low, high = ratio.amax(1).atan() - pi / 2, ratio.amin(1).atan() + pi / 2
        angle = torch.lerp(low, high, torch.rand(len(z), generator=generator, dtype=z.dtype))[:, None]
        z = z * angle.cos() + ellipse * angle.sin()
        logits.append(z @ weights)
    return effective(torch.stack(logits, dim=1).numpy()), time.process_time() - start


def accepted(process: GaussianProcess, log_evidence: float, draws: int = 4096) -> tuple[float, float]:
    """Exact independent draws by accept–reject that so many tilted draws come to, and seconds.

    One in exp(ψ − ln P(S)) is accepted, ψ the largest weight: at x_k the mean of what is drawn, for every k.
    """
    start = time.process_time()
    sampler = TiltedSampler(process.margins)
    sampler.draw(np.random.default_rng(5).random((draws, process.m)))
    seconds = time.process_time() - start
    x = np.zeros(process.m)
    for k, mean in enumerate(sampler.tilt):
        x[k] = mean + hazard(-(mean + sampler.scaled[k, :k] @ x[:k]))
    largest = float(sampler.log_weights((sampler.factor @ x)[np.argsort(sampler.order)][None])[0])
    return draws * exp(log_evidence - largest), seconds


def sampler_rows(process: GaussianProcess, moves: int, log_evidence: float) -> list[Row]:
    """Effective draws a second."""
    m = f"m = {process.m}"
    draws, seconds = hamiltonian(process)
    note = f"{CHAINS} chains of {TRAJECTORIES} trajectories: {draws / CHAINS / TRAJECTORIES:.2f} effective each"
    table = [Row(f"{m}: Hamiltonian, effective draws", draws / seconds, "1/s", note)]
    if moves:
        starts = margins_of_chains(process, seeded(6), CHAINS, 1, 10)[:, 0].numpy()
        draws, seconds = slice_sampling(process, moves, starts)
        note = f"{CHAINS * moves / draws:,.0f} moves for one"
        table.append(Row(f"{m}: linear elliptical slice sampling, effective draws", draws / seconds, "1/s", note))
    draws, seconds = accepted(process, log_evidence)
    table.append(Row(f"{m}: tilted accept–reject, draws", draws / seconds, "1/s", f"{draws / 4096:.2g} accepted"))
    return table


def approximation_rows(process: GaussianProcess, exact: float) -> list[Row]:
    """What each says in the place of ln P(S), less the exact."""
    table = []
    for name, method in APPROXIMATIONS.items():
        start = time.process_time()
        bias = method(process).log_evidence - exact
        seconds = time.process_time() - start
        table.append(Row(f"m = {process.m}: bias of {name}", bias, "nats", f"{seconds:.2f} s"))
    return table


def kernel_rows() -> list[Row]:
    """Seconds an entry of a kernel."""
    inputs = digits(KERNEL_POINTS - 1, 1).inputs

    def by_library() -> None:
        library_kernels(ARCHITECTURE, inputs)

    works: dict[str, Callable[[], object]] = {
        "closed form": lambda: nngp(ARCHITECTURE, inputs),
        f"Monte Carlo, {KERNEL_NETWORKS} networks": lambda: empirical_nngp(
            ARCHITECTURE, inputs, KERNEL_NETWORKS, seeded(7)
        ),
        "neural-tangents, with the NTK": by_library,
    }
    try:
        by_library()
    except Unavailable as missing:
        print(missing)
        del works["neural-tangents, with the NTK"]
    times = least_seconds(works, repeats=3)
    return [
        Row(f"NNGP kernel of {KERNEL_POINTS} inputs, {name}", seconds / KERNEL_POINTS**2 * 1e9, "ns an entry")
        for name, seconds in times.items()
    ]


def rows() -> list[Row]:
    """Each m in turn."""
    torch.set_num_threads(1)
    table = kernel_rows()
    for m, (points, moves) in SIZES.items():
        process = of_digits(m)
        evidence = evidence_rows(process, points)
        exact = evidence[0].value
        table += [*evidence, *sampler_rows(process, moves, exact), *approximation_rows(process, exact)]
    return table


if __name__ == "__main__":
    write(rows(), parse_path())
