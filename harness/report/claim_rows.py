"""One row a claim: its verdict, its crux estimates on its own scale, and its cells by outcome."""

from collections.abc import Mapping, Sequence
from typing import Any

from harness.report import forest, sides, words
from harness.report.grouping import Cell, by_test, measured
from harness.report.sides import is_control, is_crux

# More strips than this do not fit into a row.
MOST_STRIPS = 6


def rows(claims: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows, in the order of the sides.

    Args:
        claims: as the page has them, with their cells.

    Returns:
        For each claim: claim, strips (see `_strips`) and parts, its cells by outcome: (outcome, count, anchor of the
        first).
    """
    ordered = [claim for name in sides.in_order(claims) for claim in claims if sides.side(claim) == name]
    return [{"claim": claim, "strips": _strips(claim["cells"]), "parts": _parts(claim["cells"])} for claim in ordered]


def _strips(cells: Sequence[Cell]) -> dict[str, Any] | None:
    """The crux cells of one test, or its counted ones where there is no crux, on the axis that they share.

    Returns:
        quantity; predicted; region: its custom properties; marks: outcome, custom properties of value and interval,
        what is said; ends: of the axis; left: how many are not drawn. None if nothing was measured.
    """
    counted = [cell for cell in cells if measured(cell) and not is_control(cell)]
    chosen = [cell for cell in counted if is_crux(cell)] or counted
    if not chosen:
        return None
    # The largest test: its cells have one quantity and, mostly, one region.
    test = max(by_test(chosen).values(), key=len)
    axis = forest.axis(test)
    if axis is None:
        return None
    return {
        "quantity": test[0]["estimate"]["quantity"],
        "region": forest.region(test[0]["predicted"], axis),
        "predicted": words.minus(test[0]["predicted"]["text"]),
        "marks": [
            {
                "outcome": cell["outcome"],
                "style": forest.strip(cell, axis),
                "cut": forest.cut_off(cell, axis),
                "said": words.said(cell["estimate"], cell["predicted"]),
            }
            for cell in test[:MOST_STRIPS]
        ],
        "ends": (words.number(axis.low, digits=2), words.number(axis.high, digits=2)),
        "left": len(test) - MOST_STRIPS if len(test) > MOST_STRIPS else 0,
    }


def _parts(cells: Sequence[Mapping[str, Any]]) -> list[tuple[str, int, str]]:
    found = {outcome: [cell for cell in cells if cell["outcome"] == outcome] for outcome in words.OUTCOMES}
    return [(outcome, len(of), of[0]["anchor"]) for outcome, of in found.items() if of]
