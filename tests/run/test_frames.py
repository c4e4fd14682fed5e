"""Results in Python: rows, a frame, a table of a notebook."""

import json
from pathlib import Path

import pytest

import harness
from harness.errors import BadInput
from harness.run.frames import Results
from harness.verdicts import nothing_yet
from tests.support.report_documents import cell, claim, estimate

REFERENCE = Path(__file__).parents[2] / "reports" / "reference" / "results.json"


def test_a_frame_has_a_row_a_cell():
    found = harness.read(REFERENCE)
    cells = json.loads(REFERENCE.read_text())["cells"]
    frame = found.frame()
    assert len(frame) == len(cells) == len(found.rows())
    assert frame["claim"].tolist() == [each["claim"] for each in cells]
    assert frame["verdict"].value_counts().sum() == len(cells)
    for row, each in zip(found.rows(), cells, strict=True):
        values = {key.removeprefix("estimate."): row[key] for key in row if key.startswith("estimate.")}
        assert all((each["estimate"] or {}).get(key) == value for key, value in values.items())
        assert all(row[f"parameters.{key}"] == value for key, value in each["parameters"].items())


def test_texts_are_text_in_a_notebook():
    evil = cell("a_claim", "<script>", "supported", estimate(0.7, 0.6, None), {"m": 8})
    found = Results({"cells": [evil], "claims": {"a_claim": claim("a_claim")}})
    assert "&lt;script&gt;" in found._repr_html_()
    assert "<script>" not in found._repr_html_()
    assert "[0.60, unbounded]" in repr(found)
    assert "&lt;b&gt;" in nothing_yet("<b>", 3, "runs")._repr_html_()


def test_what_are_no_results_is_one_sentence(tmp_path):
    with pytest.raises(BadInput, match="There are no results at"):
        harness.read(tmp_path / "results.json")
