"""The words of the page: explained on their first use in each section, and in one list."""

import importlib
import re
from pathlib import Path

import pytest

from harness.claim import ClaimText
from harness.claim.declaration import questions_in
from harness.report.glossary import TERMS, explained
from tests.support.report_documents import cell, claim, document, estimate
from tests.support.report_page import page_of


def test_the_first_use_alone_is_explained():
    seen: set[str] = set()
    first = explained("At the edge of stability: volume & functions, volumes.", seen)
    assert re.findall(r'popovertarget="term-([\w-]+)">([^<]+)<', first) == [
        ("edge", "edge of stability"),
        ("volume", "volume"),
        ("function", "functions"),
    ]
    assert "volume</button> &amp; <button" in first
    assert seen == {"edge", "volume", "function"}
    assert str(explained("volume and P_OPT", seen)).startswith("volume and <button")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("the bias explained is 0.9", "bias-explained"),
        ("ln P_B(f|S) in nats", "log-volume"),
        ("P(S) is small", "evidence"),
        ("P_B and U", "random-sampling"),
        ("random-sampled networks", "random-sampling"),
        ("at ρ = 0.3", "rho"),
        ("a chaotic start", "chaotic"),
        ("the posterior of infinite width", "random-sampling"),
        ("of infinitely wide networks", "infinite-width"),
        ("at infinite width", "infinite-width"),
        ("null learners", "null"),
    ],
)
def test_words_lead_to_their_term(text, key):
    assert re.search(r'popovertarget="term-([\w-]+)"', explained(text, set()))[1] == key


@pytest.mark.parametrize("text", ["malfunction", "cellular", "on-the-edges", "LZ760", "a plain sentence"])
def test_parts_of_words_are_no_terms(text):
    assert explained(text, set()) == text


def test_text_stays_text():
    assert explained("<b>volume</b>", set()).startswith("&lt;b&gt;<button")


def test_every_term_has_a_line_and_a_card():
    cells = [cell(slug, f"t: {slug}", "supported", estimate(0.9, 0.8, 1.0), {}) for slug in ("one", "two")]
    page = page_of(document([claim(slug, computed="Of volume. Volume and volume.") for slug in ("one", "two")], cells))
    (section,) = page.all("section", id="glossary")
    assert [e["text"] for e in page.within(section, "dt")] == [term.name for term in TERMS]
    cards = {e["attributes"]["id"] for e in page.all("div") if "popover" in e["attributes"]}
    assert cards == {f"term-{term.key}" for term in TERMS}
    buttons = [e for e in page.all("button") if "popovertarget" in e["attributes"]]
    assert {e["attributes"]["popovertarget"] for e in buttons} <= cards
    # Once in either claim.
    for slug in ("one", "two"):
        (of,) = page.all("section", id=slug)
        mine = [e["attributes"]["popovertarget"] for e in page.within(of, "button")]
        assert mine.count("term-volume") == 1
        assert len(set(mine)) == len(mine)
    assert 18 <= len(TERMS) <= 28
    assert all(term.line.endswith(".") and len(term.line) < 200 for term in TERMS)


def test_every_claim_asks_its_question_in_plain_words():
    """Without symbols: whoever knows no notation understands them."""
    asked = {}
    for file in sorted(Path("claims").glob("*/*.py")):
        module = importlib.import_module(".".join(file.with_suffix("").parts))
        if questions_in(module):
            asked[file.stem] = ClaimText.of(module.__doc__).in_words
    assert {name: text for name, text in asked.items() if not re.fullmatch(r"[A-Z].{20,200}[?.]", text)} == {}
    assert {name for name, text in asked.items() if re.search(r"P_|P\(|ρ|σ|ln |MMD|NNGP|NTK|LZ76", text)} == set()
