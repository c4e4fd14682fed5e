"""results.json: everything a run found, and all that the report reads.

Keys: `schema`; `run` (when, where, with what); `claims` (slug → text and claim-level verdict); `cells` (one record a
judged cell, as `harness.records.cell_record` makes them); of a complete run also `plan`, how what it computed compares
with what was predicted of it: `cells` (seconds predicted and taken, and `before`, the part taken by what had been
measured before), `load` (what all predictions are multiplied by), `right` and `new` (shares of cells within a factor of
two), and `note` (a sentence, or nothing). Numbers that are not finite are null.
"""

import json
import os
from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import Any

from harness.arguments import shown
from harness.errors import BadInput

SCHEMA = 1


def write(path: Path, document: Mapping[str, Any]) -> None:
    """Replace the file at once, so that a reader or a kill at any moment finds the old or the new one."""
    try:
        text = _json(document)
    except ValueError:
        text = _json(_finite(document))
    write_text(
        path,
        text + "\n",
        "free some space or name another place with --report. What was drawn is in the store.",
    )


def _json(document: Any) -> str:
    """ValueError for numbers that are not finite."""
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def write_text(path: Path, text: str, advice: str) -> None:
    """Replace a file at once; BadInput with the advice where it cannot be written, and the old one stays."""
    if path.is_dir():
        raise BadInput(f"{path} is a folder; {advice}")
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with unfinished.open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                # Or a power cut might leave the new name and nothing in it.
                os.fsync(file.fileno())
            unfinished.replace(path)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise BadInput(f"{path} cannot be written ({error.strerror}); {advice}") from None


def check_writable(path: Path) -> None:
    """BadInput where a file could not be written there, before anything is computed; a file that is there stays."""
    if path.is_dir():
        raise BadInput(f"{path} is a folder; name a file with --report.")
    probe = path.with_name(f".{path.name}.probe.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        probe.write_text("")
        probe.unlink()
    except OSError as error:
        raise BadInput(f"{path} cannot be written ({error.strerror}); name another place with --report.") from None


def read(path: Path) -> dict[str, Any]:
    """A results file, checked; BadInput where it is missing, not one, or of another schema."""
    try:
        document = strict_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadInput(f"There are no results at {path}; make some with pytest claims/.") from None
    except OSError as error:
        raise BadInput(f"The results {path} cannot be read ({error.strerror}).") from None
    except ValueError:
        raise BadInput(f"{path} is not a results file; make a new one with pytest claims/.") from None
    parts = {"schema": int, "run": dict, "claims": dict, "cells": list}
    if not isinstance(document, dict) or not all(isinstance(document.get(name), t) for name, t in parts.items()):
        raise BadInput(f"{path} is not a results file; make a new one with pytest claims/.")
    if document["schema"] != SCHEMA:
        raise BadInput(
            f"{path} has schema {document['schema']!r}, this version reads {SCHEMA}; make it anew with pytest claims/."
        )
    named = [cell.get("claim") if isinstance(cell, dict) else None for cell in document["cells"]]
    unknown = [name for name in named if not isinstance(name, str) or name not in document["claims"]]
    if unknown:
        raise BadInput(f"{path} has cells of a claim it does not describe ({shown(unknown[0])}); make it anew.")
    return document


def strict_json(text: str | bytes) -> Any:
    """JSON as it is written here; ValueError also for what Python would take besides, or could not go on with.

    That is NaN and infinities, whole numbers that no array holds, halves of characters, and nesting without end.
    """
    try:
        found = json.loads(text, parse_constant=_refuse, parse_int=_whole, parse_float=_real)
        if "\\u" in (text if isinstance(text, str) else text.decode("utf-8")):
            json.dumps(found, ensure_ascii=False).encode("utf-8")
    except RecursionError:
        raise ValueError("nested without end") from None
    return found


def _refuse(text: str) -> Any:
    raise ValueError(f"{text} is no number")


def _whole(digits: str) -> int:
    return int(digits) if len(digits) <= 18 else _refuse(digits[:18])


def _real(digits: str) -> float:
    value = float(digits)
    return value if isfinite(value) else _refuse(digits[:18])


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return value
