"""What products in TensorFloat-32 or bfloat16 would do to the functions of networks, and to what claims say of them.

python -m benchmarks.speed.precision [--json PATH]

On any processor: the factors of every product of matrices, and every kernel of a convolution, are rounded to the bits
of mantissa that the type has (10 and 7, to nearest even), sums are in float32, as in a GPU's tensor cores; bfloat16
rounds sums, too. Each cell is asked of the same networks in every precision: how many have another function, drawn and
trained. Then of other networks, drawn with another seed: total variation to float32 beside its noise floor, and the
bias explained, float32 standing for the volume, beside that of float32 with yet another seed. float64 shows what
float32 leaves undone.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from benchmarks.speed.report import Row, parse_path, write
from harness.functions import FunctionCounts
from harness.functions.packing import pack
from harness.networks import Architecture, Convolutional, FullyConnected
from harness.networks.ensemble import draw, views
from harness.networks.logits import labels_of
from harness.optimisers import SGD
from harness.problems import Problem, boolean_cube, digits
from harness.samplers.training import train
from harness.samplers.training.trainer import Trainer
from harness.statistics.distances import bias_explained, total_variation

DRAWN, TRAINED = 20_000, 1_000
_MANTISSA = 23


def rounded(x: Tensor, bits: int) -> Tensor:
    """float32 with so many bits of mantissa, to nearest even."""
    drop = _MANTISSA - bits
    pattern = x.contiguous().view(torch.int32)
    pattern = pattern + ((1 << (drop - 1)) - 1) + ((pattern >> drop) & 1)
    return (pattern & -(1 << drop)).view(torch.float32)


class Products(TorchDispatchMode):
    """Products of matrices, and convolutions, with factors (and sums) of fewer bits."""

    # Operator -> which arguments are factors.
    FACTORS: Mapping[str, tuple[int, ...]] = {
        "aten.mm.default": (0, 1),
        "aten.bmm.default": (0, 1),
        "aten.addmm.default": (1, 2),
        "aten.baddbmm.default": (1, 2),
        "aten.convolution.default": (0, 1),
        "aten.convolution_backward.default": (0, 1, 2),
    }

    def __init__(self, bits: int, sums: bool) -> None:
        super().__init__()
        self.bits, self.sums = bits, sums

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Round, multiply, and round again where sums are."""
        factors = self.FACTORS.get(str(func), ())
        args = [rounded(each, self.bits) if place in factors else each for place, each in enumerate(args)]
        found = func(*args, **(kwargs or {}))
        return rounded(found, self.bits) if factors and self.sums and isinstance(found, Tensor) else found


@dataclass(frozen=True)
class Precision:
    """A type that products may be computed in."""

    name: str
    bits: int | None = None
    sums: bool = False

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """All products of torch within; every task is trained in torch."""
        products = nullcontext() if self.bits is None else Products(self.bits, self.sums)
        with patch("harness.samplers.training.loop.engine_for", Trainer), products:
            yield


FLOAT32, TF32, BFLOAT16 = Precision("float32"), Precision("TF32", 10), Precision("bfloat16", 7, sums=True)
CELLS: dict[str, tuple[Architecture, Problem]] = {
    "2 layers of 40, 7-bit cube": (FullyConnected((40, 40)), boolean_cube(7, "majority", 32)),
    "2 layers of 64, digits": (FullyConnected((64, 64)), digits(16, 100)),
    "convolutions, digits": (Convolutional((4, 8), (16,)), digits(16, 100)),
}


def logits(architecture: Architecture, problem: Problem, rows: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
    """(networks, n, outputs) of the networks with these numbers."""
    x = torch.tensor(architecture.prepare(problem.eval_x), dtype=dtype)
    table = architecture.parameters(tuple(x.shape[1:]))
    found = []
    with torch.no_grad():
        for part in rows.split(500):
            parameters = views(table, part.to(dtype))
            found.append(architecture.readout(parameters, architecture.features(parameters, x)))
    return torch.cat(found)


def labels(architecture: Architecture, problem: Problem, rows: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
    """(networks, n) of the same."""
    return labels_of(logits(architecture, problem, rows, dtype))


def drawn_rows(architecture: Architecture, problem: Problem, networks: int, seed: int) -> Tensor:
    """(networks, size) at initialisation."""
    table = architecture.parameters(tuple(architecture.prepare(problem.eval_x).shape[1:]))
    return draw(table, architecture.distribution, networks, torch.Generator().manual_seed(seed))


def changed(one: Tensor, other: Tensor) -> float:
    """Share of the networks with another function."""
    return float((one != other).any(1).double().mean())


def _trained(architecture: Architecture, problem: Problem, precision: Precision, seed: int) -> FunctionCounts:
    with precision():
        generator = torch.Generator().manual_seed(seed)
        return train(architecture, problem, SGD(0.1), TRAINED, generator, batch=8, max_epochs=200).functions


def _same_networks(architecture: Architecture, problem: Problem, precision: Precision) -> float:
    """Share of the trained networks that end as other functions than in float32, all with the same minibatches."""
    counts = [_trained(architecture, problem, each, seed=0) for each in (FLOAT32, precision)]
    common = np.minimum(counts[0].counts, counts[1].counts_of(counts[0].words)).sum()
    return 1 - float(common) / counts[0].total


def of_cell(name: str) -> list[Row]:
    """A cell in every precision."""
    architecture, problem = CELLS[name]
    rows, others = (drawn_rows(architecture, problem, DRAWN, seed) for seed in (0, 1))
    as_float32 = labels(architecture, problem, rows)
    found = [
        _share(f"{name}: drawn, float64", changed(as_float32, labels(architecture, problem, rows, torch.float64))),
    ]
    for precision in (TF32, BFLOAT16):
        with precision():
            same, other = (labels(architecture, problem, each) for each in (rows, others))
        counts = [FunctionCounts.from_words(pack(each.numpy()), problem.n) for each in (as_float32, other)]
        distance = total_variation(*counts)
        note = f"total variation to other draws in float32 {distance.value:.4f}, noise floor {distance.noise_floor:.4f}"
        found.append(_share(f"{name}: drawn, {precision.name}", changed(as_float32, same), note))
        reference = _trained(architecture, problem, FLOAT32, seed=1)
        explained = [
            bias_explained(_trained(architecture, problem, each, seed=2), reference) for each in (precision, FLOAT32)
        ]
        # Both have the minibatches and initialisations of seed 2: their difference is the precision's alone.
        floor = explained[1].noise_floor
        note = f"bias explained {explained[0].value:.4f}, in float32 {explained[1].value:.4f}, noise floor {floor:.4f}"
        share = _same_networks(architecture, problem, precision)
        found.append(_share(f"{name}: trained, {precision.name}", share, note))
    return found


def _share(name: str, share: float, note: str = "") -> Row:
    return Row(name, 1e6 * share, "networks of a million with another function than in float32", note)


def rows(cells: Mapping[str, object] = CELLS, of: Callable[[str], list[Row]] = of_cell) -> list[Row]:
    """All cells."""
    return [row for name in cells for row in of(name)]


if __name__ == "__main__":
    write(rows(), parse_path())
