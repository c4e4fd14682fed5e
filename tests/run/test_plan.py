"""The plan of a run and its check, end to end, and what is planned on paper only."""

import json
from math import exp, inf, log

import pytest
import torch

from harness.__main__ import main
from harness.claim import SCALES, Scale
from harness.lab import Lab
from harness.report.words import amount, rough_duration
from harness.run.plan import paper
from harness.run.plan.check import check
from harness.run.plan.costs import Costs, Machine, identity
from harness.run.plan.evidence import EVIDENCE, evidence_curve
from harness.run.plan.predict import plan, price
from harness.run.plan.requests import claims, record
from harness.run.plan.stored import measured, taken
from harness.store import Store

MACHINE = Machine("here", "cpu", 1e10, 0.05)


@pytest.fixture(scope="module")
def cells():
    return record([module for module in claims() if "perceptron" in module.__name__], "smoke")


@pytest.fixture(scope="module")
def drawn(cells, tmp_path_factory):
    """The store of a run that took one look at each cell, and its results."""
    folder = tmp_path_factory.mktemp("store")
    lab = Lab(Scale("smoke", 100.0, effort=1, looks=4), torch.device("cpu"), 0, Store(folder))
    asked = [cell for cell in cells if cell.missing is None]
    for cell in asked:
        lab.begin()
        cell.ask(lab)
    found = [{"claim": cell.claim, "id": cell.id, "verdict": "supported"} for cell in asked]
    for each in found:
        each["estimate"] = {"looks": 1, "n": 1, "needed": None}
    return folder, {"run": {"scale": "smoke"}, "cells": found}


def test_a_run_is_predicted_by_what_it_took(cells, drawn):
    """Curves of a run's own measurements: every cell is right, and the plan's total is the store's."""
    folder, results = drawn
    entries = taken(folder)
    requests = [request for cell in cells for request in cell.requests]
    costs = Costs(MACHINE, measured(requests, entries))
    checked = check(cells, price(cells, costs), costs.measured, results, entries)
    assert checked.missing == 0
    assert all(each.ratio == pytest.approx(1, rel=0.02) for each in checked.cells)
    found = plan(cells, costs, SCALES["smoke"], 1e6, 1, "cpu", results=results)
    total = sum(each.seconds for of in entries.values() for each in of)
    assert found.first.computed == found.likely.computed == pytest.approx(total, rel=0.02)
    assert found.first.disk == pytest.approx(sum(each.bytes for of in entries.values() for each in of), rel=0.01)
    assert found.all.computed > 2 * found.first.computed


def test_a_slow_prediction_is_found_wrong(cells, drawn, monkeypatch):
    folder, results = drawn
    monkeypatch.setattr("harness.run.plan.check.LEAST", 0.0)
    entries = taken(folder)
    costs = Costs(MACHINE, measured([request for cell in cells for request in cell.requests], entries))
    checked = check(cells, price(cells, costs, slower=5.0), {}, results, entries)
    assert checked.cells
    assert checked.right == checked.new == 0
    # Known from before, all of them five times as slow: that is the machine's.
    checked = check(cells, price(cells, costs, slower=5.0), costs.measured, results, entries)
    assert checked.load == pytest.approx(0.2, rel=0.05)
    assert checked.right == 1


def test_what_cells_share_is_counted_once(cells):
    costs = Costs(MACHINE, [])
    once, twice = (plan(many, costs, SCALES["smoke"], inf, 1, "cpu") for many in (cells, [*cells, *cells]))
    assert twice.first.computed == once.first.computed
    assert twice.first.networks == once.first.networks
    assert len(twice.cells) == 2 * len(once.cells)


def test_needs_beyond_all_looks_are_said_to_be_undecided(cells):
    name = next((cell.claim, cell.id) for cell in cells if cell.missing is None)
    estimate = {"looks": 4, "n": 100, "needed": "would need about 9,900 more networks drawn"}
    results = {
        "run": {"scale": "smoke"},
        "cells": [{"claim": name[0], "id": name[1], "verdict": "inconclusive", "estimate": estimate}],
    }
    found = plan(cells, Costs(MACHINE, []), SCALES["smoke"], 1e9, 1, "cpu", results=results)
    assert [(cell.claim, cell.id) for cell in found.cells if cell.undecided] == [name]
    said = next(cell.undecided for cell in found.cells if cell.undecided)
    assert said.startswith("would need 1e+02 times what all looks give")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--scale", "huge"], "--scale takes smoke, standard, full, not 'huge'."),
        (["--device", "tpu"], "--device takes auto, cpu, cuda, cuda:N or several such as cuda:0,1, not 'tpu'."),
        (["--budget", "soon"], "--budget takes a positive time such as 90s, 30m or 2h, not 'soon'."),
        (["-k", "nonsense"], "No claim has 'nonsense' in its name"),
        (["--check", "nowhere.json", "--store", "."], "There are no results at nowhere.json"),
    ],
)
def test_bad_input_is_one_sentence(options, sentence, capsys):
    assert main(["plan", *options]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"ERROR: {sentence}")
    assert said.count("\n") == 1


def test_the_command_writes_a_plan(tmp_path, capsys):
    path = tmp_path / "plan.json"
    assert main(["plan", "-k", "perceptron", "--device", "cuda:0,1", "--scale", "full", "--json", str(path)]) == 0
    found = json.loads(path.read_text())
    assert (found["scale"], found["processes"]) == ("full", 2)
    assert {cell["claim"] for cell in found["cells"]} == {"perceptron_prefers_low_entropy"}
    assert 0 < found["first"]["computed"] <= found["all"]["computed"]
    assert "ResNet-18 on ImageNet" in capsys.readouterr().out


def test_identities_do_not_hang_on_the_seed():
    modules = [module for module in claims() if "perceptron" in module.__name__]
    one, other = (
        [identity(request) for cell in record(modules, "smoke", seed=seed) for request in cell.requests]
        for seed in (0, 7)
    )
    assert one == other


def test_evidence_is_extrapolated_by_a_power_law():
    a, b = evidence_curve()
    for m, nats in EVIDENCE.items():
        assert a * m**b == pytest.approx(nats, rel=0.15)
    resnet = next(pair for pair in paper.PAIRS if pair.name == "ResNet-18 on ImageNet")
    assert paper.nats_of(resnet) == pytest.approx(a * resnet.m**b * log(1000) / log(2))


def test_paper_costs_are_forward_passes_over_what_the_device_does():
    case = paper.cases(1e13, within_hours=1000)[1]
    training = next(way for way in case.ways if way.name == "training")
    forwards = paper.NETWORKS * 90 * 1_281_167 * 3
    assert exp(training.log10_forwards * log(10)) == pytest.approx(forwards)
    assert training.hours == pytest.approx(forwards * 1.81e9 / (0.3 * 1e13) / 3600)
    assert next(way for way in case.ways if way.name == "rejection").hours == inf
    twice = paper.cases(2e13, within_hours=1000)[1]
    assert all(
        slow.hours == inf or slow.hours == pytest.approx(2 * fast.hours)
        for slow, fast in zip(case.ways, twice.ways, strict=True)
    )
    assert "Monte-Carlo kernel" in case.reach


def test_times_and_amounts_are_short():
    assert [rough_duration(each) for each in (0.5, 90, 7200, 86400 * 3, 1e9, inf)] == [
        "0.5 s",
        "1.5 min",
        "2 h",
        "3 days",
        "32 years",
        "for ever",
    ]
    assert [amount(each) for each in (12, 1500, 2.5e9, inf)] == ["12 ", "1.5 k", "2.5 G", "∞"]
