"""The report in a real browser: filters, links, plots, colours, paper, phones, keyboards, screen readers."""

import csv
import io
import json
import math
import re
import time
from pathlib import Path

import pytest

from harness.report import words
from harness.report.page import render
from tests.report_documents import many, sample
from tests.test_report import attacked

ROWS = "tr[data-id]:visible"
SCATTER = "bias: digits-m8-fcn-10-hinge"
VOLUMES = "under: cube5"


def shown(page):
    return page.eval_on_selector_all("tr[data-id]", "rows => rows.filter(r => r.offsetParent).map(r => r.dataset.id)")


def anchor(page, cell_id):
    return page.evaluate(
        "id => [...document.querySelectorAll('tr[data-id]')].find(r => r.dataset.id === id).id", cell_id
    )


def opened(page, cell_id):
    """The details of a cell, opened by its own link."""
    place = anchor(page, cell_id)
    page.locator(f'[id="{place}"] th a').click()
    more = page.locator(f'[id="{place}-more"]')
    page.wait_for_selector(f'[id="{place}-more"][data-ready]')
    return more


def drawn(more):
    """The plot in a cell's details."""
    chart = more.locator(".chart")
    chart.scroll_into_view_if_needed()
    more.page.wait_for_selector(".more .chart[data-drawn]")
    return chart


def test_filters_narrow_and_the_fragment_brings_the_view_back(visit, results):
    page = visit()
    assert len(shown(page)) == len(results["cells"]) == 14
    page.select_option("[name=room]", "sampling")
    assert {cell["claim"] for cell in results["cells"] if cell["id"] in shown(page)} == {"optimisers_sample"}
    page.select_option("[name=outcome]", "supported")
    page.fill("[name=text]", "40 square")
    expected = ["bias: digits-m8-fcn-40-square"]
    assert shown(page) == expected
    assert page.inner_text("#shown") == "1 of 14 cells"
    assert page.locator("section.claim:visible").count() == 1
    again = visit("#" + page.url.partition("#")[2])
    assert shown(again) == expected
    assert again.input_value("[name=text]") == "40 square"
    assert again.input_value("[name=outcome]") == "supported"
    again.click("button[type=reset]")
    assert len(shown(again)) == 14
    assert "#" not in again.url


@pytest.mark.parametrize("name", ["kind", "network"])
def test_the_other_filters(visit, results, name):
    page = visit()
    value, wanted = {
        "kind": ("rival", [c["id"] for c in results["cells"] if c["kind"] == "rival"]),
        "network": ("width 160", [c["id"] for c in results["cells"] if c["parameters"].get("width") == 160]),
    }[name]
    page.select_option(f"[name={name}]", value)
    assert shown(page) == wanted


def test_a_mark_of_the_matrix_opens_its_cell(visit, results):
    page = visit()
    place = anchor(page, "only: endless")
    mark = page.locator(f'table.matrix a[href="#{place}"]')
    assert mark.get_attribute("aria-label") == "only: endless: inconclusive"
    mark.click()
    page.wait_for_selector(f'[id="{place}-more"][data-ready]')
    more = page.locator(f'[id="{place}-more"]')
    assert "The message of only: endless." in more.inner_text()
    assert "pytest 'limits[only: endless]' --seed 0" in more.inner_text()
    row = page.locator(f'[id="{place}"]')
    page.wait_for_function("id => document.activeElement.closest('tr')?.id === id", arg=place)
    assert 0 < row.bounding_box()["y"] < 900
    # The view with the open cell can be passed on, as can a plain link to the cell.
    for fragment in (page.url.partition("#")[2], place):
        again = visit("#" + fragment)
        again.wait_for_selector(f'[id="{place}-more"][data-ready]')
        again.wait_for_function("id => document.activeElement.closest('tr')?.id === id", arg=place)
    row.locator("a").click()
    assert not more.is_visible()


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
        assert said["P_B(f|S)"] == f"{point['x']:.4g}"
        assert said["P_OPT(f|S)"] == f"{point['y']:.4g}"
        assert said["test error"] == f"{point['error']:.4g}"
        for axis, name in (("x", "P_B(f|S)"), ("y", "P_OPT(f|S)")):
            ends = [float(end) for end in said[f"95 % for {name}"].split(" to ")]
            assert ends == pytest.approx(point[f"{axis}_interval"], rel=6e-3)
        read.add(said["function"])
        page.mouse.move(0, 0)
    assert len(read) >= 5


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
    page.locator("#optimisers_sample").scroll_into_view_if_needed()
    chart.scroll_into_view_if_needed()
    page.wait_for_selector("#optimisers_sample .panels .chart[data-drawn]")
    assert chart.locator(".mark-symbol.role-mark path").count() == 6
    assert page.locator("#optimisers_sample .legend").inner_text().split() == ["●", "hinge", "■", "square"]


def test_figures_download_as_csv(visit, results):
    page = visit()
    page.locator("#optimisers_sample table.cells").scroll_into_view_if_needed()
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


def test_light_and_dark(visit):
    colours = {}
    for scheme in ("light", "dark"):
        page = visit(color_scheme=scheme)
        drawn(opened(page, SCATTER))
        colours[scheme] = page.evaluate(
            """() => [getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color,
                document.querySelector('.more .role-axis-label text').getAttribute('fill')]"""
        )
    assert colours["light"][0] == "rgb(255, 255, 255)"
    assert all(light != dark for light, dark in zip(colours["light"], colours["dark"], strict=True))
    # Plots that are drawn follow when the scheme changes.
    page.emulate_media(color_scheme="light")
    page.wait_for_function(
        "fill => document.querySelector('.more .role-axis-label text')?.getAttribute('fill') === fill",
        arg=colours["light"][2],
    )


def test_it_prints(visit):
    page = visit()
    drawn(opened(page, SCATTER))
    pdf = page.pdf(format="A4")
    assert pdf.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) >= 2
    page.emulate_media(media="print")
    assert not page.locator("#filters").is_visible()
    assert page.locator(ROWS).count() == 14
    assert page.locator("table.cells thead").first.is_visible()


@pytest.mark.parametrize("width", [390, 768, 1130, 1440])
def test_no_width_scrolls_sideways(visit, width):
    page = visit(width=width)
    for cell_id in (SCATTER, VOLUMES, "only: broken"):
        opened(page, cell_id)
    for chart in page.locator(".chart").all():
        chart.scroll_into_view_if_needed()
    page.wait_for_function("() => [...document.querySelectorAll('.chart')].every(c => c.dataset.drawn)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    beyond = page.evaluate(
        """() => [...document.querySelectorAll('section.claim *')]
            .filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.secondary, svg'))
            .map(e => e.outerHTML.slice(0, 80))"""
    )
    assert beyond == []


def test_without_scripts_the_tables_are_all_there(visit, results):
    page = visit(java_script_enabled=False)
    assert page.locator(ROWS).count() == len(results["cells"])
    assert not page.locator("#filters").is_visible()
    for cell in results["cells"]:
        if cell["estimate"] and cell["estimate"]["value"] is not None:
            row = page.locator("tr[data-id]", has_text=words.interval(cell["estimate"]))
            assert row.count() >= 1
    assert page.locator("table.matrix a.m").count() == len(results["cells"])


def test_the_keyboard_reaches_everything(visit):
    page = visit()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the verdicts"
    reached = []
    for _ in range(90):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                "(document.activeElement.name || document.activeElement.hash || document.activeElement.type || '')"
            )
        )
    place = anchor(page, SCATTER)
    for wanted in ("text", "outcome", "room", "kind", "network", f"#{place}", "#limits"):
        assert wanted in reached
    page.locator(f'[id="{place}"] a').focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(f'[id="{place}-more"][data-ready]')
    assert page.locator(f'[id="{place}"] a').get_attribute("aria-expanded") == "true"
    page.keyboard.press("Enter")
    assert not page.locator(f'[id="{place}-more"]').is_visible()
    assert page.locator(f'[id="{place}"] a').get_attribute("aria-expanded") == "false"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(visit, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed.")
    page = visit(color_scheme=scheme)
    drawn(opened(page, SCATTER))
    opened(page, "only: broken")
    found = axe.Axe().run(page).response["violations"]
    serious = [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in ("serious", "critical")]
    assert serious == []


def test_markup_in_the_results_does_nothing(visit, tmp_path):
    path = tmp_path / "attacked.html"
    path.write_text(render(json.loads(json.dumps(attacked(sample()))), calibrated=[]), encoding="utf-8")
    page = visit(path=path)
    for row in page.locator("tr[data-id]").all():
        row.locator("th a").click()
        row.locator("xpath=following-sibling::tr[1]").wait_for()
    page.wait_for_function("() => document.querySelectorAll('.more[data-ready]').length === 14")
    for chart in page.locator(".chart").all():
        chart.scroll_into_view_if_needed()
    page.wait_for_function("() => [...document.querySelectorAll('.chart')].every(c => c.dataset.drawn)")
    mark = page.locator(".more .mark-symbol.role-mark path").last
    mark.scroll_into_view_if_needed()
    mark.hover(force=True)
    page.wait_for_selector("#vg-tooltip-element.visible")
    assert page.evaluate("window.attacked") is None
    assert page.locator("img").count() == 0
    assert page.locator("script:not(.data)").count() == 3


@pytest.mark.slow
def test_five_thousand_cells_are_a_small_file_that_answers(visit, tmp_path, record_property):
    path = tmp_path / "many.html"
    path.write_text(render(many(5000), calibrated=[]), encoding="utf-8")
    assert path.stat().st_size < 8_000_000
    start = time.perf_counter()
    page = visit(path=path)
    page.locator("[name=outcome]").select_option("refuted")
    page.wait_for_function("() => !document.getElementById('shown').textContent.startsWith('5,000')")
    seconds = time.perf_counter() - start
    record_property("megabytes", path.stat().st_size / 1e6)
    record_property("seconds_to_answer", seconds)
    print(f"5,000 cells: {path.stat().st_size / 1e6:.1f} MB, answered after {seconds:.1f} s")
    mark = page.locator("table.matrix a.m:visible").last
    mark.click()
    page.wait_for_selector(".more[data-ready]")
    page.wait_for_function("() => document.activeElement.closest('tr[data-id]')")
    assert page.evaluate(
        "() => { const y = document.activeElement.getBoundingClientRect().y; return y > 0 && y < innerHeight; }"
    )
