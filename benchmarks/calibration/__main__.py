"""Are intervals and verdicts as sure as they say? Simulated, with a table and a plot.

python -m benchmarks.calibration --json PATH [--quick] [--only WORD]

The plot is written beside PATH, as .svg and .png. The file is what harness/report/calibration.json is a copy of. With
--only, cases whose names hold WORD are renewed in it, and its other rows stay; every row says which of the file's runs
it is from, and each run has its machine and versions.
"""

import argparse
import json
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, fields
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.calibration.figures import Figure, nth, work
from harness.execution.machine import describe, versions

# The report's appendix shows the rows of these kinds; the others are written under names of their own.
SCHEMA = 1
SHOWN = ("coverage", "error", "power")
_PLOTTED = [each.name for each in fields(Figure)]
TITLES = {
    "coverage": "coverage",
    "error": "type-I error",
    "power": "power",
    "end": "error of one end",
    "floor": "noise floor",
}


def main() -> int:
    """Simulate, print, write; 1 where a promise is not kept."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.calibration")
    parser.add_argument("--json", type=Path, required=True, help="where the figures go; the plot goes beside them")
    parser.add_argument("--quick", action="store_true", help="200 simulations a figure instead of 2,000")
    parser.add_argument("--only", metavar="WORD", help="renew only the cases whose names hold it, in the file there is")
    arguments = parser.parse_args()
    simulations = 200 if arguments.quick else 2000
    chosen = numbers(arguments.only)
    if not chosen:
        parser.error(f"No case's name holds {arguments.only!r}; {arguments.json} stays as it is.")
    figures = simulated(chosen, simulations)
    show(figures)
    write(figures, arguments.json, renewed=arguments.only is not None)
    plot(arguments.json)
    return 0 if all(figure.holds for figure in figures) else 1


def numbers(word: str | None) -> list[int]:
    """Which pieces of the work have a name with this word in it; all of them if it is None."""
    return [i for i, piece in enumerate(work(1)) if word is None or word in piece.name]


def simulated(chosen: Sequence[int], simulations: int) -> list[Figure]:
    """Figures of these pieces of the work, on all cores; the same whatever the number of cores."""
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        jobs = [pool.submit(nth, i, simulations) for i in chosen]
        return [figure for job in track(jobs, "Simulating") for figure in job.result()]


def show(figures: Sequence[Figure]) -> None:
    """One row a figure."""
    table = Table("kind", "what", "unit", "nominal", "measured", "Monte-Carlo interval", "simulations", "note")
    for figure in figures:
        nominal = "" if figure.nominal is None else f"{figure.nominal:g}"
        between = f"{figure.low:.4f} to {figure.high:.4f}"
        numbers = (nominal, f"{figure.measured:.4f}", between, f"{figure.simulations:,}")
        table.add_row(TITLES[figure.kind], figure.name, figure.unit, *numbers, figure.note)
    Console(width=200).print(table)


def write(figures: Sequence[Figure], path: Path, *, renewed: bool = False) -> None:
    """Write the rows for the report's appendix under "rows", what the ends and the noise floors did under names of
    their own, and of each run its machine and versions.

    renewed: rows of the file there is stay, but for those of the same names.
    """
    runs, rows = _read(path) if renewed and path.is_file() else ([], {})
    run = {
        "machine": f"{describe(torch.device('cpu'))}, {os.cpu_count()} cores",
        "versions": versions(),
        "simulations": max(figure.simulations for figure in figures),
    }
    runs = [*runs, run] if run not in runs else runs
    for figure in figures:
        rows[figure.kind, figure.name] = {**asdict(figure), "note": figure.note, "run": runs.index(run)}
    # Runs of which no row is left are of no interest.
    used = sorted({row["run"] for row in rows.values()})
    for row in rows.values():
        row["run"] = used.index(row["run"])
    document = {
        "schema": SCHEMA,
        "runs": [runs[i] for i in used],
        "rows": [row for kind in SHOWN for row in rows.values() if row["kind"] == kind],
        "ends": [row for row in rows.values() if row["kind"] == "end"],
        "noise_floors": [row for row in rows.values() if row["kind"] == "floor"],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _read(path: Path) -> tuple[list[dict[str, Any]], dict[tuple[str, str], dict[str, Any]]]:
    """The runs of a file, and its rows by kind and name."""
    document = json.loads(path.read_text(encoding="utf-8"))
    every = [row for part in ("rows", "ends", "noise_floors") for row in document[part]]
    return document["runs"], {(row["kind"], row["name"]): row for row in every}


def plot(path: Path) -> None:
    """Draw what a file has: measured with its interval beside nominal, a panel a kind."""
    try:
        import vl_convert
    except ImportError:
        raise SystemExit("The plot needs vl-convert-python; install the extra `dev`. The figures are there.") from None

    rows = list(_read(path)[1].values())
    panels = []
    for kind, title in TITLES.items():
        x = {"field": "measured", "type": "quantitative", "title": title, "scale": {"zero": False}}
        layers = [
            {"mark": "rule", "encoding": {"x": {**x, "field": "low"}, "x2": {"field": "high"}}},
            {"mark": {"type": "point", "filled": True}, "encoding": {"x": x}},
        ]
        if kind != "power":
            mark = {"type": "tick", "color": "#d55e00", "thickness": 2}
            layers.append({"mark": mark, "encoding": {"x": {**x, "field": "nominal"}}})
        panels.append(
            {
                "data": {"values": [{key: row[key] for key in _PLOTTED} for row in rows if row["kind"] == kind]},
                "encoding": {
                    "y": {"field": "name", "type": "nominal", "sort": None, "title": None, "axis": {"labelLimit": 500}}
                },
                "layer": layers,
                "width": 420,
                "height": {"step": 14},
            }
        )
    chart = {"vconcat": panels, "resolve": {"scale": {"x": "independent", "y": "independent"}}}
    path.with_suffix(".svg").write_text(vl_convert.vegalite_to_svg(chart), encoding="utf-8")
    path.with_suffix(".png").write_bytes(vl_convert.vegalite_to_png(chart))


if __name__ == "__main__":
    raise SystemExit(main())
