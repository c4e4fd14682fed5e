"""Collects the cells' records as they finish: progress lines, results file, closing table, report."""

import datetime
import os
import time
from bisect import insort
from collections.abc import Iterable, Mapping
from math import inf
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from harness.claim.scales import CRUX_SHARES
from harness.execution import machine
from harness.report import accepted, results, write_report
from harness.report.accepted import DECIDED
from harness.report.terminal import verdict_table, worth_reading
from harness.report.words import percent, plural
from harness.run import progress
from harness.run.session import ALPHA, Session
from harness.verdicts import Verdict
from harness.verdicts.claim_verdict import JudgedCell, claim_verdict
from harness.writing import check_writable

ERROR_CONTROL = (
    f"Within each claim the chance of any wrong verdict is at most {percent(ALPHA)}: each cell at each look is wrong "
    f"with a chance of at most {ALPHA} × its share/looks, whatever the dependence between them (Bonferroni), and its "
    "interval misses with at most that chance at either end. Shares are declared beforehand: a crux cell's is "
    f"{CRUX_SHARES} times that of another."
)
# Results are rewritten at most this often; a killed run loses these seconds of the file, and nothing of the store.
_SECONDS_BETWEEN_WRITES = 2.0
# A long file is written less often: that takes no more than about this share of the time.
_WRITING = 0.05


class Recorder:
    """The records of one run, in the process that owns the terminal.

    BadInput if the accepted verdicts cannot be read, or if the results or the report could not be written.

    quiet: True for no line per cell.
    """

    def __init__(self, session: Session, command: str, console: Console, quiet: bool = False) -> None:
        for path in (session.results, session.report):
            check_writable(path)
        self.session = session
        self.accepted = session.accepted
        self.console = console
        self.quiet = quiet
        self.accepted_now = 0
        self.claims: dict[str, dict[str, Any]] = {}
        self.indexed: list[tuple[int, dict[str, Any]]] = []
        self.started = time.time()
        # Differences are taken of a clock that nobody sets.
        self.began = time.monotonic()
        self.written = -inf
        self.took = 0.0
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
            "cut_by_time": 0,
            "error_control": ERROR_CONTROL,
            "alpha": ALPHA,
        }

    @property
    def cells(self) -> list[dict[str, Any]]:
        """The finished cells in the order of the run's items, whoever finished first."""
        return [cell for _, cell in self.indexed]

    @property
    def position(self) -> str:
        """Number of finished cells, of all."""
        return f"{len(self.indexed)}/{self.run['cells_expected']}"

    @property
    def outlook(self) -> str:
        """How far the run is, and how long it will take."""
        return progress.outlook(self.cells, self.run["cells_expected"], time.monotonic() - self.began)

    def expect(self, cells: int) -> None:
        """Set the number of cells of the run."""
        self.run["cells_expected"] = cells

    def add(self, index: int, cell: dict[str, Any], claim: dict[str, Any], run_facts: Mapping[str, Any]) -> None:
        """Take a finished cell: print its line, keep its record, rewrite the results now and then.

        Args:
            index: the cell's place among the run's items.
            cell: the cell's record.
            claim: the record of its claim.
            run_facts: what the cell's process knows about the run, for the results file.
        """
        self.run.update(run_facts)
        self.claims.setdefault(claim["slug"], claim)
        insort(self.indexed, (index, cell), key=lambda pair: pair[0])
        if not self.quiet:
            line = Text(f" {self.position} {progress.line(cell)}", no_wrap=True, overflow="ellipsis")
            self.console.print(line, soft_wrap=not self.console.is_terminal)
        if time.monotonic() - self.written > max(_SECONDS_BETWEEN_WRITES, self.took / _WRITING):
            self.write()

    def write(self) -> dict[str, Any]:
        """Write results.json as it stands, atomically."""
        self.written = time.monotonic()
        self.run["seconds"] = self.written - self.began
        cells = self.cells
        self.run["cut_by_time"] = sum(cell["cut_by_time"] for cell in cells)
        complete = len(cells) == self.run["cells_expected"]
        self.run["complete"] = complete
        self.run["finished"] = _iso(self.started + self.run["seconds"]) if complete else None
        self._judge_claims()
        order = dict.fromkeys(cell["claim"] for cell in cells)
        claims = {slug: self.claims[slug] for slug in order}
        document = {"schema": results.SCHEMA, "run": self.run, "claims": claims, "cells": cells}
        results.write(self.session.results, document)
        self.took = time.monotonic() - self.written
        return document

    def finish(self, accept: bool) -> dict[str, Any]:
        """Write and return the last results. accept: write the decided verdicts to the accepted ones."""
        document = self.write()
        if accept:
            self.accepted_now = self._accept()
        return document

    def write_page(self) -> None:
        """Write the page from the results file, and print where it is."""
        write_report(self.session.results, self.session.report, self.session.root / "reports" / "history")
        self.console.print(f"Report: {_relative(self.session.report)}", markup=False, highlight=False, soft_wrap=True)

    def summarise(self, document: dict[str, Any]) -> None:
        """Print the closing table and the remarks on it."""
        self.console.print()
        verdict_table(document, self.console)
        for line in self._remarks(worth_reading(document)):
            self.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def _accept(self) -> int:
        """Write this run's decided verdicts over the accepted ones; entries of cells that are not decided here stay."""
        table = {claim: dict(cells) for claim, cells in self.accepted.items()}
        decided = [cell for cell in self.cells if accepted.may_be_accepted(cell["kind"], cell["verdict"])]
        for cell in decided:
            of_claim = table.setdefault(cell["claim"], {})
            before = of_claim.get(cell["id"])
            of_claim[cell["id"]] = accepted.accept(cell["verdict"], cell["predicted"]["text"], before)
        accepted.write(self.session.accepted_file, table)
        return len(decided)

    @property
    def judged(self) -> int:
        """Number of cells that were sampled and judged, whatever the verdict."""
        return sum(cell["verdict"] in (*DECIDED, "inconclusive") for cell in self.cells)

    def _judge_claims(self) -> None:
        cells = self.cells
        for slug, claim in self.claims.items():
            mine = [_as_judged(cell) for cell in cells if cell["claim"] == slug]
            claim["verdict"], claim["summary"] = claim_verdict(mine, claim["tests"])

    def _remarks(self, first: str | None) -> Iterable[str]:
        yield from self._about_accepted()
        if findings := sum(cell["outcome"] == "refuted" and cell["kind"] != "theorem" for cell in self.cells):
            yield f"{plural(findings, 'refuted cell')}: findings, not failures; --strict-verdicts fails on them."
        if self.accepted_now:
            file = _relative(self.session.accepted_file)
            yield f"Accepted {self.accepted_now} verdicts; review what changed in {file}."
        if not self.run["complete"]:
            yield (
                f"This run is incomplete: {self.position} cells are here. The same command goes on from what is stored."
            )
        if cut := self.run["cut_by_time"]:
            yield f"Cut by time: {plural(cut, 'cell')}; a longer --budget, or none, goes on from here."
        if not self.judged:
            yield "No cell was judged, so this run shows nothing."
        if first is not None:
            yield f"Next:   python -m harness show {_relative(self.session.results)} {first}"

    def _about_accepted(self) -> Iterable[str]:
        """Remarks on entries that match no cell of any scale, that this run could not confirm, or whose bound was
        changed.
        """
        stale = [(slug, cell_id) for slug, claim in self.claims.items() for cell_id in claim["stale_accepted"]]
        gone = [slug for slug in self.accepted if not any(self.session.root.glob(f"claims/*/{slug}.py"))]
        stale += [(slug, cell_id) for slug in gone for cell_id in self.accepted[slug]]
        for slug, cell_id in stale:
            yield f"Accepted, but there is no such cell: {slug} [{cell_id}]"
        for cell in self.cells:
            where = f"{cell['claim']} [{cell['id']}]"
            entry = self.accepted.get(cell["claim"], {}).get(cell["id"])
            if entry is None:
                continue
            if cell["verdict"] not in DECIDED:
                yield f"No longer decided ({entry.verdict} was accepted, now {cell['verdict']}): {where}"
            if cell["predicted"]["text"] != entry.predicted:
                yield f"The bound was changed from {entry.predicted!r} to {cell['predicted']['text']!r}: {where}"


def _as_judged(cell: Mapping[str, Any]) -> JudgedCell:
    """A cell's record as the verdict on its claim reads it."""
    verdict = Verdict(cell["verdict"])
    return JudgedCell(cell["test"], cell["id"], verdict, cell["kind"], cell["holds"], cell["control"])


def _iso(seconds: float) -> str:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).isoformat(timespec="seconds")


def _relative(path: Path) -> str:
    return os.path.relpath(path) if path.is_absolute() else str(path)
