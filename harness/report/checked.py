"""Whether a results document has everything that the report reads, so that a damaged one is refused in a sentence."""

from collections.abc import Iterator, Mapping
from numbers import Real
from typing import Any

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
        if cell["estimate"] is not None:
            yield from _missing(cell["estimate"], _ESTIMATE, f"the estimate of {where}")
        if cell["outcome"] not in OUTCOMES:
            yield f"{where} has the outcome {cell['outcome']!r}"


def _missing(record: Any, wanted: Mapping[str, Any], where: str) -> Iterator[str]:
    if not isinstance(record, Mapping):
        yield f"{where} is not a record"
        return
    for key, kind in wanted.items():
        if key not in record:
            yield f"{where} has no {key!r}"
        elif not isinstance(record[key], kind):
            yield f"{where} has {key} = {str(record[key])[:40]!r}"
