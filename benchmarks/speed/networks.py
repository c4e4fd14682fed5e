"""Networks drawn and evaluated a second: ensembles against a plain loop over `nn.Module`s, in one run.

python -m benchmarks.speed.networks [--json PATH]
"""

from collections.abc import Callable
from functools import partial
from itertools import pairwise

import numpy as np
import torch
from torch import nn

from benchmarks.speed.report import Row, parse_path, write
from benchmarks.speed.timing import least_seconds
from harness.networks import FullyConnected
from harness.problems import boolean_cube
from harness.samplers.prior import prior

HIDDEN = (40, 40)
BITS = 7
DRAWS = {"plain": 500, "ensemble": 8192}
BLOCKS = (None, 16, 32, 64, 128, 512, 2048)


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
    x = torch.tensor(cube.eval_x)
    plain = f"plain loop, {BITS}–40–40–1 on {2**BITS} inputs"
    works: dict[str, Callable[[], object]] = {plain: lambda: plain_functions(x, DRAWS["plain"], architecture)}
    for block in BLOCKS:
        name = f"ensemble, blocks of {block or 'default size'}"
        works[name] = partial(prior, architecture, cube, DRAWS["ensemble"], generator, block=block)
    seconds = least_seconds(works)
    rates = {name: DRAWS["plain" if name == plain else "ensemble"] / seconds[name] for name in works}
    return [
        Row(name, rate, "networks/s", "" if name == plain else f"{rate / rates[plain]:.1f} × plain")
        for name, rate in rates.items()
    ]


if __name__ == "__main__":
    write(rows(), parse_path())
