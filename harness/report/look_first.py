"""Where to look first: refuted, changed and failed cells, a line for each test, the most urgent first."""

from collections.abc import Mapping, Sequence
from math import inf
from typing import Any

from harness.report.grouping import Cell, measured
from harness.report.sides import is_crux
from harness.report.words import number
from harness.report.written import of_cells

# From here on, distances are written with a power of ten.
_FARTHEST = 1e4
_OUTCOMES = ("changed", "error", "refuted", "no longer decided")


def distance(cell: Cell) -> float:
    """How far its interval lies outside the predicted region, in widths of the interval; 0 if it does not, or has an
    unbounded end."""
    estimate, predicted = cell["estimate"], cell["predicted"]
    if not measured(cell) or estimate["low"] is None or estimate["high"] is None:
        return 0.0
    below = -inf if predicted["low"] is None else predicted["low"] - estimate["high"]
    above = -inf if predicted["high"] is None else estimate["low"] - predicted["high"]
    gap, width = max(below, above), estimate["high"] - estimate["low"]
    if gap <= 0:
        return 0.0
    return gap / width if width > 0 else inf


def widths(far: float) -> str:
    """Such a distance, in digits: 0.43, 1.2, 12, 123."""
    return f"{far:.0f}" if 10 <= far < _FARTHEST else number(far, digits=2)


def lines(claims: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The lines in order: refuted theorems, changed verdicts and errors, then crux cells, then by distance.

    Args:
        claims: as the page has them, with their groups of rows.

    Returns:
        Lines: outcome, claim, group, cells (the farthest first), judged (how many of the group are), what was measured
        ("" if nothing was), and the largest distance with its words.
    """
    found = [line for claim in claims for outcome in _OUTCOMES for line in _of(claim, outcome)]
    return sorted(found, key=_urgency)


def accepted(claims: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The same lines for refutations that were accepted as findings: the crux first, then by distance."""
    return sorted((line for claim in claims for line in _of(claim, "refuted, accepted")), key=_urgency)


def _of(claim: Mapping[str, Any], outcome: str) -> list[dict[str, Any]]:
    found = []
    for group in claim["groups"]:
        cells = sorted((c for c in group["rows"] if _outcome(c) == outcome), key=distance, reverse=True)
        if cells:
            found.append(
                {
                    "outcome": outcome,
                    "claim": claim,
                    "group": group,
                    "cells": cells,
                    "judged": sum(c["estimate"] is not None or c["verdict"] == "error" for c in group["rows"]),
                    "measured": of_cells(seen) if (seen := list(filter(measured, cells))) else "",
                    "distance": distance(cells[0]),
                    "far": widths(distance(cells[0])) if 0 < distance(cells[0]) < inf else "",
                }
            )
    return found


def _outcome(cell: Cell) -> str:
    """The outcome, or that an accepted verdict is no longer decided."""
    return "no longer decided" if cell["outcome"] == "inconclusive" and cell["accepted"] else str(cell["outcome"])


def _urgency(line: Mapping[str, Any]) -> tuple[int, bool, float]:
    theorem = line["outcome"] in ("changed", "refuted") and any(
        cell["kind"] == "theorem" and cell["verdict"] == "refuted" for cell in line["cells"]
    )
    rank = -1 if theorem else {"changed": 0, "error": 1, "no longer decided": 3}.get(line["outcome"], 2)
    return rank, not any(map(is_crux, line["cells"])), -line["distance"]
