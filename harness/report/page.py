"""The page: results in, one HTML file out, with everything it needs inside."""

import json
import os
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from harness import results
from harness.errors import BadInput
from harness.report import words
from harness.report.terminal import spent_share


def write_report(results_path: Path, report_path: Path) -> None:
    """Read results.json and write the page, replacing an older one at once."""
    page = render(results.read(results_path))
    unfinished = report_path.with_name(f".{report_path.name}.{os.getpid()}")
    try:
        report_path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_text(page, encoding="utf-8")
        unfinished.replace(report_path)
    except OSError as error:
        raise BadInput(
            f"The report {report_path} cannot be written ({error.strerror}); name another place with --report. "
            f"The results are in {results_path}."
        ) from None


def render(document: dict[str, Any]) -> str:
    """The page as text."""
    from harness.report import charts

    environment = Environment(
        loader=PackageLoader("harness.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters |= {"number": words.number, "interval": words.interval, "duration": words.duration}
    specifications: dict[str, Any] = {}

    def chart(name: str, specification: dict[str, Any] | None) -> str | None:
        """Keep a chart for the page's script; its name where there is one."""
        if specification is None:
            return None
        specifications[name] = specification
        return name

    claims = []
    for number, (slug, claim) in enumerate(document["claims"].items()):
        cells = [cell for cell in document["cells"] if cell["claim"] == slug]
        quantities = list(dict.fromkeys(cell["estimate"]["quantity"] for cell in cells if cell["estimate"]))
        of_quantity = {
            q: [cell for cell in cells if cell["estimate"] and cell["estimate"]["quantity"] == q] for q in quantities
        }
        claims.append(
            {
                **claim,
                "cells": [
                    {
                        **cell,
                        "anchor": f"{slug}.{i}",
                        "column": column(cell),
                        "scatter_chart": chart(f"scatter-{number}-{i}", charts.scatter(cell)),
                        "complexity_chart": chart(f"complexity-{number}-{i}", charts.complexity(cell)),
                    }
                    for i, cell in enumerate(cells)
                ],
                "counts": Counter(cell["outcome"] for cell in cells),
                "forests": [
                    (q, chart(f"forest-{number}-{i}", charts.forest(of_quantity[q]))) for i, q in enumerate(quantities)
                ],
            }
        )
    columns = sorted({cell["column"] for claim in claims for cell in claim["cells"]}, key=_natural)
    return environment.get_template("report.html").render(
        run=document["run"],
        claims=sorted(claims, key=lambda claim: (claim["room"], claim["slug"])),
        columns=columns,
        state=words.state(document),
        symbols=words.SYMBOLS,
        outcomes=[o for o in words.OUTCOMES if any(claim["counts"][o] for claim in claims)],
        rooms=sorted({claim["room"] for claim in claims}),
        share=spent_share(document),
        specifications=_script_json(specifications),
        vega=_vega(),
    )


def column(cell: dict[str, Any]) -> str:
    """The matrix column of a cell: its network's hidden widths, else its width, else "all"."""
    parameters = cell["parameters"]
    if "depth" in parameters and "width" in parameters:
        depth, width = parameters["depth"], parameters["width"]
        return "perceptron" if depth == 0 else f"{depth} × {width}"
    return f"width {parameters['width']}" if "width" in parameters else "all"


def _natural(text: str) -> list[tuple[int, str]]:
    """Sort numbers in text by value: "2 × 10" before "2 × 160"."""
    return [(int(word), "") if word.isdecimal() else (0, word) for word in text.split()]


def _script_json(value: Any) -> Markup:
    """JSON that cannot end the script element it stands in."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))


@cache
def _vega() -> Markup:
    """Vega, Vega-Lite and Vega-Embed, once, inside the page."""
    import vl_convert

    bundle = vl_convert.javascript_bundle(vl_version="6.4")  # type: ignore[call-arg]
    return Markup(bundle.replace("</script", "<\\/script"))
