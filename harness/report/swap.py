"""By how much swapping the architecture moves the test error, and swapping the optimiser: in points of error."""

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Any

from harness.report.grouping import Cell, described, telling
from harness.report.written import written

_VARIANCES = {
    "variance over architectures": ("the architecture", " moves the error"),
    "variance over optimisers": ("optimiser and rate", ""),
}


def said(cells: Sequence[Cell]) -> str:
    """What swapping moves, from the variances beside the share of the architectures.

    Args:
        cells: cells of one test.

    Returns:
        "swapping the architecture moves the error by 1.0 [0.7, 1.3] points on digits, 0.9 [0.6, 1.4] on Fashion-MNIST;
        swapping optimiser and rate by …", standard deviations with 95 % intervals; "" if no cell has both variances.
    """
    found = [(cell, moved) for cell in cells if len(moved := _moved(cell)) == len(_VARIANCES)]
    if not found:
        return ""
    keys = telling([cell["parameters"] for cell, _ in found])
    parts = []
    for number, (what, verb) in enumerate(_VARIANCES.values()):
        by: list[str] = []
        for cell, moved in found:
            where = described(cell["parameters"], keys) if number == 0 else ""
            unit = "" if by or number else " points"
            by.append(f"{written([moved[what]], percent=True)}{unit}{f' on {where}' if where else ''}")
        parts.append(f"swapping {what}{verb} by {', '.join(by)}")
    return "; ".join(parts)


def _moved(cell: Cell) -> dict[str, dict[str, Any]]:
    """The standard deviations, from the variances among the cell's secondary figures."""
    return {
        _VARIANCES[each["quantity"]][0]: _root(each)
        for each in cell["details"].get("secondary", [])
        if each["quantity"] in _VARIANCES and each["value"] is not None
    }


def _root(variance: Mapping[str, Any]) -> dict[str, Any]:
    """Its square root, end by end, since the root is monotone; a variance without bias may come out below 0."""
    return {key: None if (of := variance[key]) is None else sqrt(max(of, 0.0)) for key in ("value", "low", "high")}
