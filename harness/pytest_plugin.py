"""Wires the claims to pytest: options, the `lab` fixture, one item a cell, verdicts as outcomes.

Cells are judged by whichever process runs them; their records travel with pytest's reports to `controller.py`.
"""

import json
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import BadInput, StoreUnusable

if TYPE_CHECKING:
    from harness.accepted import Table
    from harness.lab import Lab
    from harness.session import Session

SESSION: "pytest.StashKey[Session]" = pytest.StashKey()
ACCEPTED: "pytest.StashKey[Table]" = pytest.StashKey()
EXPECTED: "pytest.StashKey[int]" = pytest.StashKey()


class Undecided(pytest.skip.Exception):  # type: ignore[name-defined]
    """Inconclusive, unavailable or not asked: neither a pass nor a failure."""


class FailingVerdict(Exception):
    """A failing verdict; its message is the paragraph that is shown, without a traceback."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of a run."""
    add = parser.getgroup("claims", "claims about the inductive bias").addoption
    add("--scale", default="smoke", help="smoke (ten minutes), standard (90 minutes), full (a GPU overnight)")
    add("--device", default="auto", help="auto, cpu, cuda or cuda:N (default auto)")
    add("--seed", default="0", help="whole number from 0; another seed is an independent run (default 0)")
    add("--budget", help="sampling time for the whole run, e.g. 90s, 30m, 2h (default: the scale's)")
    add("--store", help="folder of stored samples (default $HARNESS_STORE, else .store)")
    add("--data", help="folder of the full data sets (default $HARNESS_DATA)")
    add("--fresh", action="store_true", help="draw everything again instead of taking it from the store")
    add("--report", help="where the HTML report goes (default reports/latest/report.html)")
    add("--accept-verdicts", action="store_true", help="write the decided verdicts to reports/accepted.json")


def pytest_configure(config: pytest.Config) -> None:
    """Check the options before anything runs."""
    from harness import accepted
    from harness.session import Session

    worker = getattr(config, "workerinput", None)
    if getattr(config.option, "reruns", None):
        raise pytest.UsageError("Claims are not rerun until they pass; leave --reruns out.")
    try:
        session = Session.from_options(config.option, config.rootpath, worker["workercount"] if worker else 1)
        table = accepted.read(session.accepted)
    except BadInput as error:
        raise pytest.UsageError(str(error)) from None
    config.stash[SESSION], config.stash[ACCEPTED] = session, table
    if worker is None:
        from harness.controller import Controller

        config.pluginmanager.register(Controller(config, session, table), "harness-controller")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One item a cell, with an id made of the values' names."""
    from harness.claim import label, question_of

    question = question_of(metafunc.function)
    if question is None:
        return
    cells = question.cells(metafunc.config.stash[SESSION].scale)
    metafunc.parametrize(
        list(question.grid),
        [tuple(cell.values()) for cell in cells],
        ids=["-".join(label(value) for value in cell.values()) or "all" for cell in cells],
    )


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Count the cells that will run, which share the budget; refuse a claim that does not say what it tests."""
    from harness.claim import ClaimText, question_of

    found = [item for item in items if question_of(getattr(item, "function", None)) is not None]
    config.stash[EXPECTED] = config.stash[SESSION].expected = len(found)
    for module in {getattr(item, "module", None) for item in found}:
        try:
            ClaimText.of(module.__doc__ or "")
        except BadInput as error:
            raise pytest.UsageError(f"{getattr(module, '__file__', '')}: {error}") from None


@pytest.fixture(scope="session")
def lab(request: pytest.FixtureRequest) -> "Lab":
    """Samplers with seeds, device and store already chosen: see `harness.lab.Lab`."""
    try:
        return request.config.stash[SESSION].lab
    except BadInput as error:
        pytest.exit(str(error), returncode=pytest.ExitCode.USAGE_ERROR)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Judge a claim's cell instead of calling its function once."""
    from harness.claim import question_of

    if question_of(pyfuncitem.function) is None:
        return None
    try:
        record = _judged(pyfuncitem)
    except StoreUnusable as error:
        pytest.exit(str(error), returncode=pytest.ExitCode.USAGE_ERROR)
    from harness.accepted import FAILING
    from harness.controller import RECORD

    pyfuncitem.user_properties.append((RECORD, json.dumps(record, default=float)))
    cell = record["cell"]
    if cell["outcome"] in FAILING:
        raise FailingVerdict(cell["message"])
    if cell["estimate"] is None or cell["verdict"] == "inconclusive":
        raise Undecided(cell["message"])
    return True


def _judged(item: pytest.Function) -> dict[str, Any]:
    """Run a cell; its record, its claim's, and what is now known of the run."""
    from harness import records
    from harness.accepted import DECIDED, Accepted
    from harness.claim import ClaimText, question_of, questions_in
    from harness.judging import judge_cell
    from harness.machine import describe
    from harness.session import ALPHA
    from harness.verdicts import Looks

    session = item.config.stash[SESSION]
    question = question_of(item.function)
    assert question is not None
    cell = {axis: item.funcargs[axis] for axis in question.grid}
    cell_id = ": ".join([item.originalname.removeprefix("test_"), *([item.callspec.id] if question.grid else [])])
    questions = questions_in(item.module)
    looks = Looks(ALPHA, sum(len(each.cells(session.scale)) for each in questions), session.lab.scale.looks)
    judged = judge_cell(item.function, question, cell, session.lab, looks, session.allowance())
    session.judged += 1
    session.spent += judged.seconds
    accepted = item.config.stash[ACCEPTED].get(question.slug, {}).get(cell_id)
    if item.config.option.accept_verdicts and judged.verdict in DECIDED:
        accepted = Accepted(str(judged.verdict), question.prediction(cell).text)
    file = item.path.relative_to(item.config.rootpath)
    return {
        "cell": records.cell_record(item.nodeid, cell_id, question, cell, judged, accepted, session),
        "claim": records.claim_record(file, ClaimText.of(item.module.__doc__ or ""), questions, session.scale),
        "run": {
            "device": str(session.lab.device),
            "device_name": describe(session.lab.device),
            "budget_seconds": session.budget_seconds,
            "cells_expected": item.config.stash[EXPECTED],
        },
    }


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,  # noqa: ARG001 — the hook's signature
    call: pytest.CallInfo[None],
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failing verdict is its paragraph, not a traceback."""
    report = yield
    if call.excinfo is not None and call.excinfo.errisinstance(FailingVerdict):
        report.longrepr = str(call.excinfo.value)
    return report


def pytest_report_teststatus(report: Any) -> tuple[str, str, str] | None:
    """Outcomes of their own; the cells print their own lines, so there is no letter."""
    from harness.accepted import FAILING
    from harness.controller import record_of

    record = record_of(report)
    if record is None:
        return None
    outcome = record["cell"]["outcome"]
    if outcome in FAILING:
        return "failed", "", ""
    return ("passed" if outcome == "supported" else outcome), "", ""
