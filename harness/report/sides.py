"""Which answer the claims speak for, and how they came out: counts by side, crux cells, verdicts to expect wrong."""

from collections.abc import Mapping, Sequence
from typing import Any

from harness.report import words
from harness.report.grouping import Cell, measured
from harness.report.written import of_cells

# In the order in which a reader wants them; the same as a claim may declare.
SIDES = ("architecture", "optimiser", "instrument")
UNDECLARED = "not declared"
VERDICTS = ("holds", "fails", "undecided", "not judged")


def side(claim: Mapping[str, Any]) -> str:
    """The answer a claim speaks for; results of earlier versions do not say."""
    return str(claim.get("speaks_for") or UNDECLARED)


def in_order(claims: Sequence[Mapping[str, Any]]) -> list[str]:
    """The sides of these claims, the known ones first."""
    found = dict.fromkeys(map(side, claims))
    return [*(each for each in SIDES if each in found), *(each for each in found if each not in SIDES)]


def counts(claims: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """For each side: its name, the number of its claims, and how many have each of the verdicts.

    What an earlier version called "holds except in …" is counted as fails, since a claim is on all of its cells.
    """
    rows = []
    for name in in_order(claims):
        verdicts = [words.short_verdict(claim["verdict"]) for claim in claims if side(claim) == name]
        verdicts = ["fails" if verdict == "holds in part" else verdict for verdict in verdicts]
        rows.append({"side": name, "claims": len(verdicts), **{each: verdicts.count(each) for each in VERDICTS}})
    return rows


def in_words(claims: Sequence[Mapping[str, Any]]) -> str:
    """ "architecture: 12 of 26 claims hold, 8 fail; optimiser: 1 of 3 claims holds"."""
    said = []
    for row in counts(claims):
        parts = [f"{row['holds']} of {words.plural(row['claims'], 'claim')} hold{'s' if row['claims'] == 1 else ''}"]
        parts += [
            f"{row[verdict]} {name}"
            for verdict, name in (("fails", "fail"), ("undecided", "undecided"), ("not judged", "not judged"))
            if row[verdict]
        ]
        said.append(f"{row['side']}: {', '.join(parts)}")
    return "; ".join(said)


def lines(claims: Mapping[str, Mapping[str, Any]], cells: Sequence[Cell]) -> list[str]:
    """For the terminal: "architecture: 12 of 26 claims hold, 8 fail; crux 9 ✓ 2 ✗ 1 ?", a line a side."""
    said = []
    for name in in_order(list(claims.values())):
        mine = {slug: claim for slug, claim in claims.items() if side(claim) == name}
        found = [cell["verdict"] for cell in cells if is_crux(cell) and cell["claim"] in mine]
        marks = [f"{found.count(v)} {words.SYMBOLS[v]}" for v in words.OUTCOMES if v in found]
        said.append(in_words(list(mine.values())) + (f"; crux {' '.join(marks)}" if marks else ""))
    return said


def crux_lines(claims: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The cells that would change a mind: a line for each test that has any, in the order of the sides.

    Args:
        claims: as the page has them, with their groups of rows.

    Returns:
        Lines: side, claim, group, cells, how many of them have each verdict, what was measured ("" if nothing was).
    """
    lines = []
    for name in in_order(claims):
        for claim in (each for each in claims if side(each) == name):
            for group in claim["groups"]:
                cells = [cell for cell in group["rows"] if is_crux(cell)]
                seen = [cell for cell in cells if measured(cell)]
                if cells:
                    line = {"side": name, "claim": claim, "group": group, "cells": cells, "said": _tally(cells)}
                    lines.append({**line, "measured": of_cells(seen) if seen else ""})
    return lines


def is_crux(cell: Cell) -> bool:
    """Whether it is one of the few cells that decide."""
    return bool(cell.get("crux"))


def is_control(cell: Cell) -> bool:
    """Whether it is shown but not counted."""
    return bool(cell.get("control"))


def _tally(cells: Sequence[Cell]) -> str:
    """ "supported in 3, refuted in 1 of 4 cells"."""
    verdicts = [cell["verdict"] for cell in cells]
    parts = [f"{verdict} in {verdicts.count(verdict)}" for verdict in dict.fromkeys(sorted(verdicts, key=_urgency))]
    return f"{', '.join(parts)} of {words.plural(len(cells), 'cell')}"


def _urgency(verdict: str) -> int:
    return words.OUTCOMES.index(verdict) if verdict in words.OUTCOMES else len(words.OUTCOMES)


def expected_wrong(document: Mapping[str, Any]) -> str:
    """How many claims may be expected to have a wrong verdict; empty if the results do not say at what level."""
    alpha = document["run"].get("alpha")
    decided = {cell["claim"] for cell in document["cells"] if cell["verdict"] in ("supported", "refuted")}
    if alpha is None or not decided:
        return ""
    return (
        f"Over the {words.plural(len(decided), 'claim')} with a decided cell, at most {alpha:g} × {len(decided):,} = "
        f"{words.number(alpha * len(decided), digits=2)} are therefore expected to have a wrong verdict, on a cell or "
        "as a whole."
    )
