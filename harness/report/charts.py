"""Contents of a cell's plots, in columns, for the page's script to draw."""

from typing import Any

from harness.report import words
from harness.report.grouping import Cell

# Points of all plots of a page together: beyond it each plot keeps its most probable functions, and says so.
MOST_POINTS = 100_000
_FEWEST_POINTS = 20


def points_each(cells: list[dict[str, Any]]) -> int:
    """Number of points that each cell's plot may have."""
    plots = sum(bool(cell["details"].get(kind)) for cell in cells for kind in ("scatter", "complexity"))
    return max(MOST_POINTS // max(plots, 1), _FEWEST_POINTS)


def scatter(cell: Cell, most: int) -> dict[str, Any] | None:
    """P–P plot: f functions, x and y probabilities with intervals [x0, x1] and [y0, y1], e test errors.

    target: the place of the target function in the list, if it is there. of: number of points before the cut. mass: the
    probability that the points drawn have together, of x and of y.
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
        "x": [short(p["x"]) for p in shown],
        "y": [short(p["y"]) for p in shown],
        "x0": [short(p["x_interval"][0]) for p in shown],
        "x1": [short(p["x_interval"][1]) for p in shown],
        "y0": [short(p["y_interval"][0]) for p in shown],
        "y1": [short(p["y_interval"][1]) for p in shown],
        "e": [short(p["error"]) for p in shown],
        "target": next((i for i, p in enumerate(shown) if p.get("target")), None),
        "of": len(points),
        "mass": [short(sum(p[key] for p in shown)) for key in ("x", "y")],
    }


def complexity(cell: Cell, most: int) -> dict[str, Any] | None:
    """P–K plot: f functions, k complexities, p probabilities; bound: log2 p ≤ −a·k + b, if there is one."""
    points = cell["details"].get("complexity")
    if not points:
        return None
    # A stride, not the head: the plot is of the whole range of volumes.
    shown = points[:: -(-len(points) // most)]
    bound = cell["details"].get("bound")
    return {
        "measure": str(cell["parameters"].get("complexity", "complexity")),
        "f": [p["function"] for p in shown],
        "k": [short(p["k"]) for p in shown],
        "p": [short(p["p"]) for p in shown],
        "bound": {"a": bound["a"], "b": bound["b"]} if bound else None,
        "of": len(points),
    }


def states(cell: Cell) -> dict[str, Any] | None:
    """Heat maps of training against test accuracy at initialisation, and the same as a table of text.

    For each network, k and j: training and evaluation points right, with log10 p of them; mean: test accuracies, with
    their intervals, of networks with x training points right; trained: the same of trained networks. rows: by training
    points right, two columns per network.
    """
    found = cell["details"].get("states")
    if not found:
        return None
    networks = []
    for each in found["networks"]:
        seen = [(k, j, p) for k, row in enumerate(each["log10_p"]) for j, p in enumerate(row) if p is not None]
        errors = [(k, *error) for k, error in enumerate(each["test_error"]) if error is not None]
        networks.append(
            {
                "name": each["name"],
                "k": [k for k, _, _ in seen],
                "j": [j for _, j, _ in seen],
                "p": [short(p) for _, _, p in seen],
                "mean": [{"x": k, **_accuracy(error)} for k, *error in errors],
                "trained": _accuracy(each["trained"]) if each["trained"] else None,
            }
        )
    columns = [each[key] for each in found["networks"] for key in ("of_training", "test_error")]
    return {
        "m": found["m"],
        "n": found["n"],
        "networks": networks,
        "rows": [
            *([f"{k} of {found['m']}", *map(_said, row)] for k, row in enumerate(zip(*columns, strict=True))),
            ["all, by training", *(said for each in found["networks"] for said in ("", _said(each["trained"])))],
        ],
    }


def sets(cell: Cell) -> dict[str, Any] | None:
    """A strip of dots: v the values on single training sets, of which there are `of`, beside their mean with its
    interval, each None if unbounded; region: [low, high] of the prediction.
    """
    found, estimate = cell["details"].get("sets"), cell["estimate"]
    if not found or not estimate or estimate["value"] is None:
        return None
    ends = {key: None if estimate[key] is None else short(estimate[key]) for key in ("low", "high")}
    return {
        "v": [short(value) for value in found if value is not None],
        "of": len(found),
        "mean": short(estimate["value"]),
        **ends,
        "region": [cell["predicted"]["low"], cell["predicted"]["high"]],
        "quantity": estimate["quantity"],
        "unit": estimate["unit"],
    }


def _accuracy(error: list[float]) -> dict[str, float]:
    value, low, high = error
    return {"y": short(1 - value), "low": short(1 - high), "high": short(1 - low)}


def _said(estimate: list[float] | None) -> str:
    """0.30 [0.20, 0.40]."""
    if estimate is None:
        return "–"
    value, low, high = estimate
    return words.said({"value": value, "low": low, "high": high})


def short(value: float) -> float:
    """Six significant digits: twice what a plot can show, in half the bytes."""
    return float(f"{value:.6g}")
