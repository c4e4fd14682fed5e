"""The appendix on what the run was predicted to take."""

import copy

import pytest

from harness.errors import BadInput
from harness.report.predictions import appendix
from tests.support.report_documents import claim, sample
from tests.support.report_page import page_of

CLAIMS = [{**claim("a"), "name": "a"}, {**claim("b"), "name": "b"}, {**claim("idle"), "name": "idle"}]


def cell(slug, name, predicted, took, before=0.0):
    return {"claim": slug, "id": name, "predicted": predicted, "took": took, "before": before}


PLAN = {
    "note": "",
    "load": 1.25,
    "cells": [
        cell("a", "1", 1.0, 1.9, before=1.9),
        cell("a", "2", 1.0, 0.51, before=0.51),
        cell("a", "3", 1.0, 8.0, before=1.0),
        cell("b", "4", 600.0, 660.0),
    ],
}


def found(plan=PLAN, cells=9):
    return appendix({"plan": plan, "cells": [{}] * cells}, CLAIMS)


def test_the_sentence_counts_cells():
    first, second = found()["sentences"]
    assert first == (
        "Of 9 cells, 4 computed for long enough to tell, and 75 % of these took between 1/2 and 2 times what was "
        "predicted; of the 2 cells most of whose time nobody had measured before, 50 % did."
    )
    assert second.startswith("Predictions are times 1.2,")


def test_a_claim_has_a_row_where_it_took_time():
    rows = {row["slug"]: row for row in found()["rows"]}
    assert list(rows) == ["a", "b"]
    assert {key: rows["a"][key] for key in ("right", "of", "median", "predicted")} == {
        "right": 2,
        "of": 3,
        "median": 1.9,
        "predicted": 3.0,
    }
    assert rows["a"]["took"] == pytest.approx(10.41)
    assert (rows["b"]["right"], rows["b"]["median"]) == (1, 1.1)


def places(strip):
    return {name: float(place) for name, _, place in (each.partition(":") for each in strip.split(";"))}


def test_strips_are_logarithmic():
    """A doubling is as long everywhere; 8 times is three of them above 1, and the region is one to either side."""
    shown = found()
    ticks = {label: at for at, label in shown["ticks"]}
    doubling = ticks["2"] - ticks["1"]
    assert ticks["8"] - ticks["1"] == pytest.approx(3 * doubling)
    assert ticks["1"] - ticks["1/4"] == pytest.approx(2 * doubling)
    region = places(shown["region"])
    assert region["--a"] == pytest.approx(ticks["1/2"], abs=1e-3)
    assert region["--b"] == pytest.approx(ticks["2"], abs=1e-3)
    strip = places(shown["rows"][0]["strip"])
    assert strip["--h"] == pytest.approx(ticks["8"], abs=1e-3)
    assert ticks["1/2"] < strip["--l"] < ticks["1"] < strip["--v"] < ticks["2"]


@pytest.mark.parametrize("took", [1e-11, 1e17])
def test_ticks_stay_few_however_wrong_a_prediction_is(took):
    shown = found({**PLAN, "cells": [cell("a", "1", 1.0, took)]})
    assert 3 <= len(shown["ticks"]) <= 9
    assert all(0 <= at <= 100 for at, _ in shown["ticks"])


def test_without_cells_only_the_note_is_said():
    page = page_of(sample() | {"plan": {"note": "Nothing was computed.", "load": 1.0, "cells": []}})
    (section,) = page.all("section", id="predictions")
    assert "Nothing was computed." in section["text"]
    assert not page.within(section, "table")
    assert "nan" not in section["text"].lower()


def test_the_page_shows_it_where_the_results_have_it():
    results = sample()
    page = page_of(results)
    (section,) = page.all("section", id="predictions")
    assert "A note on costs." in section["text"]
    # 11 judged cells took 1/2, 1, 2, 4 times as long, in turn: two in eleven took four times as long.
    assert "82 % of these" in section["text"]
    rows = [e for e in page.within(section, "tr") if "data-claim" in e["attributes"]]
    assert [row["attributes"]["data-claim"] for row in rows] == ["volume_is_simple", "limits", "optimisers_sample"]
    del results["plan"]
    assert not page_of(results).all("section", id="predictions")


DAMAGE = {
    "nothing": lambda plan: plan.clear(),
    "a time that is a text": lambda plan: plan["cells"][0].update(took="long"),
    "no time at all": lambda plan: plan["cells"][0].update(took=0),
    "a negative time": lambda plan: plan["cells"][0].update(predicted=-1.0),
    "longer than for ever": lambda plan: plan["cells"][0].update(predicted=1e300),
    "no id": lambda plan: plan["cells"][0].pop("id"),
    "no note": lambda plan: plan.update(note=None),
    "cells by name": lambda plan: plan.update(cells={}),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_plan_is_refused_in_a_sentence(damage):
    results = copy.deepcopy(sample())
    results.check(results)
    damage(results["plan"])
    with pytest.raises(BadInput, match="the plan of the run is not as it should be"):
        results.check(results)
