"""Evidence and posterior at finite width: subset simulation, beside what rejection would cost.

python -m benchmarks.posterior [--json PATH]

64–40–40–1 on 8×8 digits, even against odd, one core. Chains grow with m, as mixing needs. Seconds are processor time.
"""

import time
from math import exp, sqrt

import numpy as np
import torch

from benchmarks.report import Row, parse_path, write
from harness.distances.kernel import kernel
from harness.distances.units import Runs, of_two
from harness.networks import FullyConnected
from harness.posterior import RunsPosterior, rejection, subset_simulation
from harness.problems import digits

ARCHITECTURE = FullyConnected((40, 40))
RUNS = 8
# m -> states of each chain.
STEPS = {8: 16, 16: 16, 32: 16, 64: 64}
REJECTION_AT = 8


def effective(sample: Runs) -> float:
    """Independent draws whose mean embedding would be as precise as that of all runs together."""
    units, _ = of_two(sample, sample)
    shares = units.measures.toarray() / units.mass[:, None]
    similarity = kernel(units.words[:, None], units.words[None], units.n)
    mean = shares.mean(axis=0)
    centred = shares - mean
    between = float(np.einsum("ri,ij,rj->", centred, similarity, centred)) / (len(shares) - 1)
    return (1 - float(mean @ similarity @ mean)) / between * len(shares)


def draws_a_second() -> float:
    """Networks that rejection proposes a second, 64 last layers to a hidden draw counted as 64."""
    start = time.process_time()
    rejection(ARCHITECTURE, digits(REJECTION_AT, 8), 20_000, torch.Generator().manual_seed(0), last_layers=64)
    return 20_000 * 64 / (time.process_time() - start)


def rows() -> list[Row]:
    """Each m: ln P(S), its standard error, seconds, effective samples a second, rejection's seconds for that error."""
    torch.set_num_threads(1)
    rate = draws_a_second()
    table = [Row("rejection, networks proposed", rate, "networks/s", "64 last layers a hidden draw")]
    for m, steps in STEPS.items():
        start = time.process_time()
        found: RunsPosterior = subset_simulation(
            ARCHITECTURE, digits(m, 8), torch.Generator().manual_seed(0), runs=RUNS, steps=steps
        )
        seconds = time.process_time() - start
        error = found.scatter / sqrt(RUNS)
        evidence = found.evidence.value
        table += [
            Row(f"m = {m}: ln P(S)", evidence, "nats", f"± {error:.3f} over {RUNS} runs, {seconds:.1f} s"),
            Row(f"m = {m}: error after 60 s", error * sqrt(seconds / 60), "nats", "extrapolated by 1/√time"),
            Row(f"m = {m}: effective samples", effective(found.sample) / seconds, "1/s"),
            Row(f"m = {m}: rejection for that error", 1 / (error**2 * exp(evidence) * rate), "s", "from P(S), not run"),
        ]
    return table


if __name__ == "__main__":
    write(rows(), parse_path())
