"""The page: results in, one HTML file out, with everything it needs inside."""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from harness.report import (
    against,
    answer,
    calibration,
    charts,
    claim_rows,
    found,
    glossary,
    history,
    look_first,
    meanings,
    patterns,
    payload,
    pictures,
    published,
    results,
    sides,
    sources,
    tables,
    trust,
    words,
)
from harness.report.history import Night
from harness.report.questions import statements_of
from harness.report.sentences import in_words
from harness.report.terminal import spent_share
from harness.writing import write_text


def write_report(
    results_path: Path,
    report_path: Path,
    nights_folder: Path | None = None,
    other: Path | None = None,
    option: str = "--report",
) -> None:
    """Read results.json and write the page, which replaces an older one at once.

    Args:
        results_path: the results.
        report_path: where the page is written.
        nights_folder: folder of earlier runs in short, see `history.py`; None: the page has no trends.
        other: results of a run to compare with; None: no comparison.
        option: the one that says where, for the sentence that refuses the place.
    """
    known, damaged = history.read(nights_folder) if nights_folder else ([], "")
    page = render(results.read(results_path), None, known, damaged, results.read(other) if other else None)
    advice = f"name another place with {option}. The results are in {results_path}."
    write_text(report_path, page, advice)


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
    run_nights = history.upto(known, history.night(document))
    claims = _claims(document, run_nights)
    cells = [cell for claim in claims for cell in claim["cells"]]
    groups = calibration.read() if calibrated is None else calibrated
    found_published = published.lines(claims)
    panels = pictures.over_the_rate(cells)
    return _template().render(
        run=document["run"],
        claims=claims,
        columns=_columns(cells),
        commit=words.commit(document["run"].get("commit")),
        symbols=words.SYMBOLS,
        outcomes=[o for o in words.OUTCOMES if any(claim["counts"][o] for claim in claims)],
        rooms=sorted({claim["room"] for claim in claims}),
        answer=answer.answer(cells, statements_of(document["claims"])),
        rate_panels=panels,
        legend=list({line["name"]: line for panel in panels for line in panel["lines"]}.values()),
        matrices=pictures.volumes(cells),
        evidence_by_side=pictures.evidence(claims, sides.in_order(claims)),
        checks=trust.checks(claims, found_published, groups),
        scope=trust.scope(cells),
        sides=sides.in_order(claims),
        crux=sides.crux_lines(claims),
        published=found_published,
        expected_wrong=sides.expected_wrong(document),
        kinds=sorted({cell["kind"] for cell in cells}),
        urgent=look_first.lines(claims),
        accepted=look_first.accepted(claims),
        claim_rows=claim_rows.rows(claims),
        cell_count=len(cells),
        share=spent_share(document),
        nights=run_nights,
        changes=_changes(run_nights, cells),
        damaged=damaged,
        against=against.compare(document, other) if other else None,
        anchors={(cell["claim"], cell["id"]): cell["anchor"] for cell in cells},
        calibrated=groups,
        terms=glossary.TERMS,
        vega=_vega(),
    )


# Once: to compile it, with those that it includes, takes longer than to fill it in.
@cache
def _template() -> Template:
    """The page's template, with what it calls."""
    environment = Environment(
        loader=PackageLoader("harness.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": words.number,
        "estimated": words.estimated,
        "interval": words.interval,
        "duration": words.duration,
        "percent": words.percent,
        "short_verdict": words.short_verdict,
        "minus": words.minus,
        "plural": words.plural,
        "day": words.day,
        "commit": words.commit,
        "linked": sources.linked,
        "explained": glossary.explained,
        "untested": trust.untested,
        "sentence": lambda text: words.capitalised(text.removeprefix("Objection: ")),
    }
    environment.globals["unseen"] = set
    return environment.get_template("report.html")


def _claims(document: dict[str, Any], run_nights: Sequence[Night]) -> list[dict[str, Any]]:
    """The claims by room and name, each with its cells, groups of rows and payload."""
    most_points = charts.points_each(document["cells"])
    order = sorted(document["claims"].items(), key=lambda each: (each[1]["room"], each[0]))
    claims = []
    for slug, claim in order:
        mine = [cell for cell in document["cells"] if cell["claim"] == slug]
        cells = [
            {**cell, "anchor": _anchor(cell), "column": column(cell), "name": slug.replace("_", " ")} for cell in mine
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
                "found": found.lines(groups),
                "patterns": patterns.patterns(mine),
                "why": meanings.why([row for group in groups for row in group["rows"]]),
                "scope": trust.scope(mine),
                "crux_count": sum(map(sides.is_crux, mine)),
                "counts": Counter(cell["outcome"] for cell in cells),
                "data": payload.packed(
                    mine, most_points, history.trends(run_nights, slug, [cell["id"] for cell in mine])
                ),
            }
        )
    return claims


def _anchor(cell: dict[str, Any]) -> str:
    """Where links to a cell lead: its claim and a digest of its name, so that a link means the same cell on another
    run's page. The name itself, twice a row, would be an eighth of a page of thousands of cells.
    """
    digest = hashlib.sha256(cell["id"].encode()).hexdigest()[:8]
    return f"{re.sub('[^A-Za-z0-9_-]+', '-', cell['claim'])}.{digest}"


def _changes(run_nights: Sequence[Night], cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Changed verdicts over the nights, with the anchor and name of cells that are on this page."""
    known = {(cell["claim"], cell["id"]): cell for cell in cells}
    return [
        {**change, "at": known.get((change["claim"], change["cell"])), "name": change["claim"].replace("_", " ")}
        for change in history.changes(run_nights)
    ]


def column(cell: dict[str, Any]) -> str:
    """What a cell is filtered by: the width of its network's hidden layers, if it has any."""
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
    bundle = (resources.files("harness.report") / "vega" / "vega.js").read_text(encoding="utf-8")
    return Markup(bundle.replace("</script", "<\\/script"))
