"""Wires the claims to pytest: options, the `lab` fixture, verdicts as outcomes, progress, the results file.

Cells are judged by whichever process runs them and hand over a record; only the process that owns the terminal (the
only one, or xdist's controller) writes results, report and accepted verdicts.
"""

import json
import shlex
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from harness.accepted import FAILING
from harness.claim import ClaimText, label, question_of, questions_in
from harness.errors import BadInput
from harness.session import ALPHA, Session

RECORD = "harness.cell"
RUN_FACTS = "harness.run"
SESSION = pytest.StashKey[Session]()
RECORDER = pytest.StashKey[Any]()


class Undecided(pytest.skip.Exception):
    """Inconclusive, unavailable or not asked: neither a pass nor a failure."""


class Failing(Exception):
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
    worker = getattr(config, "workerinput", None)
    try:
        config.stash[SESSION] = Session.from_options(
            config.option, config.rootpath, workers=worker["workercount"] if worker else 1
        )
    except BadInput as error:
        raise pytest.UsageError(str(error)) from None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One item a cell, with an id made of the values' names."""
    question = question_of(metafunc.function)
    if question is None:
        return
    cells = question.cells(metafunc.config.stash[SESSION].scale)
    axes = list(question.grid)
    metafunc.parametrize(
        axes,
        [tuple(cell.values()) for cell in cells],
        ids=["-".join(label(value) for value in cell.values()) for cell in cells],
    )


@pytest.fixture(scope="session")
def lab(request: pytest.FixtureRequest) -> Any:
    """Samplers with seeds, device and store already chosen: see `harness.lab.Lab`."""
    try:
        return request.config.stash[SESSION].lab
    except BadInput as error:
        pytest.exit(str(error), returncode=pytest.ExitCode.USAGE_ERROR)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tell the session and the recorder what will run."""
    from harness.records import claim_record

    found = [item for item in items if question_of(getattr(item, "function", None))]
    if not found:
        return
    session = config.stash[SESSION]
    session.expected = len(found)
    if hasattr(config, "workerinput"):
        return
    claims = {}
    for item in found:
        slug = item.path.stem
        if slug not in claims:
            text = ClaimText.of(item.module.__doc__ or "")
            file = item.path.relative_to(config.rootpath)
            claims[slug] = claim_record(slug, file, text, questions_in(item.module), session.scale)
    recorder = _recorder(config)
    recorder.expect(claims, len(found))


def _recorder(config: pytest.Config) -> Any:
    """The recorder, made when the first claim is seen, so that other test runs know nothing of it."""
    if RECORDER not in config.stash:
        from rich.console import Console

        from harness.recorder import Recorder

        reporter = config.pluginmanager.get_plugin("terminalreporter")
        # pytest's own dots and file names would only interleave with the cells' lines.
        reporter.showfspath = False
        command = "pytest " + shlex.join(config.invocation_params.args)
        accepted = config.rootpath / "reports" / "accepted.json"
        console = Console(file=reporter._tw._file)
        config.stash[RECORDER] = Recorder(config.stash[SESSION], accepted, command, console)
    return config.stash[RECORDER]


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Judge a claim's cell instead of calling its function once."""
    question = question_of(pyfuncitem.function)
    if question is None:
        return None
    from harness import accepted
    from harness.judging import judge_cell
    from harness.machine import describe
    from harness.records import cell_record
    from harness.verdicts import Looks

    session = pyfuncitem.config.stash[SESSION]
    cell = {axis: pyfuncitem.funcargs[axis] for axis in question.grid}
    lab = pyfuncitem.funcargs["lab"]
    cell_id = f"{pyfuncitem.originalname.removeprefix('test_')}: {pyfuncitem.callspec.id}"
    family = sum(len(each.cells(session.scale)) for each in questions_in(pyfuncitem.module))
    looks = Looks(ALPHA, cells=family, looks=lab.scale.looks)
    judged = judge_cell(pyfuncitem.function, question, cell, lab, looks, session.allowance())
    session.judged += 1
    session.spent += judged.seconds
    table = accepted.read(pyfuncitem.config.rootpath / "reports" / "accepted.json")
    record = cell_record(
        pyfuncitem.nodeid, cell_id, question, cell, judged, table.get(question.slug, {}).get(cell_id), session
    )
    facts = {
        "device": str(lab.device),
        "device_name": describe(lab.device),
        "budget_seconds": session.budget_seconds,
    }
    pyfuncitem.user_properties += [(RECORD, json.dumps(record, default=float)), (RUN_FACTS, json.dumps(facts))]
    if record["outcome"] in FAILING:
        raise Failing(record["message"])
    if record["estimate"] is None or record["verdict"] == "inconclusive":
        raise Undecided(record["message"])
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failing verdict is its paragraph, not a traceback."""
    report = yield
    if call.excinfo is not None and call.excinfo.errisinstance(Failing):
        report.longrepr = str(call.excinfo.value)
    return report


def _record(report: pytest.TestReport) -> dict[str, Any] | None:
    text = dict(report.user_properties).get(RECORD)
    return json.loads(text) if isinstance(text, str) and report.when == "call" else None


def pytest_report_teststatus(report: Any) -> tuple[str, str, str] | None:
    """Outcomes of their own; the cells print their own lines, so there is no letter."""
    record = _record(report) if isinstance(report, pytest.TestReport) else None
    if record is None:
        return None
    if record["outcome"] in FAILING:
        return "failed", "", ""
    return ("passed" if record["outcome"] == "supported" else record["outcome"]), "", ""


class _Controller:
    """Hooks of the process that owns the terminal."""


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Hand a finished cell to the recorder."""
    record = _record(report)
    if record is not None and (recorder := _CURRENT.get("recorder")):
        recorder.add(record, json.loads(str(dict(report.user_properties)[RUN_FACTS])))


_CURRENT: dict[str, Callable[..., Any]] = {}
