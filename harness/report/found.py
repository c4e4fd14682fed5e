"""What a claim's tests measured, a line for each: its crux cells, or its counted ones where it has no crux."""

from collections.abc import Mapping, Sequence
from typing import Any

from harness.report import swap
from harness.report.grouping import Cell, measured
from harness.report.patterns import counts
from harness.report.sides import is_control, is_crux
from harness.report.words import capitalised
from harness.report.written import values


def lines(groups: Sequence[Mapping[str, Any]]) -> list[str]:
    """ "It does not generalise: test error 0.381 [0.353, 0.409] on digits; predicted at least 0.3 (1 ✓)."

    Args:
        groups: a claim's groups of rows, see `tables.groups`.

    Returns:
        A line for each group with a measured cell that counts.
    """
    return [_line(group, cells, len(groups) > 1) for group in groups if (cells := _chosen(group["rows"]))]


def _chosen(rows: Sequence[Cell]) -> list[Cell]:
    counted = [row for row in rows if measured(row) and not is_control(row)]
    return [row for row in counted if is_crux(row)] or counted


def _line(group: Mapping[str, Any], cells: Sequence[Cell], named: bool) -> str:
    test = f"{capitalised(group['test'])}: " if named and group["test"] else ""
    predicted = f"; predicted {group['predicted']}" if group["predicted"] else ""
    of = f" in {len(cells)} cells" if len(cells) > 2 else ""
    moved = f"; {said}" if (said := swap.said(cells)) else ""
    return f"{test}{group['title']} {values(cells)}{of}{predicted} ({counts(cells)}){moved}."
