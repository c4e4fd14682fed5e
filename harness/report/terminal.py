"""What people who stay in the terminal are shown."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.report.against import CHANGED, DIFFER, Comparison
from harness.report.words import OUTCOMES, SYMBOLS, duration, interval, number, plural, short_verdict, state

_WIDTH_OF_A_FILE = 150
_STYLES = {"supported": "green", "refuted": "red", "changed": "bold red", "error": "bold red", "inconclusive": "yellow"}


def verdict_table(document: dict[str, Any], console: Console) -> None:
    """One row a claim: its verdict and how many of its cells came out how."""
    outcomes = Counter(cell["outcome"] for cell in document["cells"])
    shown = [outcome for outcome in OUTCOMES if outcomes[outcome]]
    table = Table(title="Verdicts", title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("claim", overflow="fold")
    table.add_column("kind")
    table.add_column("verdict", overflow="fold")
    for outcome in shown:
        table.add_column(f"{SYMBOLS[outcome]} {outcome}", justify="right", style=_STYLES.get(outcome, ""))
    for slug, claim in document["claims"].items():
        counts = Counter(cell["outcome"] for cell in document["cells"] if cell["claim"] == slug)
        cells = [str(counts[outcome]) if counts[outcome] else "" for outcome in shown]
        table.add_row(Text(slug), Text(claim["kind"]), Text(short_verdict(claim["verdict"])), *cells)
    console.print(table)
    run = document["run"]
    share = spent_share(document)
    drawn = f", {share:.0%} of the draws that the looks allow" if share is not None else ""
    console.print(
        f"{state(document)}. {plural(len(document['cells']), 'cell')} in {duration(run['seconds'])}{drawn}.",
        markup=False,
        highlight=False,
    )


def console() -> Console:
    """The standard output; where that is no terminal there is no width to respect."""
    found = Console()
    return found if found.is_terminal else Console(width=_WIDTH_OF_A_FILE)


def against_table(comparison: Comparison, console: Console) -> None:
    """What differs between two runs; the cells that do not are counted."""
    differing = [pair for pair in comparison.pairs if pair.said in (CHANGED, DIFFER)]
    if differing:
        table = _table("Differences", "claim", "cell", "result", "this run", "the other", "p")
        for pair in differing:
            sides = [_measured(cell) for cell in (pair.cell, pair.other)]
            row = [pair.cell["claim"], pair.cell["id"], pair.said, *sides, number(pair.p, "")]
            table.add_row(*map(Text, row))
        console.print(table)
    for sentence in [comparison.summary(), *comparison.runs]:
        console.print(sentence, markup=False, highlight=False)


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _measured(cell: Mapping[str, Any]) -> str:
    """✓ 0.9 [0.8, 1]."""
    estimate = cell["estimate"]
    said = f" {number(estimate['value'], 'none')} {interval(estimate)}" if estimate else f" {cell['verdict']}"
    return SYMBOLS[cell["outcome"]] + said


def spent_share(document: dict[str, Any]) -> float | None:
    """Part of the draws allowed by all looks of the judged cells that was spent; early decisions save the rest."""
    shares = [cell["share_of_draws"] for cell in document["cells"] if cell["estimate"] is not None]
    return sum(shares) / len(shares) if shares else None
