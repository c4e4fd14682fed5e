"""The results file: whole or not at all, readable, and checked."""

import gzip
import json
import os
from math import inf, nan

import numpy as np
import pytest

from harness.errors import BadInput
from harness.report import results
from harness.report.page import render
from harness.writing import check_writable
from tests.support.report_documents import sample

DOCUMENT = {"schema": results.SCHEMA, "run": {"seed": 0}, "claims": {"a": {}}, "cells": [{"claim": "a", "id": "x"}]}


def test_round_trip_replaces_the_file(tmp_path):
    path = tmp_path / "deep" / "results.json"
    results.write(path, DOCUMENT)
    changed = {**DOCUMENT, "run": {"seed": 1, "text": "σ ≤ ½"}}
    results.write(path, changed)
    assert results.read(path) == changed
    assert [each.name for each in path.parent.iterdir()] == ["results.json"]


def test_numbers_that_are_not_finite_are_null(tmp_path):
    path = tmp_path / "results.json"
    cell = {"claim": "a", "low": -inf, "high": [1.5, nan], "deep": {"x": (inf, 2)}}
    results.write(path, {**DOCUMENT, "cells": [cell]})
    assert results.read(path)["cells"] == [{"claim": "a", "low": None, "high": [1.5, None], "deep": {"x": [None, 2]}}]
    assert "NaN" not in path.read_text()
    assert "Infinity" not in path.read_text()


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "results.json"
    results.write(path, DOCUMENT)

    for fault, raised in (
        (OSError(28, "No space left on device"), pytest.raises(BadInput, match=r"No space left on device.*--report")),
        (KeyboardInterrupt(), pytest.raises(KeyboardInterrupt)),
    ):

        def fail(_, fault=fault):
            raise fault

        monkeypatch.setattr(os, "fsync", fail)
        with raised:
            results.write(path, {**DOCUMENT, "cells": []})
        monkeypatch.undo()
        assert results.read(path) == DOCUMENT
        assert [each.name for each in tmp_path.iterdir()] == ["results.json"]


def test_whether_it_could_be_written_is_known_beforehand(tmp_path):
    check_writable(tmp_path / "deep" / "page.html")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(BadInput, match="is a folder; name another place"):
        check_writable(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot be written"):
        check_writable(tmp_path / "file" / "page.html")


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("{", "not a results file"),
        (b"\xff\xfe", "not a results file"),
        ([], "not a results file"),
        ({}, "not a results file"),
        ({**DOCUMENT, "cells": {}}, "not a results file"),
        ({**DOCUMENT, "schema": 99}, "schema 99, this version reads 1"),
        ({**DOCUMENT, "cells": [{"claim": "b"}]}, r"a claim it does not describe \('b'\)"),
    ],
)
def test_another_file_is_refused(tmp_path, document, said):
    path = tmp_path / "results.json"
    content = document if isinstance(document, str | bytes) else json.dumps(document)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(BadInput, match=said):
        results.read(path)


def test_no_file(tmp_path):
    with pytest.raises(BadInput, match="There are no results at"):
        results.read(tmp_path / "none.json")
    with pytest.raises(BadInput, match="cannot be read"):
        results.read(tmp_path)


def test_numpy_scalars_of_a_claim_become_plain_numbers(project):
    path = project.given("figures", 0.9)
    path.write_text(
        path.read_text()
        .replace("from harness.claim import", "import numpy as np\nfrom harness.claim import", 1)
        .replace(
            "return given(value)",
            "return given(np.float64(value))",
        )
        .replace('9, "draws"', 'np.int64(9), "draws"')
    )
    project.run()
    cell = results.read(project.folder / "reports" / "latest" / "results.json")["cells"][0]
    assert (cell["estimate"]["n"], cell["estimate"]["value"]) == (9, 0.9)
    assert np.isclose(cell["estimate"]["low"], 0.8)


@pytest.mark.parametrize("plan", [{"note": "", "load": 1.0, "cells": []}, None, "odd"])
def test_the_plan_that_earlier_versions_wrote_is_ignored(tmp_path, plan):
    path = tmp_path / "results.json"
    results.write(path, {**sample(), "plan": plan})
    found = results.read(path)
    results.check(found)
    assert render(found, calibrated=[]) == render(sample(), calibrated=[])


def test_packed_results_are_read(tmp_path):
    plain, packed = tmp_path / "results.json", tmp_path / "results.json.gz"
    plain.write_text(json.dumps(sample()))
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert results.read(packed) == results.read(plain)


@pytest.mark.parametrize("of", ["cut", "changed", "plain", "endless"])
def test_damaged_packed_results_are_refused(tmp_path, monkeypatch, of):
    content = gzip.compress(json.dumps(sample()).encode())
    broken = {
        "cut": content[:-20],
        "changed": content[:-8] + bytes(8),
        "plain": json.dumps(sample()).encode(),
        "endless": gzip.compress(bytes(10**6)),
    }[of]
    monkeypatch.setattr("harness.reading._MOST_UNPACKED", 10**5)
    path = tmp_path / "results.json.gz"
    path.write_bytes(broken)
    with pytest.raises(BadInput, match="is not a results file"):
        results.read(path)
