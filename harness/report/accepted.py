"""The verdicts reviewers have accepted: reports/accepted.json, claim → cell → verdict and the region it was for."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from harness.errors import BadInput
from harness.reading import read_bytes
from harness.report import results
from harness.writing import write_text

# What a cell's message says before the meaning of a verdict that was accepted with one.
MEANING = "What it means, in the words of those who accepted it: "
DECIDED = ("supported", "refuted")


@dataclass(frozen=True)
class Accepted:
    """An accepted verdict, the predicted region it was a verdict on, as text, and what reviewers say that it means."""

    verdict: str
    predicted: str
    meaning: str = ""


Table = dict[str, dict[str, Accepted]]


def read(path: Path) -> Table:
    """The accepted verdicts by claim and cell; none if there is no such file. BadInput if it is malformed."""
    try:
        raw = results.strict_json(read_bytes(path))
        table = {
            claim: {
                cell: Accepted(**{key: _text(text) for key, text in entry.items()}) for cell, entry in cells.items()
            }
            for claim, cells in raw.items()
        }
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError, KeyError, TypeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise BadInput(
            f"{path} does not hold accepted verdicts ({reason}); restore it from version control, or delete it and "
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
        raise TypeError("a verdict, its region and its meaning are texts")
    return value


def write(path: Path, table: Mapping[str, Mapping[str, Accepted]]) -> None:
    """Replace the file, sorted so that a diff shows changed verdicts and nothing else; BadInput if it cannot be
    written.
    """
    raw = {
        claim: {
            cell: {key: text for key, text in asdict(entry).items() if text} for cell, entry in sorted(cells.items())
        }
        for claim, cells in sorted(table.items())
    }
    text = json.dumps(raw, indent=1, ensure_ascii=False) + "\n"
    write_text(path, text, "make that file and its folder writable and accept the verdicts again.")


def accept(verdict: str, predicted: str, before: Accepted | None) -> Accepted:
    """Make the entry of a decided cell; what reviewers said of an earlier one stays as long as its verdict does.

    Args:
        verdict: supported or refuted.
        predicted: the region it is a verdict on, as text.
        before: the entry that it replaces; None for none.

    Returns:
        The entry.
    """
    kept = before.meaning if before is not None and before.verdict == verdict else ""
    return Accepted(verdict, predicted, kept)


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


def fails_the_run(kind: str, outcome: str, strict: bool = False) -> bool:
    """Whether a cell's outcome ends a run with an error: where it puts the software or an accepted verdict in doubt.

    Args:
        kind: kind of the claim.
        outcome: as `outcome` says it.
        strict: whether every refutation that nobody has accepted does.

    Returns:
        True for errors, changed verdicts and refuted theorems; any other refutation is a finding.
    """
    return outcome in ("changed", "error") or (outcome == "refuted" and (strict or kind == "theorem"))


def may_be_accepted(kind: str, verdict: str) -> bool:
    """Whether a verdict can be accepted: if it is decided, and no theorem's refutation, which is a bug and not a
    result.
    """
    return verdict in DECIDED and not (kind == "theorem" and verdict == "refuted")
