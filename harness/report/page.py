"""The page: results in, one HTML file out, with everything it needs inside."""

from collections import Counter
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from harness.report import against, calibration, charts, history, payload, results, sides, tables, words
from harness.report.grouping import measured
from harness.report.history import Night
from harness.report.sentences import in_words
from harness.report.terminal import spent_share

# Listed in the overview, most urgent first.
_URGENT = ("changed", "error", "refuted", "no longer decided")


def write_report(
    results_path: Path, report_path: Path, nights_folder: Path | None = None, other: Path | None = None
) -> None:
    """Read results.json and write the page, which replaces an older one at once.

    Args:
        results_path: the results.
        report_path: where the page is written.
        nights_folder: folder of earlier runs in short, see `history.py`; None: the page has no trends.
        other: results of a run to compare with; None: no comparison.
    """
    known, damaged = history.read(nights_folder) if nights_folder else ([], "")
    page = render(results.read(results_path), None, known, damaged, results.read(other) if other else None)
    advice = f"name another place with --report. The results are in {results_path}."
    results.write_text(report_path, page, advice)


def render(
    document: dict[str, Any],
    calibrated: list[dict[str, Any]] | None = None,
    known: Sequence[Night] = (),
    damaged: str = "",
    other: dict[str, Any] | None = None,
) -> str:
    """Render the page.

    Args:
        document: the results.
        calibrated: groups of the appendix on calibration; None: those in the package.
        known: earlier runs, of any scale.
        damaged: sentence on earlier runs that could not be read; empty if there are none.
        other: results of a run to compare with; None: no comparison.

    Returns:
        The page as HTML.
    """
    for each in (document, other):
        if each is not None:
            results.check(each)
    environment = Environment(
        loader=PackageLoader("harness.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": words.number,
        "interval": words.interval,
        "duration": words.duration,
        "percent": words.percent,
        "short_verdict": words.short_verdict,
        "minus": words.minus,
        "plural": words.plural,
        "day": words.day,
        "commit": words.commit,
    }
    run_nights = history.upto(known, history.night(document))
    claims = _claims(document, run_nights)
    cells = [cell for claim in claims for cell in claim["cells"]]
    return environment.get_template("report.html").render(
        run=document["run"],
        claims=claims,
        columns=_columns(cells),
        state=words.state(document),
        commit=words.commit(document["run"].get("commit")),
        symbols=words.SYMBOLS,
        outcomes=[o for o in words.OUTCOMES if any(claim["counts"][o] for claim in claims)],
        rooms=sorted({claim["room"] for claim in claims}),
        sides=sides.counts(claims),
        crux=sides.crux_lines(claims),
        expected_wrong=sides.expected_wrong(document),
        kinds=sorted({cell["kind"] for cell in cells}),
        urgent=_all_urgent(claims),
        cell_count=len(cells),
        share=spent_share(document),
        nights=run_nights,
        changes=_changes(run_nights, cells),
        damaged=damaged,
        against=against.compare(document, other) if other else None,
        anchors={(cell["claim"], cell["id"]): cell["anchor"] for cell in cells},
        calibrated=calibration.read() if calibrated is None else calibrated,
        vega=_vega(),
    )


def _claims(document: dict[str, Any], run_nights: Sequence[Night]) -> list[dict[str, Any]]:
    """The claims by room and name, each with its cells, groups of rows, marks and payload."""
    most_points = charts.points_each(document["cells"])
    order = sorted(document["claims"].items(), key=lambda each: (each[1]["room"], each[0]))
    claims = []
    for number, (slug, claim) in enumerate(order):
        mine = [cell for cell in document["cells"] if cell["claim"] == slug]
        cells = [
            {**cell, "anchor": f"c{number}.{i}", "column": column(cell), "name": slug.replace("_", " ")}
            for i, cell in enumerate(mine)
        ]
        groups = tables.groups(cells)
        claims.append(
            {
                **claim,
                "slug": slug,
                "name": slug.replace("_", " "),
                "cells": cells,
                "groups": groups,
                "predictions": tables.predictions(groups),
                "side": sides.side(claim),
                "excluded_nulls": ", ".join(claim.get("excludes", [])),
                "in_words": in_words(mine, claim["verdict"]),
                "counts": Counter(cell["outcome"] for cell in cells),
                "data": payload.packed(
                    mine, most_points, history.trends(run_nights, slug, [cell["id"] for cell in mine])
                ),
            }
        )
    columns = _columns([cell for claim in claims for cell in claim["cells"]])
    for claim in claims:
        claim["marks"] = tables.matrix(claim["cells"], columns)
    return claims


def _changes(run_nights: Sequence[Night], cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Changed verdicts over the nights, with the anchor and name of cells that are on this page."""
    known = {(cell["claim"], cell["id"]): cell for cell in cells}
    return [
        {**change, "at": known.get((change["claim"], change["cell"])), "name": change["claim"].replace("_", " ")}
        for change in history.changes(run_nights)
    ]


def _all_urgent(claims: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The overview's lines, by outcome; a theorem's first, as its refutation puts the others in doubt."""
    lines = [each for outcome in _URGENT for claim in claims for each in _urgent(claim, outcome)]
    return sorted(
        lines, key=lambda line: (_URGENT.index(line["outcome"]), all(c["kind"] != "theorem" for c in line["cells"]))
    )


def _urgency(cell: dict[str, Any]) -> str:
    """The outcome, or that an accepted verdict is no longer decided."""
    return "no longer decided" if cell["outcome"] == "inconclusive" and cell["accepted"] else cell["outcome"]


def _urgent(claim: dict[str, Any], outcome: str) -> list[dict[str, Any]]:
    """The overview's lines on a claim's cells of one outcome: one per test, with the range of its estimates."""
    lines = []
    for group in claim["groups"]:
        cells = [cell for cell in group["rows"] if _urgency(cell) == outcome]
        values = [cell["estimate"]["value"] for cell in cells if measured(cell)]
        if cells:
            judged = sum(cell["estimate"] is not None or cell["verdict"] == "error" for cell in group["rows"])
            line = {"outcome": outcome, "claim": claim, "group": group, "cells": cells, "judged": judged}
            lines.append({**line, "least": min(values, default=None), "most": max(values, default=None)})
    return lines


def column(cell: dict[str, Any]) -> str:
    """The matrix column of a cell: the width of its network's hidden layers, if it has any."""
    parameters = cell["parameters"]
    if parameters.get("depth") == 0:
        return "perceptron"
    return f"width {parameters['width']}" if "width" in parameters else "all"


def _columns(cells: list[dict[str, Any]]) -> list[str]:
    return sorted({cell["column"] for cell in cells}, key=_natural)


def _natural(text: str) -> tuple[bool, list[tuple[int, str]]]:
    """Sort numbers in text by value, "width 10" before "width 160"; "all" comes first."""
    return text != "all", [(int(word), "") if word.isdecimal() else (0, word) for word in text.split()]


@cache
def _vega() -> Markup:
    """Vega, Vega-Lite and Vega-Embed, once, inside the page."""
    bundle = (files("harness.report") / "vega" / "vega.js").read_text(encoding="utf-8")
    return Markup(bundle.replace("</script", "<\\/script"))
