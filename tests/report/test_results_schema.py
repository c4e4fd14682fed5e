"""The published schema takes what runs write, and refuses what the report refuses."""

import copy
import json
from importlib import resources
from pathlib import Path

import jsonschema
import pytest

from harness.errors import BadInput
from harness.report import results
from tests.support.report_documents import sample

SCHEMA = json.loads((resources.files("harness.report") / "results.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
REFERENCE = json.loads((Path(__file__).parents[2] / "reports" / "reference" / "results.json").read_text())


def small():
    """One cell of each claim with what it needs, from a real run."""
    cells = {cell["claim"]: cell for cell in REFERENCE["cells"] if cell["estimate"] and cell["details"]}
    found = list(cells.values())[:3]
    claims = {cell["claim"]: REFERENCE["claims"][cell["claim"]] for cell in found}
    return copy.deepcopy({**REFERENCE, "claims": claims, "cells": found})


def refused(found):
    """Whether the schema refuses it, and the report."""
    try:
        results.check(found)
    except BadInput:
        return not VALIDATOR.is_valid(found), True
    return not VALIDATOR.is_valid(found), False


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_a_real_run_and_documents_made_by_hand_are_valid():
    VALIDATOR.validate(REFERENCE)
    VALIDATOR.validate(json.loads(json.dumps(sample())))
    # Nothing that a run writes is left undescribed.
    for name, records in (
        ("run", [REFERENCE["run"]]),
        ("claim", REFERENCE["claims"].values()),
        ("cell", REFERENCE["cells"]),
        ("estimate", [cell["estimate"] for cell in REFERENCE["cells"] if cell["estimate"]]),
    ):
        assert set().union(*records) <= set(SCHEMA["$defs"][name]["properties"])


PLACES = {
    "run": lambda found: found["run"],
    "claim": lambda found: next(iter(found["claims"].values())),
    "cell": lambda found: found["cells"][0],
    "estimate": lambda found: found["cells"][0]["estimate"],
    "predicted": lambda found: found["cells"][0]["predicted"],
}


@pytest.mark.parametrize("name", PLACES)
def test_schema_and_report_refuse_the_same(name):
    assert refused(small()) == (False, False)
    required = set(SCHEMA["$defs"][name]["required"])
    for key in list(PLACES[name](small())):
        without, wrong = small(), small()
        del PLACES[name](without)[key]
        assert refused(without) == (key in required, key in required), key
        # Of no type that any key has.
        PLACES[name](wrong)[key] = [[1]]
        if refused(wrong)[1]:
            assert refused(wrong)[0], key
        assert not (key in required and not refused(wrong)[0]), key


def test_both_refuse_an_unknown_outcome_and_details_that_cannot_be_drawn():
    for change in (
        lambda cell: cell.update(outcome="splendid"),
        lambda cell: cell["details"].update(secondary=[{"quantity": 1}]),
        lambda cell: cell["details"].update(sets=["a"]),
        lambda cell: cell["details"].update(scatter_axes=["x"]),
        lambda cell: cell["parameters"].update(m=[8]),
    ):
        found = small()
        change(found["cells"][0])
        assert refused(found) == (True, True)
