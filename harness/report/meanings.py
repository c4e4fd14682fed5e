"""What a refuted cell means beyond its verdict, in whose words, and what would decide an open one."""

from collections.abc import Mapping, Sequence
from math import inf
from typing import Any

from harness.decimals import form, number
from harness.report.accepted import MEANING
from harness.report.grouping import Cell, by_test
from harness.report.look_first import distance, widths
from harness.report.sides import is_control
from harness.report.words import plural

_MOST_LISTED = 3


def why_refuted(cell: Cell) -> str:
    """How far outside its interval lies, and which bound would have left it open or supported; "" if not refuted."""
    if cell["verdict"] != "refuted" or not distance(cell):
        return ""
    estimate, predicted = cell["estimate"], cell["predicted"]
    low, high, far = estimate["low"], estimate["high"], distance(cell)
    is_below = predicted["low"] is not None and high < predicted["low"]
    side, gap = ("below", predicted["low"] - high) if is_below else ("above", low - predicted["high"])
    apart = number(gap, digits=2)
    near, other = (_met(end, estimate, is_below) for end in ((high, low) if is_below else (low, high)))
    if low == high:
        return f"The value is exact and lies {apart} {side} the predicted region: a bound of {near} is met."
    return (
        f"The interval lies {apart} {side} the predicted region, {widths(far)} times its width. A bound of {near} "
        f"would have left it undecided, one of {other} supported it."
    )


def _met(end: float, estimate: Mapping[str, Any], from_below: bool) -> str:
    """An end of an interval as a bound that it meets: what is written is not beyond it.

    Args:
        end: low or high of the estimate.
        estimate: what the digits follow.
        from_below: whether the bound is the least, and not the most, that is allowed.
    """
    low, high = estimate["low"], estimate["high"]
    how = form([estimate["value"]], -inf if low is None else low, inf if high is None else high)
    if (how.reads(end) > end) if from_below else (how.reads(end) < end):
        end += (-1 if from_below else 1) * 10.0 ** (how.power - how.decimals)
    return how.of(end) + how.unit


def why(claims_cells: Sequence[Cell]) -> dict[str, list[str]]:
    """Sentences on a claim's refuted and on its open cells, a line for each test that has any.

    Args:
        claims_cells: the claim's cells, with their labels.

    Returns:
        "meaning": what those say who accepted refutations, each once; "refuted", "open" and "missing" (what could not
        be measured here): lines.
    """
    counted = [cell for cell in claims_cells if not is_control(cell)]
    meanings = [meant for cell in claims_cells if (meant := _meaning(cell))]
    found: dict[str, list[str]] = {"meaning": list(dict.fromkeys(meanings)), "refuted": [], "open": [], "missing": []}
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
        missing = [cell for cell in cells if cell["verdict"] == "unavailable"]
        for reason in dict.fromkeys(str(cell["why"]) for cell in missing):
            count = sum(cell["why"] == reason for cell in missing)
            found["missing"].append(f"{head}, {plural(count, 'cell')}: {reason}")
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
    end = "high" if high is None else "low"
    estimates = [cell["estimate"] for cell in refuted]
    if (low is None) == (high is None) or any(each[end] is None for each in estimates):
        return ""
    last = (min if high is None else max)(estimates, key=lambda each: each[end])
    bound = _met(last[end], last, high is None)
    return f" No cell is refuted by a bound of {bound} or {'less' if high is None else 'more'}."


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
