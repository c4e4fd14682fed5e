"""A run's options, and how its budget is shared out."""

from contextlib import suppress
from math import inf
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.claim import SCALES
from harness.claim.scales import CRUX_SHARES, FORESEEN
from harness.errors import BadInput
from harness.report import results
from harness.run.earlier import looked_at
from harness.run.session import Session, parse_budget, parse_seed


def options(**changed):
    """A run's options, as pytest hands them over."""
    defaults = {
        "scale": "smoke",
        "device": "cpu",
        "seed": "0",
        "budget": None,
        "store": None,
        "data": None,
        "fresh": False,
        "report": None,
        "workers": None,
        "cluster": None,
    }
    return SimpleNamespace(**(defaults | changed))


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("30m", 1800), ("2h", 7200), ("0.5m", 30)])
def test_budgets(text, seconds):
    assert parse_budget(text) == seconds


@given(st.text(max_size=6))
def test_any_text_is_a_number_or_refused(text):
    for parse in (parse_budget, parse_seed):
        with suppress(BadInput):
            assert parse(text) >= 0


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"scale": "huge"}, "--scale takes smoke, standard, full, not 'huge'"),
        ({"seed": "-1"}, "--seed takes a whole number"),
        ({"seed": "1.5"}, "--seed takes a whole number"),
        ({"seed": "٣"}, "--seed takes a whole number"),
        ({"budget": "0s"}, "--budget takes a positive time"),
        ({"budget": "-3m"}, "--budget takes a positive time"),
        ({"budget": "10"}, "--budget takes a positive time"),
        ({"device": "gpu"}, "--device takes auto, cpu"),
        ({"device": "cuda:"}, "--device takes auto, cpu"),
        ({"data": "/none"}, "is no folder"),
        ({"report": "out/results.json"}, "call the page otherwise"),
    ],
)
def test_bad_options(tmp_path, changed, said):
    with pytest.raises(BadInput, match=said):
        Session.from_options(options(**changed), tmp_path)


def test_places(tmp_path, monkeypatch):
    monkeypatch.delenv("HARNESS_STORE", raising=False)
    session = Session.from_options(options(), tmp_path)
    assert session.store == tmp_path / ".store"
    assert session.results == tmp_path / "reports" / "latest" / "results.json"
    monkeypatch.setenv("HARNESS_STORE", "/elsewhere")
    assert str(Session.from_options(options(), tmp_path).store) == "/elsewhere"
    session = Session.from_options(options(store="/named", report="out/page.html"), tmp_path)
    assert str(session.store) == "/named"
    assert str(session.results) == "out/results.json"


def test_work_is_the_scales_and_does_not_depend_on_what_was_spent(tmp_path):
    session = Session.from_options(options(), tmp_path)
    work = SCALES["smoke"].work
    assert session.allowance() == (work, inf, inf, FORESEEN * work, 0)
    session.judged, session.lab.computed = 7, 1e9
    foreseen = SCALES["smoke"].crux * CRUX_SHARES * work
    assert session.allowance(CRUX_SHARES) == (CRUX_SHARES * work, inf, inf, foreseen, 0)
    assert Session.from_options(options(budget="3s"), tmp_path).allowance().work == work
    for budget in (None, "3s"):
        standard = Session.from_options(options(scale="standard", budget=budget), tmp_path)
        dearest = SCALES["standard"].dearest
        assert (standard.allowance().first, standard.allowance(CRUX_SHARES).first) == (dearest, CRUX_SHARES * dearest)


@given(st.integers(1, 200), st.integers(1, 8), st.lists(st.floats(0, 1), min_size=1, max_size=200))
def test_cells_that_keep_to_their_allowance_keep_to_the_budget(tmp_path_factory, cells, workers, greed):
    session = Session.from_options(options(budget="100s"), tmp_path_factory.getbasetemp(), workers)
    session.expected = cells
    equal_share = 100 / (cells / workers)
    assert session.allowance().seconds == pytest.approx(min(3 * equal_share, 100))
    for i in range(-(-cells // workers)):
        session.lab.computed += greed[i % len(greed)] * session.allowance().seconds
        session.judged += 1
    assert session.lab.computed <= 100 + 1e-9


def test_deeper_looks_leave_time_for_the_first_looks_of_all(tmp_path):
    """Cells that double their samples as long as they may, of a first look of a second, on a budget of 1.5 a cell."""
    session = Session.from_options(options(budget="90s"), tmp_path)
    session.expected = session.unlooked = 60
    looks = []
    for _ in range(session.expected):
        allowed, taken = session.allowance().seconds, 1.0
        if allowed <= 0:
            break
        while 2 * taken <= allowed:
            taken *= 2
        session.lab.computed, session.lab.first_looks = session.lab.computed + taken, session.lab.first_looks + 1
        session.count(1)
        looks.append(taken)
    assert len(looks) == session.expected
    assert session.lab.computed <= 90
    assert sum(taken > 1 for taken in looks) > 10


def test_first_looks_that_an_earlier_run_has_drawn_are_not_kept_back_for(tmp_path):
    session = Session.from_options(options(budget="100s"), tmp_path)
    session.expected, session.judged, session.done, session.lab.first_looks = 100, 20, 20, 40.0
    # Two seconds a first look, of 80 cells; of 100 s nothing is left beyond them, and a cell may take one.
    session.unlooked = 80
    assert session.allowance().seconds == session.allowance(CRUX_SHARES).seconds == pytest.approx(2.0)
    session.unlooked = 20
    assert session.allowance().seconds == pytest.approx(3 * (100 - 2 * 20) / 80)
    session.unlooked = 0
    assert session.allowance().seconds == pytest.approx(3 * 100 / 80)


def test_first_looks_of_crux_cells_say_what_those_of_others_take(tmp_path):
    """Ten crux cells, of six shares, are judged first; the ninety others take as long a first look."""
    session = Session.from_options(options(budget="250s"), tmp_path)
    session.expected, session.shares, session.unlooked = 100, 10 * CRUX_SHARES + 90, 100
    for number in range(100):
        own = CRUX_SHARES if number < 10 else 1
        allowed, taken = session.allowance(own).seconds, 2.0
        assert allowed >= taken
        while 2 * taken <= allowed and session.done:
            taken *= 2
        session.lab.computed, session.lab.first_looks = session.lab.computed + taken, session.lab.first_looks + 2
        session.count(own)


def test_earlier_results_say_how_many_looks_a_cell_has_had(tmp_path):
    session = Session.from_options(options(budget="100s"), tmp_path)
    assert looked_at(session) == {}

    def write_results(name, seed, *cells):
        claims = {claim: {} for claim, _, _ in cells}
        rows = [{"claim": claim, "id": cell, "estimate": {}, "share_of_draws": share} for claim, cell, share in cells]
        for row in rows:
            row["estimate"] = {"value": 1} if row["share_of_draws"] else None
        run = {"scale": session.scale, "seed": seed}
        results.write(session.results.with_name(name), {"schema": 1, "run": run, "claims": claims, "cells": rows})

    session.results.parent.mkdir(parents=True)
    write_results("results.json", 0, ("one", "a: 1", 1 / 4), ("one", "a: 2", 0.0))
    write_results("previous.json", 0, ("two", "b", 1.0), ("one", "a: 1", 1 / 8))
    assert looked_at(session) == {("one", "a: 1"): 2, ("two", "b"): 4}
    # Of another seed nothing is stored.
    write_results("previous.json", 1, ("two", "b", 1.0))
    assert looked_at(session) == {("one", "a: 1"): 2}
    assert looked_at(Session.from_options(options(budget="100s", fresh=True), tmp_path)) == {}
    session.results.write_text("damaged")
    assert looked_at(session) == {}


def test_a_crux_cell_has_the_shares_of_several(tmp_path):
    session = Session.from_options(options(budget="100s"), tmp_path)
    session.expected, session.shares = 15, 14 + CRUX_SHARES
    assert session.allowance().seconds == pytest.approx(3 * 100 / (14 + CRUX_SHARES))
    assert session.allowance(CRUX_SHARES).seconds == pytest.approx(CRUX_SHARES * session.allowance().seconds)
    session.judged = 14
    assert session.allowance(CRUX_SHARES).seconds == 100


def test_a_cell_after_the_budget_is_spent_may_still_be_judged(tmp_path):
    session = Session.from_options(options(budget="1s"), tmp_path)
    session.expected, session.judged, session.lab.computed = 3, 1, 7.0
    assert session.allowance().seconds == 0
