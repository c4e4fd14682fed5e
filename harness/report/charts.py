"""Vega-Lite charts of a claim and of a cell, as specifications that the page draws when they come into view."""

from typing import Any

import altair as alt

from harness.report.words import OUTCOMES

# Colour-blind safe (Okabe & Ito 2008); shape says the same.
_COLOURS = ["#d55e00", "#d55e00", "#d55e00", "#cc79a7", "#999999", "#0072b2", "#999999", "#999999"]
_SHAPES = ["cross", "cross", "triangle-down", "triangle-down", "circle", "triangle-up", "square", "square"]
_ROW_HEIGHT = 18


def forest(cells: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Every estimate of one quantity with its interval, the predicted region shaded, the noise floor as a tick."""
    judged = [cell for cell in cells if cell["estimate"] and cell["estimate"]["value"] is not None]
    if not judged:
        return None
    ends = [
        value
        for cell in judged
        for value in (
            cell["estimate"]["value"],
            cell["estimate"]["low"],
            cell["estimate"]["high"],
            cell["predicted"]["low"],
            cell["predicted"]["high"],
        )
        if value is not None
    ]
    margin = 0.05 * ((max(ends) - min(ends)) or 1.0)
    least, most = min(ends) - margin, max(ends) + margin

    def clipped(value: float | None, otherwise: float) -> float:
        return otherwise if value is None else value

    rows = [
        {
            "cell": cell["id"],
            "value": cell["estimate"]["value"],
            "low": clipped(cell["estimate"]["low"], least),
            "high": clipped(cell["estimate"]["high"], most),
            "from": clipped(cell["predicted"]["low"], least),
            "to": clipped(cell["predicted"]["high"], most),
            "predicted": cell["predicted"]["text"],
            "verdict": cell["outcome"],
            "noise floor": cell["estimate"]["noise_floor"],
        }
        for cell in judged
    ]
    quantity = judged[0]["estimate"]["quantity"]
    base = alt.Chart(alt.Data(values=rows)).encode(
        y=alt.Y("cell:N", sort=None, title=None, axis=alt.Axis(labelLimit=420))
    )
    axis = alt.X("value:Q", title=quantity, scale=alt.Scale(domain=[least, most], nice=False, zero=False))
    colour = alt.Color("verdict:N", scale=alt.Scale(domain=list(OUTCOMES), range=_COLOURS), legend=None)
    shape = alt.Shape("verdict:N", scale=alt.Scale(domain=list(OUTCOMES), range=_SHAPES), legend=None)
    tooltip = ["cell:N", "value:Q", "low:Q", "high:Q", "predicted:N", "verdict:N", "noise floor:Q"]
    region = base.mark_bar(opacity=0.15, color="#009e73", height=_ROW_HEIGHT).encode(
        x=alt.X("from:Q", scale=alt.Scale(domain=[least, most], nice=False, zero=False), title=quantity), x2="to:Q"
    )
    line = base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q", title=quantity), x2="high:Q", color=colour)
    point = base.mark_point(filled=True, size=60, opacity=1).encode(x=axis, color=colour, shape=shape, tooltip=tooltip)
    chart = alt.layer(region, line, point).properties(width="container", height={"step": _ROW_HEIGHT})
    return chart.to_dict()


def scatter(cell: dict[str, Any]) -> dict[str, Any] | None:
    """P–P plot on logarithmic scales: unity line, ten-fold band; functions one sample never saw lie on the margin."""
    points = cell["details"].get("scatter")
    if not points:
        return None
    x_title, y_title = cell["details"].get("scatter_axes", ["x", "y"])
    seen = [p[axis] for p in points for axis in ("x", "y") if p[axis] > 0]
    least = min(seen) / 3
    rows = [
        {
            "function": p["function"],
            "x": p["x"] or least,
            "y": p["y"] or least,
            "x low": max(p["x_interval"][0], least),
            "x high": p["x_interval"][1],
            "y low": max(p["y_interval"][0], least),
            "y high": p["y_interval"][1],
            "test error": p["error"],
            x_title: p["x"],
            y_title: p["y"],
            "seen in both": "yes" if p["x"] and p["y"] else "no: on the margin",
        }
        for p in points
    ]
    domain = [least, 1.0]
    diagonal = alt.Chart(
        alt.Data(
            values=[{"a": v, "up": min(10 * v, 1), "down": max(v / 10, least)} for v in (least, 10 * least, 0.1, 1)]
        )
    )
    scale = alt.Scale(type="log", domain=domain, nice=False, clamp=True)
    band = diagonal.mark_area(opacity=0.12, color="#009e73").encode(
        x=alt.X("a:Q", scale=scale, title=x_title), y=alt.Y("down:Q", scale=scale, title=y_title), y2="up:Q"
    )
    unity = diagonal.mark_line(strokeDash=[4, 4], color="#888888").encode(x="a:Q", y="a:Q")
    base = alt.Chart(alt.Data(values=rows))
    error = alt.Color("test error:Q", scale=alt.Scale(scheme="viridis", domain=[0, 1]))
    across = base.mark_rule(opacity=0.3).encode(x="x low:Q", x2="x high:Q", y="y:Q")
    along = base.mark_rule(opacity=0.3).encode(y="y low:Q", y2="y high:Q", x="x:Q")
    marks = base.mark_point(filled=True, size=45, opacity=0.9).encode(
        x="x:Q",
        y="y:Q",
        color=error,
        shape=alt.Shape(
            "seen in both:N", scale=alt.Scale(domain=["yes", "no: on the margin"], range=["circle", "square"])
        ),
        tooltip=["function:N", f"{_escaped(x_title)}:Q", f"{_escaped(y_title)}:Q", "test error:Q", "seen in both:N"],
    )
    return alt.layer(band, unity, across, along, marks).properties(width="container", height=360).to_dict()


def complexity(cell: dict[str, Any]) -> dict[str, Any] | None:
    """P–K plot: log2 P of the functions of large volume over their complexity, with the bound where there is one."""
    points = cell["details"].get("complexity")
    if not points:
        return None
    measure = cell["parameters"].get("complexity", "complexity")
    axis = alt.Axis(format="~e")
    base = alt.Chart(alt.Data(values=points))
    marks = base.mark_point(filled=True, opacity=0.6, color="#0072b2").encode(
        x=alt.X("k:Q", title=f"K ({measure})"),
        y=alt.Y("p:Q", scale=alt.Scale(type="log"), title="P(f)", axis=axis),
        tooltip=["function:N", "k:Q", "p:Q"],
    )
    layers = [marks]
    if bound := cell["details"].get("bound"):
        ks = sorted(p["k"] for p in points)
        line = [{"k": k, "p": min(2 ** (-bound["a"] * k + bound["b"]), 1.0)} for k in (ks[0], ks[-1])]
        layers.append(alt.Chart(alt.Data(values=line)).mark_line(color="#d55e00").encode(x="k:Q", y="p:Q"))
    return alt.layer(*layers).properties(width="container", height=320).to_dict()


def _escaped(field: str) -> str:
    """Field names are paths in Vega-Lite unless these characters are escaped."""
    return "".join(f"\\{c}" if c in ".[]:" else c for c in field)
