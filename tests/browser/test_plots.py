"""The report's plots in a real browser: where their marks are, what they say, what downloads."""

import copy
import csv
import io
import math
from pathlib import Path

import pytest

from harness.decimals import figures
from harness.report.charts import short
from harness.report.page import render
from tests.browser.actions import SCATTER, STATES, VOLUMES, draw, drawn, opened, scroll_to


def test_hovering_a_point_reads_the_numbers_of_the_results(visit, results):
    page = visit()
    (cell,) = [c for c in results["cells"] if c["id"] == SCATTER]
    by_function = {p["function"]: p for p in cell["details"]["scatter"]}
    chart = drawn(opened(page, SCATTER))
    marks = chart.locator(".mark-symbol.role-mark").last.locator("path")
    assert marks.count() == len(by_function)
    read = set()
    for i in range(0, marks.count(), 4):
        box = marks.nth(i).bounding_box()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.wait_for_selector("#vg-tooltip-element.visible")
        rows = page.locator("#vg-tooltip-element tr").all()
        said = {each.locator(".key").inner_text().strip(": "): each.locator(".value").inner_text() for each in rows}
        point = by_function[said["function"]]
        assert said["test error"] == f"{point['error']:.4g}"
        for axis, name in (("x", "P_B(f|S)"), ("y", "P_OPT(f|S)")):
            low, high = map(short, point[f"{axis}_interval"])
            assert said[f"{name}, 95 %"] == " ".join(figures(short(point[axis]), low, high))
        read.add(said["function"])
        page.mouse.move(0, 0)
    assert len(read) >= 5


def test_a_scatter_says_how_much_its_dots_leave_out(visit, results, tmp_path):
    changed = copy.deepcopy(results)
    (cell,) = [c for c in changed["cells"] if c["id"] == SCATTER]
    for of, mass in (("x", 0.82), ("y", 1.0)):
        total = sum(p[of] for p in cell["details"]["scatter"])
        for point in cell["details"]["scatter"]:
            point[of] *= mass / total
    path = tmp_path / "mass.html"
    path.write_text(render(changed, calibrated=[]), encoding="utf-8")
    caption = opened(visit(path=path), SCATTER).locator("figcaption").first.inner_text()
    assert caption.endswith(" The dots hold 82 % of P_B(f|S); the rest is on rarer functions.")


def test_points_lie_where_their_probabilities_are(visit, results):
    """The drawn places are logarithms of the probabilities, up to scale and shift; unseen functions are left of all."""
    page = visit()
    (cell,) = [c for c in results["cells"] if c["id"] == SCATTER]
    chart = drawn(opened(page, SCATTER))
    boxes = [mark.bounding_box() for mark in chart.locator(".mark-symbol.role-mark").last.locator("path").all()]
    points = sorted(cell["details"]["scatter"], key=lambda p: -max(p["x"], p["y"]))
    places = [box["x"] + box["width"] / 2 for box in boxes]
    seen = [(math.log(p["x"]), place) for p, place in zip(points, places, strict=True) if p["x"]]
    (x0, at0), (x1, at1) = min(seen), max(seen)
    for x, place in seen:
        assert place == pytest.approx(at0 + (x - x0) / (x1 - x0) * (at1 - at0), abs=0.75)
    unseen = [place for p, place in zip(points, places, strict=True) if not p["x"]]
    assert len(unseen) > 2
    assert max(unseen) < min(place for _, place in seen)


def test_errors_are_drawn_against_both_probabilities(visit, results):
    """A point for each function in each sample that saw it, as high as its error."""
    page = visit()
    (cell,) = [c for c in results["cells"] if c["id"] == SCATTER]
    chart = opened(page, SCATTER).locator(".chart").nth(1)
    draw(chart)
    seen = [
        (sample, math.log(p[sample]), p["error"])
        for sample in ("x", "y")
        for p in sorted(cell["details"]["scatter"], key=lambda p: -max(p["x"], p["y"]))
        if p[sample]
    ]
    boxes = [mark.bounding_box() for mark in chart.locator(".mark-symbol.role-mark path").all()]
    assert len(boxes) == len(seen)
    places = [(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2) for box in boxes]
    for sample in ("x", "y"):
        mine = [(point, place) for point, place in zip(seen, places, strict=True) if point[0] == sample]
        for of, along in ((1, 0), (2, 1)):
            (v0, at0), (v1, at1) = (end((point[of], place[along]) for point, place in mine) for end in (min, max))
            for point, place in mine:
                assert place[along] == pytest.approx(at0 + (point[of] - v0) / (v1 - v0) * (at1 - at0), abs=1.5)


def test_volume_against_complexity_is_drawn_with_its_bound(visit):
    page = visit()
    chart = drawn(opened(page, VOLUMES))
    assert chart.locator(".mark-symbol.role-mark path").count() == 40
    assert chart.locator(".mark-line.role-mark path").count() == 1


def test_the_strips_are_drawn_where_the_file_says(visit):
    page = visit()
    strips = page.eval_on_selector_all(
        "td.f[style]",
        """cells => cells.map(cell => {
          const bar = getComputedStyle(cell, '::before'), dot = getComputedStyle(cell, '::after');
          const place = name => parseFloat(cell.style.getPropertyValue(name));
          const percent = text => 100 * parseFloat(text) / cell.clientWidth;
          return [place('--l') - percent(bar.left), place('--h') - place('--l') - percent(bar.width),
                  place('--v') - percent(dot.left), cell.clientWidth];
        })""",
    )
    assert len(strips) == 10
    for left, width, value, pixels in strips:
        hair = 100 * 1.5 / pixels
        assert abs(left) < hair
        assert abs(width) < hair or width < 0  # an interval has a least width on the screen
        assert abs(value) < hair


def test_curves_are_drawn_when_scrolled_to(visit):
    page = visit()
    chart = page.locator("#optimisers_sample .panels .chart")
    scroll_to(page.locator("#optimisers_sample"))
    draw(chart)
    assert chart.locator(".mark-symbol.role-mark path").count() == 6
    assert page.locator("#optimisers_sample .legend").inner_text().split() == ["●", "hinge", "■", "square"]


def test_figures_download_as_csv(visit, results):
    page = visit()
    scroll_to(page.locator("#optimisers_sample table.cells"))
    with page.expect_download() as waiting:
        page.locator("#optimisers_sample button.csv").click()
    assert waiting.value.suggested_filename == "optimisers_sample.csv"
    rows = list(csv.DictReader(io.StringIO(Path(waiting.value.path()).read_text())))
    wanted = [c for c in results["cells"] if c["claim"] == "optimisers_sample"]
    assert [(r["cell"], float(r["value"])) for r in rows] == [(c["id"], c["estimate"]["value"]) for c in wanted]
    more = opened(page, SCATTER)
    with page.expect_download() as waiting:
        more.locator("button.csv").click()
    rows = list(csv.DictReader(io.StringIO(Path(waiting.value.path()).read_text())))
    points = {p["function"]: p for p in wanted[0]["details"]["scatter"]}
    assert {r["function"]: float(r["P_OPT(f|S)"]) for r in rows} == {f: p["y"] for f, p in points.items()}


@pytest.mark.parametrize("width", [390, 1440])
def test_heat_maps_are_drawn_with_their_figures_in_a_table(visit, width):
    page = visit(width=width)
    more = opened(page, STATES)
    charts = more.locator("figure.states .chart")
    assert charts.count() == 2
    for chart, diamonds in zip(charts.all(), (1, 0), strict=True):
        draw(chart)
        chart.locator(".mark-rect.role-mark path").first.wait_for()
        assert chart.locator(".mark-rect.role-mark path").count() == 4 * 7
        symbols = [marks.locator("path").count() for marks in chart.locator(".mark-symbol.role-mark").all()]
        assert symbols == [4, diamonds]
    # Hovering the likeliest entry reads its place and its probability.
    mark = charts.first.locator(".mark-rect.role-mark path").nth(1 * 7 + 3)
    scroll_to(mark)
    box = mark.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + box["height"] / 4)
    page.wait_for_selector("#vg-tooltip-element.visible")
    said = page.locator("#vg-tooltip-element .value").all_inner_texts()
    assert said == ["2 of 4", "3 of 6", "−0.5"]
    table = more.locator("figure.states table")
    assert table.locator("thead th").first.is_visible()
    assert table.locator("tbody tr").count() == 6
    assert table.locator("tbody tr").nth(2).inner_text().split("\t")[0] == "2 of 4"
    assert page.evaluate("document.documentElement.scrollWidth") <= width
