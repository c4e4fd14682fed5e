"""The report as a file: what it holds, what it refuses, and that its tables say what the results say."""

import io
import json
import re
from importlib.resources import files

import pytest
import vl_convert
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from harness.errors import BadInput
from harness.report import results, tables, words, write_report
from harness.report.terminal import verdict_table
from tests.support.report_documents import cell, claim, document, estimate, sample
from tests.support.report_page import ATTACK, attacked, page_of


@pytest.fixture(scope="module")
def page():
    return page_of(sample())


def test_one_file_that_refers_to_nothing_outside(page):
    assert not [e for e in page.elements if e["tag"] in ("link", "img", "iframe", "object", "embed", "base", "video")]
    assert all("src" not in e["attributes"] for e in page.elements)
    # What a claim's source names is linked to, and nothing of it is fetched.
    papers = [e["attributes"]["href"] for of in page.all("dd", **{"class": "source"}) for e in page.within(of, "a")]
    assert set(papers) == {"https://arxiv.org/abs/1234.56789"}
    others = [e["attributes"]["href"] for e in page.all("a")]
    assert {href[0] for href in others if href not in papers} == {"#"}
    (style,) = page.all("style")
    assert "url(" not in style["text"]
    assert "@import" not in style["text"]


def test_the_packaged_vega_is_what_vl_convert_bundles():
    packaged = (files("harness.report") / "vega" / "vega.js").read_bytes()
    assert packaged == vl_convert.javascript_bundle(vl_version="6.4").encode()


def test_every_link_inside_leads_somewhere(page):
    ids = [e["attributes"]["id"] for e in page.elements if "id" in e["attributes"]]
    assert len(ids) == len(set(ids))
    assert page.places() <= set(ids)


def test_every_string_of_the_results_stays_text():
    plain = sample()
    for each in plain["cells"]:
        if each["estimate"]:  # its mark depends on the quantity's name
            each["estimate"]["noise_floor"] = None
    page, found = page_of(plain), page_of(attacked(plain))
    assert [e["tag"] for e in found.elements] == [e["tag"] for e in page.elements]
    assert [set(e["attributes"]) for e in found.elements] == [set(e["attributes"]) for e in page.elements]
    (title,) = [e for e in found.all("h3") if e["text"].startswith("The sentence of limits.")]
    assert title["text"] == "The sentence of limits." + ATTACK
    (payload,) = [p for p in found.payloads() if p["cells"][0]["scatter"]]
    assert payload["cells"][0]["message"].endswith(ATTACK)
    assert payload["cells"][0]["scatter"]["x_title"].endswith(ATTACK)


def test_partial_results_are_marked_as_such(page):
    assert not [e for e in page.all("p") if e["attributes"].get("class") == "warning"]
    found = sample()
    found["run"] |= {"complete": False, "finished": None, "cells_expected": 40}
    (warning,) = [e for e in page_of(found).all("p") if e["attributes"].get("class") == "warning"]
    assert "Partial results" in warning["text"]
    assert "14 of 40 cells" in warning["text"]


def without(found, *path):
    *way, last = path
    for step in way:
        found = found[step]
    del found[last]


DAMAGE = {
    "another schema": lambda found: found.update(schema=2),
    "no cells": lambda found: found.pop("cells"),
    "a cell of no claim": lambda found: found["cells"][0].update(claim="nobody"),
    "a cell without its outcome": lambda found: without(found, "cells", 3, "outcome"),
    "an unknown outcome": lambda found: found["cells"][3].update(outcome="splendid"),
    "an estimate that is a word": lambda found: found["cells"][0]["estimate"].update(value="much"),
    "an estimate without its interval": lambda found: without(found, "cells", 0, "estimate", "low"),
    "a claim without its sentence": lambda found: without(found, "claims", "limits", "sentence"),
    "a run without its start": lambda found: without(found, "run", "started"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_results_are_refused_in_one_sentence(tmp_path, damage):
    found = sample()
    DAMAGE[damage](found)
    path = tmp_path / "results.json"
    path.write_text(json.dumps(found))
    with pytest.raises(BadInput) as refused:
        write_report(path, tmp_path / "report.html")
    assert str(refused.value).count("\n") == 0
    assert re.search("make (it|them) anew|make a new one", str(refused.value))
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"schema": 1}', "\x00\xff"])
def test_a_file_that_holds_no_results_is_refused(tmp_path, text):
    path = tmp_path / "results.json"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(BadInput, match="not a results file"):
        write_report(path, tmp_path / "report.html")


def test_the_file_is_written_and_replaced(tmp_path):
    results.write(tmp_path / "results.json", sample())
    for _ in range(2):
        write_report(tmp_path / "results.json", tmp_path / "new" / "report.html")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["report.html"]
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="--report"):
        write_report(tmp_path / "results.json", tmp_path / "file" / "report.html")


def test_a_row_says_what_the_results_say(page):
    for found in sample()["cells"]:
        figures = page.figures(found["id"])
        assert figures[0].startswith(f"{words.SYMBOLS[found['outcome']]} {found['outcome']}")
        if found["estimate"] is None:
            assert figures[1] == found["message"].splitlines()[-1]
        else:
            noise = found["estimate"]["noise_floor"]
            region = found["predicted"]
            said = (words.estimated(found["estimate"], region), words.interval(found["estimate"], region))
            assert figures[2:6] == [*said, "" if noise is None else words.number(noise, digits=2), "1,500"]


def overview(page):
    """The lines under "Where to look first"."""
    (section,) = page.all("section", id="overview")
    return [" ".join(e["text"].split()) for e in page.within(section, "li")]


def test_changed_and_accepted_verdicts_are_shown_and_changed_come_first(page):
    assert page.figures("only: changed")[0] == "! changed from supported to refuted"
    assert page.figures("under: cube7")[0] == "⊗ refuted, accepted"
    first, *others = overview(page)
    assert first.startswith("! changed in 1 of 4 cells: limits")
    # Refutations that were accepted come last, and are not passed over.
    assert [line[0] for line in others] == ["E", "✗", "⊗"]


def test_a_theorem_that_is_refuted_comes_before_other_refutations():
    cells = [
        cell(slug, "t", "refuted", estimate(0.1, 0, 0.2), {}, kind=kind)
        for slug, kind in (("a_claim", "empirical"), ("the_theorem", "theorem"))
    ]
    found = page_of(document([claim("a_claim"), claim("the_theorem", kind="theorem")], cells))
    assert ["the theorem" in line for line in overview(found)] == [True, False]


def test_what_is_no_longer_decided_is_listed():
    found = sample()
    (once,) = [c for c in found["cells"] if c["id"] == "only: endless"]
    once["accepted"] = "supported"
    page = page_of(found)
    assert page.figures("only: endless")[0] == "? inconclusive (accepted: supported)"
    assert overview(page)[-2].startswith("? no longer decided in 1 of 4 cells")


def test_the_command_is_said_once():
    found = sample()
    found["cells"][0]["message"] += f" To rerun: {found['cells'][0]['rerun']}"
    (details,) = [c for p in page_of(found).payloads() for c in p["cells"] if c["id"] == found["cells"][0]["id"]]
    assert details["message"] == sample()["cells"][0]["message"]


def test_learning_rates_that_were_relative_are_among_a_cells_details():
    found = sample()
    rates = [{"optimiser": "sgd-lr0.03", "rho": 0.3, "unit": 0.1, "rate": 0.03, "fitted": 1.0}]
    found["cells"][0]["details"] = {"learning rates": rates}
    (details,) = [c for p in page_of(found).payloads() for c in p["cells"] if c["id"] == found["cells"][0]["id"]]
    said = "optimiser sgd-lr0.03; rho 0.3; unit 0.1; rate 0.03; fitted 1"
    assert details["more"] == [["learning rates", said]]


def test_an_estimate_beyond_its_interval_is_explained(page):
    found = sample()
    found["cells"][0]["estimate"]["value"] = 1.5
    said = "an estimate without bias that lies beyond its interval"
    assert [said in each.elements[0]["text"] for each in (page, page_of(found))] == [False, True]


def test_a_group_without_an_estimate_says_what_would_have_been_measured_and_by_which_test():
    lost = cell("one", "copies: 8", "unavailable", None, {"m": 8}, message="Buy a GPU.", quantity="bias explained")
    made = cell("one", "copies: 9", "supported", estimate(0.9, 0.8, 1), {"m": 9})
    for cells in ([lost], [lost, made]):
        (group,) = tables.groups(cells)
        assert (group["title"], group["test"]) == ("bias explained", "copies")
    assert tables.groups([{key: lost[key] for key in lost if key != "quantity"}])[0]["title"] == "copies"
    assert "Copies, 1 cell: Buy a GPU." in [e["text"] for e in page_of(document([claim("one")], [lost])).all("dd")]


def test_cells_of_different_levels_name_what_they_share_and_no_more():
    cells = [cell("one", f"t: {a}", "supported", estimate(0.9, 0.8, 1, level=1 - a), {"a": a}) for a in (0.1, 0.2)]
    said = [e["text"].strip() for e in page_of(document([claim("one")], cells)).all("td", colspan="5")]
    assert list(filter(None, said)) == ["Fieller interval; samples count networks"]


def test_the_closing_table_takes_names_literally():
    found = document([claim("[red]one[/red]")], [cell("[red]one[/red]", "t", "error", None, {})])
    out = io.StringIO()
    verdict_table(found, Console(file=out, width=150))
    assert re.search(r"\[red\]one\[/red\] +not judged +1\n", out.getvalue())
    assert "1 cell in 5 min 0 s." in out.getvalue()


@given(st.floats(-1e12, 1e12).filter(lambda x: abs(x) > 1e-12 or x == 0))
def test_numbers_keep_four_digits(value):
    digits, _, power = words.number(value).replace("−", "-").partition("×10")
    back = float(digits) * 10.0 ** int(power.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")) or 0)
    assert back == pytest.approx(value, rel=5.001e-4)


def test_words():
    assert words.state(sample()) == "0 of 3 claims hold, 2 fail, 1 undecided, 1 cell changed since accepted, 1 error"
    assert words.minus("at most -0.5 of first-layer") == "at most −0.5 of first-layer"
    assert words.minus("-2 to 0.343349") == "−2 to 0.3433"
    assert [words.duration(s) for s in (0.01, 59.96, 75.2, 7260)] == ["< 0.1 s", "1 min 0 s", "1 min 15 s", "2 h 1 min"]


def anchors(found):
    rows = [row["attributes"] for row in page_of(found).all("tr")]
    return {row["data-id"]: row["id"] for row in rows if "data-id" in row}


def test_links_to_a_cell_stay_whatever_else_a_run_has():
    few = [cell("two", f"t: {i}", "refuted", estimate(0.1, 0, 0.2), {"i": i}) for i in ("a b", "a-b")]
    more = [cell("one", "t: a b", "refuted", estimate(0.1, 0, 0.2), {"i": 1}), few[1]]
    found = anchors(document([claim("two")], few))
    assert len(set(found.values())) == 2
    assert all(re.fullmatch(r"two\.[0-9a-f]{8}", anchor) for anchor in found.values())
    others = anchors(document([claim("one"), claim("two")], more))
    assert others["t: a-b"] == found["t: a-b"]
    assert others["t: a b"] == found["t: a b"].replace("two", "one")
