"""Trends over the nights and the comparison with another run, in a real browser."""

import copy
import csv
import io
import json
from pathlib import Path

import pytest

from harness.report import history
from harness.report.page import render
from tests.browser.actions import anchor, draw, opened
from tests.support.report_documents import sample

CELL = "only: changed"


@pytest.fixture(scope="module")
def nightly(tmp_path_factory):
    """The page of `sample` after five nights, in the first of which the changed cell was supported; against a sixth."""
    found = json.loads(json.dumps(sample()))
    known = []
    for day in range(1, 6):
        each = copy.deepcopy(found)
        each["run"] |= {"started": f"2026-11-{day:02}T02:00:00+00:00", "seed": day}
        (changed,) = [cell for cell in each["cells"] if cell["id"] == CELL]
        changed["estimate"]["value"] += day / 100
        changed["verdict"] = "supported" if day == 1 else "refuted"
        known.append(history.night(each))
    changed["verdict"] = "supported"
    path = tmp_path_factory.mktemp("nights") / "report.html"
    path.write_text(render(found, calibrated=[], known=known, other=each), encoding="utf-8")
    return path


@pytest.mark.parametrize("width", [390, 1440])
def test_a_cells_trend_is_drawn_and_downloads(visit, nightly, width):
    page = visit(path=nightly, width=width)
    more = opened(page, CELL)
    figure = more.locator("figure.trend")
    draw(figure.locator(".chart"))
    marks = figure.locator(".mark-symbol.role-mark path")
    assert marks.count() == 6
    boxes = [mark.bounding_box() for mark in marks.all()]
    places = [(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2) for box in boxes]
    # Evenly spaced nights 1 to 5, each a hundredth above the one before; the run itself is below them all.
    assert [x for x, _ in places] == sorted(x for x, _ in places)
    steps = [places[i][1] - places[i + 1][1] for i in range(4)]
    assert min(steps) > 0
    assert max(steps) == pytest.approx(min(steps), abs=0.5)
    assert places[5][1] - places[0][1] == pytest.approx(steps[0], abs=0.5)
    with page.expect_download() as waiting:
        figure.locator("button.csv").click()
    rows = list(csv.DictReader(io.StringIO(Path(waiting.value.path()).read_text())))
    assert [float(row["value"]) for row in rows] == pytest.approx([0.11, 0.12, 0.13, 0.14, 0.15, 0.1])
    assert [row["verdict"] for row in rows] == ["supported", *["refuted"] * 5]
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [390, 1440])
def test_the_comparison_lists_what_differs_and_leads_to_its_cell(visit, nightly, width):
    page = visit(path=nightly, width=width)
    table = page.locator("#against table")
    assert table.first.locator("tbody tr:visible").count() == 1
    assert "verdict changed" in table.first.inner_text()
    assert not table.nth(1).is_visible()
    page.locator("#against summary").first.click()
    assert table.nth(1).locator("tbody tr:visible").count() == 13
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    table.first.locator("a").press("Enter")
    page.wait_for_selector(f'[id="{anchor(page, CELL)}-more"][data-ready]')


def test_a_changed_verdict_leads_to_its_cell_and_filters_work_beside_it(visit, nightly):
    page = visit(path=nightly)
    change = page.locator(".changes a", has_text=CELL)
    change.press("Enter")
    page.wait_for_selector(".more[data-ready]")
    page.wait_for_function("() => document.activeElement.closest('tr[data-id]')")
    page.select_option("[name=room]", "sampling")
    assert page.inner_text("#shown") == "6 of 14 cells"


def test_axe_finds_nothing_serious_among_the_nights(visit, nightly):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed.")
    page = visit(path=nightly, color_scheme="dark")
    more = opened(page, CELL)
    draw(more.locator("figure.trend .chart"))
    found = axe.Axe().run(page).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in ("serious", "critical")] == []
