"""Are intervals and verdicts as sure as they say? Simulated, with a table and a plot.

python -m benchmarks.calibration --json PATH [--quick]

The plot is written beside PATH, as .svg and .png. The file is what harness/report/calibration.json is a copy of.
"""

import argparse
import json
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.calibration.figures import Figure, nth, work
from harness.execution.machine import describe, versions

# The report's appendix shows the rows of these kinds; the others are written under names of their own.
SCHEMA = 1
SHOWN = ("coverage", "error", "power")
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
    arguments = parser.parse_args()
    figures = simulated(200 if arguments.quick else 2000)
    show(figures)
    write(figures, arguments.json)
    plot(figures, arguments.json)
    return 0 if all(figure.holds for figure in figures) else 1


def simulated(simulations: int) -> list[Figure]:
    """All figures, on all cores; the same whatever the number of cores."""
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        jobs = [pool.submit(nth, i, simulations) for i in range(len(work(simulations)))]
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


def write(figures: Sequence[Figure], path: Path) -> None:
    """Rows for the report's appendix under "rows"; what the ends and the noise floors did under names of their own."""
    rows = {kind: [{**asdict(f), "note": f.note} for f in figures if f.kind == kind] for kind in TITLES}
    document = {
        "schema": SCHEMA,
        "machine": f"{describe(torch.device('cpu'))}, {os.cpu_count()} cores",
        "versions": versions(),
        "simulations": max(figure.simulations for figure in figures),
        "rows": [row for kind in SHOWN for row in rows[kind]],
        "ends": rows["end"],
        "noise_floors": rows["floor"],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def plot(figures: Sequence[Figure], path: Path) -> None:
    """Measured with its interval beside nominal, a panel a kind."""
    try:
        import vl_convert
    except ImportError:
        raise SystemExit("The plot needs vl-convert-python; install the extra `dev`. The figures are there.") from None

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
                "data": {"values": [asdict(figure) for figure in figures if figure.kind == kind]},
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
