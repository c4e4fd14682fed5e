"""What a hunt found, in Markdown for people and as data that asks the same place again."""

import shlex
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeGuard

from harness.claim.space import Point
from harness.decimals import roughly
from harness.report import words
from harness.report.words import SYMBOLS, minus, percent, plural
from harness.run.hunt.cells import Cells
from harness.run.hunt.hunt import Hunt
from harness.run.hunt.map import Map
from harness.run.hunt.targets import Target
from harness.run.judging import Judged

_WORST = 5
# A bar within a cell of a table.
_BAR = "\\|"


def as_data(target: Target, found: Hunt, cells: Cells, run: Mapping[str, Any]) -> dict[str, Any]:
    """Make the hunt's record, JSON-ready; `hunt --again` reads `test` and `point` of it.

    Args:
        target: what was hunted.
        found: the hunt.
        cells: its cells, with what they cost.
        run: seed, budget, scale, alpha, versions.

    Returns:
        The record.
    """

    def place(point: Point, judged: Judged) -> dict[str, Any]:
        return {"point": target.space.values(point), **_numbers(judged)}

    last = found.confirmations[-1] if found.confirmations else None
    return {
        "test": target.name,
        "sentence": target.sentence,
        "counterexample": found.counterexample is not None,
        **(place(last.point, last.judged) if last else {"point": None}),
        "predicted": _predicted(target, last.point) if last else "",
        "axes": {axis: list(values) for axis, values in target.space.axes.items()},
        "points": target.space.size,
        "run": {**run, "spent": cells.spent, "asked": cells.asked, "failed": cells.failed},
        "search": [{**place(each.point, each.judged), "score": _finite(each.score)} for each in found.probes],
        "shrinking": [{**place(each.point, each.judged), "fails": each.fails} for each in found.steps],
        "confirmations": [{**place(each.point, each.judged), "level": each.level} for each in found.confirmations],
        "map": [
            {**place(found.map.point(at), judged), "level": found.map.level} for at, judged in found.map.cells.items()
        ]
        if found.map
        else [],
    }


def markdown(target: Target, found: Hunt, cells: Cells, run: Mapping[str, Any], file: Path) -> str:
    """Say what a hunt found.

    Args:
        target: what was hunted.
        found: the hunt.
        cells: its cells, with what they cost.
        run: as of `as_data`.
        file: where its data are.

    Returns:
        A page in Markdown.
    """
    return "\n".join(_lines(target, found, cells, run, file)) + "\n"


def _lines(target: Target, found: Hunt, cells: Cells, run: Mapping[str, Any], file: Path) -> Iterator[str]:
    yield from (f"# Hunt: {target.name}", "", f"> {target.sentence}", "", said(target, found), "")
    yield (
        f"- {plural(len(found.probes), 'point')} of {target.space.size:,} searched, "
        f"{plural(len(found.steps), 'step')} of shrinking from the worst, "
        f"{plural(len(found.confirmations), 'confirmation')}: {roughly(cells.spent)} of a core as priced."
    )
    yield (
        "- Search, every step and every confirmation have training sets and draws of their own. Over all that was "
        f"tried, a wrong counterexample has a chance of at most {percent(run['alpha'] / 2)}, and so has any wrong "
        "verdict on the map, if intervals have their stated coverage. Places that were not looked at may be otherwise."
    )
    if cells.failed:
        yield f"- {plural(cells.failed, 'point')} ended in an error, the last in: {cells.why}"
    name, seed = shlex.quote(target.name), run["seed"]
    options = f"--budget {run['budget']:.9g}s --seed {seed} --scale {run['scale']}"
    yield f"- The same hunt: `python -m harness hunt {name} {options}`"
    if found.confirmations:
        yield f"- This place on other data: `python -m harness hunt --again {shlex.quote(str(file))} --seed {seed + 1}`"
    if found.map:
        yield from ("", "## Map", "", *_map(target, found.map))
    if found.steps:
        yield from ("", "## Shrinking", "", *_table(target, [(each.point, each.judged) for each in found.steps]))
    worst = sorted((each for each in found.probes if each.score == each.score), key=lambda each: -each.score)[:_WORST]
    if worst:
        yield from ("", "## The worst first looks", "", "They chose where to go on, and decide nothing.", "")
        yield from _table(target, [(each.point, each.judged) for each in worst])


def said(target: Target, found: Hunt) -> str:
    """The outcome in a sentence."""
    if not found.confirmations:
        why = next((each.judged.reason for each in reversed(found.probes) if each.judged.reason), "")
        return f"**Nothing found.** No point that was looked at has an estimate. {why}".strip()
    last = found.confirmations[-1]
    where, quantity = target.space.sentence(last.point), target.question.quantity
    measured = f"{quantity} {estimated(last.judged)}, predicted {_predicted(target, last.point)}"
    if last.stands:
        return f"**A counterexample.** It fails already for {where}: {measured}."
    return f"**No counterexample.** Nearest to the bound, for {where}: {measured}; {last.judged.verdict}."


def estimated(judged: Judged) -> str:
    """Estimate and interval, or why there is none."""
    if judged.estimate is None:
        return "—" if not judged.reason else judged.reason.strip().splitlines()[-1]
    return words.said(_numbers(judged))


def _table(target: Target, rows: list[tuple[Point, Judged]]) -> Iterator[str]:
    axes = list(target.space.axes)
    yield _row([*axes, "verdict", target.question.quantity])
    yield "|---" * (len(axes) + 2) + "|"
    for point, judged in rows:
        values = target.space.values(point).values()
        yield _row([*values, f"{SYMBOLS[str(judged.verdict)]} {judged.verdict}", estimated(judged)])


def _row(cells: Iterable[object]) -> str:
    """A row of a table in Markdown, in which the bar of a name such as P(f|S) is no border."""
    return "| " + " | ".join(str(each).replace("|", _BAR) for each in cells) + " |"


def _map(target: Target, drawn: Map) -> Iterator[str]:
    rows, columns = (list(target.space.axes)[axis] for axis in drawn.axes)
    others = {axis: value for axis, value in target.space.values(drawn.at).items() if axis not in (rows, columns)}
    at = ", ".join(f"{axis} = {value}" for axis, value in others.items())
    yield f"{rows} down, {columns} across, the axes that tell most{f'; {at}' if at else ''}."
    yield f"One look each; any is wrong with a chance of at most {percent(drawn.level)}. Blank: the budget was spent."
    across = target.space.axes[columns]
    yield from ("", _row([f"{rows} ↓ {columns} →", *across]), "|---" * (len(across) + 1) + "|")
    reasons: dict[str, None] = {}
    for row, value in enumerate(target.space.axes[rows]):
        judged = [drawn.cells.get((row, column)) for column in range(len(across))]
        reasons |= {f"- {SYMBOLS[str(each.verdict)]} {estimated(each)}": None for each in judged if _is_empty(each)}
        yield _row([value, *(_in_map(each) for each in judged)])
    if reasons:
        yield from ("", *reasons)


def _is_empty(judged: Judged | None) -> TypeGuard[Judged]:
    """Whether a point was judged and has no estimate."""
    return judged is not None and judged.estimate is None


def _in_map(judged: Judged | None) -> str:
    if judged is None:
        return ""
    return SYMBOLS[str(judged.verdict)] + (f" {estimated(judged)}" if judged.estimate else "")


def _predicted(target: Target, point: Point) -> str:
    return minus(target.question.prediction(target.space.cell_at(point)).text)


def _numbers(judged: Judged) -> dict[str, Any]:
    value = None if judged.estimate is None else _finite(judged.estimate.value)
    ends = {"value": value, "low": _finite(judged.low), "high": _finite(judged.high)}
    return {"verdict": str(judged.verdict), **ends, "looks": judged.looks, "reason": judged.reason}


def _finite(value: float) -> float | None:
    return float(value) if abs(value) < float("inf") else None
