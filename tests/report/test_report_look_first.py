"""What a reader is led to first, and one row a claim."""

from math import inf

import pytest

from harness.report import claim_rows, look_first
from tests.support.report_documents import cell, claim, document, estimate, sample
from tests.support.report_page import page_of


def refuted(slug, name, low, high, **changes):
    return cell(slug, name, "refuted", estimate((low + high) / 2, low, high), {"name": name}, **changes)


@pytest.mark.parametrize(
    ("low", "high", "region", "distance"),
    [
        (0.1, 0.3, (0.5, None), 1.0),  # half of what the interval is wide, twice over
        (0.3, 0.4, (0.5, None), 1.0),
        (0.7, 0.9, (None, 0.5), 1.0),
        (2.0, 3.0, (-1.0, 1.0), 1.0),
        (-4.0, -2.0, (-1.0, 1.0), 0.5),
        (0.4, 0.6, (0.5, None), 0.0),
        (None, 0.3, (0.5, None), 0.0),
        (0.3, 0.3, (0.5, None), inf),
    ],
)
def test_distance_from_the_region_in_widths_of_the_interval(low, high, region, distance):
    found = cell("one", "t", "refuted", estimate(0.0, low, high), {})
    found["predicted"] |= {"low": region[0], "high": region[1]}
    assert look_first.distance(found) == pytest.approx(distance)


def overview(page):
    (section,) = page.all("section", id="overview")
    return [e for e in page.elements if e["tag"] == "li" and section in e["inside"]]


def test_the_order_theorem_changed_error_crux_distance():
    cells = [
        refuted("far", "t: a", 0.0, 0.1),
        refuted("near", "t: b", 0.0, 0.4),
        refuted("nearest", "t: c", 0.0, 0.45, crux=True),
        cell("broken", "t: d", "error", None, {}),
        cell("turned", "t: e", "changed", estimate(0.1, 0.0, 0.2), {}),
        refuted("proved", "t: f", 0.0, 0.49, kind="theorem"),
        cell("lost", "t: g", "inconclusive", estimate(0.5, 0.4, 0.6), {}, accepted="supported"),
    ]
    names = ["far", "near", "nearest", "broken", "turned", "proved", "lost"]
    page = page_of(document([claim(name) for name in names], cells))
    lines = overview(page)
    links = [page.within(line, "a")[0]["text"] for line in lines]
    assert links == ["proved", "turned", "broken", "nearest", "far", "near", "lost"]
    assert "up to 4 widths of the interval from the region" in " ".join(lines[4]["text"].split())
    folded = [any(e["tag"] == "details" for e in line["inside"]) for line in lines]
    assert folded == [False] * 5 + [True] * 2


def test_accepted_refutations_are_not_called_nothing():
    one = refuted("one", "t: a", 0.0, 0.1) | {"outcome": "refuted, accepted", "accepted": "refuted"}
    crux = {**one, "claim": "two", "crux": True}
    page = page_of(document([claim("one"), claim("two")], [one, crux]))
    assert [page.within(line, "a")[0]["text"] for line in overview(page)] == ["two", "one"]
    said = " ".join(e["text"] for e in page.all("p"))
    assert "2 cells are refuted, accepted as findings" in said
    assert "Nothing is refuted" not in said
    good = cell("one", "t: a", "supported", estimate(0.9, 0.8, 1.0), {})
    assert "Nothing is refuted" in " ".join(e["text"] for e in page_of(document([claim("one")], [good])).all("p"))


def test_a_line_has_the_farthest_cell_first():
    cells = [refuted("one", f"t: {high}", 0.0, high) for high in (0.4, 0.1, 0.2)]
    page = page_of(document([claim("one")], cells))
    (line,) = overview(page)
    assert [e["text"] for e in page.within(line, "a")][1:] == ["t: 0.1", "t: 0.2", "t: 0.4"]


def rows_of(found):
    claims = []
    for slug, each in found["claims"].items():
        mine = [c for c in found["cells"] if c["claim"] == slug]
        claims.append({**each, "cells": [{**c, "anchor": f"{slug}.{i}"} for i, c in enumerate(mine)]})
    return {row["claim"]["slug"]: row for row in claim_rows.rows(claims)}


def test_a_row_counts_every_cell_and_leads_to_the_first_of_each_outcome():
    rows = rows_of(sample())
    assert rows["optimisers_sample"]["parts"] == [
        ("refuted", 2, "optimisers_sample.4"),
        ("supported", 4, "optimisers_sample.0"),
    ]
    assert sum(count for row in rows.values() for _, count, _ in row["parts"]) == len(sample()["cells"])


def test_a_strip_holds_the_crux_where_there_is_one():
    cells = [
        cell("one", f"t: {i}", "supported", estimate(0.6 + i / 10, 0.55 + i / 10, 0.7 + i / 10), {"i": i}, crux=i == 2)
        for i in range(4)
    ] + [cell("one", "check", "supported", estimate(5.0, 4.0, 6.0), {}, control=True)]
    (strips,) = (row["strips"] for row in rows_of(document([claim("one")], cells)).values())
    assert [mark["said"] for mark in strips["marks"]] == ["0.80 [0.75, 0.90]"]
    for each in cells:
        each["crux"] = False
    (strips,) = (row["strips"] for row in rows_of(document([claim("one")], cells)).values())
    assert strips["marks"][0]["said"] == "0.60 [0.55, 0.70]"
    # The control is not among them, so that its scale is not the claim's.
    assert len(strips["marks"]) == 4
    assert float(strips["ends"][1]) < 2
    many = [cell("one", f"t: {i}", "supported", estimate(0.6, 0.55, 0.7), {"i": i}) for i in range(9)]
    (strips,) = (row["strips"] for row in rows_of(document([claim("one")], many)).values())
    assert (len(strips["marks"]), strips["left"]) == (6, 3)


def test_nothing_measured_has_no_strip():
    assert rows_of(document([claim("one")], [cell("one", "t", "error", None, {})]))["one"]["strips"] is None
