"""The first screen's sentences: those declared for what a run's crux cells found, with their numbers."""

from collections.abc import Sequence
from typing import Any

from harness.report import swap
from harness.report.grouping import Cell, asked, measured
from harness.report.questions import NO, OPEN, PART, STATEMENTS, YES, Evidence, Statement
from harness.report.sides import is_crux
from harness.report.written import values

_UNDECIDED = ("inconclusive", "error")


def answer(cells: Sequence[Cell], statements: Sequence[Statement] = STATEMENTS) -> dict[str, Any]:
    """The headline and the sentences.

    Args:
        cells: all cells of the page, each with its anchor.
        statements: what is declared.

    Returns:
        headline: text. statements: for each its name, state (yes, no, part, open), lead, and evidence: for each test
        that was asked its state, text, values (with intervals), moved (see `swap`), open (how many cells are), and its
        first cell.
    """
    found = [_statement(each, cells) for each in statements]
    heads = [each.headline[of["state"]] for each, of in zip(statements, found, strict=True) if each.headline]
    return {"headline": " ".join(heads), "statements": found}


def _statement(statement: Statement, cells: Sequence[Cell]) -> dict[str, Any]:
    evidence = [_evidence(each, cells) for each in statement.evidence]
    state = _together([each["state"] for each in evidence])
    asked_here = [each for each in evidence if each["cell"] is not None]
    return {"name": statement.name, "state": state, "lead": statement.said(state), "evidence": asked_here}


def _evidence(evidence: Evidence, cells: Sequence[Cell]) -> dict[str, Any]:
    judged = [
        cell
        for cell in cells
        if cell["claim"] == evidence.claim
        and asked(cell) == evidence.test
        and is_crux(cell)
        and cell["verdict"] in ("supported", "refuted", *_UNDECIDED)
    ]
    decided = {cell["verdict"] for cell in judged} - set(_UNDECIDED)
    undecided = sum(cell["verdict"] in _UNDECIDED for cell in judged)
    state = PART if len(decided) > 1 else YES if "supported" in decided else NO
    # As of a claim: where most cells are open, so is the whole.
    if not decided or 2 * undecided > len(judged):
        state = OPEN
    return {
        "state": state,
        "text": evidence.said(state),
        "values": values(judged, evidence.unit, evidence.percent),
        "moved": swap.said([cell for cell in judged if measured(cell)]),
        "open": f"{undecided} of {len(judged)} cells not decided" if undecided and state != OPEN else "",
        "cell": judged[0] if judged else None,
    }


def _together(states: Sequence[str]) -> str:
    """A statement is so if all of its evidence says so, not so if all says the opposite, in part if it is split."""
    found = set(states)
    if PART in found or {YES, NO} <= found:
        return PART
    return states[0] if len(found) == 1 else OPEN
