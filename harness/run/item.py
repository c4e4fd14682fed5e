"""A pytest item of a claim is one cell: it is judged, and its report carries the record."""

import json
from collections.abc import Sequence
from functools import cache
from os.path import relpath
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from harness.claim import ClaimText, Question, question_of, questions_in
from harness.claim.scales import CRUX_SHARES
from harness.execution.machine import settings
from harness.report.accepted import accept, may_be_accepted
from harness.run import records
from harness.run.earlier import looked_at
from harness.run.judging import Judged, judge_cell
from harness.run.session import ALPHA, Session
from harness.verdicts import Looks, Verdict

# A cell's place in the report: that of its file, whenever it is judged.
PLACE = pytest.StashKey[int]()


def judge_item(item: pytest.Function, session: Session) -> dict[str, Any]:
    """Judge a cell; the record of the cell, its claim and the run, JSON-ready."""
    question, cell = _asked_by(item)
    own = shares_of(item)
    looks = Looks(ALPHA, _shares_of_all(item.module, session.scale), session.lab.scale.looks, own)
    stored = session.looked.get(_name_of(question, cell), 0)
    allowance = session.allowance(own)._replace(stored=stored)
    judged = judge_cell(item.function, question, cell, session.lab, looks, allowance)
    session.count(own, stored)
    return _record(item, session, judged)


def error_record(item: pytest.Function, session: Session, traceback: str) -> dict[str, Any]:
    """Make the record of a cell that failed outside its estimate.

    Args:
        item: the cell's pytest item.
        session: the run.
        traceback: the reason in the record.

    Returns:
        The record of the cell, its claim and the run, JSON-ready.
    """
    return _record(item, session, Judged(Verdict.ERROR, reason=traceback))


def is_crux(item: Any) -> bool:
    """Whether the cell is one of the few that decide."""
    question, cell = _asked_by(item)
    return question.is_crux(cell)


def shares_of(item: pytest.Function) -> int:
    """Shares of the budget, and of its claim's error, that a cell has."""
    return _shares(*_asked_by(item))


def reckon(cells: Sequence[pytest.Function], session: Session) -> None:
    """Note how many shares these cells have, and of how many no earlier run has drawn the first looks."""
    session.shares = sum(shares_of(item) for item in cells)
    if session.budget is not None:
        session.looked = looked_at(session)
        unlooked = sum(_name_of(*_asked_by(item)) not in session.looked for item in cells)
        session.unlooked = unlooked / session.workers


@cache
def _shares_of_all(module: ModuleType, scale: str) -> int:
    """Shares of all cells of a claim, which share its error, whichever of them are asked for now."""
    return sum(_shares(each, cell) for each in questions_in(module) for cell in each.cells(scale))


def _shares(question: Question, cell: dict[str, Any]) -> int:
    return CRUX_SHARES if question.is_crux(cell) else 1


def _name_of(question: Question, cell: dict[str, Any]) -> tuple[str, str]:
    return question.slug, question.cell_id(cell)


def _asked_by(item: pytest.Function) -> tuple[Question, dict[str, Any]]:
    question = question_of(item.function)
    assert question is not None
    return question, {axis: item.callspec.params[axis] for axis in question.grid}


def _record(item: pytest.Function, session: Session, judged: Judged) -> dict[str, Any]:
    question, cell = _asked_by(item)
    cell_id, verdict = question.cell_id(cell), str(judged.verdict)
    accepted = session.accepted.get(question.slug, {})
    entry = accepted.get(cell_id)
    if item.config.option.accept_verdicts and may_be_accepted(question.kind, verdict):
        entry = accept(verdict, question.prediction(cell).text, entry)
    if item.path not in session.claims:
        file, text = Path(relpath(item.path, session.root)), ClaimText.of(item.module.__doc__ or "")
        claim = records.claim_record(file, text, questions_in(item.module), session.scale, accepted)
        session.claims[item.path] = claim
    record = {
        "index": item.stash[PLACE],
        "cell": records.cell_record(item.nodeid, cell_id, question, cell, judged, entry, session),
        "claim": session.claims[item.path],
        "run": {
            "device": str(session.lab.device),
            "device_name": session.executor.device_name,
            "settings": settings(session.lab.device),
            "cells_expected": session.expected,
        },
    }
    return json.loads(json.dumps(record, default=float))
