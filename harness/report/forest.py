"""The forest plot: every estimate with its interval on an axis that the cells of one test share.

It is part of the table, a strip in each row, so that it needs no labels of its own, prints, and works without scripts.
Positions are percentages of the strip's width.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, isfinite, log10
from statistics import median
from typing import Any

from harness.report.grouping import Cell, measured
from harness.report.words import number

# What a quantity reads between equal distributions, where that is not 0. The noise floor is a distance from it.
AGREEMENT = {"bias explained": 1.0, "bias explained of squared distances": 1.0}
# Intervals are cut off this far beyond the values and regions, as a share of their range, so that the rest stays
# legible; but one of usual length never is.
_BEYOND = 0.5
_MARGIN = 0.04
_FARTHEST = 1e300


@dataclass(frozen=True)
class Axis:
    """The range [low, high] that a strip shows."""

    low: float
    high: float

    def at(self, value: float) -> float:
        """Place of a value, in percent; 0 or 100 if it is off the axis."""
        return min(max(100 * (value - self.low) / (self.high - self.low), 0.0), 100.0)

    def ticks(self) -> list[tuple[float, str]]:
        """Three to six round numbers as (position, label)."""
        rough = (self.high - self.low) / 4
        power = 10.0 ** floor(log10(rough))
        step = min((power * factor for factor in (1, 2, 5, 10)), key=lambda size: abs(size - rough))
        first, last = ceil(self.low / step), floor(self.high / step)
        return [(self.at(i * step), number(round(i * step, 12))) for i in range(first, last + 1)]


def noise_mark(estimate: dict[str, Any]) -> float | None:
    """The noise floor as a place on the quantity's own axis: what equal distributions read, moved by the floor."""
    noise = estimate["noise_floor"]
    if noise is None:
        return None
    agreement = AGREEMENT.get(estimate["quantity"], 0.0)
    return agreement - noise if agreement else noise


def axis(cells: Sequence[Cell]) -> Axis | None:
    """The axis of these cells' estimates, predicted regions and noise floors; None if nothing was measured."""
    found = [cell["estimate"] for cell in cells if measured(cell)]
    if not found:
        return None
    regions = [end for cell in cells for end in (cell["predicted"]["low"], cell["predicted"]["high"])]
    marks = [each["value"] for each in found] + [noise_mark(each) for each in found] + regions
    core = [_shown(mark) for mark in marks if mark is not None and isfinite(mark)]
    least, most = min(core), max(core)
    intervals = [(each["low"], each["high"]) for each in found]
    widths = [_shown(high) - _shown(low) for low, high in intervals if low is not None and high is not None]
    reach = max(_BEYOND * (most - least), median(widths) if widths else 0.0)
    lows = [max(_shown(low), least - reach) for low, _ in intervals if low is not None]
    highs = [min(_shown(high), most + reach) for _, high in intervals if high is not None]
    low, high = min([least, *lows]), max([most, *highs])
    margin = _MARGIN * ((high - low) or abs(high) or 1.0)
    return Axis(low - margin, high + margin)


def _shown(value: float) -> float:
    """A number as an axis can have it: differences and powers of ten of such numbers are numbers."""
    return 0.0 if abs(value) < 1 / _FARTHEST else min(max(value, -_FARTHEST), _FARTHEST)


def strip(cell: Cell, on: Axis) -> str:
    """A row's custom properties: v value, or the nearer end if it lies beyond its interval, l and h interval, n noise
    floor."""
    estimate = cell["estimate"]
    low = 0.0 if estimate["low"] is None else on.at(estimate["low"])
    high = 100.0 if estimate["high"] is None else on.at(estimate["high"])
    places = {"v": min(max(on.at(estimate["value"]), low), high), "l": low, "h": high}
    mark = noise_mark(estimate)
    if mark is not None:
        places["n"] = on.at(mark)
    return ";".join(f"--{name}:{place:.5g}" for name, place in places.items())


def cut_off(cell: Cell, on: Axis) -> str:
    """What is not drawn where it is: "lo", "hi" for ends of the interval beyond the axis, "under", "over" for a value
    beyond its interval."""
    value, low, high = (cell["estimate"][key] for key in ("value", "low", "high"))
    found = {
        "lo": low is None or low < on.low,
        "hi": high is None or high > on.high,
        "under": low is not None and value < low,
        "over": high is not None and value > high,
    }
    return " ".join(name for name, so in found.items() if so)


def region(predicted: dict[str, Any], on: Axis) -> str:
    """The predicted region's custom properties: a and b."""
    low = 0.0 if predicted["low"] is None else on.at(predicted["low"])
    high = 100.0 if predicted["high"] is None else on.at(predicted["high"])
    return f"--a:{low:.5g};--b:{high:.5g}"
