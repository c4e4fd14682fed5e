"""The line at the foot of a terminal that says what is being drawn; silent where the output is not a terminal."""

from contextlib import nullcontext
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.text import Text


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
        """Say this until the next call."""
        with self._uncaptured():
            self._live.start()
            self._live.update(Text(text, no_wrap=True, overflow="ellipsis"), refresh=True)

    def stop(self) -> None:
        """Erase the line."""
        with self._uncaptured():
            self._live.stop()

    def _uncaptured(self) -> Any:
        return self._capture.global_and_fixture_disabled() if self._capture else nullcontext()
