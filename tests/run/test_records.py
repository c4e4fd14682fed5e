"""A cell's record: what the results file says of it."""

import json
import shlex
from math import inf
from pathlib import Path

import pytest

from harness.claim import ClaimText, Published, claim, over, question_of
from harness.report.accepted import Accepted
from harness.run.judging import Judged
from harness.run.records import cell_record, claim_record, parameters
from harness.run.session import Session
from harness.verdicts import Estimate, Verdict, at_least, nothing_yet


class Oracle:
    """A grid value with facts of its own."""

    def __init__(self, name):
        self.name = name
        self.facts = {"depth": 2, "wise": True}


@claim(
    kind="empirical",
    of="number",
    predicts=at_least(0.5, because="it was given so"),
    speaks_for="optimiser",
    holds=0.5,
    crux=lambda width, **_: width == 3,
    control=lambda width, **_: width == 5,
    excludes=("uniform guessing", "truth"),
    known="it was seen",
    published=lambda width, **_: Published(0.6, "A. Author 2025", 0.05, "by eye") if width == 3 else None,
)
@over(oracle=[Oracle("pythia")], width=[3, 5])
def test_number_of(lab, oracle, width): ...


test_number_of.__test__ = False
QUESTION = question_of(test_number_of)
CELL = QUESTION.cells("smoke")[0]
ESTIMATE = Estimate("number", 0.25, lambda _: (0.2, 0.3), 1200, "draws", 900.0, "by hand", 0.01, {"scatter": [1]})
REFUTED = Judged(Verdict.REFUTED, ESTIMATE, 0.2, 0.3, 0.99, 2, 1.23456, 0.5)


@pytest.fixture
def record(tmp_path):
    session = Session(tmp_path, "smoke", "cpu", 7, None, tmp_path / "store", False, tmp_path / "report.html")

    def make(judged, accepted=None, nodeid="claims/room/a.py::test_number_of[pythia-3]"):
        return cell_record(nodeid, QUESTION.cell_id(CELL), QUESTION, CELL, judged, accepted, session)

    return make


def test_a_decided_cell(record):
    cell = record(REFUTED)
    assert (cell["claim"], cell["id"], cell["kind"]) == ("test_records", "number_of: pythia-3", "empirical")
    assert (cell["test"], cell["holds"], cell["known"]) == ("test_number_of", 0.5, "it was seen")
    assert (cell["crux"], cell["control"]) == (True, False)
    assert cell["published"] == {"value": 0.6, "source": "A. Author 2025", "error": 0.05, "why": "by eye"}
    assert cell["parameters"] == {"oracle": "pythia", "depth": 2, "wise": True, "width": 3}
    assert cell["predicted"] == {"text": "at least 0.5", "low": 0.5, "high": None, "reason": "it was given so"}
    assert cell["estimate"] == {
        "quantity": "number",
        "value": 0.25,
        "low": 0.2,
        "high": 0.3,
        "level": 0.99,
        "n": 1200,
        "unit": "draws",
        "effective_n": 900.0,
        "method": "by hand",
        "noise_floor": 0.01,
        "looks": 2,
        "needed": None,
    }
    assert (cell["verdict"], cell["outcome"], cell["accepted"]) == ("refuted", "refuted", None)
    assert (cell["seconds"], cell["share_of_draws"], cell["seed"], cell["device"]) == (1.235, 0.5, 7, "cpu")
    assert cell["details"] == {"scatter": [1]}
    assert json.loads(json.dumps(cell)) == cell


def test_the_paragraph_of_a_refuted_cell(record):
    assert record(REFUTED)["message"] == (
        "Refuted: test_records [number_of: pythia-3] predicted number at least 0.5; measured 0.25, interval "
        "[0.20, 0.30] at level 99 % (1,200 draws, 2 looks). Why this was predicted: it was given so. To rerun: "
        "pytest 'claims/room/a.py::test_number_of[pythia-3]' --scale smoke --seed 7 --device cpu"
    )


def test_the_command_survives_a_shell(record):
    nodeid = "claims/room/a.py::test_number_of[it's $HOME]"
    assert shlex.split(record(REFUTED, nodeid=nodeid)["rerun"])[1] == nodeid


def test_beside_an_accepted_verdict(record):
    cell = record(REFUTED, Accepted("supported", "at least 0.5"))
    assert (cell["outcome"], cell["accepted"]) == ("changed", "supported")
    assert "The verdict was changed: supported was accepted." in cell["message"]
    cell = record(REFUTED, Accepted("refuted", "at least 0.4"))
    assert cell["outcome"] == "refuted, accepted"
    assert "The bound was changed: the accepted verdict was on 'at least 0.4'." in cell["message"]
    assert "The verdict was changed" not in cell["message"]


def test_undecided_and_unjudged_cells(record):
    needed = Judged(Verdict.INCONCLUSIVE, ESTIMATE, 0.2, 0.7, 0.99, 4, needed="would need about 900 more draws")
    assert "To decide it would need about 900 more draws." in record(needed)["message"]
    on_it = "no sample size is in sight that would decide it"
    hopeless = record(Judged(Verdict.INCONCLUSIVE, ESTIMATE, 0.2, 0.7, 0.99, 4, needed=on_it))["message"]
    assert f"Not decided: {on_it}." in hopeless
    assert "To decide it no" not in hopeless
    missing = record(Judged(Verdict.UNAVAILABLE, reason="There is no oracle; buy one."))
    assert (missing["estimate"], missing["message"]) == (None, "There is no oracle; buy one.")
    empty = record(Judged(Verdict.INCONCLUSIVE, nothing_yet("number", 1, "draws"), -inf, inf, 0.99, 1))
    assert "interval unbounded" in empty["message"]


def test_an_error_says_which_cell(record):
    cell = record(Judged(Verdict.ERROR, reason="Traceback …"))
    assert (cell["outcome"], cell["message"]) == ("error", "test_records [number_of: pythia-3]: Traceback …")


def test_parameters_without_facts():
    assert parameters({"width": 3, "loss": "hinge"}) == {"width": 3, "loss": "hinge"}


def test_a_claims_record():
    text = ClaimText("A number is large.", "nobody", "By hand.", "Is it large?")
    accepted = dict.fromkeys(["number_of: pythia-3", "number_of: pythia-9"], Accepted("refuted", "x"))
    record = claim_record(Path("claims/room/large.py"), text, [QUESTION], "smoke", accepted)
    assert record == {
        "slug": "large",
        "room": "room",
        "sentence": "A number is large.",
        "source": "nobody",
        "kind": "empirical",
        "speaks_for": "optimiser",
        "excludes": ["uniform guessing", "truth"],
        "quantity": "number",
        "predicted": "at least 0.5",
        "reason": "it was given so",
        "file": "claims/room/large.py",
        "computed": "By hand.",
        "verdict": "not judged",
        "summary": "",
        "stale_accepted": ["number_of: pythia-9"],
        "tests": ["test_number_of"],
        "in_plain_words": "Is it large?",
        "untested": {},
    }


def test_a_claims_record_says_what_only_larger_scales_test():
    @claim(kind="open", of="number", predicts=at_least(0.5, because="it was given so"), speaks_for="optimiser")
    @over(width={"smoke": (10,), "standard": (10, 40), "full": (10, 40, 160)}, data=["digits"])
    def test_wide(lab, width, data):
        raise NotImplementedError

    text = ClaimText("A number is large.", "nobody", "")
    left = {"smoke": {"width": [40, 160]}, "standard": {"width": [160]}, "full": {}}
    for scale, values in left.items():
        record = claim_record(Path("claims/room/large.py"), text, [question_of(test_wide)], scale, {})
        assert record["untested"] == values
