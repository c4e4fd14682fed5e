"""Where verdicts differ, why cells are refuted or open, and sources as links."""

import itertools
import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.report.accepted import MEANING
from harness.report.meanings import why, why_refuted
from harness.report.patterns import patterns
from harness.report.sources import linked
from harness.report.trust import untested
from harness.verdicts import Verdict, at_least, at_most, judge
from tests.support.report_documents import cell, claim, document, estimate
from tests.support.report_page import page_of


def grid(*verdicts, test="t"):
    """verdicts: (verdict, parameters)."""
    return [
        cell("one", f"{test}: {i}", verdict, estimate(0.9, 0.8, 1.0), parameters)
        for i, (verdict, parameters) in enumerate(verdicts)
    ]


def test_the_factor_that_splits_the_verdicts_best_with_its_counts():
    cells = grid(
        *[("supported", {"data": "digits", "width": w, "loss": "a"}) for w in (10, 40, 160)],
        ("refuted", {"data": "digits", "width": 40, "loss": "b"}),
        *[("supported", {"data": "digits", "width": w, "loss": "b"}) for w in (10, 160)],
        *[("refuted", {"data": "fashion_mnist", "width": w, "loss": "a"}) for w in (10, 40)],
        ("inconclusive", {"data": "fashion_mnist", "width": 160, "loss": "b"}),
    )
    assert patterns(cells) == ["By data: digits (5 ✓ 1 ✗); Fashion-MNIST (2 ✗ 1 ?)"]


def test_two_factors_where_no_one_of_them_leaves_as_few():
    def bad(depth, width, loss):
        return depth == 2 and width >= 160

    places = itertools.product((2, 4, 8), (10, 40, 160, 320), "ab")
    cells = grid(
        *[
            ("refuted" if bad(*place) else "supported", dict(zip(("depth", "width", "loss"), place, strict=True)))
            for place in places
        ]
    )
    assert patterns(cells) == ["For depth up to 2 and width from 160 (4 ✗); elsewhere (20 ✓)"]
    # One factor is enough, and so no second is said.
    fewer = [cell for cell in cells if cell["parameters"]["depth"] == 2]
    assert patterns(fewer) == ["By width: up to 40 (4 ✓); from 160 (4 ✗)"]


def test_a_threshold_on_a_number():
    cells = grid(*[("supported" if m < 20 else "refuted", {"m": m}) for m in (4, 8, 16, 32, 64)])
    assert patterns(cells) == ["By the number of training points: up to 16 (3 ✓); from 32 (2 ✗)"]


def test_no_pattern_where_none_helps():
    assert patterns(grid(*[("supported", {"m": m}) for m in (1, 2)])) == []
    assert patterns(grid(("supported", {"m": 1}), ("inconclusive", {"m": 2}))) == []
    everywhere = [(v, {"a": a, "b": b}) for a in "xy" for b in "xy" for v in ("supported", "refuted")]
    assert patterns(grid(*everywhere)) == []


def test_controls_are_no_pattern_and_each_test_has_its_own():
    cells = grid(("supported", {"m": 1}), ("refuted", {"m": 2})) + grid(
        ("refuted", {"a": "x"}), ("supported", {"a": "y"}), test="other_one"
    )
    assert patterns(cells) == [
        "t, by the number of training points: up to 1 (1 ✓); from 2 (1 ✗)",
        "other one, by a: x (1 ✗); y (1 ✓)",
    ]
    cells[0]["control"] = True
    assert patterns(cells) == ["other one, by a: x (1 ✗); y (1 ✓)"]


PARAMETERS = st.fixed_dictionaries({"m": st.integers(1, 4), "loss": st.sampled_from("ab"), "w": st.integers(1, 3)})


@given(st.lists(st.tuples(st.sampled_from(["supported", "refuted", "inconclusive"]), PARAMETERS), min_size=2))
def test_a_pattern_counts_every_cell_once(found):
    for said in patterns(grid(*found)):
        words = re.sub("[;()]", " ", said).split()
        counted = {symbol: sum(int(a) for a, b in pairwise(words) if b == symbol) for symbol in "✓✗?"}
        for symbol, verdict in (("✓", "supported"), ("✗", "refuted"), ("?", "inconclusive")):
            assert counted[symbol] == sum(v == verdict for v, _ in found)


def refuted(low, high, least=None, most=None):
    found = cell("one", "t", "refuted", estimate((low + high) / 2, low, high), {"m": 1})
    found["predicted"] |= {"low": least, "high": most}
    return {**found, "label": "m 1", "why": ""}


def test_how_far_outside_and_which_bound_flips():
    below, above, exact = refuted(0.1, 0.3, least=0.5), refuted(0.7, 0.9, most=0.5), refuted(0.3, 0.3, least=0.5)
    assert why_refuted(below) == (
        "The interval lies 0.2 below the predicted region, 1 times its width. A bound of 0.30 would have left it "
        "undecided, one of 0.10 supported it."
    )
    assert why_refuted(above).endswith("A bound of 0.70 would have left it undecided, one of 0.90 supported it.")
    assert why_refuted(exact) == ("The value is exact and lies 0.2 below the predicted region: a bound of 0.30 is met.")
    assert why_refuted({**below, "verdict": "supported"}) == ""


def test_the_bounds_that_are_said_flip_the_verdict():
    assert judge(at_least(0.3, because="said"), 0.1, 0.3) is Verdict.INCONCLUSIVE
    assert judge(at_least(0.1, because="said"), 0.1, 0.3) is Verdict.SUPPORTED
    assert judge(at_most(0.7, because="said"), 0.7, 0.9) is Verdict.INCONCLUSIVE
    assert judge(at_most(0.9, because="said"), 0.7, 0.9) is Verdict.SUPPORTED


def test_a_claim_says_why_it_is_refuted_and_what_is_open():
    cells = [refuted(0.1, 0.3, least=0.5), refuted(0.2, 0.4, least=0.5)]
    open_ = {**refuted(0.4, 0.6, least=0.5), "verdict": "inconclusive", "label": "m 2"}
    open_["estimate"]["needed"] = "would need about 9 more training sets, about 3.7 s on one core"
    found = why([*cells, open_])
    assert found["refuted"] == [
        "T, 2 cells, the farthest at m 1: " + why_refuted(cells[0]) + " No cell is refuted by a bound of 0.30 or less."
    ]
    assert found["open"] == ["T: m 2 would need about 9 more training sets, about 3.7 s on one core."]
    open_["estimate"]["needed"] = "no sample size is in sight that would decide it: the estimate lies on the bound"
    assert why([open_])["open"] == ["T: m 2 lies on the bound, so that no sample size is in sight."]
    assert why([{**open_, "cut_by_time": True}])["open"] == ["T: m 2 was cut by the budget in time."]
    gone = {**open_, "estimate": None, "verdict": "unavailable", "why": "Buy a GPU."}
    assert why([gone, gone])["missing"] == ["T, 2 cells: Buy a GPU."]
    without = {**open_, "estimate": None, "why": "Runs disagree."}
    assert why([without])["open"] == ["T: m 2 has no estimate: Runs disagree."]


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("A 2019, arXiv 1805.08522, 4.1; B, 1910.00971.", ["arxiv.org/abs/1805.08522", "arxiv.org/abs/1910.00971"]),
        ("JMLR 22:79 (arXiv 2006.15191)", ["arxiv.org/abs/2006.15191"]),
        ("Chiang, openreview QC10RmRbZy9.", ["openreview.net/forum?id=QC10RmRbZy9"]),
        ("code in github.com/guillefix/nn-pacbayes.", ["github.com/guillefix/nn-pacbayes"]),
        ("D 2018, doi 10.1038/s41467-018-03101-6.", ["doi.org/10.1038/s41467-018-03101-6"]),
        ("C. Mingard, LessWrong, 12 May 2021; PNAS 117:161; 600,000 networks", []),
    ],
)
def test_sources_are_links_to_what_the_text_names(text, links):
    found = linked(text)
    assert [part.partition('"')[0] for part in str(found).split('href="https://')[1:]] == links
    assert found.striptags() == text


def test_a_source_stays_text():
    assert str(linked("<b>arXiv 1805.08522</b>")).startswith("&lt;b&gt;<a href=")


def test_a_claims_section_says_all_of_it():
    cells = grid(("supported", {"data": "digits"}), ("refuted", {"data": "mnist"}))
    cells[1]["estimate"] |= {"low": 0.1, "high": 0.3}
    words = {"in_plain_words": "Is it so?", "untested": {"data": ["fashion_mnist"], "m": [64, 128]}}
    page = page_of(document([claim("one", **words)], cells))
    rows = {e["text"]: page.elements[i + 1]["text"] for i, e in enumerate(page.elements) if e["tag"] == "dt"}
    assert rows["Pattern"] == "By data: digits (1 ✓); MNIST (1 ✗)."
    assert rows["Why ✗"].startswith("T, MNIST: The interval lies 0.2 below the predicted region")
    assert rows["Tested on"] == (
        "digits, MNIST. Not tested here, but at larger scales: data Fashion-MNIST; number of training points 64, 128."
    )
    assert [e["text"] for e in page.all("p", **{"class": "plain"})] == ["Is it so?"]
    (details,) = (c for p in page.payloads() for c in p["cells"] if c["id"] == "t: 1")
    assert details["lines"][0].startswith("The interval lies 0.2 below the predicted region")
    assert untested({"ratio": [0.5], "rule": ["adam"], "rival": ["ReLU 1"]}) == "ρ 0.5; rule Adam; against ReLU 1"


def test_what_a_refutation_means_in_the_words_of_those_who_accepted_it():
    cells = [refuted(0.1, 0.3, least=0.5), refuted(0.2, 0.4, least=0.5), refuted(0.2, 0.4, least=0.5)]
    for each in cells[:2]:
        each["message"] = f"Refuted: one. {MEANING}Rates make more of it. To rerun: pytest 'one[t]' --seed 0"
    assert why(cells)["meaning"] == ["Rates make more of it."]
    assert why([{**cells[0], "verdict": "supported"}])["meaning"] == []
