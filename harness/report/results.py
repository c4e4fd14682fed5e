"""results.json: everything a run found, and all that the report reads.

Keys: `schema`; `run` (when, where, with what); `claims` (slug → text and claim-level verdict); `cells` (one record a
judged cell, as `run/records.py` makes them). Other keys are ignored, such as `plan` of earlier versions. Numbers that
are not finite are null.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from numbers import Real
from pathlib import Path
from typing import Any

from harness.arguments import short_repr
from harness.errors import BadInput
from harness.report.words import OUTCOMES

SCHEMA = 1


def write(path: Path, document: Mapping[str, Any]) -> None:
    """Replace the file at once, so that a reader, or a kill at any moment, leaves the old or the new one."""
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
    """Replace a file at once; if it cannot be written, the old one stays.

    Args:
        path: the file.
        text: its new content.
        advice: end of the sentence that says that it cannot be written.

    Raises:
        BadInput: the file cannot be written.
    """
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
    """Raise BadInput if a file cannot be written there, before anything is computed; an existing file stays."""
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
    """A results file, checked; BadInput if it is missing, is no results file, or has another schema."""
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
        raise BadInput(f"{path} has cells of a claim it does not describe ({short_repr(unknown[0])}); make it anew.")
    return document


def strict_json(text: str | bytes) -> Any:
    """Read JSON as this software writes it; ValueError for anything else that Python accepts or cannot handle.

    That is NaN and infinities, whole numbers too large for an array, halves of characters, and nesting without end.
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


_NUMBER = (Real, type(None))
_QUANTIFIER = (str, Real)
_RUN = {
    "complete": bool,
    "scale": str,
    "seed": int,
    "device": str,
    "started": str,
    "seconds": Real,
    "versions": dict,
    "command": str,
    "budget_seconds": _NUMBER,
    "cells_expected": int,
    "error_control": str,
}
_CLAIM = dict.fromkeys(
    ("slug", "room", "sentence", "source", "kind", "quantity", "predicted", "reason", "computed", "verdict", "summary"),
    str,
)
# What earlier versions did not write, and the report can do without.
_LATER_IN_RUN = {"alpha": Real}
_LATER_IN_CLAIM = {"speaks_for": str, "excludes": list}
_LATER_IN_CELL = {"test": str, "holds": _QUANTIFIER, "crux": bool, "control": bool, "known": str}
_CELL = {
    "claim": str,
    "id": str,
    "kind": str,
    "outcome": str,
    "verdict": str,
    "message": str,
    "rerun": str,
    "parameters": dict,
    "predicted": dict,
    "details": dict,
    "estimate": (dict, type(None)),
    "accepted": (str, type(None)),
    "seconds": Real,
    "share_of_draws": Real,
}


@dataclass(frozen=True)
class _Or:
    shapes: tuple[Any, ...]


_MAYBE = _Or((Real, type(None)))
_ENDS = _Or(((Real, Real, Real), type(None)))
_POINT = {"x": Real, "y": Real, "x_interval": (Real, Real), "y_interval": (Real, Real), "error": Real, "function": str}
_SHOWN = {"quantity": str, "value": _MAYBE, "low": _MAYBE, "high": _MAYBE, "noise_floor": _MAYBE, "method": str}
_NETWORK = {
    "name": str,
    "log10_p": [[_MAYBE]],
    "of_training": [_Or(((_MAYBE, _MAYBE, _MAYBE), type(None)))],
    "test_error": [_ENDS],
    "trained": _ENDS,
}
# What is drawn of a cell's details, where it is there.
_DETAILS: dict[str, Any] = {
    "scatter": [_POINT],
    "scatter_axes": (str, str),
    "complexity": [{"function": str, "k": Real, "p": Real}],
    "bound": {"a": Real, "b": Real},
    "notes": list,
    "secondary": [_SHOWN],
    "curve": [{"parameters": dict, "quantity": str, "value": _MAYBE, "low": _MAYBE, "high": _MAYBE}],
    "states": {"m": int, "n": int, "networks": [_NETWORK]},
    "sets": [_MAYBE],
    "rates": [{"optimiser": str, "rate": _MAYBE, "unit": _MAYBE, "ratio": _MAYBE}],
}
_PREDICTED = {"text": str, "low": _NUMBER, "high": _NUMBER}
_ESTIMATE = {
    "quantity": str,
    "unit": str,
    "method": str,
    "n": int,
    "looks": int,
    "level": Real,
    **dict.fromkeys(("value", "low", "high", "effective_n", "noise_floor"), _NUMBER),
}


def check(document: Mapping[str, Any]) -> None:
    """Raise BadInput that names the first thing missing or of the wrong kind."""
    for problem in _problems(document):
        raise BadInput(f"These results cannot be shown: {problem}; make them anew with pytest claims/.")


def _problems(document: Mapping[str, Any]) -> Iterator[str]:
    yield from _missing(document["run"], _RUN, "the run")
    yield from _missing(document["run"], _there(document["run"], _LATER_IN_RUN), "the run")
    for slug, claim in document["claims"].items():
        yield from _missing(claim, {**_CLAIM, **_there(claim, _LATER_IN_CLAIM)}, f"the claim {slug}")
        if not all(isinstance(name, str) for name in claim.get("excludes", [])):
            yield f"the claim {slug} excludes something that is no text"
    for number, cell in enumerate(document["cells"]):
        where = f"cell {number}"
        yield from _missing(cell, {**_CELL, **_there(cell, _LATER_IN_CELL)}, where)
        yield from _missing(cell["predicted"], _PREDICTED, f"the prediction of {where}")
        if not isinstance(cell["predicted"].get("reason", ""), str):
            yield f"the prediction of {where} has a reason that is no text"
        if cell["estimate"] is not None:
            yield from _missing(cell["estimate"], _ESTIMATE, f"the estimate of {where}")
        if cell["outcome"] not in OUTCOMES:
            yield f"{where} has the outcome {cell['outcome']!r}"
        if not all(isinstance(value, str | int | float | None) for value in cell["parameters"].values()):
            yield f"{where} has a parameter that is neither text nor number"
        for name, shape in _DETAILS.items():
            if cell["details"].get(name) is not None and not _fits(cell["details"][name], shape):
                yield f"{where} has {name} among its details that cannot be drawn"
        if (found := cell["details"].get("states")) is not None and not _alike(found):
            yield f"{where} has states of different numbers of training points"
    seen = [(cell["claim"], cell["id"]) for cell in document["cells"]]
    if len(set(seen)) < len(seen):
        yield f"there are two cells {short_repr(next(each for each in seen if seen.count(each) > 1)[1])} of one claim"


def _fits(value: Any, shape: Any) -> bool:
    """Whether it is of these types; of a list, each entry of its one shape; of a tuple, as many entries of its shapes;
    of a dict, at least its keys."""
    if isinstance(shape, dict):
        return isinstance(value, Mapping) and all(key in value and _fits(value[key], shape[key]) for key in shape)
    if isinstance(shape, list):
        return isinstance(value, list) and all(_fits(each, shape[0]) for each in value)
    if isinstance(shape, _Or):
        return any(_fits(value, each) for each in shape.shapes)
    if isinstance(shape, tuple):
        return isinstance(value, list) and len(value) == len(shape) and all(map(_fits, value, shape))
    return isinstance(value, shape) and not isinstance(value, bool)


def _alike(states: Mapping[str, Any]) -> bool:
    """Whether all columns of the table of states have a row for each number of training points right."""
    columns = [each[key] for each in states["networks"] for key in ("log10_p", "of_training", "test_error")]
    return len({len(column) for column in columns}) <= 1


def _there(record: Any, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the wanted keys that the record has."""
    return {key: kind for key, kind in wanted.items() if isinstance(record, Mapping) and key in record}


def _missing(record: Any, wanted: Mapping[str, Any], where: str) -> Iterator[str]:
    if not isinstance(record, Mapping):
        yield f"{where} is not a record"
        return
    for key, kind in wanted.items():
        if key not in record:
            yield f"{where} has no {key!r}"
        elif not isinstance(record[key], kind) or (kind is not bool and isinstance(record[key], bool)):
            yield f"{where} has {key} = {str(record[key])[:40]!r}"
