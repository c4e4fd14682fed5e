"""No claim is supported by a null learner that it excludes: each is asked about it with its own function."""

import pytest

from harness.run.null_learners.judging import Case, cases, judge, lab_in
from harness.run.plan.requests import claims
from harness.verdicts import Verdict
from tests.claims.expected import REFUTED

MODULES = claims()
EXCLUDED = cases(MODULES)
BUILT = [case for case in cases(MODULES, sorted({null for _, null in REFUTED})) if (case.test, case.null) in REFUTED]


def named(case: Case) -> str:
    return f"{case.test}-{case.null}"


@pytest.fixture(scope="session")
def lab(request, tmp_path_factory):
    """One for all tests of a process; those of all processes of a run share their samples."""
    folder = tmp_path_factory.getbasetemp()
    if hasattr(request.config, "workerinput"):
        # Each process of xdist has a folder within the run's.
        folder = folder.parent
    # A second look takes twice as long again; `python -m harness nulls` has it.
    return lab_in(folder / "nulls", looks=1)


@pytest.mark.parametrize("case", EXCLUDED, ids=named)
def test_a_claim_is_not_supported_by_what_it_excludes(case, lab):
    found = judge(case, lab)
    if not found.cell:
        pytest.skip(found.judged.reason)
    if found.judged.verdict is Verdict.UNAVAILABLE:
        pytest.skip(found.judged.reason)
    assert found.judged.verdict is not Verdict.ERROR, found.judged.reason
    assert found.answered, "the claim asks nothing that a null learner could stand in the place of"
    assert not found.supported, f"{found.cell}: supported by {case.null}, {found.judged.low} to {found.judged.high}"


@pytest.mark.parametrize("case", BUILT, ids=named)
def test_a_claim_is_refuted_by_data_built_to_refute_it(case, lab):
    found = judge(case, lab)
    assert found.judged.verdict is Verdict.REFUTED, found.judged


def test_what_is_expected_is_asked():
    asked = {case.test for case in cases(MODULES, ["truth"])}
    assert {test for test, _ in REFUTED} <= asked
    assert len(BUILT) == len(REFUTED)
