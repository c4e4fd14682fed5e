"""What the page shows of the nights: each estimate's trend, and the verdicts that changed.

Only runs at the scale of the page's own are nights of it, and only those up to it. As everywhere, a change is between
decided verdicts, whatever was undecided in between.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from harness.accepted import DECIDED
from harness.report import words
from harness.report.history import Night

# A year and a bit; older ones stay in the folder.
MOST_NIGHTS = 400


def upto(nights: Sequence[Night], last: Night) -> list[Night]:
    """The latest nights of last's scale up to it, itself included once."""
    earlier = [
        each
        for each in nights
        if each.run["scale"] == last.run["scale"]
        and each.run["started"] <= last.run["started"]
        and each.run != last.run
    ]
    return [*earlier, last][-MOST_NIGHTS:]


def trends(nights: Sequence[Night], slug: str, cell_ids: Sequence[str]) -> dict[str, Any] | None:
    """A claim's trends: `nights` their facts in columns, `cells` in order, each in columns or None if seen only once.

    Of each cell n is which nights saw it, o its verdicts, v, l and h value and interval (None where there is none).
    """
    if len(nights) < 2:
        return None
    found = [_trend(nights, (slug, cell_id)) for cell_id in cell_ids]
    if not any(found):
        return None
    facts = {
        "started": [str(each.run["started"]) for each in nights],
        "commit": [words.commit(each.run["commit"]) for each in nights],
        "seed": [str(each.run["seed"]) for each in nights],
        "device": [str(each.run["device"]) for each in nights],
    }
    return {"nights": facts, "cells": found}


def _trend(nights: Sequence[Night], key: tuple[str, str]) -> dict[str, list[Any]] | None:
    seen = [(number, each.cells[key]) for number, each in enumerate(nights) if key in each.cells]
    if len(seen) < 2:
        return None
    columns = {name: [cell[key] for _, cell in seen] for name, key in (("v", "value"), ("l", "low"), ("h", "high"))}
    return {"n": [number for number, _ in seen], "o": [cell["verdict"] for _, cell in seen], **columns}


def changes(nights: Sequence[Night]) -> list[dict[str, Any]]:
    """Changed verdicts, the latest first: claim, cell, the runs `before` and `now`, the verdicts `was` and `is`.

    bound: whether the predicted region was another, so that the same estimate may have a new verdict.
    """
    decided: dict[tuple[str, str], list[tuple[int, Mapping[str, Any]]]] = {}
    for number, each in enumerate(nights):
        for key, cell in each.cells.items():
            if cell["verdict"] in DECIDED:
                decided.setdefault(key, []).append((number, cell))
    found = [
        {
            "claim": slug,
            "cell": cell_id,
            "before": nights[before].run,
            "now": nights[now].run,
            "number": now,
            "was": was["verdict"],
            "is": found["verdict"],
            "bound": was["predicted"] != found["predicted"],
        }
        for (slug, cell_id), seen in decided.items()
        for (before, was), (now, found) in pairwise(seen)
        if was["verdict"] != found["verdict"]
    ]
    return sorted(found, key=lambda change: -change["number"])
