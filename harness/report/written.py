"""Estimates with their intervals in a sentence, as far as the intervals tell."""

from collections.abc import Mapping, Sequence
from math import inf, isfinite
from typing import Any

from harness.decimals import EXACT, UNBOUNDED, figures, form, number
from harness.report.grouping import Cell, described, measured, numeric, telling

# Beyond so many cells their range is said and not each of them.
_MOST_SAID = 2


def values(cells: Sequence[Cell], unit: str = "", percent: bool = False) -> str:
    """What these cells measured, in words.

    Args:
        cells: the cells; those without a value are left out.
        unit: said after a value.
        percent: numbers are shown times 100.

    Returns:
        "0.38 [0.35, 0.41] on digits, 0.37 [0.33, 0.40] on Fashion-MNIST"; of more than two cells the range.
    """
    found = [cell for cell in cells if measured(cell)]
    if not found:
        return "not measured"
    if len(found) > _MOST_SAID:
        return of_cells(found, unit, percent)
    parameters = [cell["parameters"] for cell in found]
    keys = telling(parameters) or (["data"] if "data" in parameters[0] else [])
    said = []
    for cell in found:
        where = described(cell["parameters"], keys)
        place = f" {_preposition(keys[0], cell['parameters'][keys[0]])} {where}" if where else ""
        said.append(of_cells([cell], unit, percent) + place)
    return ", ".join(said)


def of_cells(cells: Sequence[Cell], unit: str = "", percent: bool = False) -> str:
    """What measured cells have found, together, beside the predicted region if they share one.

    Args:
        cells: the cells, each with an estimate that has a value.
        unit: said after the value.
        percent: numbers are shown times 100.

    Returns:
        The text, see `written`.
    """
    regions = {(cell["predicted"]["low"], cell["predicted"]["high"]) for cell in cells}
    bounds = [end for end in regions.pop() if end is not None] if len(regions) == 1 else []
    return written([cell["estimate"] for cell in cells], unit, percent, bounds)


def written(
    estimates: Sequence[Mapping[str, Any]], unit: str = "", percent: bool = False, bounds: Sequence[float] = ()
) -> str:
    """The estimates' values and the hull of their intervals, to two digits of its width.

    Args:
        estimates: each with value, low and high; an unbounded end is None.
        unit: said after the value.
        percent: numbers are shown times 100.
        bounds: of the predicted region, see `decimals.form`.

    Returns:
        "0.38 [0.35, 0.41]" for one estimate, "1.7 to 2.9 nats [1.2, 3.3]" for several, "0.25 (exact)" where all are.
    """
    scale = 100.0 if percent else 1.0
    values, lows, highs = ([each[key] for each in estimates] for key in ("value", "low", "high"))
    least, most = scale * min(values), scale * max(values)
    low, high = -inf if None in lows else scale * min(lows), inf if None in highs else scale * max(highs)
    bounds = [scale * bound for bound in bounds]
    if None not in lows and lows == highs:
        middle, span = [number(least), number(most)], f"({EXACT})"
    elif least == most:
        said, span = figures(least, low, high, bounds)
        middle = [said]
    else:
        how = form([least, most], low, high, bounds)
        middle = [how.of(value) + how.unit for value in (least, most)]
        ends = [how.of(end) if isfinite(end) else UNBOUNDED for end in (low, high)]
        span = f"[{', '.join(ends)}]{how.unit}"
    # Where both ends are open there is nothing to list.
    span = f"[{UNBOUNDED}]" if not any(map(isfinite, (low, high))) else span
    return f"{' to '.join(dict.fromkeys(middle))}{' ' if unit else ''}{unit} {span}"


def _preposition(key: str, value: Any) -> str:
    """On digits, at width 40, for the majority."""
    return "on" if key == "data" else "at" if numeric([value]) else "for"
