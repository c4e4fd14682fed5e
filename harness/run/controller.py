"""The pytest plugin of the process that owns the terminal: it takes cells' records and writes results, report and
table.

With xdist this is the controller, which neither collects nor runs a cell: all it knows came with the cells' reports.
"""

import io
import json
import shlex
import signal
import sys
import threading
from contextlib import nullcontext
from typing import Any, NoReturn

import pytest
from rich.console import Console
from rich.live import Live
from rich.text import Text

from harness.errors import BadInput
from harness.run.recorder import Recorder
from harness.run.session import Session


class Progress:
    """One line, replaced at every call of `show` and erased by `stop`.

    capture: pytest's capture manager, which holds back all output while a cell runs; None with -p no:capture.
    """

    def __init__(self, console: Console, capture: Any = None) -> None:
        self._capture = capture
        self._live = Live(
            console=console, auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False
        )

    def show(self, text: str) -> None:
        """Show this text until the next call."""
        with self._uncaptured():
            self._live.start()
            self._live.update(Text(text, no_wrap=True, overflow="ellipsis"), refresh=True)

    def stop(self) -> None:
        """Erase the line."""
        with self._uncaptured():
            self._live.stop()

    def _uncaptured(self) -> Any:
        return self._capture.global_and_fixture_disabled() if self._capture else nullcontext()


PLUGIN = "harness-controller"
# The controller's message to a worker: the address of the cluster that it has started. A worker's messages to the
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

    def start(self) -> Recorder:
        """The recorder, made at the first call, after its output places proved writable."""
        if self.recorder is None:
            command = "pytest " + shlex.join(self.config.invocation_params.args)
            self.recorder = Recorder(self.session, command, self._console(), self._quiet)
            capture = self.config.pluginmanager.get_plugin("capturemanager")
            self.progress = Progress(self.recorder.console, capture)
        return self.recorder

    def show(self, what: str = "") -> None:
        """Show progress: cells finished, the cell begun last, and the sample it draws."""
        if self.recorder is not None and not self._quiet:
            self.progress.show(f" {self.recorder.position} {what or 'begins'}: {self.current}")

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
        """Tell a worker that is about to begin the address of the cluster that this process starts."""
        try:
            if self.session.started:
                node.workerinput[CLUSTER] = self.session.own_cluster.scheduler_address
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

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write all results, however the run ended. A run that judged nothing does not exit 0."""
        if self.recorder is not None:
            self.progress.stop()
            if exitstatus == pytest.ExitCode.OK and not self.recorder.judged:
                session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED
        if self.recorder is not None and self.recorder.cells:
            try:
                self.document = self.recorder.finish(accept=self.config.option.accept_verdicts)
            except BadInput as error:
                self.refused = self.refused or str(error)
        if self.refused is not None:
            session.exitstatus = pytest.ExitCode.USAGE_ERROR

    def pytest_terminal_summary(self) -> None:
        """Print the closing table, the accepted verdicts and the report's place."""
        if self.recorder is not None and self.document is not None:
            self.recorder.summarise(self.document)

    def pytest_unconfigure(self) -> None:
        """Print the last line of a refused run."""
        if self.on_interrupt is not None:
            signal.signal(signal.SIGINT, self.on_interrupt)
        if self.refused is not None:
            print(f"ERROR: {self.refused}", file=sys.stderr)

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
        return Console(file=terminal._file, width=None if terminal.hasmarkup else _WIDTH_OF_A_FILE)
