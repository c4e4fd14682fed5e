"""Distances between samples of functions: sums of the kernel over pairs, beside the matrix that numpy holds.

python -m benchmarks.speed.distances [--json PATH]
"""

from functools import partial

import numpy as np
import torch

from benchmarks.speed.report import Row, parse_path, write
from benchmarks.speed.timing import least_seconds
from harness.functions.packing import pack
from harness.statistics.distances.kernel import kernel
from harness.statistics.distances.pairs import kernel_sums

# Functions, inputs, classes.
SIZES = [(300, 64, 2), (1000, 100, 2), (3000, 100, 2), (3000, 1000, 2), (1000, 100, 10)]
COLUMNS = 2


def plain(words: np.ndarray, weights: np.ndarray, n: int, classes: int) -> np.ndarray:
    """The sums by the whole matrix."""
    return kernel(words[:, None], words[None], n, classes) @ weights


def rows() -> list[Row]:
    """Nanoseconds a pair of different functions, and the ratio to the plain matrix."""
    torch.set_num_threads(1)
    table = []
    for functions, n, classes in SIZES:
        rng = np.random.default_rng(0)
        words = pack(rng.integers(0, classes, (functions, n)), classes)
        weights = rng.random((functions, COLUMNS))
        works = {
            name: partial(way, words, weights, n, classes) for name, way in (("plain", plain), ("ours", kernel_sums))
        }
        if not np.allclose(works["plain"](), works["ours"](), rtol=1e-12):
            raise AssertionError("The two ways of summing do not agree.")
        seconds = least_seconds(works)
        pairs = functions * (functions - 1) / 2
        note = f"{seconds['plain'] / seconds['ours']:.1f} × the matrix"
        name = f"{COLUMNS} sums, {functions} functions of {n} inputs, {classes} classes"
        table.append(Row(name, seconds["ours"] / pairs * 1e9, "ns a pair", note))
    return table


if __name__ == "__main__":
    write(rows(), parse_path())
