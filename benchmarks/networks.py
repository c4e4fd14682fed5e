"""Networks drawn and evaluated a second: ensembles against a plain loop over `nn.Module`s, in one run.

python -m benchmarks.networks [--json PATH]
"""

import time
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import torch
from torch import nn

from benchmarks.report import Row, parse_path, write
from harness.networks import FullyConnected
from harness.prior import prior
from harness.problems import boolean_cube

HIDDEN = (40, 40)
BITS = 7


def seconds(work: Callable[[], object], repeats: int = 3) -> float:
    """The least wall time of several runs: what else the machine did only ever adds."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def plain_module(inputs: int, hidden: tuple[int, ...], sigma_w: float, sigma_b: float) -> nn.Sequential:
    """The same network as one would write it with torch.nn, freshly initialised."""
    layers: list[nn.Module] = []
    widths = (inputs, *hidden, 1)
    for fan_in, fan_out in pairwise(widths):
        linear = nn.Linear(fan_in, fan_out)
        nn.init.normal_(linear.weight, std=sigma_w / fan_in**0.5)
        nn.init.normal_(linear.bias, std=sigma_b)
        layers += [linear, nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def plain_functions(x: torch.Tensor, draws: int, architecture: FullyConnected) -> list[bytes]:
    """Packed functions of so many modules, one after the other."""
    functions = []
    with torch.inference_mode():
        for _ in range(draws):
            module = plain_module(x.shape[1], architecture.hidden, architecture.sigma_w, architecture.sigma_b)
            functions.append(np.packbits((module(x)[:, 0] > 0).numpy()).tobytes())
    return functions


def rows() -> list[Row]:
    """Throughput on one core and the ratios."""
    torch.set_num_threads(1)
    architecture = FullyConnected(HIDDEN)
    cube = boolean_cube(BITS)
    generator = torch.Generator().manual_seed(0)
    x = torch.from_numpy(cube.eval_x)
    name = f"{BITS}–40–40–1 on {2**BITS} inputs"
    table = [Row(f"plain loop, {name}", 500 / seconds(lambda: plain_functions(x, 500, architecture)), "networks/s")]
    for block in (None, 16, 32, 64, 128, 512, 2048):
        draws = 16384
        rate = draws / seconds(lambda: prior(architecture, cube, draws, generator, block=block))  # noqa: B023
        label = "default" if block is None else str(block)
        table.append(Row(f"ensemble, blocks of {label}", rate, "networks/s", f"{rate / table[0].value:.1f} × plain"))
    return table


if __name__ == "__main__":
    write(rows(), parse_path())
