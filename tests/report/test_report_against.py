"""Two runs side by side: what differs, what does not, and what cannot be compared."""

import copy
import io
import json

import pytest
from rich.console import Console

from harness.__main__ import main
from harness.report import results
from harness.report.against import CHANGED, CLOSE, DIFFER, SAME, UNTOLD, compare
from harness.report.page import render
from harness.report.terminal import against_table
from tests.support.report_documents import cell, claim, document, estimate, sample
from tests.support.report_page import ATTACK, Page, attacked


def run_of(cells, **run):
    return document([claim("one")], [cell("one", name, *rest, {"what": name}) for name, rest in cells.items()], **run)


HERE = {
    "far": ("supported", estimate(0.9, 0.85, 0.95)),
    "near": ("supported", estimate(0.9, 0.8, 1.0)),
    "same": ("supported", estimate(0.7, 0.6, 0.8)),
    "flipped": ("supported", estimate(0.55, 0.51, 0.6)),
    "open": ("inconclusive", estimate(0.4, None, None)),
    "missing": ("unavailable", None),
    "renamed": ("supported", estimate(0.7, 0.6, 0.8)),
    "mine": ("supported", estimate(0.7, 0.6, 0.8)),
}
THERE = {
    "far": ("supported", estimate(0.6, 0.55, 0.65)),
    "near": ("supported", estimate(0.88, 0.78, 0.98)),
    "same": ("supported", estimate(0.7, 0.6, 0.8)),
    "flipped": ("refuted", estimate(0.45, 0.4, 0.49)),
    "open": ("inconclusive", estimate(0.5, None, None)),
    "missing": ("supported", estimate(0.7, 0.6, 0.8)),
    "renamed": ("supported", estimate(0.7, 0.6, 0.8, quantity="total variation")),
    "yours": ("supported", estimate(0.7, 0.6, 0.8)),
}


def both(**run):
    return run_of(HERE), run_of(THERE, **run)


def test_every_pair_of_cells_is_said_what_became_of_it():
    found = compare(*both(seed=1))
    assert {pair.cell["id"]: pair.said for pair in found.pairs} == {
        "far": DIFFER,
        "near": CLOSE,
        "same": SAME,
        "flipped": CHANGED,
        "open": UNTOLD,
        "missing": UNTOLD,
        "renamed": UNTOLD,
    }
    assert [pair.cell["id"] for pair in found.pairs[:2]] == ["flipped", "far"]
    assert [c["id"] for c in found.only_here] == ["mine"]
    assert [c["id"] for c in found.only_there] == ["yours"]
    assert "7 cells in both runs: 1 verdict changed, 1 differ, 1 no difference shown" in found.summary()
    assert "1 only in this one, 1 only in the other" in found.summary()


def test_runs_of_one_seed_are_said_not_to_be_independent():
    same, other = (" ".join(compare(*both(seed=seed)).runs) for seed in (0, 1))
    assert "they are not independent" in same
    assert "Identical figures then say that nothing changed" in same
    assert "they are independent" in other
    assert "scales differ" in " ".join(compare(*both(scale="full")).runs)


def page_of(found, other):
    return Page(render(json.loads(json.dumps(found)), calibrated=[], other=json.loads(json.dumps(other))))


def test_the_page_lists_both_estimates_with_those_that_differ_in_front():
    page = page_of(*both(seed=1))
    rows = [e for e in page.all("tr") if "data-pair" in e["attributes"]]
    assert [row["attributes"]["data-pair"] for row in rows][:2] == ["flipped", "far"]
    folded = [row["attributes"]["data-pair"] for row in rows if any(e["tag"] == "details" for e in row["inside"])]
    assert len(folded) == 5
    said, mine, yours, p = [" ".join(e["text"].split()) for e in page.within(rows[1], "td")]
    assert (said, mine, yours) == (DIFFER, "✓ supported 0.90 [0.85, 0.95]", "✓ supported 0.60 [0.55, 0.65]")
    assert p
    ids = {e["attributes"]["id"] for e in page.elements if "id" in e["attributes"]}
    assert page.places() <= ids


def test_markup_in_either_run_stays_text():
    found = attacked(sample())
    other = copy.deepcopy(found)
    other["cells"][0]["id"] += ATTACK
    plain = sample()
    twin = copy.deepcopy(plain)
    twin["cells"][0]["id"] += "x"
    wanted, page = page_of(plain, twin), page_of(found, other)
    assert len(page.all("script")) == len(wanted.all("script"))
    assert not page.all("img")


def test_the_terminal_says_the_same(tmp_path, capsys):
    here, there = both(seed=1)
    out = io.StringIO()
    against_table(compare(here, there), Console(file=out, width=150))
    lines = out.getvalue().splitlines()
    assert lines[2].split()[:3] == ["one", "flipped", "verdict"]
    assert "✓ 0.90 [0.85, 0.95]" in lines[3]
    assert "near" not in out.getvalue()
    for name, found in (("a", here), ("b", there)):
        results.write(tmp_path / f"{name}.json", found)
    page = tmp_path / "page.html"
    command = ["report", str(tmp_path / "a.json"), "--against", str(tmp_path / "b.json"), "--out", str(page)]
    assert main(command) == 0
    assert "7 cells in both runs" in capsys.readouterr().out
    assert 'id="against"' in page.read_text()
    assert main([*command[:3], str(tmp_path / "nowhere.json"), *command[4:]]) == 2
    assert "There are no results" in capsys.readouterr().err


@pytest.mark.parametrize("names", [((), ("x",)), (("x",), ()), (("x",), ("y",))])
def test_runs_without_a_cell_in_common(names):
    given = ("supported", estimate(0.7, 0.6, 0.8))
    here, there = (run_of(dict.fromkeys(some, given)) for some in names)
    assert compare(here, there).summary().startswith("0 cells in both runs;")
    assert page_of(here, there).all("section", id="against")
