"""The first screen's pictures: places in a drawing, which the template writes as SVG and tables.

They are part of the file, so that they print, and show without scripts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log10
from typing import Any

from harness.report import forest, words
from harness.report.grouping import Cell, asked, measured
from harness.report.labels import label
from harness.report.sides import is_control, is_crux, side
from harness.report.written import written

# Learning rates, in units of the edge of stability, of the claims below it and beyond it.
BELOW, BEYOND = 0.3, 10.0
_BELOW = "below_the_edge_a_bad_bias_stays_bad"
_BEYOND = "beyond_the_edge_the_optimiser_supplies_the_bias"
_OWN = "own_volume_explains_training_better_than_anothers"
WIDTH, HEIGHT = 440.0, 150.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 40.0, 8.0, 8.0, 20.0


@dataclass(frozen=True)
class _Point:
    line: str
    rho: float
    value: float
    low: float | None
    high: float | None


def over_the_rate(cells: Sequence[Cell]) -> list[dict[str, Any]]:
    """Panels over the learning rate in units of the edge: test error, and whose volume.

    Returns:
        For each panel with points: title, lines (name, number, ordered, points, path), ticks of both axes, zero: the
        place of 0, or None.
    """
    errors = [
        _Point(f"chaotic, {_data(cell)}", row["parameters"]["ρ"], row["value"], row["low"], row["high"])
        for cell in _crux(cells, _BEYOND, "it_begins_at_the_edge")
        for row in cell["details"].get("curve", [])
        if row["value"] is not None and row["parameters"].get("ρ")
    ]
    errors += [
        _of(cell, f"ordered, {_data(cell)}", BELOW)
        for cell in cells
        if cell["claim"] == _BELOW
        and is_control(cell)
        and measured(cell)
        and cell["parameters"].get("rule", "sgd") == "sgd"
    ]
    whose = [
        _of(cell, f"chaotic, {_data(cell)}", BELOW)
        for cell in _crux(cells, _BELOW, "its_own_volume_explains_it_best")
        if cell["parameters"].get("rival") == "ReLU 1"
    ]
    whose += [
        _of(cell, f"chaotic, {_data(cell)}", BEYOND, -1) for cell in _crux(cells, _BEYOND, "it_leaves_its_own_volume")
    ]
    names = list(dict.fromkeys(point.line for point in (*errors, *whose)))
    panels = [
        _panel("Test error", errors, names, False),
        _panel("Whose volume: own − ReLU 1, nats", whose, names, True),
    ]
    return [panel for panel in panels if panel]


def _crux(cells: Sequence[Cell], claim: str, test: str) -> list[Cell]:
    return [c for c in cells if c["claim"] == claim and asked(c) == test and is_crux(c) and measured(c)]


def _data(cell: Cell) -> str:
    return label(str(cell["parameters"].get("data", "")))


def _of(cell: Cell, line: str, rho: float, sign: int = 1) -> _Point:
    estimate = cell["estimate"]
    low, high = (None if estimate[end] is None else sign * estimate[end] for end in ("low", "high")[::sign])
    return _Point(line, rho, sign * estimate["value"], low, high)


def _panel(title: str, points: Sequence[_Point], names: Sequence[str], with_zero: bool) -> dict[str, Any] | None:
    if not points:
        return None
    ends = [end for p in points for end in (p.value, p.low, p.high) if end is not None] + [0.0] * with_zero
    margin = 0.06 * ((max(ends) - min(ends)) or 1.0)
    vertical = forest.Axis(min(ends) - margin, max(ends) + margin)
    rates = sorted({BELOW, 1.0, BEYOND, *(p.rho for p in points)})
    across = forest.Axis(log10(rates[0]) - 0.1, log10(rates[-1]) + 0.1)

    def x(rho: float) -> float:
        return round(_LEFT + across.at(log10(rho)) / 100 * (WIDTH - _LEFT - _RIGHT), 1)

    def y(value: float) -> float:
        return round(_TOP + (1 - vertical.at(value) / 100) * (HEIGHT - _TOP - _BOTTOM), 1)

    lines = []
    for number, name in enumerate(names):
        mine = sorted((p for p in points if p.line == name), key=lambda p: p.rho)
        marks = [
            {
                "x": x(p.rho),
                "y": y(p.value),
                "low": y(vertical.low if p.low is None else p.low),
                "high": y(vertical.high if p.high is None else p.high),
                "said": f"{name}, ρ = {words.number(p.rho)}: {written([vars(p)])}",
            }
            for p in mine
        ]
        if marks:
            path = "M" + "L".join(f"{mark['x']} {mark['y']}" for mark in marks)
            lines.append(
                {"name": name, "number": number, "ordered": name.startswith("ordered"), "points": marks, "path": path}
            )
    return {
        "title": title,
        "lines": lines,
        "x_ticks": [(x(rho), words.number(rho)) for rho in rates],
        "y_ticks": [
            (round(_TOP + (1 - at / 100) * (HEIGHT - _TOP - _BOTTOM), 1), text) for at, text in vertical.ticks()
        ],
        "edge": x(1.0),
        "zero": y(0.0) if with_zero else None,
    }


def volumes(cells: Sequence[Cell]) -> list[dict[str, Any]]:
    """Matrices of by how many nats the own volume is ahead: one for each data set, at the crux's m.

    Returns:
        For each: data, names, and rows of (name, fields); a field has text, title, outcome and anchor, or is None.
    """
    mine = [cell for cell in cells if cell["claim"] == _OWN and asked(cell) == "own_volume_is_ahead" and measured(cell)]
    sizes = {cell["parameters"]["m"] for cell in mine if is_crux(cell)}
    mine = [c for c in mine if c["parameters"]["m"] in sizes and c["parameters"].get("rule", "sgd") == "sgd"]
    found = []
    for data in dict.fromkeys(cell["parameters"]["data"] for cell in mine):
        here = {
            (c["parameters"]["trained"], c["parameters"]["volume"]): c for c in mine if c["parameters"]["data"] == data
        }
        names = list(dict.fromkeys(name for pair in here for name in pair))
        rows = [(name, [_field(here.get((name, other))) for other in names]) for name in names]
        found.append({"data": label(data), "names": names, "rows": rows})
    return found


def _field(cell: Cell | None) -> dict[str, Any] | None:
    if cell is None:
        return None
    estimate = cell["estimate"]
    said = written([estimate])
    return {"text": said.partition(" ")[0], "title": said, "outcome": cell["outcome"], "anchor": cell["anchor"]}


def evidence(claims: Sequence[Mapping[str, Any]], order: Sequence[str]) -> list[dict[str, Any]]:
    """Stacked bars of evidence by side: claims that hold, are undecided, fail; and their crux cells.

    Args:
        claims: as the page has them, with their cells.
        order: the sides, in order.

    Returns:
        For each side: side, and bars (what, parts (class, count, words)).
    """
    rows = []
    for name in order:
        mine = [claim for claim in claims if side(claim) == name]
        verdicts = [words.short_verdict(claim["verdict"]) for claim in mine]
        fails = verdicts.count("fails") + verdicts.count("holds in part")
        crux = [cell["verdict"] for claim in mine for cell in claim["cells"] if is_crux(cell)]
        bars = [
            ("claims", verdicts.count("holds"), len(verdicts) - verdicts.count("holds") - fails, fails),
            (
                "crux cells",
                crux.count("supported"),
                sum(each in ("inconclusive", "error") for each in crux),
                crux.count("refuted"),
            ),
        ]
        rows.append({"side": name, "bars": [_bar(what, *counts) for what, *counts in bars if sum(counts)]})
    return rows


def _bar(what: str, good: int, open_: int, bad: int) -> dict[str, Any]:
    parts = (("supported", good), ("inconclusive", open_), ("refuted", bad))
    return {"what": what, "parts": [(outcome, count) for outcome, count in parts if count]}
