"""Verdicts, claims and comparisons in the terminal."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.report import answer_text, forest, published, sides
from harness.report.against import CHANGED, DIFFER, Comparison
from harness.report.grouping import asked, measured
from harness.report.sentences import in_words
from harness.report.tables import groups
from harness.report.words import (
    OUTCOMES,
    SYMBOLS,
    amount,
    duration,
    estimated,
    interval,
    number,
    plural,
    said,
    short_verdict,
)

_WIDTH_OF_A_FILE = 150
_WIDTH_OF_TEXT = 80
# From this width on, strips are longer and the samples' sizes have a column.
_WIDE = 120
_STRIP = 30
_SHORT_STRIP = 15
_LEAST_NAME = 24
_MOST_CHANGED = 5
_STYLES = {"supported": "green", "refuted": "red", "changed": "bold red", "error": "bold red", "inconclusive": "yellow"}


def verdict_table(document: dict[str, Any], console: Console) -> None:
    """Print one row per claim, its verdict and the number of its cells by outcome; below, the answer and the tally by
    side."""
    cells, claims = document["cells"], document["claims"]
    shown = _outcomes(cells)
    table = Table(title="Verdicts", title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("claim", min_width=_LEAST_NAME)
    table.add_column("verdict", no_wrap=True)
    for outcome in shown:
        table.add_column(SYMBOLS[outcome], justify="right", style=_STYLES.get(outcome, ""), no_wrap=True)
    for slug, claim in claims.items():
        counts = Counter(cell["outcome"] for cell in cells if cell["claim"] == slug)
        numbers = [str(counts[outcome]) if counts[outcome] else "" for outcome in shown]
        table.add_row(_cut(slug), short_verdict(claim["verdict"]), *numbers)
    console.print(table)
    _legend(cells, console)
    run = document["run"]
    lines = [
        "",
        f"Architecture or optimiser? {run['scale']} scale, seed {run['seed']}, {run['device']}: "
        f"{plural(len(cells), 'cell')} in {duration(run['seconds'])}.",
        *answer_text.lines(document, min(console.width, _WIDTH_OF_TEXT)),
        "By the answer that the claims speak for:",
        *(f"  {line}" for line in sides.lines(claims, cells)),
        *_since_accepted(cells),
    ]
    for line in lines:
        console.print(line, markup=False, highlight=False)


def _since_accepted(cells: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What differs from the accepted verdicts; nothing where none is accepted."""
    changed = [cell for cell in cells if cell["outcome"] == "changed"]
    for cell in changed[:_MOST_CHANGED]:
        yield f"Changed ({cell['accepted']} was accepted, now {cell['verdict']}): {cell['claim']} [{cell['id']}]"
    if len(changed) > _MOST_CHANGED:
        yield f"And {plural(len(changed) - _MOST_CHANGED, 'more changed cell')}."
    if not changed and any(cell["accepted"] for cell in cells):
        yield "Nothing changed since accepted."


def worth_reading(document: Mapping[str, Any]) -> str | None:
    """The claim to read first: with a changed cell, an error, a refuted theorem, a refuted crux cell, a crux cell.

    Args:
        document: the results.

    Returns:
        Its name, of several the first in the results; None if there are no cells.
    """

    def rank(cell: Mapping[str, Any]) -> int:
        refuted = cell["verdict"] == "refuted"
        reasons = (
            cell["outcome"] == "changed",
            cell["outcome"] == "error",
            refuted and cell["kind"] == "theorem",
            refuted and sides.is_crux(cell),
            sides.is_crux(cell),
        )
        return next((i for i, holds in enumerate(reasons) if holds), len(reasons))

    first = min(document["cells"], key=rank, default=None)
    return str(first["claim"]) if first else None


def claim_table(document: dict[str, Any], slug: str, console: Console) -> None:
    """Print a claim: its sentence, its verdict in words, and a row per cell, each with a strip of its interval.

    Args:
        document: the results.
        slug: name of the claim.
        console: where it is printed.
    """
    claim = document["claims"][slug]
    cells = [cell for cell in document["cells"] if cell["claim"] == slug]
    wide = console.width >= _WIDE
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
        span = f"{number(axis.low, digits=2)} … {number(axis.high, digits=2)}" if axis else ""
        table = Table(title=Text(title, style="italic"), title_justify="left", box=None, pad_edge=False)
        table.padding = (0, 2, 0, 0) if wide else (0, 1, 0, 0)
        table.add_column("cell", min_width=_LEAST_NAME)
        for name in ("", span, "estimate", "interval", *(["sample"] if wide else [])):
            table.add_column(Text(name), no_wrap=True)
        for row in group["rows"]:
            estimate, outcome = row["estimate"], row["outcome"]
            symbol = Text(SYMBOLS[outcome], style=_STYLES.get(outcome, ""))
            found: tuple[str, ...] = ()
            if estimate:
                strip = _strip(row, axis, _STRIP if wide else _SHORT_STRIP)
                figures = (of(estimate, row["predicted"]) for of in (estimated, interval))
                found = (strip, *figures, f"{estimate['n']:,}")
            label = f"{row['label']} ({row['role']})" if row["role"] else row["label"]
            table.add_row(Text(label), symbol, *map(Text, found[: 4 if wide else 3]))
        console.print(table)
        for sentence in dict.fromkeys(row["beyond"] for row in group["rows"] if row["beyond"]):
            console.print(sentence, markup=False, highlight=False)
        for row in group["rows"]:
            if not row["estimate"]:
                which = ", ".join(dict.fromkeys((asked(row).replace("_", " "), row["label"])))
                line = f"{SYMBOLS[row['outcome']]} {which}: {row['why']}"
                console.print(line, markup=False, highlight=False)
    console.print()
    _legend(cells, console)


def _outcomes(cells: Sequence[Mapping[str, Any]]) -> list[str]:
    """The outcomes that these cells have, in the order in which a reader wants them."""
    found = {cell["outcome"] for cell in cells}
    return [outcome for outcome in OUTCOMES if outcome in found]


def _legend(cells: Sequence[Mapping[str, Any]], console: Console) -> None:
    console.print(", ".join(f"{SYMBOLS[outcome]} {outcome}" for outcome in _outcomes(cells)), highlight=False)


def _cut(name: str) -> Text:
    """A name that ends in … where there is no room for it."""
    return Text(name, no_wrap=True, overflow="ellipsis")


def _strip(cell: Mapping[str, Any], axis: forest.Axis | None, width: int) -> str:
    """The forest plot's row in characters: ░ the predicted region, ─ the interval, ● the value."""
    if axis is None or not measured(cell):
        return ""
    estimate, predicted = cell["estimate"], cell["predicted"]

    def covered(ends: Mapping[str, Any]) -> range:
        low, high = (axis.at(ends[end]) if ends[end] is not None else far for end, far in (("low", 0), ("high", 100)))
        return range(place(low), place(high) + 1)

    def place(percent: float) -> int:
        return min(int(percent / 100 * width), width - 1)

    region, line, value = covered(predicted), covered(estimate), place(axis.at(estimate["value"]))
    return "".join("●" if i == value else "─" if i in line else "░" if i in region else " " for i in range(width))


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
    budget, kept = plan["budget"], ""
    if budget is not None:
        kept = f"; the budget of {duration(budget)} " + (
            f"may be over before {plan['unjudged']:,} of {plural(plan['total']['cells'], 'cell')} are looked at"
            if plan["unjudged"]
            else "reaches every cell"
        )
    team = "one process" if plan["processes"] == 1 else f"each of {plan['processes']:,} processes"
    half, most = (f"{factor:.2g}" for factor in plan["within"].values())
    lines = [
        f"First looks take {duration(plan['sampling'])} of sampling in {team}{kept}; the run takes "
        f"{duration(plan['seconds'])}, and longer where cells need more looks.",
        f"Prices are means, measured on {plan['machine']}: half of the shards took within a factor of {half} of the "
        f"forecast, nine in ten within {most}.",
    ]
    if plan["device"] != "cpu":
        lines.append("No GPU is priced: these are the times of that machine.")
    if plan["unpriced"]:
        lines.append(f"Not priced, and counted as nothing: {', '.join(plan['unpriced'])}.")
    if plan["left_out"]:
        lines.append(f"Left out: {plural(plan['left_out'], 'cell')}, not asked or lacking something here.")
    for line in lines:
        console.print(line, markup=False, highlight=False)


def published_table(document: Mapping[str, Any], console: Console) -> None:
    """Print the published numbers beside ours, a row a cell, and what differs below them."""
    claims = [
        {"slug": slug, "groups": groups([cell for cell in document["cells"] if cell["claim"] == slug])}
        for slug in document["claims"]
    ]
    lines = published.lines(claims)
    if not lines:
        console.print("No cell of these results has a published number.")
        return
    columns = ("what", "cell", "source", "published", "ours", "agrees")
    table = _table("Published numbers beside ours", *columns)
    for line in lines:
        cell = line["cell"]
        where = f"{line['claim']['slug']} [{cell['id']}]"
        table.add_row(*map(Text, (line["what"], where, line["source"], line["theirs"], _measured(cell), line["said"])))
    console.print(table)
    for why in dict.fromkeys(line["why"] for line in lines if line["why"]):
        console.print(why, markup=False, highlight=False)


def against_table(comparison: Comparison, console: Console) -> None:
    """Print the differences between two runs, and count the cells without one."""
    differing = [pair for pair in comparison.pairs if pair.said in (CHANGED, DIFFER)]
    if differing:
        table = _table("Differences", "claim", "cell", "result", "this run", "the other", "p")
        for pair in differing:
            sides = [_measured(cell) for cell in (pair.cell, pair.other)]
            row = [pair.cell["claim"], pair.cell["id"], pair.said, *sides, number(pair.p, "", digits=2)]
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
    """✓ 0.90 [0.80, 1.00]."""
    estimate = cell["estimate"]
    return f"{SYMBOLS[cell['outcome']]} {said(estimate, cell['predicted']) if estimate else cell['verdict']}"


def spent_share(document: dict[str, Any]) -> float | None:
    """Spent part of the draws that all looks of the judged cells allow; early decisions save the rest."""
    shares = [cell["share_of_draws"] for cell in document["cells"] if cell["estimate"] is not None]
    return sum(shares) / len(shares) if shares else None
