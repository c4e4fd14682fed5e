"""The report in a real browser: filters, links, colours, paper, phones, keyboards, screen readers."""

import json
import re
import time

import pytest

from harness.report import words
from harness.report.page import render
from tests.browser.actions import SCATTER, STATES, VOLUMES, anchor, draw, drawn, opened, shown, told
from tests.support.report_documents import many, sample
from tests.support.report_page import attacked

ROWS = "tr[data-id]:visible"


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
    assert page.locator("section[data-room]:visible").count() == 1
    again = visit("#" + page.url.partition("#")[2])
    assert shown(again) == expected
    assert again.input_value("[name=text]") == "40 square"
    assert again.input_value("[name=outcome]") == "supported"
    again.click("button[type=reset]")
    # A form is reset after its event.
    again.wait_for_function("() => document.querySelector('#shown').textContent === '14 of 14 cells'")
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


def test_a_count_leads_to_its_first_cell(visit, results):
    page = visit()
    place = anchor(page, "only: endless")
    count = page.locator(f'.claim-rows a[href="#{place}"]')
    assert count.get_attribute("aria-label") == "limits: 2 cells inconclusive"
    count.click()
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
    row.locator("a").press("Enter")
    assert not more.is_visible()


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
    # A4 between its margins.
    page.set_viewport_size({"width": 703, "height": 1000})
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= 703
    assert not page.locator("#filters").is_visible()
    assert page.locator(ROWS).count() == 14
    assert page.locator("table.cells thead").first.is_visible()


@pytest.mark.parametrize("width", [390, 768, 900, 1024, 1180, 1440])
def test_no_width_scrolls_sideways(visit, width):
    page = visit(width=width)
    for cell_id in (SCATTER, VOLUMES, "only: broken"):
        opened(page, cell_id)
    for chart in page.locator(".chart").all():
        draw(chart)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    beyond = page.evaluate(
        """() => [...document.querySelectorAll('section.claim *')]
            .filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.secondary, .scroll, svg'))
            .map(e => e.outerHTML.slice(0, 80))"""
    )
    assert beyond == []


@pytest.mark.parametrize("width", [900, 1160])
def test_a_narrower_window_keeps_the_table_and_leaves_its_last_columns_to_the_opened_cell(visit, results, width):
    page = visit(width=width)
    row = page.locator(f'[id="{anchor(page, SCATTER)}"]')
    places = [row.locator(part).bounding_box() for part in ("th", "td.o", "td.f", "td:nth-child(5)")]
    assert [place["x"] for place in places] == sorted(place["x"] for place in places)
    assert len({place["y"] for place in places}) == 1
    heads = page.locator("#optimisers_sample thead th")
    shown_heads = [head.text_content().split()[0] for head in heads.all() if head.is_visible()]
    assert shown_heads == ["Cell", "Verdict", "Forest", "Estimate", "Interval"]
    found = next(cell for cell in results["cells"] if cell["id"] == SCATTER)
    floor, seconds = words.number(found["estimate"]["noise_floor"], digits=2), words.duration(found["seconds"])
    assert f"; noise floor {floor}; took {seconds}." in opened(page, SCATTER).inner_text()


def test_without_scripts_the_tables_are_all_there(visit, results):
    page = visit(java_script_enabled=False)
    assert page.locator(ROWS).count() == len(results["cells"])
    assert not page.locator("#filters").is_visible()
    for cell in results["cells"]:
        if cell["estimate"] and cell["estimate"]["value"] is not None:
            row = page.locator("tr[data-id]", has_text=words.interval(cell["estimate"], cell["predicted"]))
            assert row.count() >= 1
    counts = page.locator(".claim-rows .counts a").all_inner_texts()
    assert sum(int(text.split()[1]) for text in counts) == len(results["cells"])


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


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1024, "dark"), (1440, "light"), (1440, "dark")])
def test_axe_finds_nothing_serious(visit, width, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed.")
    page = visit(width=width, color_scheme=scheme)
    drawn(opened(page, SCATTER))
    opened(page, STATES)
    opened(page, "only: broken")
    opened(page, VOLUMES)
    opened(page, "only: missing")
    page.locator(".contents summary").click()
    found = axe.Axe().run(page).response["violations"]
    serious = [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in ("serious", "critical")]
    assert serious == []


def test_markup_in_the_results_does_nothing(visit, tmp_path):
    path = tmp_path / "attacked.html"
    path.write_text(render(json.loads(json.dumps(attacked(sample()))), calibrated=[]), encoding="utf-8")
    page = visit(path=path)
    for row in page.locator("tr[data-id]").all():
        row.locator("th a").press("Enter")
        row.locator("xpath=following-sibling::tr[1]").wait_for()
    page.wait_for_function("() => document.querySelectorAll('.more[data-ready]').length === 14")
    for chart in page.locator(".chart").all():
        draw(chart)
    mark = page.locator(".more .mark-symbol.role-mark path").last
    told(page, mark)
    assert page.evaluate("window.attacked") is None
    assert page.locator("img").count() == 0
    assert page.locator("script:not(.data)").count() == 4


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
    page.locator(".claim-rows .counts a:visible").last.click()
    page.wait_for_selector(".more[data-ready]")
    page.wait_for_function("() => document.activeElement.closest('tr[data-id]')")
    assert page.evaluate(
        "() => { const y = document.activeElement.getBoundingClientRect().y; return y > 0 && y < innerHeight; }"
    )
