"""Moving about the report: contents, search, counts, Back, sorting, links by name, paper."""

import json

import pytest

from harness.report.page import render
from tests.browser.actions import SCATTER, anchor, drawn, opened, shown
from tests.support.report_documents import cell, claim, document, estimate, sample


@pytest.fixture(scope="module")
def page_of_many(tmp_path_factory):
    """A claim with 14 cells at one width, half of them refuted; the values go down as the names go up."""
    cells = [
        cell(
            "one",
            f"t: {i}",
            ("supported", "refuted")[i % 2],
            estimate(1e-5 if i == 13 else 2 - i / 10, 0, 2),
            {"width": 40, "i": i},
            seconds=(5, 75, 3700)[i % 3],
        )
        for i in range(14)
    ]
    others = [cell("two", f"t: {i}", "refuted", estimate(0.1, 0, 0.2), {"width": 40, "i": i}) for i in range(3)]
    path = tmp_path_factory.mktemp("many") / "report.html"
    found = document([claim("one"), claim("two")], [*cells, *others])
    path.write_text(render(json.loads(json.dumps(found)), calibrated=[]), encoding="utf-8")
    return path


@pytest.mark.parametrize("width", [390, 900, 1440])
def test_no_label_of_an_axis_leaves_its_box_or_lies_on_another(visit, tmp_path, width):
    """The first and the last tick lie at the ends of their axis; those of the calibration are checked as well."""
    ends = [cell("ends", f"t: {v}", "refuted", estimate(v, v, v, noise_floor=None), {"v": v}) for v in (-0.2, 0.0, 0.2)]
    for each in ends:
        each["predicted"] = {"text": "0", "low": 0.0, "high": 0.0, "reason": "no"}
    found = sample()
    both = document([*found["claims"].values(), claim("ends")], [*found["cells"], *ends])
    path = tmp_path / "ends.html"
    path.write_text(render(json.loads(json.dumps(both))), encoding="utf-8")
    page = visit(path=path, width=width)
    drawn(opened(page, SCATTER))
    on_another = page.evaluate(
        """() => [...document.querySelectorAll('.axis div')].filter(axis => {
            const places = [...axis.children].map(label => label.getBoundingClientRect().left);
            return places.some((place, i) => i && place < places[i - 1] + 5);
        }).map(axis => axis.textContent)"""
    )
    assert on_another == []
    beyond = page.evaluate(
        """() => [...document.querySelectorAll('.axis span, svg .role-axis-label text')].map(label => {
            const box = label.closest('.axis div, svg').getBoundingClientRect();
            const range = document.createRange();
            range.selectNodeContents(label);
            const own = range.getBoundingClientRect();
            return [label.textContent, own.left - box.left, box.right - own.right, box.width];
        }).filter(([, left, right]) => left < -1 || right < -1)"""
    )
    assert beyond == []
    assert "−0.2" in page.locator("#ends .axis").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_paper_has_every_chart_in_ink(visit, scheme):
    page = visit(color_scheme=scheme)
    page.wait_for_function("() => all('section[data-room]').every(section => section.payload)")
    page.evaluate(
        """() => matchMedia('print').addEventListener('change', ({ matches }) => { if (matches) window.printed =
            all('.chart').map(chart => chart.querySelector('.role-axis-label text')?.getAttribute('fill')); })"""
    )
    page.pdf(format="A4")
    fills = page.evaluate("window.printed")
    panels = page.locator(".panels .chart").count()
    assert panels >= 2
    assert fills == ["#1a1c20"] * panels
    screen = page.locator(".panels .chart svg .role-axis-label text").first.get_attribute("fill")
    assert (screen == "#1a1c20") == (scheme == "light")


def test_back_leads_to_the_view_before(visit):
    page = visit()
    everything = shown(page)
    page.select_option("[name=room]", "sampling")
    some = shown(page)
    place = anchor(page, SCATTER)
    page.locator(f'[id="{place}"] a').first.click()
    page.wait_for_selector(f'[id="{place}-more"][data-ready]')
    page.go_back()
    assert page.input_value("[name=room]") == "sampling"
    assert "open" not in page.url.partition("#")[2]
    page.go_back()
    page.wait_for_function("() => document.querySelector('[name=room]').value === ''")
    assert shown(page) == everything != some
    page.go_forward()
    page.wait_for_function("() => document.querySelector('[name=room]').value === 'sampling'")
    # Letters that are typed are not steps.
    page.locator("[name=text]").press_sequentially("hinge")
    page.go_back()
    page.wait_for_function("() => document.querySelector('[name=room]').value === ''")
    assert shown(page) == everything


def test_a_count_filters_to_its_cells(visit, page_of_many):
    page = visit(path=page_of_many)
    page.locator("tr[data-claim=one] a[data-o=refuted]").click()
    page.wait_for_selector(".more[data-ready]")
    assert shown(page) == [f"t: {i}" for i in range(1, 14, 2)]
    page.go_back()
    page.wait_for_function("() => document.querySelector('[name=text]').value === ''")
    assert len(shown(page)) == 17


def test_nothing_matches(visit):
    page = visit()
    assert not page.locator("#nothing").is_visible()
    page.fill("[name=text]", "no such cell")
    assert page.locator("#nothing").inner_text().startswith("Nothing matches.")
    assert page.locator("section[data-room]:visible, h2.room-title:visible").count() == 0
    page.click("#nothing button")
    page.wait_for_function("() => document.querySelector('#shown').textContent === '14 of 14 cells'")
    assert not page.locator("#nothing").is_visible()


def test_cells_are_sorted_by_a_column(visit, page_of_many):
    page = visit(path=page_of_many)

    def order():
        ids = page.locator("#one tr[data-id]").evaluate_all("rows => rows.map(row => row.dataset.id)")
        return [int(name[3:]) for name in ids]

    head = page.locator("#one thead th:not(.f)", has_text="Estimate")
    more = opened(page, "t: 4")
    head.locator("button").click()
    assert (order(), head.get_attribute("aria-sort")) == (list(reversed(range(14))), "ascending")
    assert more.evaluate("e => e.previousElementSibling.dataset.id") == "t: 4"
    head.locator("button").click()
    assert (order(), head.get_attribute("aria-sort")) == (list(range(14)), "descending")
    page.locator("#one thead th", has_text="Time").locator("button").click()
    assert [i % 3 for i in order()] == [0] * 5 + [1] * 5 + [2] * 4
    assert head.get_attribute("aria-sort") is None


def test_the_command_is_copied(visit):
    page = visit(permissions=["clipboard-read", "clipboard-write"])
    button = opened(page, SCATTER).locator("button.copy")
    button.click()
    page.wait_for_function("() => document.querySelector('.copy').textContent === 'Copied'")
    assert page.evaluate("navigator.clipboard.readText()") == f"pytest 'optimisers_sample[{SCATTER}]' --seed 0"


@pytest.mark.parametrize("width", [390, 1440])
def test_the_contents_lead_to_a_claim_and_stay_in_reach(visit, width):
    page = visit(width=width)
    page.locator(".contents summary").click()
    page.locator(".contents a", has_text="optimisers sample").click()
    page.wait_for_function(
        "() => Math.abs(document.querySelector('#optimisers_sample').getBoundingClientRect().y - 125) < 125"
    )
    assert not page.locator(".contents ul").first.is_visible()
    assert page.url.endswith("#optimisers_sample")
    for part in (".contents summary", "[name=text]", "[name=side]"):
        assert 0 <= page.locator(part).bounding_box()["y"] < 45
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_two_keys_lead_to_the_claims(visit):
    page = visit()
    for key in ("Tab", "Tab", "Enter", "Tab"):
        page.keyboard.press(key)
    assert page.evaluate("document.activeElement.closest('section').id") == "volume_is_simple"


def test_rooms_are_headings_and_claims_are_below_them(visit):
    page = visit()
    levels = page.eval_on_selector_all("h1, h2, h3", "all => all.map(e => [e.tagName, e.textContent])")
    rooms = [i for i, (_, text) in enumerate(levels) if text in ("Complexity", "Features", "Sampling")]
    assert [levels[i][0] for i in rooms] == ["H2"] * 3
    assert [levels[i + 1] for i in rooms] == [
        ["H3", f"The sentence of {slug}."] for slug in ("volume_is_simple", "limits", "optimisers_sample")
    ]
