"""Wires the claims to pytest: options, the `lab` fixture, one item per cell, verdicts as outcomes.

Any process may judge a cell; the record travels with pytest's report to `controller.py`.
"""

import json
from collections.abc import Generator, Iterable
from functools import partial
from os.path import relpath
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import BadInput, CannotGoOn, Unavailable
from harness.spelling import did_you_mean

if TYPE_CHECKING:
    from harness.lab import Lab
    from harness.run.session import Session

SESSION: "pytest.StashKey[Session]" = pytest.StashKey()
JUDGED: "pytest.StashKey[dict[str, Any]]" = pytest.StashKey()

# What torch says of itself: its own forward derivatives call what it has deprecated.
_OF_TORCH = "ignore:`torch.jit.script` is deprecated:DeprecationWarning"


class NoPass(pytest.skip.Exception):  # type: ignore[name-defined]
    """Refuted, inconclusive, unavailable or not asked: neither a pass nor a failure of the software."""


class FailingVerdict(Exception):
    """A failing verdict; its message is the displayed paragraph, without a traceback."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options of a run."""
    group = parser.getgroup("claims", "claims about the inductive bias")
    add = group.addoption
    add("--scale", default="smoke", help="smoke (9 minutes), standard (90 minutes), full (a GPU overnight)")
    add("--device", default="auto", help="auto, cpu, mps, cuda, cuda:N, or with -n several: cuda:0,1 (default auto)")
    add("--workers", metavar="N", help="start N workers of Dask on this machine, which draw the samples")
    add("--cluster", metavar="ADDRESS", help="use the workers of a Dask scheduler that is there, tcp://HOST:PORT")
    add("--seed", default="0", help="whole number from 0; another seed is an independent run (default 0)")
    add("--budget", help="end sampling after so long, e.g. 90s, 30m, 2h; the page says what that cut (default: no end)")
    add("--store", help="folder of stored samples (default $HARNESS_STORE, else .store)")
    add("--data", help="folder of the full data sets (default $HARNESS_DATA)")
    add("--problem", metavar="PATH", help="your data in the grids: an .npz, .csv or .parquet file, or a saved data set")
    add("--columns", help="columns of its inputs and its labels, such as image,label (default: the usual ones)")
    add("--task", help='groups of its classes that are told apart, such as "3/8" or "cat,dog/ship"')
    add("--fresh", action="store_true", help="draw everything again instead of taking it from the store")
    add("--report", help="where the HTML report goes (default reports/latest/report.html)")
    add("--strict-verdicts", action="store_true", help="fail on every refutation that nobody has accepted")
    add("--accept-verdicts", action="store_true", help="write the decided verdicts to reports/accepted.json")
    # Said below pytest's own sentence on an option that it does not know.
    parser.extra_info["options of the claims"] = " ".join(each.names()[0] for each in group.options)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Number of processes for -n auto: one for each GPU of the run, else for each core, as memory permits.

    With a cluster they draw nothing themselves, so that its GPUs do not matter.
    """
    from harness.execution.machine import processes
    from harness.run.session import parse_device

    elsewhere = config.option.workers or config.option.cluster
    try:
        return processes("cpu" if elsewhere else parse_device(config.option.device))
    except BadInput:
        # Refused in a sentence once the options are checked.
        return 1


def pytest_configure(config: pytest.Config) -> None:
    """Check the options before anything runs."""
    from harness.run import own_problem
    from harness.run.controller import CLUSTER, PLUGIN, Controller, set_results_aside
    from harness.run.session import Session

    worker = getattr(config, "workerinput", None)
    count, number = (worker["workercount"], int(worker["workerid"].removeprefix("gw"))) if worker else (1, 0)
    try:
        session = Session.from_options(config.option, config.rootpath, count, number)
        own_problem.add(config.option)
        if worker is None:
            _check_files(config)
        # Now, in pytest's own sentence: a malformed -k or -m would otherwise end each process of a run by itself.
        marks: Any = config.pluginmanager.get_plugin("mark")
        if marks is not None:
            marks.pytest_collection_modifyitems([], config)
    except (BadInput, Unavailable, pytest.UsageError) as error:
        set_results_aside(config)
        raise pytest.UsageError(str(error)) from None
    config.stash[SESSION] = session
    config.addinivalue_line("filterwarnings", _OF_TORCH)
    if worker is not None:
        session.cluster, session.keys = worker.get(CLUSTER, (session.cluster, {}))
    else:
        config.pluginmanager.register(Controller(config, session), PLUGIN)


def _check_files(config: pytest.Config) -> None:
    """Raise BadInput for a file that is not there, where a claim's is called like it; pytest refuses the others."""
    claims = [str(path.relative_to(config.rootpath)) for path in config.rootpath.glob("claims/*/*.py")]
    for argument in config.args:
        path = argument.partition("::")[0]
        missing = path.endswith(".py") and not (config.invocation_params.dir / path).exists()
        if missing and (meant := did_you_mean(path, claims)):
            raise BadInput(f"There is no file {path}.{meant}")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave the cluster, if there is one."""
    if (session := config.stash.get(SESSION, None)) is not None:
        session.close()


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Refuse, in one sentence, a claim that is declared wrongly or requires something missing at once."""
    report = yield
    call = getattr(report, "call", None)
    if call is not None and call.excinfo is not None and isinstance(call.excinfo.value, BadInput | Unavailable):
        from harness.run.controller import refuse

        refuse(collector.session, f"{relpath(collector.path)}: {call.excinfo.value}")
    return report


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one item per cell, with an id made of the values' names."""
    from harness.claim import ClaimText, question_of, questions_in, values_id

    question = question_of(metafunc.function)
    if question is None:
        return
    ClaimText.of(metafunc.module.__doc__ or "")
    questions_in(metafunc.module)
    cells = question.cells(metafunc.config.stash[SESSION].scale)
    ids = [values_id(cell) for cell in cells]
    if len(set(ids)) < len(ids):
        twice = next(each for each in ids if ids.count(each) > 1)
        raise BadInput(f"Two cells of {question.test} are called {twice!r}; give their values different names.")
    for cell in cells:
        question.prediction(cell)
        question.is_crux(cell)
        question.is_control(cell)
        question.published_of(cell)
    metafunc.parametrize(list(question.grid), [tuple(cell.values()) for cell in cells], ids=ids)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out tests without cells at this scale, count the cells that will run, and check their requirements.

    Args:
        session: pytest's session.
        config: pytest's configuration, which holds the run.
        items: the collected items, changed in place.
    """
    run = config.stash[SESSION]
    without_cells = [item for item in items if (question := _question(item)) and not question.cells(run.scale)]
    if without_cells:
        items[:] = [item for item in items if item not in without_cells]
        config.hook.pytest_deselected(items=without_cells)
    cells: list[Any] = [item for item in items if _question(item) is not None]
    run.expected = len(cells)
    if not run.expected or config.option.collectonly:
        return
    from harness.run.controller import EXPECTED, PLUGIN, refuse, say_at_once
    from harness.run.item import PLACE, is_crux, reckon
    from harness.run.order import crux_first

    if getattr(config.option, "reruns", None):
        refuse(session, "Claims are not rerun until they pass; leave --reruns out.")
    controller = config.pluginmanager.get_plugin(PLUGIN)
    try:
        _check_names((_question(item).slug, item.path) for item in cells)
        reckon(cells, run)
        for place, item in enumerate(cells):
            item.stash[PLACE] = place
        if len(cells) == len(items):
            items[:] = crux_first(cells, is_crux, lambda item: item.path, run.workers)
        run.accepted  # noqa: B018 — read now, so that a malformed file is refused before anything is drawn
        if controller is not None:
            run.lab.progress = controller.show
            controller.start().expect(run.expected)
        else:
            config.workeroutput[EXPECTED] = run.expected  # type: ignore[attr-defined]
            run.lab  # noqa: B018 — likewise the device and the store
        run.lab.store.tell = partial(say_at_once, config)
    except BadInput as error:
        refuse(session, str(error))


def _check_names(files: Iterable[tuple[str, Path]]) -> None:
    """Raise BadInput if two claims' files have one name, by which results and accepted verdicts know a claim."""
    seen: dict[str, Path] = {}
    for slug, path in files:
        if seen.setdefault(slug, path) != path:
            raise BadInput(
                f"Two claims are called {slug}: {relpath(seen[slug])} and {relpath(path)}; rename one of them."
            )


def _question(item: pytest.Item) -> Any:
    from harness.claim import question_of

    return question_of(getattr(item, "function", None))


@pytest.fixture(scope="session")
def lab(request: pytest.FixtureRequest) -> "Lab":
    """Samplers with seeds, device and store already chosen: see `harness.lab.Lab`."""
    return request.config.stash[SESSION].lab


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Judge a claim's cell instead of calling its function once."""
    if _question(pyfuncitem) is None:
        return None
    from harness.report.accepted import fails_the_run
    from harness.run.controller import refuse
    from harness.run.item import judge_item

    try:
        record = judge_item(pyfuncitem, pyfuncitem.config.stash[SESSION])
    except CannotGoOn as error:
        refuse(pyfuncitem.session, str(error))
    pyfuncitem.stash[JUDGED] = record
    cell = record["cell"]
    if fails_the_run(cell["kind"], cell["outcome"], pyfuncitem.config.option.strict_verdicts):
        raise FailingVerdict(cell["message"])
    if cell["estimate"] is None or cell["verdict"] != "supported":
        raise NoPass(cell["message"])
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Attach a cell's record to its report; a failing verdict is its paragraph, not a traceback.

    A claim that fails outside its estimate, as in a fixture of its own, is a cell in error like any other.
    """
    report = yield
    record = item.stash.get(JUDGED, None) if call.when == "call" else None
    if record is None and report.failed and report.when != "teardown" and _question(item) is not None:
        from harness.run.item import error_record

        assert isinstance(item, pytest.Function)
        record = error_record(item, item.config.stash[SESSION], report.longreprtext)
    if record is not None:
        from harness.run.controller import RECORD
        from harness.run.records import properties

        setattr(report, RECORD, json.dumps(record))
        item.user_properties += properties(record["cell"])
        report.user_properties = list(item.user_properties)
    if call.excinfo is not None and call.excinfo.errisinstance(FailingVerdict):
        report.longrepr = str(call.excinfo.value)
    if call.excinfo is not None and call.excinfo.errisinstance(NoPass):
        report.longrepr = (str(item.path), item.location[1] or 0, str(call.excinfo.value))
    return report


def pytest_report_teststatus(report: Any) -> tuple[str, str, str] | None:
    """Give each verdict its own outcome; the cells print their own lines, so there is no letter."""
    from harness.run.controller import record_of

    record = record_of(report)
    if record is None:
        return None
    outcome = record["cell"]["outcome"]
    if report.failed:
        return "failed", "", "FAILED"
    return ("passed" if outcome == "supported" else outcome), "", outcome.upper()
