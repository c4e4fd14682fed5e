"""A run that has ended, held against its plan: in its results file, whatever happens to the plan."""

import json

import pytest

# Loaded before any run in this process, which would load it once more: torch takes what it registers only once.
import harness.run.plan.check  # noqa: F401
from harness.report import results as documents
from harness.report.predictions import Check, Checked
from harness.run.plan import afterwards

# As many networks as take a tenth of a second or more: less is left out.
DRAWS = "draws=400_000"


@pytest.fixture
def drawn(project):
    path = project.drawn()
    path.write_text(path.read_text().replace("draws=500", DRAWS))
    return project


def seconds(project):
    """What each shard of its store took, by itself."""
    from harness.store.entries import decode

    entries = [decode(path.read_bytes()) for path in (project.folder / ".store").glob("??/*.entry")]
    return [entry.facts["seconds"] for _, entry in entries if "seconds" in entry.facts]


def test_a_run_says_what_it_took_and_one_from_the_store_keeps_that(drawn):
    ran = drawn.run()
    plan = ran.results["plan"]
    assert ran.results["run"]["complete"]
    assert {cell["id"] for cell in plan["cells"]} == {cell["id"] for cell in ran.results["cells"]}
    assert sum(cell["took"] for cell in plan["cells"]) == pytest.approx(sum(seconds(drawn)))
    # Nobody has measured this one before.
    assert all(cell["before"] == 0 < cell["predicted"] for cell in plan["cells"])
    assert plan["load"] == 1
    assert plan["note"] == ""
    again = drawn.run().results["plan"]
    assert again["cells"] == plan["cells"]
    assert again["note"].startswith("This run computed nothing anew; these figures are of the run of 20")
    assert drawn.run().results["plan"] == again
    part = drawn.run("-k", "not uniform").results
    assert {cell["id"] for cell in part["plan"]["cells"]} == {cell["id"] for cell in part["cells"]} != set()
    (drawn.folder / "reports" / "latest" / "results.json").unlink()
    found = drawn.run().results["plan"]
    assert (found["cells"], found["right"]) == ([], None)
    assert found["note"] == "This run computed nothing anew, so that it says nothing about costs."


def test_only_what_a_run_computed_itself_is_held_against_it(drawn):
    drawn.run("-k", "not uniform")
    ran = drawn.run()
    assert [cell["id"] for cell in ran.results["plan"]["cells"]] == [
        cell["id"] for cell in ran.results["cells"] if "uniform" in cell["id"]
    ]
    # What another seed has stored before is not this one's.
    other = drawn.run("--seed", "1").results["plan"]
    assert sum(cell["took"] for cell in other["cells"]) == pytest.approx(sum(seconds(drawn)) / 2, rel=0.5)


def test_several_processes_are_held_against_the_plan_once(drawn):
    alone = drawn.run().results["plan"]
    ran = drawn.run("-n", "2", "--fresh")
    plan = ran.results["plan"]
    assert sorted(cell["id"] for cell in plan["cells"]) == sorted(cell["id"] for cell in alone["cells"])
    assert sum(cell["took"] for cell in plan["cells"]) == pytest.approx(sum(seconds(drawn)))
    assert "held against" not in ran.out


@pytest.mark.parametrize("error", [ValueError("no\nsuch curve"), KeyboardInterrupt()])
def test_a_plan_that_fails_costs_no_results(drawn, monkeypatch, error):
    def fail(*_):
        raise error

    monkeypatch.setattr("harness.run.plan.costs.read", fail)
    ran = drawn.run()
    why = "it was interrupted" if isinstance(error, KeyboardInterrupt) else "ValueError: 'no\\nsuch curve'"
    said = f"What this run took was not held against its plan ({why})."
    assert ran.code == 0
    assert said in ran.out
    assert ran.results["plan"]["note"] == said
    assert set(ran.outcomes.values()) == {"supported"}
    assert "What this run took" in (drawn.folder / "reports" / "latest" / "report.html").read_text()


def test_an_incomplete_run_is_not_held_against_its_plan(project):
    project.given("figures", "broken", 0.9)
    assert "plan" not in project.run("-x").results


def results(**run):
    cells = [{"claim": "a", "id": "x"}, {"claim": "a", "id": "y"}]
    return {"run": {"scale": "smoke", "seed": 0, "device": "cpu", "started": "2026-11-24T08", **run}, "cells": cells}


@pytest.mark.parametrize(
    ("change", "kept"), [({}, 1), ({"seed": 1}, 0), ({"scale": "full"}, 0), ({"device": "cuda"}, 0)]
)
def test_figures_are_kept_of_the_same_cells_of_the_same_run_only(tmp_path, change, kept):
    check = Check((Checked("a", "x", 2.0, 1.0, 1.0), Checked("a", "gone", 1.0, 9.0, 0.0)), 1.5)
    earlier = {**results(**change), "plan": {"note": "", **check.to_data()}}
    found = afterwards.held(results(), tmp_path, 0.0, json.loads(json.dumps(earlier)))
    assert [cell["id"] for cell in found["cells"]] == ["x"] * kept
    assert found["load"] == (1.5 if kept else 1.0)
    assert found["right"] == (1.0 if kept else None)
    assert ("2026-11-24" in found["note"]) == bool(kept)


def test_earlier_results_that_cannot_be_read_are_none(tmp_path):
    path = tmp_path / "results.json"
    assert afterwards.earlier(path) is None
    path.write_text("{")
    assert afterwards.earlier(path) is None


def test_what_is_kept_can_be_read_again(drawn):
    ran = drawn.run()
    documents.check(ran.results)
    check = Check.of(ran.results["plan"])
    assert check.to_data() == {key: value for key, value in ran.results["plan"].items() if key != "note"} | {
        "missing": 0
    }
