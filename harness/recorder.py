"""Collects the cells' records as they finish: progress lines, results file, closing table, report."""

import datetime
import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from harness import accepted, machine, results
from harness.accepted import DECIDED, Accepted
from harness.report import write_report
from harness.report.terminal import verdict_table
from harness.report.words import SYMBOLS, interval, number
from harness.session import ALPHA, Session
from harness.verdicts import Verdict, claim_verdict

ERROR_CONTROL = (
    f"Within each claim the chance of any wrong verdict is at most {ALPHA:.0%}: every interval is at level "
    f"1 − {ALPHA}/(cells × looks), which holds whatever the dependence between cells and between looks (Bonferroni)."
)
# Results are rewritten at most this often; a killed run loses these seconds of the file, and nothing of the store.
_SECONDS_BETWEEN_WRITES = 2.0


class Recorder:
    """The records of one run, in the process that owns the terminal."""

    def __init__(self, session: Session, table: accepted.Table, command: str, console: Console) -> None:
        self.session = session
        self.accepted = table
        self.console = console
        self.claims: dict[str, dict[str, Any]] = {}
        self.cells: list[dict[str, Any]] = []
        self.started = time.time()
        self.written = 0.0
        self.run: dict[str, Any] = {
            "started": _iso(self.started),
            "finished": None,
            "complete": False,
            "scale": session.scale,
            "seed": session.seed,
            "device": session.device,
            "device_name": "",
            "commit": machine.commit(session.root),
            "versions": machine.versions(),
            "command": command,
            "seconds": 0.0,
            "budget_seconds": session.budget,
            "cells_expected": 0,
            "error_control": ERROR_CONTROL,
        }

    def add(self, cell: dict[str, Any], claim: dict[str, Any], run_facts: Mapping[str, Any]) -> None:
        """A finished cell: print its line, keep its record, rewrite the results now and then."""
        self.run.update(run_facts)
        self.claims.setdefault(claim["slug"], claim)
        self.cells.append(cell)
        self.console.print(_line(cell), markup=False, highlight=False, soft_wrap=True)
        if time.time() - self.written > _SECONDS_BETWEEN_WRITES:
            self.write()

    def write(self) -> dict[str, Any]:
        """Write results.json as it stands, atomically."""
        self.written = time.time()
        self.run["seconds"] = self.written - self.started
        complete = len(self.cells) == self.run["cells_expected"]
        self.run["complete"] = complete
        self.run["finished"] = _iso(self.written) if complete else None
        self._judge_claims()
        document = {"schema": results.SCHEMA, "run": self.run, "claims": self.claims, "cells": self.cells}
        results.write(self.session.results, document)
        return document

    def close(self) -> None:
        """Last results, report and closing table."""
        document = self.write()
        write_report(self.session.results, self.session.report)
        self.console.print()
        verdict_table(document, self.console)
        for line in self._about_accepted():
            self.console.print(line, markup=False, highlight=False)
        self.console.print(f"Report: {_relative(self.session.report)}", markup=False, highlight=False)

    def accept(self, file: Path) -> int:
        """Write this run's decided verdicts over the accepted ones; entries of cells not decided here stay."""
        table = {claim: dict(cells) for claim, cells in self.accepted.items()}
        decided = [cell for cell in self.cells if cell["verdict"] in DECIDED]
        for cell in decided:
            table.setdefault(cell["claim"], {})[cell["id"]] = Accepted(cell["verdict"], cell["predicted"]["text"])
        accepted.write(file, table)
        return len(decided)

    @property
    def judged(self) -> int:
        """Cells that were sampled and judged, whatever the verdict."""
        return sum(cell["verdict"] in (*DECIDED, "inconclusive") for cell in self.cells)

    def _judge_claims(self) -> None:
        for slug, claim in self.claims.items():
            verdicts = [
                (cell["id"], Verdict(cell["verdict"]), cell["kind"]) for cell in self.cells if cell["claim"] == slug
            ]
            claim["verdict"], claim["summary"] = claim_verdict(verdicts)

    def _about_accepted(self) -> Iterable[str]:
        """Accepted verdicts that this run could not confirm, and entries that match no cell any more."""
        known = {(cell["claim"], cell["id"]): cell for cell in self.cells}
        for slug, cells in self.accepted.items():
            for cell_id, entry in cells.items():
                cell = known.get((slug, cell_id))
                if cell is None:
                    if slug in self.claims and self.run["complete"]:
                        yield f"accepted, but no such cell was run: {slug} [{cell_id}]"
                elif cell["verdict"] == "inconclusive":
                    yield f"no longer decided (accepted as {entry.verdict}): {slug} [{cell_id}]"
                elif cell["predicted"]["text"] != entry.predicted:
                    yield (
                        f"the bound was changed from {entry.predicted!r} to {cell['predicted']['text']!r}: "
                        f"{slug} [{cell_id}]"
                    )


def _line(cell: Mapping[str, Any]) -> str:
    """One cell on one line: symbol, outcome, claim, cell, estimate, interval, region, seconds."""
    words = [f" {SYMBOLS[cell['outcome']]} {cell['outcome']}: {cell['claim']} [{cell['id']}]"]
    if estimate := cell["estimate"]:
        words.append(f"{estimate['quantity']} {number(estimate['value'])} in {interval(estimate)}")
        words.append(f"predicted {cell['predicted']['text']}")
    elif cell["verdict"] != "error":
        words.append(cell["message"])
    words.append(f"{cell['seconds']:.1f} s")
    return " · ".join(words)


def _iso(seconds: float) -> str:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).isoformat(timespec="seconds")


def _relative(path: Path) -> str:
    return os.path.relpath(path) if path.is_absolute() else str(path)
