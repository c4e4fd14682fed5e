"""Published numbers beside ours: on the page, in the terminal, and in results that have none."""

import json
import re

import pytest

from harness.__main__ import main
from harness.errors import BadInput
from harness.report import results
from tests.support.report_documents import held_against_published, sided
from tests.support.report_page import page_of


def rows(page):
    (table,) = page.all("table", **{"class": "published"})
    return [
        [" ".join(e["text"].split()) for e in page.elements if e["tag"] in ("th", "td") and row in e["inside"]]
        for row in page.within(table, "tr")[1:]
    ]


def test_each_cell_with_a_published_number_is_a_row():
    page = page_of(held_against_published())
    assert rows(page) == [
        ["bias explained volumes agree · 8 training points", "A. Author 2025",
         "0.850 ± 0.013", "0.90", "[0.80, 1.00]", "✓ agrees",
         "They counted otherwise."],
        ["bias explained volumes agree · 9 training points", "A. Author 2025",
         "−24.950 ± 0.013", "Buy a GPU.", "– unavailable",
         "They counted otherwise."],
        ["bias explained width helps · width 40", "A. Author 2025", "0.75", "0.10", "[0.00, 0.20]", "✗ disagrees", ""],
    ]  # fmt: skip
    links = [e["text"] for e in page.all("a") if e["attributes"].get("href") == "#published"]
    assert links == ["Published numbers", "Published numbers: 1 of 3 agree, 1 disagree, 1 open"]


def test_a_row_leads_to_its_cell():
    page = page_of(held_against_published())
    (table,) = page.all("table", **{"class": "published"})
    anchors = [e["attributes"]["href"].removeprefix("#") for e in page.within(table, "a")]
    ids = {e["attributes"]["id"]: e["attributes"]["data-id"] for e in page.all("tr") if "data-id" in e["attributes"]}
    assert [ids[anchor] for anchor in anchors] == ["agree: 8", "agree: 9", "gain: 40"]


def test_without_published_numbers_there_is_no_table():
    page = page_of(sided())
    assert not page.all("table", **{"class": "published"})
    assert not [e for e in page.all("a") if e["attributes"].get("href") == "#published"]


def test_the_command(tmp_path, capsys):
    file = tmp_path / "results.json"
    file.write_text(json.dumps(held_against_published()))
    assert main(["published", str(file)]) == 0
    said = capsys.readouterr().out
    assert re.search(
        r"volumes_agree \[agree: 8\] +A\. Author 2025 +0\.850 ± 0\.013 +✓ 0\.90 \[0\.80, 1\.00\] +agrees", said
    )
    assert said.count("They counted otherwise.") == 1
    file.write_text(json.dumps(sided()))
    assert main(["published", str(file)]) == 0
    assert capsys.readouterr().out == "No cell of these results has a published number.\n"


@pytest.mark.parametrize("change", [{"value": None}, {"value": "0.5"}, {"error": True}, {"source": 3}, {"why": None}])
def test_a_published_number_of_the_wrong_kind_is_named(change):
    document = held_against_published()
    (number,) = [i for i, each in enumerate(document["cells"]) if each["id"] == "agree: 8"]
    document["cells"][number]["published"].update(change)
    with pytest.raises(BadInput, match=f"published number of cell {number} has {next(iter(change))}"):
        results.check(document)
