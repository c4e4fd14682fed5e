"""What a run says while it goes on: a line for each finished cell, and one that is replaced."""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.text import Text

from harness.decimals import EXACT, roughly
from harness.report.words import SYMBOLS, duration, estimated, interval, minus

# Before so many cells are finished, nothing is said of the time that is left.
_FORESEEABLE = 5


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


def outlook(cells: Sequence[Mapping[str, Any]], expected: int, seconds: float) -> str:
    """213/359 · 3 min left · slowest: the claim that has taken most of the time.

    Args:
        cells: the finished cells.
        expected: how many there will be.
        seconds: how long they took together; the others are taken to need as long each.

    Returns:
        The three, as far as they are known.
    """
    words = [f"{len(cells)}/{expected}"]
    if _FORESEEABLE <= len(cells) < expected:
        words.append(f"{roughly(seconds / len(cells) * (expected - len(cells)))} left")
    took: Counter[str] = Counter()
    for cell in cells:
        took[cell["claim"]] += cell["seconds"]
    words += [f"slowest: {claim}" for claim, _ in took.most_common(1)]
    return " · ".join(words)


def line(cell: Mapping[str, Any]) -> str:
    """One cell on one line: symbol, outcome, claim, cell, estimate, interval, region, seconds."""
    words = [f"{SYMBOLS[cell['outcome']]} {cell['outcome']}: {cell['claim']} [{cell['id']}]"]
    if estimate := cell["estimate"]:
        ends = interval(estimate, cell["predicted"])
        where = ends if ends == EXACT else f"in {ends}"
        words.append(f"{estimate['quantity']} {estimated(estimate, cell['predicted'])} {where}")
        words.append(f"predicted {minus(cell['predicted']['text'])}")
    else:
        words.append(cell["message"].strip().splitlines()[-1])
    words.append(duration(cell["seconds"]))
    return " · ".join(words)
