"""The group's axis in sight, numbers in scripts as in tables, titles and noise floors of curves."""

import json
import math
import random

import pytest

from harness import decimals
from harness.report.page import render
from tests.browser.actions import draw, scroll_to
from tests.support.report_documents import cell, claim, document, estimate


@pytest.fixture(scope="module")
def long(tmp_path_factory):
    """Two groups of 48 rows on axes of their own, with noise floors, over a width."""
    rng = random.Random(0)
    cells = []
    for test, scale in (("bias", 1.0), ("excess", 40.0)):
        for i in range(48):
            value = scale * rng.uniform(0.6, 0.9)
            found = estimate(
                value,
                value - 0.1 * scale,
                value + 0.1 * scale,
                quantity=f"ln P(f|S) of {test}",
                noise_floor=0.05 * scale,
            )
            cells.append(cell("one", f"{test}: {i}", "supported", found, {"width": 10 * 2 ** (i % 3), "split": i // 3}))
    path = tmp_path_factory.mktemp("long") / "report.html"
    path.write_text(render(json.loads(json.dumps(document([claim("one")], cells))), calibrated=[]), encoding="utf-8")
    return path


AT_TOP = """row => {
    const bar = document.querySelector('.page-bar').getBoundingClientRect().bottom;
    const group = row.closest('tbody').querySelector('.ticks .axis');
    const box = group.getBoundingClientRect();
    const shown = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    const title = row.closest('tbody').querySelector('.ticks td');
    const below = title.getBoundingClientRect().top - bar;
    return [below, box.bottom <= innerHeight, group.contains(shown), title.textContent];
}"""


@pytest.mark.parametrize("width", [390, 1024, 1440])
def test_the_axis_of_a_group_stays_in_sight_below_the_bar(visit, long, width):
    page = visit(path=long, width=width)
    page.wait_for_timeout(200)
    for number, quantity in ((40, "ln P(f|S) of bias"), (48 + 40, "ln P(f|S) of excess")):
        row = page.locator("tr[data-id]").nth(number)
        scroll_to(row)
        page.wait_for_timeout(100)
        below, on_screen, on_top, title = row.evaluate(AT_TOP)
        assert abs(below) < 3
        assert (on_screen, on_top, title) == (True, True, quantity)
    # Its ticks are where the strips under it have their numbers.
    left, right = page.evaluate(
        """() => ['.ticks .axis', 'td.f'].map(each => {
            const box = [...document.querySelectorAll(each)].pop().getBoundingClientRect();
            return [box.left, box.width];
        })"""
    )
    assert left == pytest.approx(right, abs=2)


def test_on_paper_the_axis_is_where_its_group_begins(visit, long):
    page = visit(path=long, width=703)
    page.emulate_media(media="print")
    scroll_to(page.locator("tr[data-id]").nth(40))
    assert page.locator(".ticks .axis").first.evaluate("axis => getComputedStyle(axis).position") == "static"


def test_scripts_write_numbers_as_tables_do(visit):
    rng = random.Random(1)
    rows = [
        (0.6897, 0.5764, 0.789, []), (1.004, 0.98, 1.0, []), (-0.001, 0.0, 0.04, [0.0]), (0.125, 0.0, 0.25, []),
        (0.87, 0.49867, 1.0, [0.5]), (1234.5, 1100.2, 1388.7, []), (-2.5e7, -2.6e7, -2.4e7, []),
        (2e-6, 0.0, 4.13e-5, []), (None, 0.1, 0.2, []), (0.5, None, None, []), (0.85, None, 1.0, [1.0]),
        (0.25, 0.25, 0.25, []), (0, 0, 0, []),
        (0.05, 0.0, 0.0996, []), (-0.004, -0.2, 0.2, [0.0]),
    ]  # fmt: skip
    for _ in range(300):
        low = rng.uniform(-2, 2) * 10 ** rng.randint(-3, 4)
        width = rng.uniform(0, 2) * 10 ** rng.randint(-3, 4)
        rows.append((low + rng.uniform(-0.1, 1.1) * width, low, low + width, [low + width / 99][: rng.randint(0, 1)]))
    said = visit().evaluate("rows => rows.map(([value, low, high, bounds]) => figures(value, low, high, bounds))", rows)

    def written(value, low, high, bounds):
        ends = -math.inf if low is None else low, math.inf if high is None else high
        return " ".join(decimals.figures(math.nan if value is None else value, *ends, bounds))

    assert said == [written(*row) for row in rows]


def test_a_curve_has_its_quantity_with_the_unit_beside_it_and_its_noise_floors(visit, long):
    page = visit(path=long)
    figure = page.locator("#one figure").first
    chart = figure.locator(".chart").first
    draw(chart)
    assert chart.locator(".role-axis-title text").all_text_contents() == ["width", "ln P(f|S) of bias, nats"]
    assert "the short bars are noise floors" in figure.locator("figcaption").inner_text()
    floors = chart.locator(".mark-rect.role-mark path[fill='#8a5a00']")
    assert floors.count() == 3
    # Equal distributions read 0, and so lie at their floor on the axis.
    labels = chart.locator(".role-axis-label").last.locator("text").all()
    (low, at_low), (high, at_high) = ((float(each.text_content()), middle(each)) for each in (labels[0], labels[-1]))
    for floor in floors.all():
        place = low + (middle(floor) - at_low) / (at_high - at_low) * (high - low)
        assert place == pytest.approx(0.05, abs=0.01)


def middle(mark):
    box = mark.bounding_box()
    return box["y"] + box["height"] / 2
