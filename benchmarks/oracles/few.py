"""O4, O5, O6, O8 and O10: networks all of whose settings are counted, few inputs, and symmetries."""

from functools import partial
from math import log

import numpy as np

from benchmarks.oracles.case import Case, seeded
from harness.functions.packing import pack
from harness.networks import FullyConnected
from harness.problems import Problem, boolean_cube
from harness.samplers.enumeration import binary_volumes, clause_volumes
from harness.samplers.infinite_width.gaussian_process import GaussianProcess
from harness.samplers.infinite_width.kernels import nngp, with_least_jitter
from harness.samplers.infinite_width.orthant_evidence import log_probability
from harness.samplers.posterior import density_of_states, rejection, subset_simulation
from harness.samplers.prior import prior
from harness.statistics.exact import few_points
from harness.verdicts import Estimate, exactly
from harness.verdicts.intervals import combination, log_evidence, logarithm, proportion

CLAUSES, FEW, BINARY = "`test_clauses.py`", "`test_few_inputs.py`", "`test_binary_volumes.py`"
CUBE = boolean_cube(4).eval_x.astype(int)
NAMED = {
    "the constant 0": np.zeros(16, dtype=int),
    "a single 1": np.eye(16, dtype=int)[0],
    "a copy": CUBE[:, 3],
    "parity": CUBE.sum(axis=1) % 2,
}
# By width of the ternary network, their P tabulated by another program.
TERNARY = {
    8: (0.0486071, 3.88724e-3, 1.26125e-4, 2.17591e-11),
    16: (0.2959903, 8.16657e-3, 4.01135e-8, 1.11892e-16),
}
# 24 of the 128 inputs of a 7-2-1 network; of this σ_w hidden weights are ±1.
SEVEN = boolean_cube(7).eval_x[np.random.default_rng(5).permutation(128)[:24]]
WEIGHTS = FullyConnected((2,), "relu", 7**0.5, 0.0, "ntk", "binary")


def counted(width: int, labels: np.ndarray) -> Estimate:
    """ln P of a function, to the digits that were tabulated."""
    volume = log(clause_volumes(4, width).of(labels[None])[0])
    return exactly(float(f"{volume:.6g}"), quantity="ln P", n=2**16, unit="functions, which are all there are")


def ternary() -> list[Case]:
    """O4."""
    return [
        Case(
            "O4",
            f"ln P of {what}, ternary, width {width}",
            "counting",
            0,
            float(f"{log(volume):.6g}"),
            partial(counted, width, labels),
            CLAUSES,
        )
        for width, volumes in TERNARY.items()
        for (what, labels), volume in zip(NAMED.items(), volumes, strict=True)
    ]


def one_input() -> Estimate:
    """Share of networks 4-2-3-2-1 without biases that give one input the label 1."""
    problem = Problem.from_arrays(np.zeros((0, 4)), [], [[1.0, -2, 0, 0.5]], [1])
    found = prior(FullyConnected((2, 3, 2), sigma_b=0.0), problem, 200_000, seeded())
    return proportion(int(found.counts @ found.labels()[:, 0]), found.total, quantity="share", unit="networks")


def three_inputs() -> tuple[float, GaussianProcess]:
    """ln P of three labels of two infinitely wide layers, by arcsines, and the process."""
    x = np.random.default_rng(2).standard_normal((3, 4)).astype(np.float32)
    kernel = nngp(FullyConnected((1, 1)), x)
    size = np.sqrt(np.diag(kernel))
    signs = np.array([1, -1, 1])
    rho = kernel / np.outer(size, size) * np.outer(signs, signs)
    exact = few_points.all_three_positive(rho[0, 1], rho[0, 2], rho[1, 2])
    return log(exact), GaussianProcess(kernel, (signs > 0).astype(int))


def copies() -> Estimate:
    """ln P of the copy of the fifth bit less that of the first, wide networks on five bits."""
    kernel = with_least_jitter(nngp(FullyConnected((1, 1)), boolean_cube(5).eval_x))
    found = [
        log_probability(GaussianProcess(kernel, boolean_cube(5, f"copy-{bit}").eval_y), seeded(bit), runs=8, points=512)
        for bit in (5, 1)
    ]
    return combination(np.array([1.0, -1.0]), found, "ln P(copy-5) − ln P(copy-1)", np.arange(2))


def binary() -> list[Case]:
    """O10: a 7-2-1 network of weights ±1, eight points labelled by one of its functions."""
    words = binary_volumes(WEIGHTS, Problem.from_arrays(SEVEN[:0], [], SEVEN, np.zeros(24)))
    labels = words.labels()[7].astype(int)
    task = Problem.from_arrays(SEVEN[:8], labels[:8], SEVEN[8:], labels[8:])
    six = Problem.from_arrays(SEVEN[:6], labels[:6], SEVEN[6:], labels[6:])
    counted_of = binary_volumes(WEIGHTS, task)
    likeliest = int(counted_of.probabilities.argmax())

    def rejected() -> Estimate:
        return logarithm(rejection(WEIGHTS, task, 400_000, seeded()).evidence)

    def simulated() -> Estimate:
        return subset_simulation(WEIGHTS, six, seeded(1), runs=16, chains=32, steps=4).evidence

    def states() -> Estimate:
        found = density_of_states(WEIGHTS, task, seeded(2), runs=32, chains=32, steps=8)
        return log_evidence([float(each) for each in np.log(np.exp(found.by_run)[:, -1].sum(axis=1))])

    def drawn() -> Estimate:
        kept = rejection(WEIGHTS, task, 400_000, seeded(3)).functions
        return proportion(
            int(kept.counts_of(pack(counted_of.labels()[[likeliest]])).sum()),
            kept.total,
            quantity="share",
            unit="networks",
        )

    of_eight, of_six = log(counted_of.evidence), log(binary_volumes(WEIGHTS, six).evidence)
    return [
        Case("O10", "ln P(S), binary 7-2-1", "rejection", 8, of_eight, rejected, BINARY),
        Case("O10", "ln P(S), binary 7-2-1", "subset simulation", 6, of_six, simulated, BINARY),
        Case("O10", "ln P(S), binary 7-2-1", "density of states", 8, of_eight, states, BINARY),
        Case(
            "O10",
            "P_B of the likeliest function, binary 7-2-1",
            "rejection",
            8,
            float(counted_of.probabilities[likeliest]),
            drawn,
            BINARY,
        ),
    ]


def cases() -> list[Case]:
    """By oracle."""
    exact, process = three_inputs()
    return [
        *ternary(),
        Case(
            "O5",
            "P(label 1) of one input, ReLU 2-3-2",
            "plain draws",
            0,
            few_points.label_one((2, 3, 2)),
            one_input,
            FEW,
        ),
        Case(
            "O6",
            "ln P(S), infinite width, 2 layers",
            "minimax tilting",
            3,
            exact,
            lambda: log_probability(process, seeded(), runs=8, points=1024),
            FEW,
        ),
        Case("O8", "ln P(copy-5) − ln P(copy-1), infinite width", "minimax tilting", 32, 0.0, copies, FEW),
        *binary(),
    ]
