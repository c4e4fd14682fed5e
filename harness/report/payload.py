"""Contents that the page's script shows on demand: a claim's curves, its cells' details and plots, and its CSV.

They are compressed, claim by claim, so that thousands of cells stay a small file and are read when they are opened.
"""

import base64
import csv
import gzip
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from harness.decimals import minus
from harness.report import charts, words
from harness.report.curves import curves
from harness.report.labels import label
from harness.report.meanings import why_refuted
from harness.report.sides import is_control, is_crux

_PREDICTED = ("low", "high")
_ESTIMATE = ("quantity", "value", "low", "high", "level", "n", "unit", "effective_n", "noise_floor", "looks", "method")
# Drawn or listed on their own.
_SHOWN = ("scatter", "scatter_axes", "complexity", "bound", "secondary", "notes", "curve", "states", "sets", "rates")
_LONGEST_LIST = 24


def packed(cells: Sequence[Mapping[str, Any]], most_points: int, trends: Mapping[str, Any] | None = None) -> str:
    """Pack a claim's curves, cells, plots and CSV for the page's script.

    Args:
        cells: the claim's cells, as results have them.
        most_points: most points of each plot.
        trends: the cells over the nights, see `history.trends`; None: none are shown.

    Returns:
        Gzipped JSON in base64.
    """
    content = {
        "csv": table(cells),
        "curves": curves(cells),
        "cells": [details(cell, most_points) for cell in cells],
        "trends": trends,
    }
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return base64.b64encode(gzip.compress(text.encode(), compresslevel=6, mtime=0)).decode("ascii")


def details(cell: Mapping[str, Any], most_points: int) -> dict[str, Any]:
    """Contents of an opened cell: text, and the plots' numbers."""
    estimate, found = cell["estimate"], cell["details"]
    # The command has a line of its own.
    message = cell["message"].removesuffix(f" To rerun: {cell['rerun']}")
    lines: list[str] = []
    if estimate:
        lines += filter(None, [words.beyond(estimate)])
        effective = words.number(estimate["effective_n"], "unknown", digits=3)
        level = words.percent(estimate["level"])
        looks = words.plural(estimate["looks"], "look")
        lines.append(f"Interval at level {level}: {estimate['method']}; effective sample {effective}; {looks}.")
        floor = estimate["noise_floor"]
        noise = "" if floor is None else f"; noise floor {words.number(floor, digits=2)}"
        sample = f"{estimate['n']:,} {estimate['unit']}"
        lines.append(f"Sample: {sample}{noise}; took {words.duration(cell['seconds'])}.")
    return {
        "id": cell["id"],
        "quantity": estimate["quantity"] if estimate else "",
        "region": _region(cell["predicted"]),
        "message": message if cell["verdict"] == "error" else minus(message),
        "traceback": cell["verdict"] == "error",
        "accepted": f"Accepted verdict: {cell['accepted']}." if cell["accepted"] else "",
        "lines": [
            *filter(None, [why_refuted(cell)]),
            *lines,
            *map(_rate, found.get("rates", [])),
            *(minus(str(note)) for note in found.get("notes", [])),
        ],
        "more": [[key, _said(value)] for key, value in found.items() if key not in _SHOWN],
        "secondary": [
            [
                # A mean of one network and rule is called by both of their names.
                ", ".join(map(label, each["quantity"].split(", "))),
                words.estimated(each),
                words.interval(each),
                words.number(each["noise_floor"], "", digits=2),
                each["method"],
            ]
            for each in found.get("secondary", [])
        ],
        "rerun": cell["rerun"],
        "scatter": charts.scatter(cell, most_points),
        "complexity": charts.complexity(cell, most_points),
        "states": charts.states(cell),
        "sets": charts.sets(cell),
    }


def _rate(found: Mapping[str, Any]) -> str:
    """A learning rate in its natural unit, as a line."""
    rate, ratio, unit = (words.number(found[key], "unknown") for key in ("rate", "ratio", "unit"))
    return f"Learning rate of {label(found['optimiser'], 'optimiser')}: {rate}, which is {ratio} of its unit {unit}."


def _region(predicted: Mapping[str, Any]) -> list[float | None] | None:
    """[low, high] of the predicted region, an open end None; None if the region is the whole line."""
    ends = [predicted["low"], predicted["high"]]
    return None if ends == [None, None] else ends


def table(cells: Sequence[Mapping[str, Any]]) -> str:
    """CSV with a row per cell: parameters, region, estimate, verdict. Unbounded and missing numbers are empty."""
    parameters = list(dict.fromkeys(key for cell in cells for key in cell["parameters"]))
    ends = [f"predicted_{end}" for end in _PREDICTED]
    last = ["verdict", "outcome", "crux", "control", "seconds"]
    rows: list[list[Any]] = [["cell", *parameters, *ends, *_ESTIMATE, *last]]
    for cell in cells:
        estimate = cell["estimate"] or {}
        rows.append(
            [
                cell["id"],
                *(cell["parameters"].get(key, "") for key in parameters),
                *(cell["predicted"][end] for end in _PREDICTED),
                *(estimate.get(key) for key in _ESTIMATE),
                cell["verdict"],
                cell["outcome"],
                is_crux(cell),
                is_control(cell),
                cell["seconds"],
            ]
        )
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(map(_as_text, row) for row in rows)
    return out.getvalue()


def _as_text(value: Any) -> Any:
    """A value for a spreadsheet, which does not compute a text after an apostrophe."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


def _said(value: Any) -> str:
    """A detail that no plot shows, as a line of text."""
    if isinstance(value, Mapping):
        return "; ".join(f"{key} {_said(each)}" for key, each in value.items())
    if isinstance(value, list):
        shown = ", ".join(_said(each) for each in value[:_LONGEST_LIST])
        return shown + (f" … ({len(value):,} in all)" if len(value) > _LONGEST_LIST else "")
    if isinstance(value, float | int) and not isinstance(value, bool):
        return words.number(value)
    return "unbounded" if value is None else str(value)
