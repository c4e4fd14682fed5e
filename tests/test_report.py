"""The report as a file: what it holds, what it refuses, and that its numbers are those of the results."""

import base64
import csv
import gzip
import io
import itertools
import json
import math
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from harness import results
from harness.errors import BadInput
from harness.report import charts, words, write_report
from harness.report.curves import MOST_LINES, curves
from harness.report.forest import Axis
from harness.report.grouping import telling
from harness.report.page import render
from harness.report.terminal import verdict_table
from tests.report_documents import cell, claim, document, estimate, many, points, sample

ATTACK = '<script>window.attacked = 1</script><img src=x onerror="window.attacked = 1">&quot;\'{{ 7 * 7 }}'


class Page(HTMLParser):
    """Every element as (tag, attributes, text), the text of its descendants included; scripts' text is not markup."""

    VOID = ("meta", "input", "img", "br", "link")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements, self.stack = [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        element = {"tag": tag, "attributes": dict(attrs), "text": "", "inside": list(self.stack)}
        self.elements.append(element)
        if tag not in self.VOID:
            self.stack.append(element)

    def handle_endtag(self, tag):
        while self.stack and self.stack.pop()["tag"] != tag:
            pass

    def handle_data(self, data):
        for element in self.stack:
            element["text"] += data

    def all(self, tag, **attributes):
        return [e for e in self.elements if e["tag"] == tag and attributes.items() <= e["attributes"].items()]

    def within(self, outer, tag):
        return [e for e in self.elements if e["tag"] == tag and outer in e["inside"]]

    def row(self, cell_id):
        (row,) = [e for e in self.all("tr") if e["attributes"].get("data-id") == cell_id]
        return row

    def figures(self, cell_id):
        return [" ".join(e["text"].split()) for e in self.within(self.row(cell_id), "td")]

    def payloads(self):
        return [
            json.loads(gzip.decompress(base64.b64decode(e["text"]))) for e in self.all("script", **{"class": "data"})
        ]


def page_of(found):
    """The page of a document as it comes out of its file, where numbers that are not finite are null."""
    return Page(render(json.loads(json.dumps(found)), calibrated=[]))


@pytest.fixture(scope="module")
def page():
    return page_of(sample())


def test_one_file_that_refers_to_nothing_outside(page):
    assert not [e for e in page.elements if e["tag"] in ("link", "img", "iframe", "object", "embed", "base", "video")]
    assert all("src" not in e["attributes"] for e in page.elements)
    assert {e["attributes"]["href"][0] for e in page.all("a")} == {"#"}
    (style,) = page.all("style")
    assert "url(" not in style["text"]
    assert "@import" not in style["text"]


def test_every_link_inside_leads_somewhere(page):
    ids = [e["attributes"]["id"] for e in page.elements if "id" in e["attributes"]]
    assert len(ids) == len(set(ids))
    assert {e["attributes"]["href"][1:] for e in page.all("a")} <= set(ids)


def attacked(value, key=""):
    """The document with markup in every string that the report does not dispatch on."""
    if isinstance(value, dict):
        # The slugs are the keys of the claims, and cells name their claim by them.
        return {k + ATTACK if key == "claims" else k: attacked(each, k) for k, each in value.items()}
    if isinstance(value, list):
        return [attacked(each, key) for each in value]
    free = isinstance(value, str) and key not in ("outcome", "verdict", "started")
    return value + ATTACK if free else value


def test_every_string_of_the_results_stays_text():
    plain = sample()
    for each in plain["cells"]:
        if each["estimate"]:  # its mark depends on the quantity's name
            each["estimate"]["noise_floor"] = None
    page, found = page_of(plain), page_of(attacked(plain))
    assert [e["tag"] for e in found.elements] == [e["tag"] for e in page.elements]
    assert [set(e["attributes"]) for e in found.elements] == [set(e["attributes"]) for e in page.elements]
    (title,) = [e for e in found.all("h2") if e["text"].startswith("The sentence of limits.")]
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
            said = (words.number(found["estimate"]["value"], "none"), words.interval(found["estimate"]))
            assert figures[2:6] == [*said, "" if noise is None else words.number(noise), "1,500"]


def test_what_is_not_finite_is_said_and_not_drawn(page):
    assert page.figures("only: endless")[3] == "unbounded"
    assert page.figures("only: early")[2:4] == ["none", "unbounded"]
    strips = {name: page.within(page.row(f"only: {name}"), "td")[1]["attributes"] for name in ("endless", "early")}
    assert strips["endless"]["class"] == "f lo hi"
    assert "style" not in strips["early"]
    assert math.isnan(float("nan"))
    written = [(math.inf, "unbounded"), (-math.inf, "unbounded"), (math.nan, "none"), (None, "unbounded")]
    assert [words.number(value) for value, _ in written] == [said for _, said in written]


def test_changed_and_accepted_verdicts_are_shown_and_changed_come_first(page):
    assert page.figures("only: changed")[0] == "! changed from supported to refuted"
    assert page.figures("under: cube7")[0] == "⊗ refuted, accepted"
    first, *others = [" ".join(e["text"].split()) for e in page.all("li")]
    assert first.startswith("! changed in 1 of 4 cells: limits")
    assert [line[0] for line in others] == ["E", "✗"]


def test_the_forest_plot_lies_where_its_axis_says(page):
    """From the drawn positions and the ticks' labels alone, the numbers of the results come back."""
    checked = 0
    for found in sample()["cells"]:
        measured = found["estimate"]
        if measured is None or measured["value"] is None:
            continue
        row = page.row(found["id"])
        (body,) = [e for e in row["inside"] if e["tag"] == "tbody"]
        ticks = [e for e in page.within(body, "span") if "style" in e["attributes"]]
        places = [float(e["attributes"]["style"].removeprefix("--x:")) for e in ticks]
        labels = [float(e["text"].replace("−", "-")) for e in ticks]
        scale = (labels[-1] - labels[0]) / (places[-1] - places[0])

        def at(percent, labels=labels, places=places, scale=scale):
            return labels[0] + (float(percent) - places[0]) * scale

        strip = page.within(row, "td")[1]["attributes"]
        drawn = dict(part.split(":") for part in strip["style"].replace("--", "").split(";"))
        region = dict(part.split(":", 1) for part in body["attributes"]["style"].replace("--", "").split(";"))
        hair = abs(scale) * 0.01
        assert at(drawn["v"]) == pytest.approx(measured["value"], abs=hair)
        for end, name, beyond in (("l", "low", "lo"), ("h", "high", "hi")):
            if beyond not in strip["class"]:
                assert at(drawn[end]) == pytest.approx(measured[name], abs=hair)
        assert at(region["a"]) == pytest.approx(found["predicted"]["low"], abs=hair)
        assert float(region["b"]) == 100
        # Equal distributions have bias explained 1, so that is where the floor is counted from.
        assert ("n" in drawn) == (measured["noise_floor"] is not None)
        if "n" in drawn:
            assert at(drawn["n"]) == pytest.approx(1 - measured["noise_floor"], abs=hair)
        checked += 1
    assert checked == 10


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
def test_ticks_are_few_even_and_on_the_axis(low, width):
    axis = Axis(low, low + width)
    places = [at for at, _ in axis.ticks()]
    assert 2 <= len(places) <= 7
    assert all(-1e-6 <= at <= 100 + 1e-6 for at in places)
    steps = [b - a for a, b in itertools.pairwise(places)]
    assert max(steps) == pytest.approx(min(steps), abs=0.01)


def test_plots_hold_the_numbers_of_the_results(page):
    found = {c["id"]: c for c in sample()["cells"]}
    details = {c["id"]: c for payload in page.payloads() for c in payload["cells"]}
    assert set(details) == set(found)
    scatter, given_points = details["bias: digits-m8-fcn-10-hinge"]["scatter"], points(0)
    drawn = zip(*(scatter[key] for key in ("f", "x", "y", "x0", "x1", "y0", "y1", "e")), strict=True)
    assert sorted(drawn) == sorted(
        (p["function"], p["x"], p["y"], *(pytest.approx(v) for v in (*p["x_interval"], *p["y_interval"])), p["error"])
        for p in given_points
    )
    assert scatter["f"][scatter["target"]] == given_points[3]["function"]
    volumes = found["under: cube5"]["details"]
    drawn = details["under: cube5"]["complexity"]
    assert drawn["bound"] == volumes["bound"]
    assert [*zip(drawn["f"], drawn["k"], drawn["p"], strict=True)] == [
        (p["function"], p["k"], pytest.approx(p["p"], rel=1e-5)) for p in volumes["complexity"]
    ]
    assert details["under: cube7"]["complexity"] is None


def test_a_page_of_many_plots_keeps_the_most_probable_functions():
    found = many(600, of_claims=2, functions=200)
    most = charts.points_each(found["cells"])
    assert most == charts.MOST_POINTS // 600
    drawn = charts.scatter(found["cells"][0], most)
    assert (len(drawn["f"]), drawn["of"]) == (most, 200)
    assert (
        min(max(x, y) for x, y in zip(drawn["x"], drawn["y"], strict=True))
        >= sorted((max(p["x"], p["y"]) for p in found["cells"][0]["details"]["scatter"]), reverse=True)[most] - 1e-9
    )


def test_curves_run_over_the_number_that_varies(page):
    cells = [c for c in sample()["cells"] if c["claim"] == "optimisers_sample"]
    (chart,) = curves(cells)
    assert (chart["x"], chart["y"], chart["log"], chart["ticks"]) == ("width", "bias explained", True, [10, 40, 160])
    assert chart["lines"] == ["hinge", "square"]
    assert chart["region"] == [0.5, None]
    (panel,) = chart["panels"]
    drawn = {(row["x"], row["line"]): (row["value"], row["low"], row["high"]) for row in panel["rows"]}
    assert drawn == {
        (c["parameters"]["width"], c["parameters"]["loss"]): tuple(c["estimate"][k] for k in ("value", "low", "high"))
        for c in cells
    }
    assert chart in [each for payload in page.payloads() for each in payload["curves"]]


def test_curves_stay_few_in_a_panel_and_say_what_they_leave_out():
    cells = many(150, of_claims=1)["cells"]
    for chart in curves(cells):
        assert len(chart["lines"]) <= MOST_LINES
        points_drawn = sum(len(panel["rows"]) for panel in chart["panels"])
        assert points_drawn * (len(chart["panels"]) + chart["left_out"]) == 150 * len(chart["panels"])
    assert {chart["x"] for chart in curves(cells)} == {"m", "width"}


def test_csv_is_the_results(page):
    rows = [row for payload in page.payloads() for row in csv.DictReader(io.StringIO(payload["csv"]))]
    found = {c["id"]: c for c in sample()["cells"]}
    assert {row["cell"] for row in rows} == set(found)
    for row in rows:
        measured = found[row["cell"]]["estimate"] or {}
        for name in ("value", "low", "high", "noise_floor"):
            assert row[name] == ("" if measured.get(name) is None else str(measured[name]))
        assert row["outcome"] == found[row["cell"]]["outcome"]


SMALL = st.fixed_dictionaries({"a": st.integers(0, 2), "b": st.sampled_from("xy"), "c": st.integers(0, 1)})


@given(st.lists(SMALL.map(lambda d: {**d, "name": f"{d['a']}-{d['b']}", "twice": 2 * d["a"]}), min_size=1))
def test_the_telling_parameters_tell_apart_what_all_do_and_none_can_go(cells):
    def told_apart(keys):
        return len({tuple(each[key] for key in keys) for each in cells})

    keys = telling(cells)
    assert told_apart(keys) == told_apart(cells[0])
    assert all(told_apart([k for k in keys if k != key]) < told_apart(keys) for key in keys)
    assert "name" not in keys
    assert "twice" not in keys


@given(st.floats(-1e12, 1e12).filter(lambda x: abs(x) > 1e-12 or x == 0))
def test_numbers_keep_four_digits(value):
    digits, _, power = words.number(value).replace("−", "-").partition("×10")
    back = float(digits) * 10.0 ** int(power.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")) or 0)
    assert back == pytest.approx(value, rel=5.001e-4)


def test_words():
    assert words.state(sample()) == "0 of 3 claims hold, 1 in part, 2 fail, 1 cell changed since accepted, 1 error"
    assert words.minus("at most -0.5 of first-layer") == "at most −0.5 of first-layer"
    assert [words.duration(s) for s in (0.01, 59.96, 75.2, 7260)] == ["< 0.1 s", "1 min 0 s", "1 min 15 s", "2 h 1 min"]


def test_the_matrix_has_a_mark_for_every_cell_or_counts_them():
    few = [cell("one", f"t: {i}", "supported", estimate(0.9, 0.8, 1), {"width": 10, "i": i}) for i in range(12)]
    more = [
        cell("two", f"t: {i}", ("supported", "refuted")[i % 2], estimate(0.9, 0.8, 1), {"width": 40, "i": i})
        for i in range(14)
    ]
    found = page_of(document([claim("one"), claim("two")], few + more))
    marks = [e for e in found.all("a") if e["attributes"].get("class") == "m"]
    assert [e["text"] for e in marks] == ["✓"] * 12 + ["✗ 7", "✓ 7"]


def test_the_closing_table_takes_names_literally():
    found = document([claim("[red]one[/red]")], [cell("[red]one[/red]", "t", "error", None, {})])
    out = io.StringIO()
    verdict_table(found, Console(file=out, width=150))
    assert re.search(r"\[red\]one\[/red\] +empirical +not judged +1\n", out.getvalue())
    assert "1 cell in 5 min 0 s." in out.getvalue()
