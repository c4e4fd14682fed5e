"""The first screen: what the crux cells answer, whatever they answer; its pictures; what can be trusted."""

import importlib
import io
import json

import pytest
from rich.console import Console

from harness.report import answer, pictures, trust
from harness.report.page import render
from harness.report.questions import NO, OPEN, PART, STATEMENTS, YES
from harness.report.summary import markdown
from harness.report.terminal import verdict_table
from harness.report.written import written
from tests.support.report_answers import BELOW, BEYOND, OWN, answered
from tests.support.report_documents import held_against_published, sample, sided
from tests.support.report_page import Page, page_of

TESTS = {each.name: [e.test for e in each.evidence] for each in STATEMENTS}


def found(**verdicts):
    return answer.answer([{**cell, "anchor": "c0.0"} for cell in answered(**verdicts)["cells"]])


def states(answered_):
    return {each["name"]: each["state"] for each in answered_["statements"]}


def all_of(name, verdict):
    return dict.fromkeys(TESTS[name], verdict)


def test_another_run_says_the_opposite_and_not_decided_stands_in_the_same_place():
    verdicts = ("supported", "refuted", "inconclusive")
    said = {verdict: found(**all_of("below", verdict)) for verdict in verdicts}
    assert [states(said[v])["below"] for v in verdicts] == [YES, NO, OPEN]
    assert [said[v]["headline"].partition(". ")[0] for v in verdicts] == [
        "Below the edge of stability: the architecture",
        "Below the edge of stability: not the architecture",
        "Below the edge of stability: not decided",
    ]
    # The other half of the headline does not depend on it.
    assert {said[v]["headline"].partition(". ")[2] for v in verdicts} == {"Beyond it: the optimiser."}
    leads = [said[v]["statements"][0]["lead"] for v in verdicts]
    assert leads[1] == "Below the edge of stability, what training finds does not come from the architecture’s volume."
    assert leads[2].startswith("Not decided whether below the edge of stability, what training finds comes from")


@pytest.mark.parametrize(
    ("others", "state"), [("supported", YES), ("refuted", PART), ("inconclusive", OPEN), ("error", OPEN)]
)
def test_one_test_is_enough_to_split_a_statement_or_to_leave_it_open(others, state):
    assert states(found(it_leaves_its_own_volume=others))["beyond"] == state


def test_cells_that_disagree_split_their_test():
    document = answered()
    cells = [{**cell, "anchor": ""} for cell in document["cells"]]
    errors = [cell for cell in cells if cell["test"] == "test_it_does_not_generalise"]
    errors[0]["verdict"] = "refuted"
    (evidence,) = (e for e in answer.answer(cells)["statements"][0]["evidence"] if "chaotic" in e["text"])
    assert (evidence["state"], evidence["open"]) == (PART, "")
    errors[1]["verdict"] = "inconclusive"
    (evidence,) = (e for e in answer.answer(cells)["statements"][0]["evidence"] if "chaotic" in e["text"])
    assert (evidence["state"], evidence["open"]) == (NO, "1 of 2 cells not decided")


@pytest.mark.parametrize(("undecided", "state"), [(0, YES), (1, YES), (2, YES), (3, OPEN), (4, OPEN)])
def test_where_most_cells_are_open_so_is_their_test(undecided, state):
    cells = [{**cell, "anchor": ""} for cell in answered()["cells"]]
    pairs = [cell for cell in cells if cell["claim"] == OWN and cell["crux"]]
    assert len(pairs) == 4
    for each in pairs[:undecided]:
        each["verdict"] = "inconclusive"
    assert answer.answer(cells)["statements"][0]["evidence"][0]["state"] == state


def test_numbers_stand_with_their_intervals_and_data():
    below, beyond, _, swapped = found()["statements"]
    assert [e["values"] for e in below["evidence"]] == [
        "1.7 to 2.9 nats [1.2, 3.3]",
        "38.1 % [35.3, 40.9] on digits, 37.9 % [35.8, 40.0] on Fashion-MNIST",
        "2.0 points [0.0, 4.0] on digits, 1.0 points [−2.0, 4.0] on Fashion-MNIST",
        "0.970 [0.950, 0.990] on digits, 0.88 [0.83, 0.93] on Fashion-MNIST",
    ]
    assert (
        beyond["evidence"][0]["values"]
        == "19.0 points [16.0, 22.0] on digits, 18.0 points [14.0, 22.0] on Fashion-MNIST"
    )
    assert swapped["evidence"][0]["values"] == "30 % [16, 44] on digits, 18 % [8, 28] on Fashion-MNIST"


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.351, 0.412, "0.381 [0.351, 0.412]"),
        (-0.2, 1.0, "0.4 [−0.2, 1.0]"),
        (None, 0.4, "0.381 [unbounded, 0.400]"),
        (0.3812, 0.3812, "0.3812 (exact)"),
        (-40.0, 41.0, "0 [−40, 41]"),
    ],
)
def test_digits_follow_the_interval(low, high, said):
    assert written([{"value": 0.3812, "low": low, "high": high}]) == said


def test_results_without_these_claims_say_that_nothing_is_decided():
    page = page_of(sample())
    (headline,) = page.all("h2", **{"class": "headline"})
    assert headline["text"] == "Below the edge of stability: not decided. Beyond it: not decided."
    assert page.all("figure", **{"class": "rate"}) == []


def test_every_outcome_is_declared():
    for statement in STATEMENTS:
        said = [statement.said(state) for state in (YES, NO, PART, OPEN)]
        assert len(set(said)) == 4
        for evidence in statement.evidence:
            assert len({evidence.said(state) for state in (YES, NO, PART, OPEN)}) >= 4


def test_what_is_declared_is_among_the_claims(claim_declarations):
    """Renaming a claim or a test, or taking its crux away, would silence the page."""
    for statement in STATEMENTS:
        for evidence in statement.evidence:
            assert claim_declarations[evidence.claim, f"test_{evidence.test}"].crux is not None


@pytest.fixture(scope="module")
def claim_declarations():
    from harness.claim.declaration import questions_in

    slugs = {evidence.claim for statement in STATEMENTS for evidence in statement.evidence}
    modules = [importlib.import_module(f"claims.sampling.{slug}") for slug in slugs]
    return {(question.slug, question.test): question for module in modules for question in questions_in(module)}


def test_the_error_and_whose_volume_over_the_rate():
    cells = answered()["cells"]
    error, whose = pictures.over_the_rate(cells)
    chaotic = error["lines"][0]
    assert [p["said"] for p in chaotic["points"]][::3] == [
        "chaotic, digits, ρ = 0.3: 0.380 [0.360, 0.400]",
        "chaotic, digits, ρ = 10: 0.190 [0.170, 0.210]",
    ]
    # Down the page is down in error; the edge is a third of the way from 0.3 to 10 on a log axis.
    assert chaotic["points"][0]["y"] < chaotic["points"][-1]["y"]
    left, right = chaotic["points"][0]["x"], chaotic["points"][-1]["x"]
    assert (error["edge"] - left) / (right - left) == pytest.approx(0.3433, abs=0.002)
    assert [(line["name"], line["ordered"]) for line in error["lines"]][2:] == [
        ("ordered, digits", True),
        ("ordered, Fashion-MNIST", True),
    ]
    # Beyond the edge the cell measures ReLU − own: the picture turns its sign, and swaps its ends.
    assert [p["said"] for p in whose["lines"][0]["points"]] == [
        "chaotic, digits, ρ = 0.3: 2.90 [2.60, 3.20]",
        "chaotic, digits, ρ = 10: −1.5 [−2.1, −0.9]",
    ]
    assert whose["lines"][0]["points"][0]["y"] < whose["zero"] < whose["lines"][0]["points"][1]["y"]
    assert pictures.over_the_rate([c for c in cells if c["claim"] not in (BELOW, BEYOND)]) == []


def test_the_matrix_of_log_volumes():
    cells = [{**cell, "anchor": f"c0.{i}"} for i, cell in enumerate(answered(own_volume_is_ahead="refuted")["cells"])]
    digits, fashion = pictures.volumes(cells)
    assert (digits["data"], fashion["data"]) == ("digits", "Fashion-MNIST")
    assert digits["names"] == ["ReLU 2", "tanh, σ_w = 1", "tanh, σ_w = 4"]
    for i, (name, fields) in enumerate(digits["rows"]):
        assert name == digits["names"][i]
        assert [field is None for field in fields] == [i == j for j in range(3)]
    assert digits["rows"][0][1][2]["text"] == "2.90"
    assert pictures.volumes([cell for cell in cells if cell["claim"] != OWN]) == []


def test_the_evidence_by_side():
    found = [
        {**c, "cells": [e for e in sided()["cells"] if e["claim"] == slug]} for slug, c in sided()["claims"].items()
    ]
    rows = pictures.evidence(found, ["architecture", "optimiser", "instrument"])
    assert [[(bar["what"], bar["parts"]) for bar in row["bars"]] for row in rows] == [
        [("claims", [("inconclusive", 1), ("refuted", 1)]), ("crux cells", [("supported", 2)])],
        [("claims", [("supported", 1)]), ("crux cells", [("supported", 1), ("refuted", 1)])],
        [("claims", [("supported", 1)])],
    ]


def test_what_can_be_trusted():
    document = held_against_published()
    page = Page(render(json.loads(json.dumps(document))))
    (box,) = page.all("ul", **{"class": "checks"})
    lines = [" ".join(e["text"].split()) for e in page.within(box, "li")]
    assert lines[0] == "✓ Theorems: 1 supported, 0 refuted, 0 open of 1 cell."
    assert lines[1].startswith("✓ Null learners: 1 of 4 claims exclude some of 2; none may be supported")
    assert " promises kept in simulation" in lines[2]
    assert lines[3] == "✗ Published numbers: 1 of 3 agree, 1 disagree, 1 open."
    for each in document["cells"]:
        if each["kind"] == "theorem":
            each["verdict"] = each["outcome"] = "refuted"
    refuted = page_of(document)
    (box,) = refuted.all("ul", **{"class": "checks"})
    assert refuted.within(box, "li")[0]["text"].split()[0] == "✗"


def test_the_scope_is_that_of_the_judged_cells():
    assert trust.scope(answered()["cells"]) == "digits, Fashion-MNIST; 32 training points; 16 training sets a cell"
    assert trust.scope(sample()["cells"]) == "8 training points; widths 10 to 160; 1 hidden layer"
    assert trust.scope([]) == ""


def test_several_estimates_have_the_digits_of_the_hull_of_their_intervals():
    def said(*found, **more):
        return written([{"value": value, "low": low, "high": high} for value, low, high in found], **more)

    assert said((1.9, 0.24, 2.4), (0.31, 0.3, 0.32)) == "0.3 to 1.9 [0.2, 2.4]"
    assert said((1.9, 0.04, 2.4), bounds=[0.0]) == "1.90 [0.04, 2.40]"
    assert said((0.019, 0.0004, 0.024), bounds=[0.0], percent=True, unit="%") == "1.90 % [0.04, 2.40]"
    assert said((0.25, 0.25, 0.25), (0.5, 0.5, 0.5)) == "0.25 to 0.5 (exact)"
    assert said((0.25, None, None)) == said((0.25, None, None), (0.25, 0.1, 0.3)) == "0.25 [unbounded]"
    assert said((1.004, 0.98, 1.0)) == "1.000▸ [0.980, 1.000]"


def test_the_terminal_answers_as_the_page_does_in_eighty_columns():
    out = io.StringIO()
    document = answered(it_begins_at_the_edge="refuted")
    verdict_table(document, Console(file=out, width=80))
    lines = out.getvalue().splitlines()
    page = found(it_begins_at_the_edge="refuted")
    begin = lines.index(page["headline"])
    end = lines.index("By the answer that the claims speak for:")
    said = " ".join(" ".join(lines[begin + 1 : end]).split())
    assert said == " ".join(f"{i}. {each['lead']}" for i, each in enumerate(page["statements"], 1))
    assert max(map(len, lines)) <= 80
    # A run of other claims answers nothing.
    verdict_table(sample(), Console(file=out, width=80))
    assert out.getvalue().count("edge of stability:") == 1


def test_the_summary_answers_with_its_numbers():
    text = markdown(answered(it_begins_at_the_edge="refuted"))
    assert (
        "\n### Below the edge of stability: the architecture. Beyond it: partly the optimiser.\n\n1. Below the" in text
    )
    assert "\n   - ✗ The fall does not begin at the edge; done by there is 24 % &#91;18, 30&#93; on digits, " in text
    assert "###" not in markdown(sample())
