"""Complexities a second on one core: each measure beside the plain implementation, in one run.

python -m benchmarks.speed.complexity [--json PATH]
"""

from collections.abc import Callable
from functools import partial
from math import log2

import numpy as np

from benchmarks.speed.report import Row, parse_path, write
from benchmarks.speed.timing import least_seconds
from harness.statistics.complexity import MEASURES, lempel_ziv

BITS = 7
STRINGS = {"plain": 200, "numpy": 100_000, "expression length": 2_000, "zlib": 5_000}


def words_of(text: str) -> int:
    """Words of the LZ76 parsing by substring search, as one would write it."""
    words, start = 0, 0
    while start < len(text):
        length = 1
        while start + length <= len(text) and text[start : start + length] in text[: start + length - 1]:
            length += 1
        words += 1
        start += length
    return words


def plain_lempel_ziv(texts: list[str]) -> list[float]:
    """LZ76 complexity of one string after the other."""
    return [
        log2(len(text)) * (1.0 if len(set(text)) == 1 else (words_of(text) + words_of(text[::-1])) / 2)
        for text in texts
    ]


def rows() -> list[Row]:
    """Strings of 128 bits a second, and the ratio of LZ76 to the plain implementation."""
    bits = np.random.default_rng(0).integers(0, 2, (STRINGS["numpy"], 2**BITS), dtype=np.uint8)
    texts = ["".join(map(str, row)) for row in bits[: STRINGS["plain"]].tolist()]
    if plain_lempel_ziv(texts) != lempel_ziv(bits[: len(texts)]).tolist():
        raise AssertionError("The two implementations of LZ76 do not agree.")
    plain = "LZ76, plain loop"
    works: dict[str, Callable[[], object]] = {plain: lambda: plain_lempel_ziv(texts)}
    numbers = {plain: len(texts)}
    for name, measure in MEASURES.items():
        numbers[name] = STRINGS.get(name, STRINGS["numpy"])
        works[name] = partial(measure, bits[: numbers[name]])
        works[name]()
    seconds = least_seconds(works)
    rates = {name: numbers[name] / seconds[name] for name in works}
    notes = {"LZ76": f"{rates['LZ76'] / rates[plain]:.0f} × plain"}
    return [Row(name, rate, "strings of 128 bits/s", notes.get(name, "")) for name, rate in rates.items()]


if __name__ == "__main__":
    write(rows(), parse_path())
