"""Whether a results document has everything that the report reads, so that a damaged one is refused in a sentence."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any

from harness.arguments import shown
from harness.errors import BadInput
from harness.report.words import OUTCOMES

_NUMBER = (Real, type(None))
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

_PLAN = {
    "note": str,
    "load": Real,
    "cells": [{"claim": str, "id": str, "predicted": Real, "took": Real, "before": Real}],
}
# Beyond the age of the universe, and short of what a clock can tell.
_LONGEST, _SHORTEST = 1e18, 1e-12


def check(document: Mapping[str, Any]) -> None:
    """BadInput that names the first thing missing or of the wrong kind."""
    for problem in _problems(document):
        raise BadInput(f"These results cannot be shown: {problem}; make them anew with pytest claims/.")


def _problems(document: Mapping[str, Any]) -> Iterator[str]:
    yield from _missing(document["run"], _RUN, "the run")
    for slug, claim in document["claims"].items():
        yield from _missing(claim, _CLAIM, f"the claim {slug}")
    for number, cell in enumerate(document["cells"]):
        where = f"cell {number}"
        yield from _missing(cell, _CELL, where)
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
    if "plan" in document and not _drawable(document["plan"]):
        yield "the plan of the run is not as it should be"
    seen = [(cell["claim"], cell["id"]) for cell in document["cells"]]
    if len(set(seen)) < len(seen):
        yield f"there are two cells {shown(next(each for each in seen if seen.count(each) > 1)[1])} of one claim"


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


def _drawable(plan: Any) -> bool:
    """Whether it has all of a plan, with times that have logarithms."""
    return _fits(plan, _PLAN) and all(
        _SHORTEST < number < _LONGEST for cell in plan["cells"] for number in (cell["predicted"], cell["took"])
    )


def _alike(states: Mapping[str, Any]) -> bool:
    """Whether all columns of the table of states have a row for each number of training points right."""
    columns = [each[key] for each in states["networks"] for key in ("log10_p", "of_training", "test_error")]
    return len({len(column) for column in columns}) <= 1


def _missing(record: Any, wanted: Mapping[str, Any], where: str) -> Iterator[str]:
    if not isinstance(record, Mapping):
        yield f"{where} is not a record"
        return
    for key, kind in wanted.items():
        if key not in record:
            yield f"{where} has no {key!r}"
        elif not isinstance(record[key], kind) or (kind is not bool and isinstance(record[key], bool)):
            yield f"{where} has {key} = {str(record[key])[:40]!r}"
