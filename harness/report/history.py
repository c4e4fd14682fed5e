"""The nights: what each run found, in short, kept in a folder that only grows, one file of JSON lines a run.

The first line is {"schema": 1, "run": {started, commit, scale, seed, device, complete}}; each other line is one cell:
{claim, cell, verdict, predicted, value, low, high}. A run never writes here by itself: a nightly job does, with
`python -m harness history add`, and says by that which runs are nights and which are somebody's trial.
"""

import datetime
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import isfinite
from numbers import Real
from pathlib import Path
from typing import Any

from harness.errors import BadInput
from harness.reading import read_bytes
from harness.report import results, words
from harness.report.accepted import DECIDED
from harness.report.charts import short
from harness.writing import write_text

SCHEMA = 1
_RUN: dict[str, Any] = {
    "started": str,
    "commit": (str, type(None)),
    "scale": str,
    "seed": int,
    "device": str,
    "complete": bool,
}
_NUMBERS = ("value", "low", "high")


@dataclass
class Night:
    """One run: its facts, and the cells by (claim, cell)."""

    run: dict[str, Any]
    cells: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)


def night(document: Mapping[str, Any]) -> Night:
    """A results document in short."""
    cells = {}
    for cell in document["cells"]:
        estimate = cell["estimate"] or {}
        cells[cell["claim"], cell["id"]] = {
            "claim": cell["claim"],
            "cell": cell["id"],
            "verdict": cell["verdict"],
            "predicted": cell["predicted"]["text"],
            **{key: None if (number := estimate.get(key)) is None else short(number) for key in _NUMBERS},
        }
    return Night({key: document["run"].get(key) for key in _RUN}, cells)


def add(folder: Path, document: Mapping[str, Any]) -> Path:
    """Keep a run and return the file it is in; the same run again replaces itself."""
    found = night(document)
    digest = hashlib.sha256(json.dumps(found.run, sort_keys=True).encode()).hexdigest()[:8]
    time = "".join(character for character in str(found.run["started"])[:19] if character.isalnum())
    path = folder / f"{time}-{digest}.jsonl"
    lines = [{"schema": SCHEMA, "run": found.run}, *found.cells.values()]
    text = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)
    write_text(path, text, "name another folder with --history.")
    return path


def read(folder: Path) -> tuple[list[Night], str]:
    """The nights by date, and a sentence on the files that could not be read; neither if there is no such folder."""
    nights, wrong = [], []
    for path in sorted(folder.glob("*.jsonl")):
        try:
            head, *lines = read_bytes(path).splitlines()
            found = Night(_run(head))
        except (OSError, ValueError):
            wrong.append(f"{path.name}, of which nothing can be used")
            continue
        for number, line in enumerate(lines, start=2):
            try:
                cell = _cell(line)
            except ValueError:
                wrong.append(f"{path.name}, line {number}")
            else:
                found.cells[cell["claim"], cell["cell"]] = cell
        nights.append(found)
    nights.sort(key=lambda each: each.run["started"])
    if not wrong:
        return nights, ""
    more = f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""
    return nights, f"Left out of the nights in {os.path.relpath(folder)} as damaged: {wrong[0]}{more}."


def named(folder: Path) -> Path:
    """A folder that the user named; BadInput if it does not exist."""
    if not folder.is_dir():
        raise BadInput(f"There is no history at {folder}; python -m harness history add RESULTS begins one.")
    return folder


def _run(line: bytes) -> dict[str, Any]:
    head = results.strict_json(line)
    if not isinstance(head, dict) or head.get("schema") != SCHEMA or not isinstance(head.get("run"), dict):
        raise ValueError("not the first line of a run")
    run = {key: head["run"].get(key) for key in _RUN}
    if not all(isinstance(run[key], kind) for key, kind in _RUN.items()):
        raise ValueError("a run without its facts")
    datetime.datetime.fromisoformat(run["started"])
    return run


def _cell(line: bytes) -> dict[str, Any]:
    cell = results.strict_json(line)
    if not isinstance(cell, dict) or not all(isinstance(cell.get(key), str) for key in ("claim", "cell", "verdict")):
        raise ValueError("not a cell")
    if not all(cell.get(key) is None or (isinstance(cell[key], Real) and isfinite(cell[key])) for key in _NUMBERS):
        raise ValueError("a number that is none")
    return {"predicted": "", **dict.fromkeys(_NUMBERS), **cell}


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
    """A claim's verdicts and estimates over the nights.

    Args:
        nights: runs in the order of time.
        slug: name of the claim.
        cell_ids: the cells that are shown, in order.

    Returns:
        `nights`: facts of the runs in columns; `cells`: for each cell None if it was seen at most once, else columns n
        (number of the night), o (verdict), v, l and h (value and interval, each None if there is none). None if no cell
        was seen twice.
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

    bound: whether the predicted region changed, so that the same estimate may have a new verdict.
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
