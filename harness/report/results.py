"""results.json: everything a run found, and all that the report reads.

Keys: `schema`; `run` (when, where, with what); `claims` (slug → text and claim-level verdict); `cells` (one record a
judged cell, as `run/records.py` makes them). Other keys are ignored, such as `plan` of earlier versions. Numbers that
are not finite are null.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate
from math import isfinite
from numbers import Real
from pathlib import Path
from typing import Any

from harness.arguments import short_repr
from harness.errors import BadInput, printable
from harness.reading import gunzipped, read_bytes
from harness.report.words import OUTCOMES
from harness.writing import refuse_others, write_text

SCHEMA = 1
# Nothing that is written here is nested half as deeply.
_DEEPEST = 64
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
# Controls other than tabs and ends of lines, and what turns the direction of writing.
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_ESCAPED = re.compile(r"\\[bfru]")
# Beside the results: those of the run before.
PREVIOUS = "previous.json"


_ADVICE = "free some space or name another place with --report. What was drawn is in the store."


def write(path: Path, document: Mapping[str, Any], advice: str = _ADVICE) -> None:
    """Replace the file at once, so that a reader, or a kill at any moment, leaves the old or the new one.

    Args:
        path: the file.
        document: its content; numbers that are not finite become null.
        advice: end of the sentence that says that it cannot be written.

    Raises:
        BadInput: it cannot be written.
    """
    try:
        text = _json(document)
    except ValueError:
        text = _json(_writable(document))
    write_text(path, text + "\n", advice)


def _json(document: Any) -> str:
    """ValueError for numbers that are not finite, and halves of characters, as names of files may have them."""
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    text.encode("utf-8")
    return text


def set_aside(path: Path) -> None:
    """Move the results of an earlier run to previous.json beside them, so that nobody takes them for those of a run
    that has begun and may not live to write its own. What cannot be moved stays."""
    previous = path.with_name(PREVIOUS)
    with suppress(OSError, BadInput):
        if path.is_file() and not path.is_symlink():
            refuse_others(previous, "")
            path.replace(previous)


def read(path: Path) -> dict[str, Any]:
    """A results file, also one packed with gzip, checked; BadInput if it is missing, is none, or has another schema."""
    try:
        content = read_bytes(path)
        document = strict_json(gunzipped(content) if path.suffix == ".gz" else content)
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

    That is NaN and infinities, whole numbers too large for an array, halves of characters, and deep nesting. Characters
    that steer a terminal are escaped, but for the ends of lines.
    """
    text = text if isinstance(text, str) else text.decode("utf-8")
    brackets = (1 if each in "[{" else -1 for each in re.findall(r"[][{}]", _STRING.sub("", text)))
    if max(accumulate(brackets), default=0) > _DEEPEST:
        raise ValueError("nested too deeply")
    found = json.loads(text, parse_constant=_refuse, parse_int=_whole, parse_float=_real)
    if "\\u" in text:
        json.dumps(found, ensure_ascii=False).encode("utf-8")
    return _harmless(found) if _STEERING.search(text) or _ESCAPED.search(text) else found


def _harmless(value: Any) -> Any:
    if isinstance(value, str):
        return _STEERING.sub(lambda each: printable(each[0]), value)
    return _mapped(_harmless, value)


def _refuse(text: str) -> Any:
    raise ValueError(f"{text} is no number")


def _whole(digits: str) -> int:
    return int(digits) if len(digits) <= 18 else _refuse(digits[:18])


def _real(digits: str) -> float:
    value = float(digits)
    return value if isfinite(value) else _refuse(digits[:18])


def _writable(value: Any) -> Any:
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return _mapped(_writable, value)


def _mapped(change: Callable[[Any], Any], value: Any) -> Any:
    """A record or list with every part of it changed; the value itself if it is neither."""
    if isinstance(value, Mapping):
        return {change(key): change(each) for key, each in value.items()}
    return [change(each) for each in value] if isinstance(value, list | tuple) else value


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
_LATER_IN_RUN = {"alpha": Real, "cut_by_time": int}
_LATER_IN_CLAIM = {"speaks_for": str, "excludes": list, "tests": list, "in_plain_words": str, "untested": dict}
_LATER_IN_CELL = {
    "test": str,
    "quantity": str,
    "holds": _QUANTIFIER,
    "crux": bool,
    "control": bool,
    "known": str,
    "cut_by_time": bool,
    "published": (dict, type(None)),
}
_PUBLISHED = {"value": Real, "error": Real, "source": str, "why": str}
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
        if cell.get("published") is not None:
            yield from _missing(cell["published"], _PUBLISHED, f"the published number of {where}")
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
