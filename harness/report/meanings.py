"""What a refuted cell means beyond its verdict, in whose words, and what would decide an open one."""

from collections.abc import Mapping, Sequence
from typing import Any

from harness.report.accepted import MEANING
from harness.report.grouping import Cell, by_test
from harness.report.look_first import distance
from harness.report.sides import is_control
from harness.report.words import number, plural

_MOST_LISTED = 3


def why_refuted(cell: Cell) -> str:
    """How far outside its interval lies, and which bound would have left it open or supported; "" if not refuted."""
    if cell["verdict"] != "refuted" or not distance(cell):
        return ""
    estimate, predicted = cell["estimate"], cell["predicted"]
    low, high, far = estimate["low"], estimate["high"], distance(cell)
    widths = f"{far:.2g} times its width" if far < 10 else f"{far:.0f} times its width"
    if predicted["low"] is not None and high < predicted["low"]:
        side, near, other = "below", high, low
        gap = predicted["low"] - high
    else:
        side, near, other = "above", low, high
        gap = low - predicted["high"]
    if low == high:
        return f"The value is exact and lies {gap:.2g} {side} the predicted region: a bound of {number(near)} is met."
    return (
        f"The interval lies {gap:.2g} {side} the predicted region, {widths}. A bound of {number(near)} would have left "
        f"it undecided, one of {number(other)} supported it."
    )


def why(claims_cells: Sequence[Cell]) -> dict[str, list[str]]:
    """Sentences on a claim's refuted and on its open cells, a line for each test that has any.

    Args:
        claims_cells: the claim's cells, with their labels.

    Returns:
        "meaning": what those say who accepted refutations, each once; "refuted" and "open": lines.
    """
    counted = [cell for cell in claims_cells if not is_control(cell)]
    meanings = [meant for cell in claims_cells if (meant := _meaning(cell))]
    found: dict[str, list[str]] = {"meaning": list(dict.fromkeys(meanings)), "refuted": [], "open": []}
    for test, cells in by_test(counted).items():
        head = test.replace("_", " ").capitalize()
        refuted = sorted((c for c in cells if c["verdict"] == "refuted"), key=distance, reverse=True)
        if refuted and distance(refuted[0]):
            farthest = f"{refuted[0]['label']}: {why_refuted(refuted[0])}"
            lead = f"{head}, {plural(len(refuted), 'cell')}, the farthest at " if len(refuted) > 1 else f"{head}, "
            bound = _lenient(refuted) if len(refuted) > 1 else ""
            found["refuted"].append(f"{lead}{farthest}{bound}")
        open_ = [cell for cell in cells if cell["verdict"] == "inconclusive"]
        if open_:
            listed = [f"{cell['label']} {_needs(cell)}" for cell in open_[:_MOST_LISTED]]
            more = f"; and {len(open_) - _MOST_LISTED} more" if len(open_) > _MOST_LISTED else ""
            found["open"].append(f"{head}: {'; '.join(listed)}{more}.")
    return found


def _meaning(cell: Cell) -> str:
    """What its message says that a refutation means; "" if nobody has said so."""
    if cell["verdict"] != "refuted":
        return ""
    return str(cell["message"]).partition(MEANING)[2].partition(" To rerun: ")[0]


def _lenient(refuted: Sequence[Cell]) -> str:
    """The bound with which no cell would be refuted, where all have the same one-sided region."""
    regions = {(cell["predicted"]["low"], cell["predicted"]["high"]) for cell in refuted}
    if len(regions) != 1:
        return ""
    ((low, high),) = regions
    ends = [cell["estimate"]["high" if high is None else "low"] for cell in refuted]
    if (low is None) == (high is None) or None in ends:
        return ""
    bound = min(ends) if high is None else max(ends)
    return f" No cell is refuted by a bound of {number(bound)} or {'less' if high is None else 'more'}."


def _needs(cell: Mapping[str, Any]) -> str:
    """What would decide the cell."""
    if cell.get("cut_by_time"):
        return "was cut by the budget in time"
    estimate = cell["estimate"]
    if estimate is None:
        return f"has no estimate: {str(cell['why']).removesuffix('.')}"
    needed = str(estimate.get("needed") or "")
    if needed.startswith("would need"):
        return needed
    if "on the bound" in needed:
        return "lies on the bound, so that no sample size is in sight"
    return "is open"
