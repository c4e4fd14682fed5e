"""The appendix on how far the verdicts were checked."""

import json

import pytest

from harness.errors import BadInput
from harness.report import calibration
from harness.report.page import render
from tests.support.report_documents import sample


def row(name, kind, nominal, measured, low, high):
    return {
        "name": name,
        "kind": kind,
        "nominal": nominal,
        "measured": measured,
        "low": low,
        "high": high,
        "simulations": 2000,
    }


ROWS = [
    row("exact binomial", "coverage", 0.95, 0.962, 0.953, 0.970),
    row("too short", "coverage", 0.95, 0.90, 0.88, 0.92),
    row("looks", "error", 0.05, 0.02, 0.014, 0.027),
    row("too eager", "error", 0.05, 0.08, 0.07, 0.09),
    row("half of the bias", "power", None, 0.7, 0.68, 0.72),
]


def file_of(tmp_path, document):
    path = tmp_path / "calibration.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


def test_without_a_file_there_is_no_appendix(tmp_path):
    assert calibration.read(tmp_path / "none.json") == []
    assert 'id="calibration"' not in render(sample(), calibrated=[])


def test_rows_say_whether_the_promise_was_kept(tmp_path):
    groups = calibration.read(file_of(tmp_path, {"schema": 1, "simulations": 2000, "rows": ROWS}))
    said = {each["name"]: each["said"] for group in groups for each in group["rows"]}
    assert said == {
        "exact binomial": "kept",
        "too short": "not kept",
        "looks": "kept",
        "too eager": "not kept",
        "half of the bias": "",
    }
    for group in groups:
        for each in group["rows"]:
            assert all(0 < group["axis"].at(each[key]) < 100 for key in ("low", "measured", "high"))
    page = render(sample(), calibrated=groups)
    assert 'id="calibration"' in page
    for each in ROWS:
        assert f'<th scope="row">{each["name"]}</th>' in page


@pytest.mark.parametrize(
    "document",
    [
        "{",
        [],
        {"schema": 2, "rows": []},
        {"schema": 1},
        {"schema": 1, "rows": [{"name": "x"}]},
        {"schema": 1, "rows": [{**ROWS[0], "measured": "much"}]},
        {"schema": 1, "rows": [{**ROWS[0], "kind": "taste"}]},
        {"schema": 1, "rows": [{**ROWS[0], "nominal": None}]},
    ],
)
def test_a_malformed_file_is_refused_in_one_sentence(tmp_path, document):
    with pytest.raises(BadInput, match="does not hold a calibration") as refused:
        calibration.read(file_of(tmp_path, document))
    assert "\n" not in str(refused.value)
