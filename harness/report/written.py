"""Estimates with their intervals in a sentence, rounded to what the intervals tell."""

from collections.abc import Mapping, Sequence
from math import floor, log10
from typing import Any

from harness.report.grouping import Cell, described, measured, numeric, telling
from harness.report.words import EXACT, MINUS

# Beyond so many cells their range is said and not each of them.
_MOST_SAID = 2


def values(cells: Sequence[Cell], unit: str = "", percent: bool = False, further: int = 0) -> str:
    """What these cells measured, in words.

    Args:
        cells: the cells; those without a value are left out.
        unit: said after a value.
        percent: numbers are shown times 100.
        further: decimals beyond those of `written`.

    Returns:
        "0.38 [0.35, 0.41] on digits, 0.37 [0.33, 0.40] on Fashion-MNIST"; of more than two cells the range.
    """
    found = [cell for cell in cells if measured(cell)]
    if not found:
        return "not measured"
    if len(found) > _MOST_SAID:
        return written([cell["estimate"] for cell in found], unit, percent, further)
    parameters = [cell["parameters"] for cell in found]
    keys = telling(parameters) or (["data"] if "data" in parameters[0] else [])
    said = []
    for cell in found:
        where = described(cell["parameters"], keys)
        place = f" {_preposition(keys[0], cell['parameters'][keys[0]])} {where}" if where else ""
        said.append(written([cell["estimate"]], unit, percent, further) + place)
    return ", ".join(said)


def written(estimates: Sequence[Mapping[str, Any]], unit: str = "", percent: bool = False, further: int = 0) -> str:
    """The estimates' values and the hull of their intervals, to the first digit of an interval's half-width, one more
    where an end would read 0 and is not.

    Args:
        estimates: each with value, low and high; an unbounded end is None.
        unit: said after the value.
        percent: numbers are shown times 100.
        further: decimals beyond these.

    Returns:
        "0.38 [0.35, 0.41]" for one estimate, "1.7 to 2.9 nats [1.2, 3.3]" for several, "0.25 (exact)" where all are.
    """
    scale = 100.0 if percent else 1.0
    values, lows, highs = ([each[key] for each in estimates] for key in ("value", "low", "high"))
    digits = further + max(_digits(low, high, scale) for low, high in zip(lows, highs, strict=True))
    ends = ["unbounded" if None in of else _fixed(scale * pick(of), digits) for of, pick in ((lows, min), (highs, max))]
    middle = list(dict.fromkeys(_fixed(scale * pick(values), digits) for pick in (min, max)))
    said = f"{' to '.join(middle)}{' ' if unit else ''}{unit}"
    return f"{said} ({EXACT})" if None not in lows and lows == highs else f"{said} [{', '.join(ends)}]"


def _preposition(key: str, value: Any) -> str:
    """On digits, at width 40, for the majority."""
    return "on" if key == "data" else "at" if numeric([value]) else "for"


def _digits(low: float | None, high: float | None, scale: float) -> int:
    """Decimals up to the digit of the interval's half-width that `written` says; two if there is none."""
    if low is None or high is None or high <= low:
        return 2
    digits = max(-floor(log10(scale * (high - low) / 2)), 0)
    hidden = any(end and not float(f"{scale * end:.{digits}f}") for end in (low, high))
    return min(digits + hidden, 4)


def _fixed(value: float, digits: int) -> str:
    text = f"{value:.{digits}f}"
    return (text if float(text) else text.removeprefix("-")).replace("-", MINUS)
