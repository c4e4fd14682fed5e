"""How far the verdicts themselves were checked: simulated coverage, error and power, as the appendix shows them.

The file is {"schema": 1, "rows": [{"name", "kind", "nominal", "measured", "low", "high", "simulations"}, …]} with
kind "coverage", "error" or "power"; [low, high] is the interval of what was measured.
"""

import json
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from harness.errors import BadInput
from harness.report.forest import Axis

SCHEMA = 1
KINDS = {
    "coverage": "Coverage: how often the interval holds the truth; at least the nominal level",
    "error": "Error: how often a true null is called false; at most the nominal level",
    "power": "Power: how often a stated effect is found",
}
_NUMBERS = ("measured", "low", "high", "simulations")


def read(file: Traversable | None = None) -> list[dict[str, Any]]:
    """Groups of rows by kind, each with its title and axis; none if there is no such file.

    A row's `value` is what was measured, `said` whether its interval agrees with the promise: "kept", "not kept", or ""
    for power.
    """
    file = file or files("harness.report") / "calibration.json"
    if not file.is_file():
        return []
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        if document["schema"] != SCHEMA:
            raise ValueError(f"schema {document['schema']!r}, this version reads {SCHEMA}")
        rows = [_read(row) for row in document["rows"]]
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{file} does not hold a calibration of the verdicts ({error}); make it anew.") from None
    return [
        {"title": title, "rows": chosen, "axis": _axis(chosen)}
        for kind, title in KINDS.items()
        if (chosen := [row for row in rows if row["kind"] == kind])
    ]


def _read(row: dict[str, Any]) -> dict[str, Any]:
    numbers = {key: float(row[key]) for key in _NUMBERS}
    return {**row, **numbers, "value": numbers["measured"], "said": _said(row)}


def _said(row: dict[str, Any]) -> str:
    if row["kind"] == "coverage":
        return "kept" if row["high"] >= row["nominal"] else "not kept"
    if row["kind"] == "error":
        return "kept" if row["low"] <= row["nominal"] else "not kept"
    if row["kind"] == "power":
        return ""
    raise ValueError(f"the kind {row['kind']!r}")


def _axis(rows: list[dict[str, Any]]) -> Axis:
    ends = [row[key] for row in rows for key in ("low", "high", "nominal") if row[key] is not None]
    low, high = min(ends), max(ends)
    margin = 0.05 * ((high - low) or 1.0)
    return Axis(low - margin, high + margin)
