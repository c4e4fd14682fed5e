"""Whom the claims speak for, and training sets as dots, in a real browser."""

import csv
import io
import json
from pathlib import Path

import pytest

from harness.report.page import render
from tests.browser.actions import drawn, opened, shown
from tests.support.report_documents import held_against_published, sided

CELL = "bias: digits-sgd-rho0.3"


@pytest.fixture(scope="module")
def page_of_sides(tmp_path_factory):
    path = tmp_path_factory.mktemp("sides") / "report.html"
    path.write_text(render(json.loads(json.dumps(sided())), calibrated=[]), encoding="utf-8")
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_each_training_set_is_a_dot_beside_the_mean(visit, page_of_sides, width, scheme):
    page = visit(path=page_of_sides, width=width, color_scheme=scheme)
    more = opened(page, CELL)
    chart = drawn(more.locator(".sets"))
    dots, mean = (chart.locator(".mark-symbol.role-mark").nth(i).locator("path") for i in (0, 1))
    values = sorted(v for v in sided()["cells"][1]["details"]["sets"] if v is not None)
    assert (dots.count(), mean.count()) == (len(values), 1)
    places = [box["x"] + box["width"] / 2 for box in (dots.nth(i).bounding_box() for i in range(dots.count()))]
    # A place is a linear function of its value, and the mean's, 0.97, is on the same line.
    scale = (places[-1] - places[0]) / (values[-1] - values[0])
    expected = [places[0] + scale * (value - values[0]) for value in values]
    assert places == pytest.approx(expected, abs=1)
    box = mean.bounding_box()
    assert box["x"] + box["width"] / 2 == pytest.approx(places[0] + scale * (0.97 - values[0]), abs=1)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_dots_download_as_they_are(visit, page_of_sides):
    page = visit(path=page_of_sides)
    more = opened(page, CELL)
    with page.expect_download() as download:
        more.locator(".sets button").click()
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text())))
    values = [v for v in sided()["cells"][1]["details"]["sets"] if v is not None]
    assert [float(row["bias explained"]) for row in rows] == pytest.approx(values, rel=1e-5)


def test_the_filter_leaves_one_side(visit, page_of_sides):
    page = visit(path=page_of_sides)
    page.select_option("select[name=side]", "optimiser")
    assert shown(page) == ["gain: 10", "gain: 40"]
    # Its crux cells are one line.
    page.locator("#cruxes summary").click()
    assert page.locator(".crux li[data-cells]:visible").count() == 1


def test_a_crux_cell_opens_from_the_first_page(visit, page_of_sides):
    page = visit(path=page_of_sides)
    page.locator("#cruxes summary").click()
    page.locator(".crux a", has_text="digits · SGD at ρ = 0.3").click()
    page.wait_for_selector("tr.more[data-ready]")
    assert page.locator("tr.more .id").inner_text() == CELL


@pytest.mark.parametrize("width", [390, 1440])
def test_a_reader_finds_published_numbers_and_their_cell(visit, tmp_path, width):
    path = tmp_path / "report.html"
    path.write_text(render(json.loads(json.dumps(held_against_published())), calibrated=[]), encoding="utf-8")
    page = visit(path=path, width=width)
    page.locator(".checks a", has_text="Published numbers").click()
    row = page.locator(".published tbody tr", has_text="disagrees")
    assert row.locator("td").nth(1).inner_text() == "0.75"
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    row.locator("a").click()
    page.wait_for_selector("tr.more[data-ready]")
    assert page.locator("tr.more .id").inner_text() == "gain: 40"
