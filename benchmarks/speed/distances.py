"""Distances between samples of functions: sums of the kernel over pairs, beside the matrix that numpy holds.

python -m benchmarks.speed.distances [--json PATH]
"""

from collections.abc import Callable

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


def rows() -> list[Row]:
    """Nanoseconds a pair of different functions, and the ratio to the plain matrix."""
    torch.set_num_threads(1)
    table = []
    for functions, n, classes in SIZES:
        rng = np.random.default_rng(0)
        words = pack(rng.integers(0, classes, (functions, n)), classes)
        weights = rng.random((functions, COLUMNS))

        def plain(
            words: np.ndarray = words, weights: np.ndarray = weights, of: tuple[int, int] = (n, classes)
        ) -> object:
            return kernel(words[:, None], words[None], *of) @ weights

        def ours(
            words: np.ndarray = words, weights: np.ndarray = weights, of: tuple[int, int] = (n, classes)
        ) -> object:
            return kernel_sums(words, weights, *of)

        if not np.allclose(plain(), ours(), rtol=1e-12):  # type: ignore[arg-type]
            raise AssertionError("The two ways of summing do not agree.")
        works: dict[str, Callable[[], object]] = {"plain": plain, "ours": ours}
        seconds = least_seconds(works)
        pairs = functions * (functions - 1) / 2
        note = f"{seconds['plain'] / seconds['ours']:.1f} × the matrix"
        name = f"{COLUMNS} sums, {functions} functions of {n} inputs, {classes} classes"
        table.append(Row(name, seconds["ours"] / pairs * 1e9, "ns a pair", note))
    return table


if __name__ == "__main__":
    write(rows(), parse_path())
