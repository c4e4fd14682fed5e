"""The pytest plugin of the process that owns the terminal: cells' records in, results, report and closing table out.

With xdist this is the controller, which neither collects nor runs a cell: all it knows came with the cells' reports.
"""

import json
import shlex
from typing import Any

import pytest
from rich.console import Console

from harness import accepted
from harness.errors import BadInput
from harness.recorder import Recorder
from harness.session import Session

# Where the output is not a terminal there is no width to respect; tables should not be folded at 80 columns then.
_WIDTH_OF_A_FILE = 150


class Controller:
    """Hooks around the recorder, which is made at the first cell, so that other test runs know nothing of it."""

    def __init__(self, config: pytest.Config, session: Session, table: accepted.Table) -> None:
        self.config = config
        self.session = session
        self.table = table
        self.recorder: Recorder | None = None

    def start(self) -> Recorder:
        """The recorder."""
        if self.recorder is None:
            reporter: Any = self.config.pluginmanager.get_plugin("terminalreporter")
            # The names of files would only interleave with the cells' own lines.
            reporter.showfspath = False
            terminal = reporter._tw
            width = None if terminal.hasmarkup else _WIDTH_OF_A_FILE
            console = Console(file=terminal._file, width=width)
            command = "pytest " + shlex.join(self.config.invocation_params.args)
            self.recorder = Recorder(self.session, self.table, command, console)
        return self.recorder

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Hand a finished cell to the recorder."""
        record = record_of(report)
        if record is not None:
            try:
                self.start().add(record["cell"], record["claim"], record["run"])
            except BadInput as error:
                pytest.exit(str(error), returncode=pytest.ExitCode.USAGE_ERROR)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """A run that judged nothing does not exit 0."""
        if self.recorder is not None and not self.recorder.judged and exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Results, report, closing table, accepted verdicts."""
        if self.recorder is None:
            return
        try:
            self.recorder.close()
            if self.config.option.accept_verdicts:
                number = self.recorder.accept(self.session.accepted)
                terminalreporter.write_line(
                    f"Accepted {number} verdicts: review the change of {self.session.accepted}."
                )
        except BadInput as error:
            terminalreporter.write_line(str(error), red=True)
        if not self.recorder.judged:
            terminalreporter.write_line("No cell was judged, so this run shows nothing.", red=True)


def record_of(report: Any) -> dict[str, Any] | None:
    """The record a cell's report carries, with the claim it belongs to and what is known of the run."""
    if not isinstance(report, pytest.TestReport) or report.when != "call":
        return None
    text = dict(report.user_properties).get(RECORD)
    return json.loads(text) if isinstance(text, str) else None


RECORD = "harness.record"
