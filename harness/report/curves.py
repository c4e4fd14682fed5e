"""Curves of a claim's estimates over a number of its grid: width, depth, m, bits."""

from collections.abc import Sequence
from math import inf
from textwrap import wrap
from typing import Any

from harness.report import charts, forest, words
from harness.report.grouping import Cell, asked, by_quantity, described, numeric, telling
from harness.report.labels import name, titled

# More lines or panels than this are a tangle; the rest is in the table and in the CSV.
MOST_LINES = 4
MOST_PANELS = 12
# From this ratio of the largest to the smallest on, the horizontal axis is logarithmic.
_LOGARITHMIC_FROM = 8
# Letters and lines of the title of a vertical axis.
_TITLE_WIDTH, _TITLE_LINES = 34, 3
_TEST = "test"
# What is told apart by colour wherever there is a choice: the samples that one cell compares.
_SAMPLE = "sample"


def curves(cells: Sequence[Cell]) -> list[dict[str, Any]]:
    """One chart for each quantity and each number that varies among its cells, for the page's script to draw.

    Quantities that a cell's estimate rests on, such as the errors under a slope, are drawn as well, with no region. x:
    name of the number; log; ticks. y: the quantity, y_title: its lines with the unit; domain. region: [low, high] if
    all cells share one, else None; an open end is None. lines: labels. panels: title and rows (x, value, low, high,
    line, cell) of each; whole: the interval is all on the axis; said: value and interval where they are not drawn in
    full; floor: where equal distributions would lie. floors: some have one. left_out: panels that are not drawn.
    """
    charts = []
    for quantity, group in _of_one_grid([*cells, *_rested_on(cells)]):
        found = [{_TEST: asked(cell).replace("_", " "), **cell["parameters"]} for cell in group]
        keys = telling(found)
        # Measured numbers tell all cells apart, but one test's are not another's to be joined with.
        if _TEST not in keys and len({each[_TEST] for each in found}) > 1:
            keys = [_TEST, *keys]
        numbers = [key for key in keys if numeric([each.get(key) for each in found])]
        values = {key: sorted({each[key] for each in found}) for key in numbers}
        # Two values make no curve, unless there is nothing better.
        varied = [key for key in numbers if len(values[key]) > 2] or numbers
        for key in varied:
            chart = _chart(quantity, key, values[key], [other for other in keys if other != key], group, found)
            if chart is not None:
                charts.append(chart)
    return charts


def _of_one_grid(cells: Sequence[Cell]) -> list[tuple[str, list[Cell]]]:
    """Each quantity with its cells, split if they vary in different parameters."""
    groups: dict[tuple[str, frozenset[str]], list[Cell]] = {}
    for quantity, found in by_quantity(cells).items():
        for cell in found:
            groups.setdefault((quantity, frozenset(cell["parameters"])), []).append(cell)
    return [(quantity, group) for (quantity, _), group in groups.items()]


def _rested_on(cells: Sequence[Cell]) -> list[Cell]:
    """The estimates of the cells' own curves, each as a cell of its own parameters."""
    return [
        {
            **cell,
            "parameters": {**cell["parameters"], **each["parameters"]},
            "estimate": each,
            "predicted": {"low": None, "high": None},
        }
        for cell in cells
        for each in cell["details"].get("curve", [])
    ]


def _chart(
    quantity: str,
    x: str,
    values: Sequence[float],
    others: Sequence[str],
    cells: Sequence[Cell],
    found: Sequence[dict[str, Any]],
) -> dict[str, Any] | None:
    axis = forest.axis(cells)
    if axis is None:
        return None
    along = [_SAMPLE] if _SAMPLE in others else _line_keys(others, found)
    across = [key for key in others if key not in along]
    panels: dict[str, list[dict[str, Any]]] = {}
    for cell, parameters in zip(cells, found, strict=True):
        estimate = cell["estimate"]
        low, high = estimate["low"], estimate["high"]
        panels.setdefault(described(parameters, across), []).append(
            {
                "x": parameters[x],
                "value": _kept(estimate["value"], low, high),
                "low": axis.low if low is None else max(low, axis.low),
                "high": axis.high if high is None else min(high, axis.high),
                "whole": low is not None and high is not None and axis.low <= low and high <= axis.high,
                "line": described(parameters, along),
                "cell": cell["id"],
                **_beside(cell, axis),
            }
        )
    drawn: list[dict[str, Any]] = []
    for title, rows in panels.items():
        if len({row["x"] for row in rows}) > 1:
            drawn.append({"title": title, "rows": sorted(rows, key=lambda row: row["x"])})
    if not drawn:
        return None
    regions = {(cell["predicted"]["low"], cell["predicted"]["high"]) for cell in cells}
    return {
        "x": name(x).removeprefix("the "),
        "log": values[0] > 0 and values[-1] / values[0] >= _LOGARITHMIC_FROM,
        "ticks": list(values),
        "y": quantity,
        "y_title": _wrapped(quantity),
        "floors": any("floor" in row for panel in drawn for row in panel["rows"]),
        "domain": [axis.low, axis.high],
        "region": list(regions.pop()) if len(regions) == 1 and regions != {(None, None)} else None,
        "lines": list(dict.fromkeys(row["line"] for panel in drawn for row in panel["rows"])),
        "panels": drawn[:MOST_PANELS],
        "left_out": max(len(drawn) - MOST_PANELS, 0),
    }


def _kept(value: float, low: float | None, high: float | None) -> float:
    """The value, or the nearer end of an interval that it lies beyond."""
    return max(value if high is None else min(value, high), -inf if low is None else low)


def _beside(cell: Cell, axis: forest.Axis) -> dict[str, Any]:
    """What a row says and draws besides: `said` where the ends that are drawn are not those of the estimate, `floor`
    where there is one on the axis."""
    estimate = cell["estimate"]
    found: dict[str, Any] = {}
    if forest.cut_off(cell, axis):
        found["said"] = words.said(estimate, cell["predicted"])
    mark = forest.noise_mark(estimate)
    if mark is not None and axis.low <= mark <= axis.high:
        found["floor"] = charts.short(mark)
    return found


def _wrapped(quantity: str) -> list[str]:
    """The title of the vertical axis, in as many lines as there is room for beside it."""
    return wrap(titled(quantity), _TITLE_WIDTH, max_lines=_TITLE_LINES, placeholder=" …")


def _line_keys(keys: Sequence[str], found: Sequence[dict[str, Any]]) -> list[str]:
    """The parameters told apart by colour: the last axes of the grid, as long as the lines stay few."""
    chosen: list[str] = []
    for key in reversed(keys):
        trial = [key, *chosen]
        if len({described(each, trial) for each in found}) <= MOST_LINES:
            chosen = trial
    return chosen
