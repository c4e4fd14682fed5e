"""A judged cell as the record that the results file keeps and the report reads."""

import shlex
from collections.abc import Mapping
from dataclasses import asdict
from math import isfinite
from pathlib import Path
from typing import Any

from harness.claim import SCALES, ClaimText, Question, label
from harness.decimals import figures
from harness.report.accepted import DECIDED, MEANING, Accepted, outcome
from harness.report.words import minus, percent, plural
from harness.run.judging import Judged
from harness.run.session import Session
from harness.verdicts import Prediction, Verdict


def claim_record(
    file: Path, text: ClaimText, questions: list[Question], scale: str, accepted: Mapping[str, Accepted]
) -> dict[str, Any]:
    """Make a claim's record for the results file; its verdict is filled in as its cells are judged.

    Args:
        file: the claim's file, relative to the root.
        text: the parts of its docstring.
        questions: its test functions' declarations.
        scale: the run's scale.
        accepted: the claim's accepted verdicts by cell; entries that match no cell at any scale are listed as stale.

    Returns:
        The record, JSON-ready.
    """
    predictions = [question.prediction(cell) for question in questions for cell in question.cells(scale)]
    known = {question.cell_id(cell) for question in questions for each in SCALES for cell in question.cells(each)}
    return {
        "slug": file.stem,
        "room": file.parent.name,
        "sentence": text.sentence,
        "source": text.source,
        "kind": " and ".join(dict.fromkeys(question.kind for question in questions)),
        "speaks_for": questions[0].speaks_for,
        "excludes": list(dict.fromkeys(name for question in questions for name in question.excludes)),
        # Exact statements stand each for itself, also at a scale that leaves some of them out.
        "tests": [each.test for each in questions if each.kind != "theorem" or each.cells(scale)],
        "quantity": "; ".join(dict.fromkeys(question.quantity for question in questions)),
        "predicted": "; ".join(dict.fromkeys(prediction.text for prediction in predictions)),
        "reason": "; ".join(dict.fromkeys(prediction.reason for prediction in predictions)),
        "file": str(file),
        "computed": text.computed,
        "in_plain_words": text.in_words,
        "untested": _untested(questions, scale),
        "verdict": "not judged",
        "summary": "",
        "stale_accepted": sorted(set(accepted) - known),
    }


def _untested(questions: list[Question], scale: str) -> dict[str, list[Any]]:
    """The values of the grids' axes that larger scales have and this one does not, by axis, each by its name."""
    found: dict[str, list[Any]] = {}
    for axis in dict.fromkeys(axis for question in questions for axis in question.grid):
        grids = [question.grid[axis] for question in questions if axis in question.grid]
        here, everywhere = (
            [_plain(value) for grid in grids for each in scales for value in grid[each]] for scales in ([scale], SCALES)
        )
        if left := [value for value in dict.fromkeys(everywhere) if value not in here]:
            found[axis] = left
    return found


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float) else label(value)


def cell_record(
    nodeid: str,
    cell_id: str,
    question: Question,
    cell: Mapping[str, Any],
    judged: Judged,
    accepted: Accepted | None,
    session: Session,
    rerun: str = "",
) -> dict[str, Any]:
    """Make a cell's record for the results file.

    Args:
        nodeid: the cell's pytest id, by which it is rerun.
        cell_id: the cell's id within its claim.
        question: the declaration of the claim's function.
        cell: the cell's values by axis.
        judged: the verdict with its evidence.
        accepted: the accepted verdict; None if there is none.
        session: the run.
        rerun: how to run it again; empty: by its pytest id.

    Returns:
        The record, JSON-ready.
    """
    prediction = question.prediction(cell)
    verdict = str(judged.verdict)
    if not rerun:
        rerun = f"pytest {shlex.quote(nodeid)} --scale {session.scale} --seed {session.seed}"
        rerun += "" if session.device == "auto" else f" --device {session.lab.device}"
        rerun += session.problem
    return {
        "claim": question.slug,
        "id": cell_id,
        "nodeid": nodeid,
        "kind": question.kind,
        "test": question.test,
        "quantity": question.quantity,
        "holds": question.holds,
        "crux": question.is_crux(cell),
        "control": question.is_control(cell),
        "known": question.known,
        "published": asdict(published) if (published := question.published_of(cell)) else None,
        "parameters": parameters(cell),
        "predicted": {
            "text": prediction.text,
            "low": _finite(prediction.low),
            "high": _finite(prediction.high),
            "reason": prediction.reason,
        },
        "estimate": _estimate(judged),
        "verdict": verdict,
        "outcome": outcome(question.kind, verdict, accepted),
        "accepted": accepted.verdict if accepted else None,
        "message": _message(question, cell_id, prediction, judged, accepted, rerun),
        "seconds": round(judged.seconds, 3),
        "share_of_draws": judged.share,
        "cut_by_time": judged.cut,
        "seed": session.seed,
        "device": str(session.lab.device),
        "rerun": rerun,
        "details": {**(judged.estimate.details if judged.estimate else {}), **_rates(question, cell_id, session)},
    }


def _rates(question: Question, cell_id: str, session: Session) -> dict[str, Any]:
    """Rates and units of the cell's relative optimisers, if it was begun and had any."""
    facts = session.lab.rates.facts if session.lab.cell == f"{question.slug}/{cell_id}" else []
    return {"learning rates": facts} if facts else {}


def parameters(cell: Mapping[str, Any]) -> dict[str, Any]:
    """A cell's parameters as plain facts: the facts that its values give about themselves, else their names."""
    facts: dict[str, Any] = {}
    for axis, value in cell.items():
        facts[axis] = _plain(value)
        facts.update(getattr(value, "facts", {}))
    return facts


def properties(cell: Mapping[str, Any]) -> list[tuple[str, str]]:
    """A cell's record in short, as the properties of a test in JUnit files."""
    said = {"claim": cell["claim"], "outcome": cell["outcome"], "predicted": cell["predicted"]["text"]}
    if estimate := cell["estimate"]:
        said |= {key: estimate[key] for key in ("quantity", "value", "low", "high", "level", "n", "unit")}
    return [(key, str(value)) for key, value in said.items()]


def _estimate(judged: Judged) -> dict[str, Any] | None:
    estimate = judged.estimate
    if estimate is None:
        return None
    return {
        "quantity": estimate.quantity,
        "value": estimate.value,
        "low": judged.low,
        "high": judged.high,
        "level": judged.level,
        "n": estimate.n,
        "unit": estimate.unit,
        "effective_n": estimate.effective_n,
        "method": estimate.method,
        "noise_floor": estimate.noise_floor,
        "looks": judged.looks,
        "needed": judged.needed,
    }


def _message(
    question: Question,
    cell_id: str,
    prediction: Prediction,
    judged: Judged,
    accepted: Accepted | None,
    rerun: str,
) -> str:
    """One readable paragraph: claim, cell, estimate, interval, predicted region, and how to rerun."""
    estimate = judged.estimate
    if estimate is None:
        return f"{question.slug} [{cell_id}]: {judged.reason}" if judged.verdict is Verdict.ERROR else judged.reason
    said = {
        Verdict.SUPPORTED: "Supported",
        Verdict.REFUTED: "Refuted",
        Verdict.INCONCLUSIVE: "Inconclusive",
    }[judged.verdict]
    value, ends = figures(estimate.value, judged.low, judged.high, [prediction.low, prediction.high])
    text = (
        f"{said}: {question.slug} [{cell_id}] predicted {estimate.quantity} {minus(prediction.text)}; measured "
        f"{value}, interval {ends} at level {percent(judged.level)} ({estimate.n:,} {estimate.unit}, "
        f"{plural(judged.looks, 'look')}). "
        f"Why this was predicted: {prediction.reason}."
    )
    if judged.needed:
        undecided = judged.needed.startswith("would need")
        text += f" To decide it {judged.needed}." if undecided else f" Not decided: {judged.needed}."
    if judged.reason:
        text += f" {judged.reason}"
    if accepted is not None and accepted.predicted != prediction.text:
        text += f" The bound was changed: the accepted verdict was on {accepted.predicted!r}."
    if accepted is not None and judged.verdict in DECIDED and accepted.verdict != judged.verdict:
        text += f" The verdict was changed: {accepted.verdict} was accepted."
    if accepted is not None and accepted.verdict == judged.verdict and accepted.meaning:
        text += f" {MEANING}{accepted.meaning}"
    return f"{text} To rerun: {rerun}"


def _finite(value: float) -> float | None:
    return value if isfinite(value) else None
