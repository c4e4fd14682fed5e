"""What a cell's plots show, in columns, for the page's script to draw."""

from typing import Any

from harness.report.grouping import Cell

# Points of all plots of a page together: beyond it each plot keeps its most probable functions, and says so.
MOST_POINTS = 100_000
_FEWEST_POINTS = 20


def points_each(cells: list[dict[str, Any]]) -> int:
    """How many points each cell's plot may have."""
    plots = sum(bool(cell["details"].get(kind)) for cell in cells for kind in ("scatter", "complexity"))
    return max(MOST_POINTS // max(plots, 1), _FEWEST_POINTS)


def scatter(cell: Cell, most: int) -> dict[str, Any] | None:
    """P–P plot: f functions, x and y probabilities with intervals [x0, x1] and [y0, y1], e test errors.

    target: the place of the target function in the list, where it is there. of: how many points there were.
    """
    points = cell["details"].get("scatter")
    if not points:
        return None
    shown = sorted(points, key=lambda p: -max(p["x"], p["y"]))[:most]
    x_title, y_title = cell["details"].get("scatter_axes", ["x", "y"])
    return {
        "x_title": x_title,
        "y_title": y_title,
        "f": [p["function"] for p in shown],
        "x": [_short(p["x"]) for p in shown],
        "y": [_short(p["y"]) for p in shown],
        "x0": [_short(p["x_interval"][0]) for p in shown],
        "x1": [_short(p["x_interval"][1]) for p in shown],
        "y0": [_short(p["y_interval"][0]) for p in shown],
        "y1": [_short(p["y_interval"][1]) for p in shown],
        "e": [_short(p["error"]) for p in shown],
        "target": next((i for i, p in enumerate(shown) if p.get("target")), None),
        "of": len(points),
    }


def complexity(cell: Cell, most: int) -> dict[str, Any] | None:
    """P–K plot: f functions, k complexities, p probabilities; bound: log2 p ≤ −a·k + b, where there is one."""
    points = cell["details"].get("complexity")
    if not points:
        return None
    # A stride, not the head: the plot is of the whole range of volumes.
    shown = points[:: -(-len(points) // most)]
    bound = cell["details"].get("bound")
    return {
        "measure": str(cell["parameters"].get("complexity", "complexity")),
        "f": [p["function"] for p in shown],
        "k": [_short(p["k"]) for p in shown],
        "p": [_short(p["p"]) for p in shown],
        "bound": {"a": bound["a"], "b": bound["b"]} if bound else None,
        "of": len(points),
    }


def _short(value: float) -> float:
    """Six significant digits: twice what a plot can show, in half the bytes."""
    return float(f"{value:.6g}")
