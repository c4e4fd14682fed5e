"""Verdicts, claims and comparisons in the terminal."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.report import forest, sides
from harness.report.against import CHANGED, DIFFER, Comparison
from harness.report.grouping import measured
from harness.report.sentences import in_words
from harness.report.tables import groups
from harness.report.words import OUTCOMES, SYMBOLS, amount, duration, interval, number, plural, short_verdict, state

_WIDTH_OF_A_FILE = 150
_STRIP = 30
_STYLES = {"supported": "green", "refuted": "red", "changed": "bold red", "error": "bold red", "inconclusive": "yellow"}


def verdict_table(document: dict[str, Any], console: Console) -> None:
    """Print one row per claim: its verdict and the number of its cells by outcome."""
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
    if document["claims"]:
        by_side = f"By the answer they speak for: {sides.in_words(list(document['claims'].values()))}."
        console.print(by_side, markup=False, highlight=False)
    run = document["run"]
    share = spent_share(document)
    drawn = f", {share:.0%} of the draws that the looks allow" if share is not None else ""
    console.print(
        f"{state(document)}. {plural(len(document['cells']), 'cell')} in {duration(run['seconds'])}{drawn}.",
        markup=False,
        highlight=False,
    )


def claim_table(document: dict[str, Any], slug: str, console: Console) -> None:
    """Print a claim: its sentence, its verdict in words, and a row per cell, each with a strip of its interval.

    Args:
        document: the results.
        slug: name of the claim.
        console: where it is printed.
    """
    claim = document["claims"][slug]
    cells = [cell for cell in document["cells"] if cell["claim"] == slug]
    console.print(Text(claim["sentence"], style="bold"))
    facts = f"{claim['kind']}, speaks for: {sides.side(claim)}. Source: {claim['source']}"
    nulls = ", ".join(claim.get("excludes", []))
    excluded = [f"Null learners excluded: {nulls}."] if nulls else []
    for line in (in_words(cells, claim["verdict"]), facts, *excluded):
        console.print(line, markup=False, highlight=False)
    for group in groups(cells):
        console.print()
        title = f"{group['title']}{', predicted ' + group['predicted'] if group['predicted'] else ''}"
        axis = forest.axis(group["rows"])
        span = f"{number(axis.low)} … {number(axis.high)}" if axis else ""
        table = _table(Text(title, style="italic"), "cell", "verdict", Text(span), "estimate", "interval", "sample")
        for row in group["rows"]:
            estimate = row["estimate"]
            found = (
                (_strip(row, axis), number(estimate["value"], "none"), interval(estimate), f"{estimate['n']:,}")
                if estimate
                else ("", row["why"], "", "")
            )
            style = _STYLES.get(row["outcome"], "")
            verdict = Text(f"{SYMBOLS[row['outcome']]} {row['outcome']}", style=style)
            label = f"{row['label']} ({row['role']})" if row["role"] else row["label"]
            table.add_row(Text(label), verdict, *map(Text, found))
        console.print(table)


def _strip(cell: Mapping[str, Any], axis: forest.Axis | None) -> str:
    """The forest plot's row in characters: ░ the predicted region, ─ the interval, ● the value."""
    if axis is None or not measured(cell):
        return ""
    estimate, predicted = cell["estimate"], cell["predicted"]

    def covered(ends: Mapping[str, Any]) -> range:
        low, high = (axis.at(ends[end]) if ends[end] is not None else far for end, far in (("low", 0), ("high", 100)))
        return range(_place(low), _place(high) + 1)

    region, line, value = covered(predicted), covered(estimate), _place(axis.at(estimate["value"]))
    return "".join("●" if i == value else "─" if i in line else "░" if i in region else " " for i in range(_STRIP))


def _place(percent: float) -> int:
    return min(int(percent / 100 * _STRIP), _STRIP - 1)


def console() -> Console:
    """The standard output; if it is no terminal, it has no width to respect."""
    found = Console()
    return found if found.is_terminal else Console(width=_WIDTH_OF_A_FILE)


def plan_table(plan: Mapping[str, Any], console: Console) -> None:
    """What a run would cost: a row a claim, and the whole run against its budget."""
    title = f"Plan: scale {plan['scale']}, {plan['device']}"
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    table.add_column("claim", overflow="fold")
    for name in ("cells", "first looks", "all looks", "memory", "disk"):
        table.add_column(name, justify="right", no_wrap=True)
    for name, of in (*plan["claims"].items(), ("all, with what claims share counted once", plan["total"])):
        sizes = (f"{amount(of[key])}B" for key in ("memory", "disk"))
        table.add_row(Text(name), f"{of['cells']:,}", duration(of["first"]), duration(of["all"]), *sizes)
    console.print(table)
    side = "within" if plan["sampling"] <= plan["budget"] else "beyond"
    team = "one process" if plan["processes"] == 1 else f"each of {plan['processes']:,} processes"
    half, most = (f"{factor:.2g}" for factor in plan["within"].values())
    lines = [
        f"First looks take {duration(plan['sampling'])} of sampling in {team}, {side} the budget of "
        f"{duration(plan['budget'])}, which leaves {plan['unjudged']:,} of {plural(plan['total']['cells'], 'cell')} "
        f"unjudged; the run takes {duration(plan['seconds'])}, and longer where cells need more looks.",
        f"Prices are medians, measured on {plan['machine']}: half of the shards took within a factor of {half} of the "
        f"forecast, nine in ten within {most}.",
    ]
    if plan["device"] == "cuda":
        lines.append("No GPU is priced: these are the times of that machine.")
    if plan["unpriced"]:
        lines.append(f"Not priced, and counted as nothing: {', '.join(plan['unpriced'])}.")
    if plan["left_out"]:
        lines.append(f"Left out: {plural(plan['left_out'], 'cell')}, not asked or lacking something here.")
    for line in lines:
        console.print(line, markup=False, highlight=False)


def against_table(comparison: Comparison, console: Console) -> None:
    """Print the differences between two runs, and count the cells without one."""
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


def _table(title: str | Text, *columns: str | Text) -> Table:
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
    """Spent part of the draws that all looks of the judged cells allow; early decisions save the rest."""
    shares = [cell["share_of_draws"] for cell in document["cells"] if cell["estimate"] is not None]
    return sum(shares) / len(shares) if shares else None
