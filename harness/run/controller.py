"""The pytest plugin of the process that owns the terminal: it takes cells' records and writes results, report and
table.

With xdist this is the controller, which neither collects nor runs a cell: all it knows came with the cells' reports.
"""

import atexit
import io
import json
import re
import shlex
import signal
import sys
import threading
from collections.abc import Generator
from contextlib import nullcontext, suppress
from os.path import normpath
from pathlib import Path
from typing import Any, NoReturn

import pytest
from rich.console import Console

from harness.arguments import short_repr
from harness.errors import BadInput
from harness.report import results
from harness.report.screen import Screen
from harness.run.progress import Progress
from harness.run.recorder import Recorder
from harness.run.session import RESULTS, Session, page_of
from harness.spelling import did_you_mean

PLUGIN = "harness-controller"
# The controller's message to a worker: address and keys of the cluster that it has started. A worker's messages to the
# controller: why it cannot go on, and how many cells there are. And the attribute of a report with a cell's record.
CLUSTER = "harness_cluster"
REFUSED = "harness_refused"
EXPECTED = "harness_expected"
RECORD = "harness_record"
# If the output is not a terminal it has no width, and tables should not be folded at 80 columns.
_WIDTH_OF_A_FILE = 150


def refuse(session: pytest.Session, sentence: str) -> NoReturn:
    """End the run for a reason that its user can correct: the sentence goes to stderr, the exit code is 4."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput[REFUSED] = sentence
    else:
        controller: Any = session.config.pluginmanager.get_plugin(PLUGIN)
        controller.refused = sentence
    session.shouldstop = sentence
    pytest.exit(sentence, returncode=pytest.ExitCode.USAGE_ERROR)


def _has_line(entry: Any) -> bool:
    """Whether pytest can print this entry: CPython 3.11 heeds a signal also at a jump that belongs to no line."""
    try:
        return entry.lineno is not None
    except TypeError:
        return False


def set_results_aside(config: pytest.Config) -> None:
    """If the run is one of claims, move the results of the one before out of the way of its own."""
    claims = config.rootpath / "claims"
    asked = [Path(normpath(config.invocation_params.dir / each.partition("::")[0])) for each in config.args]
    of_claims = any(path.is_relative_to(claims) or claims.is_relative_to(path) for path in asked)
    if of_claims and not config.option.collectonly:
        # What is no path has been refused, or will be.
        with suppress(BadInput):
            results.set_aside(page_of(config.option, config.rootpath).parent / RESULTS)


def say_at_once(config: pytest.Config, sentence: str) -> None:
    """Print it on stderr, also while pytest holds back what a cell prints."""
    capture: Any = config.pluginmanager.get_plugin("capturemanager")
    with capture.global_and_fixture_disabled() if capture else nullcontext():
        print(sentence, file=sys.stderr, flush=True)


def record_of(report: Any) -> dict[str, Any] | None:
    """The record that a cell's report carries, with its claim and the facts of the run; None if there is none."""
    text = getattr(report, RECORD, None)
    return json.loads(text) if isinstance(text, str) else None


class Controller:
    """Hooks around the recorder, which is made for claims only, so that other test runs are not affected."""

    def __init__(self, config: pytest.Config, session: Session) -> None:
        self.config = config
        self.session = session
        self.recorder: Recorder | None = None
        self.document: dict[str, Any] | None = None
        self.refused: str | None = None
        self.current = ""
        self.on_interrupt: Any = None
        self.interrupted = False
        self.page_tried = False

    def start(self) -> Recorder:
        """The recorder, made at the first call, after its output places proved writable."""
        if self.recorder is None:
            command = "pytest " + shlex.join(self.config.invocation_params.args)
            self.recorder = Recorder(self.session, command, self._console(), self._quiet)
            capture = self.config.pluginmanager.get_plugin("capturemanager")
            self.progress = Progress(self.recorder.console, capture)
        return self.recorder

    def show(self, what: str = "") -> None:
        """Show progress: cells finished, time left, the slowest claim, the cell begun last and the sample it draws."""
        if self.recorder is not None and not self._quiet:
            self.progress.show(f" {self.recorder.outlook} · {what or 'begins'}: {self.current}")

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        """Before it can fail for what is collected."""
        set_results_aside(self.config)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """A cell begins, here or in a worker."""
        self.current = nodeid
        self.show()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Hand a finished cell to the recorder."""
        record = record_of(report)
        if record is None:
            return
        try:
            recorder = self.start()
            self.progress.stop()
            if (reporter := self._reporter) is not None:
                reporter.ensure_newline()
            recorder.add(record["index"], record["cell"], record["claim"], record["run"])
        except BadInput as error:
            self.refused = str(error)
            pytest.exit(self.refused, returncode=pytest.ExitCode.USAGE_ERROR)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker that is about to begin how to reach the cluster that this process starts."""
        try:
            if self.session.started:
                node.workerinput[CLUSTER] = self.session.started_at
        except BadInput as error:
            raise pytest.UsageError(str(error)) from None

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take a worker's last message: why it could not go on, or how many cells there are."""
        said = getattr(node, "workeroutput", {})
        self.refused = said.get(REFUSED, self.refused)
        if said.get(EXPECTED) and self.refused is None:
            self.start().expect(said[EXPECTED])

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """On Ctrl-C, write the results before anything else.

        From then on another Ctrl-C ends the process at once, also within the libraries that draw the report, which may
        take seconds.
        """
        if not excinfo.errisinstance(KeyboardInterrupt) or threading.current_thread() is not threading.main_thread():
            return
        excinfo.traceback = excinfo.traceback.filter(_has_line)
        again: list[int] = []
        self.on_interrupt = signal.signal(signal.SIGINT, lambda number, _: again.append(number))
        try:
            if self.recorder is not None and self.recorder.cells:
                self.progress.stop()
                self.recorder.write()
        except BadInput as error:
            self.refused = str(error)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if again:
            signal.raise_signal(signal.SIGINT)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> Generator[None]:
        """Write all results, however the run ended, and after the table, which needs no more, the page.

        A run that judged nothing does not exit 0.
        """
        if self.recorder is not None:
            self.progress.stop()
            self._heed_second_ctrl_c()
            if exitstatus == pytest.ExitCode.OK and not self.recorder.judged:
                session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED
            try:
                if self.recorder.cells:
                    self.document = self.recorder.finish(accept=self.config.option.accept_verdicts)
            except BadInput as error:
                self.refused = self.refused or str(error)
        done = yield
        # Where pytest shows no summary.
        self._write_page()
        if self.interrupted:
            session.exitstatus = pytest.ExitCode.INTERRUPTED
        if self.refused is not None:
            session.exitstatus = pytest.ExitCode.USAGE_ERROR
        return done

    def pytest_terminal_summary(self, exitstatus: int) -> None:
        """Print the closing table and the accepted verdicts, then write the page."""
        if self.recorder is not None and self.document is not None:
            self.recorder.summarise(self.document)
        elif exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and (hint := self._misspelt()):
            print(hint)
        self._write_page()

    def _misspelt(self) -> str:
        """What a -k that selected nothing may have meant; empty where no claim's name is close."""
        words = [word for word in re.findall(r"\w+", self.config.option.keyword) if word not in ("and", "or", "not")]
        return "".join(
            f"No claim has {word!r} in its name.{meant}\n"
            for word in words
            if not any(word in name for name in self._claims()) and (meant := did_you_mean(word, self._claims()))
        )

    def _claims(self) -> list[str]:
        return sorted(path.stem for path in self.session.root.glob("claims/*/*.py"))

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        """Print the last line of a refused run. From here on there is nothing that Ctrl-C could interrupt."""
        if self.on_interrupt is not None:
            signal.signal(signal.SIGINT, self.on_interrupt)
            atexit.register(signal.signal, signal.SIGINT, signal.SIG_DFL)
        if self.refused is not None:
            print(f"ERROR: {self.refused}", file=sys.stderr)

    def _write_page(self) -> None:
        """Once. What it fails at is a sentence: the results are there, and it can be written again."""
        if self.recorder is None or self.document is None or self.page_tried:
            return
        self.page_tried = True
        try:
            self.recorder.write_page()
        except BadInput as error:
            self.refused = self.refused or str(error)
        except Exception as error:
            self.refused = self.refused or (
                f"The page could not be made ({type(error).__name__}: {short_repr(str(error))}). The results are in "
                f"{self.session.results}; python -m harness report makes it from them."
            )

    def _heed_second_ctrl_c(self) -> None:
        """All is judged, and what is left takes seconds: a first Ctrl-C only changes the exit code, a second one ends
        the process at once."""
        main = threading.current_thread() is threading.main_thread()
        if main and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            self.on_interrupt = signal.signal(signal.SIGINT, self._note_ctrl_c)

    def _note_ctrl_c(self, number: int, _: Any) -> None:
        self.interrupted = True
        signal.signal(number, signal.SIG_DFL)

    @property
    def _quiet(self) -> bool:
        return getattr(self.config.option, "verbose", 0) < 0

    @property
    def _reporter(self) -> Any:
        """pytest's own reporter; None with -p no:terminal."""
        return self.config.pluginmanager.get_plugin("terminalreporter")

    def _console(self) -> Console:
        reporter = self._reporter
        if reporter is None:
            return Console(file=io.StringIO())
        # The names of files would only interleave with the cells' own lines.
        reporter.showfspath = False
        terminal = reporter._tw
        screen: Any = Screen(terminal._file)
        return Console(file=screen, width=None if terminal.hasmarkup else _WIDTH_OF_A_FILE)
