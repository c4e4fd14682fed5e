"""The table of exact answers: its cheapest rows agree, a wrong number does not, and published cells become lines."""

import json
from dataclasses import replace

import pytest

from benchmarks.oracles import chain, few, linear, one_hot
from benchmarks.oracles.__main__ import published_rows, row
from harness.report.results import SCHEMA

CASES = [*one_hot.cases(), *linear.cases(), *few.cases(), *chain.cases()]
CHEAP = [case for case in CASES if case.oracle in ("O5", "O6") or (case.oracle == "O1" and case.m == 6)]


def test_every_oracle_with_a_sampler_has_a_row():
    assert {case.oracle for case in CASES} == {f"O{k}" for k in (1, 2, 3, 4, 5, 6, 7, 8, 10)}
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CHEAP, ids=lambda case: case.name)
def test_a_row_agrees_with_its_exact_number_and_with_no_other(case):
    found = case.found()
    assert found.agrees == "yes"
    assert replace(found, exact=found.exact + 0.2).agrees == "no"
    assert f"| {found.exact:.5g} |" in row(found)


def test_cells_with_a_published_number_become_lines(tmp_path):
    published = {"value": 0.5, "error": 0.01, "source": "a paper", "why": "another rate"}
    estimate = {"value": 0.42, "low": 0.4, "high": 0.44}
    cell = {"claim": "a_claim", "id": "errors: 1", "published": published, "estimate": estimate, "seconds": 2.4}
    cells = [
        {**cell, "verdict": "inconclusive"},
        {**cell, "id": "errors: 2", "published": None, "verdict": "supported"},
        {**cell, "id": "errors: 3", "estimate": None, "verdict": "unavailable"},
    ]
    paths = [tmp_path / "first.json", tmp_path / "last.json"]
    for path, verdict in zip(paths, ("supported", "refuted"), strict=True):
        path.write_text(json.dumps({"schema": SCHEMA, "cells": [{**cells[0], "verdict": verdict}, *cells[1:]]}))
    # Of a cell in both files the last one counts.
    assert published_rows(paths) == ["| `a_claim` errors: 1 | 0.5 ± 0.01 | 0.42, 0.4 to 0.44 | no | 2 | another rate |"]
