"""How far cells are pursued in a plan, against the judging of real cells whose shards take known seconds."""

from dataclasses import dataclass
from itertools import pairwise
from math import inf
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from harness.claim import Question, Scale
from harness.claim.scales import allowance
from harness.lab import Lab
from harness.run.judging import judge_cell
from harness.run.plan.looks import Process, looks_wanted, pursued, shards_needed
from harness.run.plan.requests import Request
from harness.run.session import Session
from harness.store import Store
from harness.verdicts import Estimate, Looks, at_least

SCALE = Scale("smoke", 100.0, effort=2, looks=5)


@dataclass
class Known:
    """An executor whose jobs take the seconds they are named for."""

    device = torch.device("cpu")
    workers = 1

    def compute(self, job):
        arrays = job(self.device)
        return arrays, float(arrays["seconds"])

    def map(self, function, items):
        return map(function, items)


@dataclass(frozen=True)
class Sample:
    seconds: float
    shards: int = 1

    def __add__(self, other):
        return Sample(self.seconds, self.shards + other.shards)

    def to_arrays(self):
        return {"seconds": np.array(self.seconds)}

    @classmethod
    def from_arrays(cls, arrays):
        return cls(float(arrays["seconds"]))


def cell_of(names, seconds, need=inf):
    """(its function, its requests): asks for these samples; decided by so many shards, by a value above its bound."""

    def ask(lab):
        found = [
            lab.gather(Sample, {"sampler": name}, lambda _, name=name: Sample(seconds[name]), grows=name != "fixed")
            for name in names
        ]
        shards = max(each.shards for each in found)
        half = 1.0 if need == inf else (need / shards) ** 0.5 * 0.999
        return Estimate("x", 0.0 if need == inf else 1.0, lambda _: (-half + 1, half + 1), shards, "units", shards, "")

    return ask, tuple(Request(name, {"sampler": name}, name != "fixed", True, None, None) for name in names)


def judged(cells, seconds, budget, tmp_path):
    """Looks that the judging of a run by one process takes."""
    lab = Lab(SCALE, torch.device("cpu"), 0, Store(tmp_path), executor=Known())
    lab.run = {"budget": budget, "cells": len(cells)}
    taken = []
    for number, (ask, _) in enumerate(cells):
        question = Question(
            f"claim{number}", "empirical", "x", at_least(0.0, because="known"), {}, lambda: None, "test_x"
        )
        spend = allowance(budget, lab.computed, len(cells), number)
        taken.append(judge_cell(ask, question, {}, lab, Looks(0.05, 1, SCALE.looks), spend).looks)
    return taken, lab.computed


SECONDS = {"a": 1.0, "b": 3.0, "c": 0.2, "fixed": 2.0}


@pytest.mark.parametrize("budget", [1.0, 30.0, 60.0, 150.0, 400.0, 2000.0])
@pytest.mark.parametrize("needs", [(64,) * 6, (2, 8, 64, 4, 32, 16)])
def test_budget_stops_cells_where_judging_does(budget, needs, tmp_path):
    names = (("a",), ("a", "b"), ("c", "fixed"), ("b",), ("a", "c"), ("b", "fixed"))
    cells = [cell_of(each, SECONDS, need) for each, need in zip(names, needs, strict=True)]
    real, computed = judged(cells, SECONDS, budget, tmp_path)
    wanted = [(requests, looks_wanted(need, SCALE)) for (_, requests), need in zip(cells, needs, strict=True)]
    planned, _, (process,) = pursued(wanted, SCALE, budget, 1, SECONDS)
    assert planned == real
    assert process.computed == pytest.approx(computed)


@pytest.mark.parametrize("need", [1, 2, 3, 7, 16, 31, 32, 60, 100, 129, 1000])
def test_looks_of_a_need_are_those_of_judging(need, tmp_path):
    ask, _ = cell_of(("a",), SECONDS, need)
    real, _ = judged([(ask, ())], SECONDS, 1e9, tmp_path)
    assert looks_wanted(need, SCALE) == real[0]


def test_samples_that_cells_share_are_drawn_once():
    request = cell_of(("a",), SECONDS)[1]
    looks, shards, team = pursued([(request, 1)] * 10, SCALE, 1e9, 2, SECONDS)
    assert looks == [1] * 10
    assert shards == {"a": SCALE.effort}
    assert sum(process.computed for process in team) == SCALE.effort * SECONDS["a"]


def test_more_budget_is_never_fewer_looks_in_all():
    cells = [(cell_of(names, SECONDS)[1], 5) for names in (("a",), ("b",), ("c",), ("a", "b"))]
    totals = [sum(pursued(cells, SCALE, budget, 2, SECONDS)[0]) for budget in (1, 10, 100, 1000, inf)]
    assert all(one <= other for one, other in pairwise(totals))
    assert totals[-1] == 20


def results(*cells):
    return {"run": {"scale": "smoke"}, "cells": list(cells)}


def record_of(verdict, looks, n, needed=None):
    return {"claim": "c", "id": verdict, "verdict": verdict, "estimate": {"looks": looks, "n": n, "needed": needed}}


def test_needs_are_read_from_an_earlier_run():
    assert shards_needed(results(record_of("supported", 3, 100))) == {("c", "supported"): 4.0}
    said = "would need about 1,500 more networks drawn"
    assert shards_needed(results(record_of("inconclusive", 3, 500, said))) == {("c", "inconclusive"): 16.0}
    said = "no sample size is in sight that would decide it: the estimate lies on the bound"
    assert shards_needed(results(record_of("inconclusive", 4, 500, said))) == {("c", "inconclusive"): inf}
    said = "would need more units than these before anything can be foreseen"
    assert shards_needed(results(record_of("inconclusive", 4, 500, said))) == {}


def test_no_budget_is_no_look():
    process = Process()
    assert process.pursue(cell_of(("a",), SECONDS)[1], 3, SCALE, 0.0, SECONDS, {}) == 0
    assert process.computed == 0


@pytest.mark.parametrize(
    ("computed", "judged_cells", "workers"), [(0.0, 0, 1), (30.0, 4, 2), (99.0, 9, 1), (120.0, 3, 4)]
)
def test_allowance_is_that_of_a_session(computed, judged_cells, workers):
    lab = SimpleNamespace(computed=computed)
    run = SimpleNamespace(expected=10, workers=workers, judged=judged_cells, budget_seconds=100.0, lab=lab)
    run.cluster, run.started = None, False
    assert allowance(100.0, computed, 10 / workers, judged_cells) == pytest.approx(Session.allowance(run))
