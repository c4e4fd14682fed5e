"""The first screen in a real browser: what is on it, at any width, in light and dark, without scripts."""

import json

import pytest

from harness.report.page import render
from tests.support.report_answers import answered


@pytest.fixture(scope="module")
def page_of_answers(tmp_path_factory):
    path = tmp_path_factory.mktemp("answers") / "report.html"
    path.write_text(render(json.loads(json.dumps(answered(it_begins_at_the_edge="refuted")))), encoding="utf-8")
    return path


def test_the_first_screen_holds_the_answer_its_picture_and_what_to_trust(visit, page_of_answers):
    page = visit(path=page_of_answers)
    for place in (".headline", ".answer ol > li:nth-child(3)", "figure.rate", "#sides", "#trust"):
        box = page.locator(place).bounding_box()
        assert box["y"] + box["height"] < 900, place
    assert page.locator(".headline").inner_text() == (
        "Below the edge of stability: the architecture. Beyond it: partly the optimiser."
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1024])
def test_no_width_scrolls_sideways_and_a_phone_has_the_same_order(visit, page_of_answers, width, scheme):
    page = visit(path=page_of_answers, width=width, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if width > 500:
        return
    places = (".headline", ".answer ol", "figure.rate", "#sides", ".whose", "#overview")
    tops = [page.locator(place).bounding_box()["y"] for place in places]
    assert tops == sorted(tops)


def test_a_word_shows_its_card_without_scripts(visit, page_of_answers):
    page = visit(path=page_of_answers, java_script_enabled=False)
    card = page.locator("#term-edge")
    assert not card.is_visible()
    page.locator(".answer button.term", has_text="edge of stability").first.click()
    assert card.is_visible()
    assert "2/λ" in card.inner_text()
    assert page.locator("figure.rate circle").count() > 10


def test_a_number_leads_to_its_cell(visit, page_of_answers):
    page = visit(path=page_of_answers)
    page.locator(".answer li ul a", has_text="38.1 %").click()
    page.wait_for_selector("tr.more[data-ready]")
    assert page.locator("tr.more .id").inner_text().startswith("it_does_not_generalise: digits")
