"""How a run ends, once its cells are judged: results, acceptance and table first, then the page, also under Ctrl-C; and
how one ends that died at its start."""

import re
import resource
import signal
import time

import pytest

from harness.__main__ import main
from harness.run import recorder
from tests.support.processes import heeding_ctrl_c, wait_for

RESULTS = "reports/latest/results.json"
# For a project's conftest.py: a page that takes for ever, and says that it is begun.
SLOW_PAGE = """
import time
from pathlib import Path
from harness.run import recorder


def slow(*_):
    Path("page begun").touch()
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and not Path("go on").exists():
        time.sleep(0.02)
    made(*_)


made, recorder.write_report = recorder.write_report, slow
"""


def with_slow_page(project, seconds=600):
    conftest = project.folder / "conftest.py"
    conftest.write_text(conftest.read_text() + SLOW_PAGE.replace("SECONDS", str(seconds)))


def whole(ran, project):
    """Results, accepted verdicts and table, and no traceback."""
    assert ran.results["run"]["complete"]
    assert "0.9" in project.accepted.read_text()
    assert "Verdicts" in ran.out
    assert "Traceback" not in ran.out + ran.err


@pytest.mark.parametrize("processes", [(), pytest.param(("-n", "1"), marks=pytest.mark.slow)])
def test_ctrl_c_while_the_page_is_made_changes_the_exit_code_only(project, processes):
    project.given("figures", 0.9, 0.2)
    with_slow_page(project)
    process = project.start("--accept-verdicts", *processes)
    wait_for((project.folder / "page begun").exists)
    process.send_signal(signal.SIGINT)
    # Python heeds it before it looks for this.
    time.sleep(0.1)
    (project.folder / "go on").touch()
    ran = project.finish(process)
    assert ran.code == pytest.ExitCode.INTERRUPTED
    whole(ran, project)
    assert "Report: reports/latest/report.html" in ran.out
    assert (project.folder / "reports" / "latest" / "report.html").exists()


def test_a_second_ctrl_c_ends_it_at_once(project):
    project.given("figures", 0.9, 0.2)
    with_slow_page(project)
    process = project.start("--accept-verdicts")
    wait_for((project.folder / "page begun").exists)

    def ended():
        process.send_signal(signal.SIGINT)
        return process.poll() is not None

    wait_for(ended)
    ran = project.finish(process)
    assert ran.code == -signal.SIGINT
    whole(ran, project)
    assert not (project.folder / "reports" / "latest" / "report.html").exists()


def test_ctrl_c_before_the_first_cell_is_finished(project):
    project.given("figures", 0.9)
    project.run()
    project.drawn(bits=(2, 3))
    process = project.start("-k", "drawn", stands_still_after=0)
    wait_for(lambda: project.standing)
    process.send_signal(signal.SIGINT)
    ran = project.finish(process)
    assert ran.code == pytest.ExitCode.INTERRUPTED
    assert "Traceback" not in ran.out + ran.err
    assert ran.results == {}


# For a project's conftest.py: Ctrl-C in the second cell, in a function whose code has no lines.
NO_LINE = """

def pytest_runtest_call(item):
    if "0.2" in item.name:
        interrupted()


def interrupted():
    raise KeyboardInterrupt


interrupted.__code__ = interrupted.__code__.replace(co_linetable=b"")
"""


def test_ctrl_c_at_a_jump_that_belongs_to_no_line(project):
    """CPython 3.11 heeds a signal where a loop jumps back, perhaps without a line of its own, and pytest needs one."""
    project.given("figures", 0.9, 0.2)
    (project.folder / "conftest.py").open("a").write(NO_LINE)
    ran = project.finish(project.start())
    assert ran.code == pytest.ExitCode.INTERRUPTED
    assert "Traceback" not in ran.out + ran.err
    assert list(ran.outcomes.values()) == ["supported"]


@pytest.mark.parametrize("error", [MemoryError("no more"), RecursionError("too deep"), OverflowError("1e308")])
def test_a_page_that_cannot_be_made_is_a_sentence_after_all_else(project, monkeypatch, error):
    project.given("figures", 0.9, 0.2)

    def fail(*_):
        raise error

    monkeypatch.setattr(recorder, "write_report", fail)
    ran = project.run("--accept-verdicts")
    ran.one_sentence(f"The page could not be made .{type(error).__name__}: '{error}'.")
    whole(ran, project)


@pytest.mark.slow
def test_a_limit_of_the_address_space_that_batch_systems_set(project):
    project.given("figures", 0.9)
    process = project.start("--accept-verdicts")
    resource.prlimit(process.pid, resource.RLIMIT_AS, (2**35, 2**35))
    ran = project.finish(process)
    assert ran.code == 0, ran.err
    whole(ran, project)
    assert (project.folder / "reports" / "latest" / "report.html").exists()


def broken(project):
    project.claim("figures", "def broken(:\n")


def refused(project):
    project.accepted.parent.mkdir(exist_ok=True)
    project.accepted.write_text("not JSON")


def malformed(project):
    (project.folder / "pytest.ini").write_text(
        (project.folder / "pytest.ini").read_text().replace("addopts =", "addopts = --scale huge")
    )


def mismatched(project):
    (project.folder / "pytest.ini").write_text(
        (project.folder / "pytest.ini").read_text().replace("addopts =", "addopts = -k 'a and'")
    )


def nothing(project):
    (project.folder / "claims" / "room" / "figures.py").unlink()


@pytest.mark.parametrize("processes", [(), pytest.param(("-n", "1"), marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    ("die", "codes"), [(broken, {1, 2}), (refused, {4}), (malformed, {4}), (mismatched, {4}), (nothing, {5})]
)
def test_a_run_that_dies_at_its_start_leaves_no_results_that_pass_for_its_own(project, die, codes, processes):
    project.given("figures", 0.9)
    assert project.run().code == 0
    results = project.folder / RESULTS
    before = results.read_bytes()
    assert main(["gate", RESULTS]) == 0
    die(project)
    ran = project.finish(project.start(*processes)) if processes else project.run()
    assert ran.code in codes
    assert main(["gate", RESULTS]) != 0
    assert results.with_name("previous.json").read_bytes() == before


def test_what_runs_no_claims_leaves_the_results(project):
    project.given("figures", 0.9)
    project.run()
    project.run("--collect-only")
    project.folder.joinpath("tests").mkdir()
    (project.folder / "tests" / "test_one.py").write_text("def test_one():\n    pass\n")
    project.pytester.runpytest_inprocess("tests/").assert_outcomes(passed=1)
    assert project.results()["run"]["complete"]


def test_the_gate_can_be_told_what_commit_to_expect(project, capsys, monkeypatch):
    monkeypatch.setattr("harness.execution.machine.commit", lambda _: "a" * 40)
    project.given("figures", 0.9)
    project.run()
    assert main(["gate", RESULTS, "--commit", "a" * 40]) == 0
    capsys.readouterr()
    assert main(["gate", RESULTS, "--commit", "b" * 40]) == 1
    assert re.search("the run is of commit 'a+', not of 'b+'", capsys.readouterr().out)


def test_ctrl_c_is_heeded_again_after_a_run_in_this_process(project):
    with heeding_ctrl_c():
        project.given("figures", 0.9)
        project.run()
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
