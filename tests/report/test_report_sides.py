"""Whom the claims speak for, what would change a mind, what is not counted, and results that say none of it."""

import copy
import csv
import io
import re

import pytest
from rich.console import Console

from harness.claim.declaration import SIDES
from harness.errors import BadInput
from harness.report import against, charts, history, results, sides, words
from harness.report.page import render
from harness.report.summary import markdown
from harness.report.terminal import claim_table, verdict_table
from tests.support.report_documents import sided
from tests.support.report_page import page_of


@pytest.fixture(scope="module")
def page():
    return page_of(sided())


def texts(page, tag, **attributes):
    return [" ".join(e["text"].split()) for e in page.all(tag, **attributes)]


def earlier(document):
    """The same as the version before wrote it."""
    document = copy.deepcopy(document)
    del document["run"]["alpha"]
    for each in document["claims"].values():
        del each["speaks_for"], each["excludes"]
    for each in document["cells"]:
        for key in ("test", "holds", "crux", "control", "known", "published"):
            del each[key]
        for key in ("sets", "rates"):
            each["details"].pop(key, None)
    document["claims"]["optimisers_sample"]["verdict"] = "holds except in bias: digits-sgd-rho3.0"
    return document


def test_claims_are_counted_by_side():
    said = sides.in_words(list(sided()["claims"].values()))
    assert said == (
        "architecture: 0 of 2 claims hold, 1 fail, 1 undecided; optimiser: 1 of 1 claim holds; "
        "instrument: 1 of 1 claim holds"
    )
    assert plainly(said) in plainly(markdown(sided()))


def plainly(text):
    return re.sub(r"&#(\d+);", lambda found: chr(int(found[1])), text)


def test_the_crux_comes_first_with_its_verdicts(page):
    (crux,) = page.all("ul", **{"class": "urgent crux"})
    lines = [" ".join(e["text"].split()) for e in page.within(crux, "li")]
    assert [lines[0], lines[2]] == ["Speaks for the architecture", "Speaks for the optimiser"]
    assert lines[1].startswith(
        "supported in 2 of 2 cells: optimisers sample, bias explained predicted at least 0.5, measured 0.97 "
        "[0.91, 1.03]. Known before the run: 0.98 on digits. ✓ digits"
    )
    assert lines[3].startswith("refuted in 1, supported in 1 of 2 cells: width helps")
    assert texts(page, "h3")[:2] == ["Can I trust it?", "The evidence by side"]
    roles = [e["text"] for e in page.all("small", **{"class": "role"})]
    assert roles == ["crux", "control, not counted"] * 2 + ["crux"] * 2 or roles.count("crux") == 4
    assert roles.count("control, not counted") == 2


def test_crux_cells_lead_their_table_and_are_found_by_name(page):
    ids = [e["attributes"]["data-id"] for e in page.all("tr") if "data-id" in e["attributes"]]
    mine = [name for name in ids if name.startswith("bias")]
    assert mine[:2] == ["bias: digits-sgd-rho0.3", "bias: fashion_mnist-sgd-rho0.3"]
    payload = next(p for p in page.payloads() if any(c["id"] == mine[0] for c in p["cells"]))
    assert set(mine) <= {cell["id"] for cell in payload["cells"]}
    anchors = [page.row(name)["attributes"]["id"] for name in ids]
    assert len(set(anchors)) == len(ids)


def test_what_was_known_and_what_is_excluded_is_said(page):
    said = texts(page, "dd")
    assert any(s.endswith("Because: half is much. Known before the run: 0.98 on digits.") for s in said)
    assert "Null learners excluded: uniform guessing, majority label." in said


def test_sides_are_those_that_claims_declare():
    assert sides.SIDES == SIDES


def test_how_many_false_verdicts_to_expect(page):
    assert sides.expected_wrong(sided()) == (
        "Over the 4 claims with a decided cell, at most 0.05 × 4 = 0.2 are therefore expected to have a wrong "
        "verdict, on a cell or as a whole."
    )
    assert any("at most 0.05 × 4 = 0.2" in said for said in texts(page, "p", **{"class": "note"}))


def test_a_failed_control_is_said(page):
    assert texts(page, "td", **{"class": "verdict"}).count("undecided its control failed") == 1
    assert words.short_verdict("undecided: its control failed") == "undecided"


def test_training_sets_and_rates_of_an_opened_cell(page):
    cells = {c["id"]: c for p in page.payloads() for c in p["cells"]}
    found = cells["bias: digits-sgd-rho0.3"]
    assert (len(found["sets"]["v"]), found["sets"]["of"], found["sets"]["region"]) == (15, 16, [0.5, None])
    assert (found["sets"]["mean"], found["sets"]["low"], found["sets"]["high"]) == (0.97, 0.91, 1.03)
    assert "Learning rate of SGD: 0.048, which is 0.3 of its unit 0.16." in found["lines"]
    assert not [name for name, _ in found["more"] if name in ("sets", "rates")]
    assert cells["agree: 8"]["sets"] is None
    rows = list(csv.DictReader(io.StringIO(next(p["csv"] for p in page.payloads() if "check: digits" in p["csv"]))))
    assert {row["cell"]: (row["crux"], row["control"]) for row in rows}["check: digits"] == ("False", "True")


def test_sets_without_an_estimate_are_not_drawn():
    (first, *_) = sided()["cells"]
    first["estimate"]["value"] = None
    assert charts.sets(first) is None


def test_the_terminal_says_it_too():
    out = io.StringIO()
    verdict_table(sided(), Console(file=out, width=150))
    claim_table(sided(), "optimisers_sample", Console(file=out, width=150))
    said = out.getvalue()
    assert "  architecture: 0 of 2 claims hold, 1 fail, 1 undecided; crux 2 ✓\n" in said
    assert "  optimiser: 1 of 1 claim holds; crux 1 ✗ 1 ✓\n" in said
    assert "speaks for: architecture" in said
    assert "Null learners excluded: uniform guessing, majority label." in said
    assert "(crux)" in said
    assert "(control, not counted)" in said


def test_results_of_the_version_before_are_shown_and_compared():
    old, new = earlier(sided()), sided()
    html = render(old, calibrated=[], known=[history.night(old)], other=new)
    assert "not declared" in html
    page = page_of(old)
    assert texts(page, "td", **{"class": "verdict"})[0:4].count("holds in part") == 1
    assert "What would change a mind" not in html
    (row,) = page.all("div", **{"class": "side-row"})
    assert [e["text"] for e in page.within(row, "i")] == ["✓ 2", "? 1", "✗ 1"]
    assert sides.expected_wrong(old) == ""
    markdown(old)
    verdict_table(old, Console(file=io.StringIO()))
    assert against.compare(old, new).count(against.CHANGED) == 0
    assert history.night(old).cells == history.night(new).cells


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d["run"].update(alpha="small"), "the run has alpha = 'small'"),
        (lambda d: d["claims"]["width_helps"].update(speaks_for=3), "width_helps has speaks_for = '3'"),
        (lambda d: d["claims"]["width_helps"].update(excludes=[3]), "width_helps excludes something that is no text"),
        (lambda d: d["cells"][0].update(crux="yes"), "cell 0 has crux = 'yes'"),
        (lambda d: d["cells"][0]["details"].update(sets=["x"]), "cell 0 has sets among its details"),
        (lambda d: d["cells"][0]["details"].update(rates=[{"rate": 1}]), "cell 0 has rates among its details"),
    ],
)
def test_a_wrong_part_of_results_is_named(change, said):
    document = sided()
    change(document)
    with pytest.raises(BadInput, match=re.escape(said)):
        results.check(document)
