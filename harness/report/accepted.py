"""The verdicts reviewers have accepted: reports/accepted.json, claim → cell → verdict and the region it was for."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.errors import BadInput
from harness.report import results
from harness.report.results import write_text

DECIDED = ("supported", "refuted")
# Outcomes that fail a run.
FAILING = ("refuted", "changed", "error")


@dataclass(frozen=True)
class Accepted:
    """An accepted verdict and the predicted region it was a verdict on, as text."""

    verdict: str
    predicted: str


Table = dict[str, dict[str, Accepted]]


def read(path: Path) -> Table:
    """The accepted verdicts by claim and cell; none if there is no such file. BadInput if it is malformed."""
    try:
        raw = results.strict_json(path.read_text(encoding="utf-8"))
        table = {
            claim: {cell: Accepted(_text(entry["verdict"]), _text(entry["predicted"])) for cell, entry in cells.items()}
            for claim, cells in raw.items()
        }
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError, KeyError, TypeError) as error:
        raise BadInput(
            f"{path} does not hold accepted verdicts ({error}); restore it from version control, or delete it and "
            "accept verdicts anew with --accept-verdicts."
        ) from None
    wrong = [entry.verdict for cells in table.values() for entry in cells.values() if entry.verdict not in DECIDED]
    if wrong:
        raise BadInput(
            f"{path} holds the verdict {wrong[0]!r}; only {' and '.join(DECIDED)} can be accepted: remove that entry."
        )
    return table


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a verdict and its region are texts")
    return value


def write(path: Path, table: Mapping[str, Mapping[str, Accepted]]) -> None:
    """Replace the file, sorted so that a diff shows changed verdicts and nothing else; BadInput if it cannot be
    written.
    """
    raw = {
        claim: {cell: {"verdict": entry.verdict, "predicted": entry.predicted} for cell, entry in sorted(cells.items())}
        for claim, cells in sorted(table.items())
    }
    text = json.dumps(raw, indent=1, ensure_ascii=False) + "\n"
    write_text(path, text, "make that file and its folder writable and accept the verdicts again.")


def outcome(kind: str, verdict: str, accepted: Accepted | None) -> str:
    """Compare a verdict with the accepted one.

    Args:
        kind: kind of the claim.
        verdict: this run's verdict.
        accepted: the accepted verdict; None: none was accepted.

    Returns:
        "changed" for a decided verdict that contradicts the accepted one; "refuted, accepted" for a refutation that
        equals it, except a theorem's, which stays "refuted"; else the verdict itself.
    """
    if verdict not in DECIDED or accepted is None:
        return verdict
    if kind == "theorem" and verdict == "refuted":
        return "refuted"
    if verdict != accepted.verdict:
        return "changed"
    return "refuted, accepted" if verdict == "refuted" else "supported"


def may_be_accepted(kind: str, verdict: str) -> bool:
    """Whether a verdict can be accepted: if it is decided, and no theorem's refutation, which is a bug and not a
    result.
    """
    return verdict in DECIDED and not (kind == "theorem" and verdict == "refuted")
