"""The nights: what each run found, in short, kept in a folder that only grows, one file of JSON lines a run.

The first line is {"schema": 1, "run": {started, commit, scale, seed, device, complete}}; each other line is one cell:
{claim, cell, verdict, predicted, value, low, high}. A run never writes here by itself: a nightly job does, with
`python -m harness history add`, and says by that which runs are nights and which are somebody's trial.
"""

import datetime
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from numbers import Real
from pathlib import Path
from typing import Any

from harness import results
from harness.errors import BadInput
from harness.report.charts import short

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
    """Keep a run; the same run again replaces itself. The file it is in."""
    found = night(document)
    digest = hashlib.sha256(json.dumps(found.run, sort_keys=True).encode()).hexdigest()[:8]
    time = "".join(character for character in str(found.run["started"])[:19] if character.isalnum())
    path = folder / f"{time}-{digest}.jsonl"
    lines = [{"schema": SCHEMA, "run": found.run}, *found.cells.values()]
    text = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)
    results.write_text(path, text, "name another folder with --history.")
    return path


def read(folder: Path) -> tuple[list[Night], str]:
    """The nights by date, and a sentence on what could not be read; none of either where there is no such folder."""
    nights, wrong = [], []
    for path in sorted(folder.glob("*.jsonl")):
        try:
            head, *lines = path.read_bytes().splitlines()
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
    """A folder that somebody named; BadInput where there is none."""
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
