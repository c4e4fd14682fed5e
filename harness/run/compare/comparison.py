"""Runs a comparison: every cell to its verdict, results and page written, what is drawn kept in the store."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from harness.arguments import as_path, one_of, short_repr, whole
from harness.claim import SCALES
from harness.claim.scales import CRUX_SHARES
from harness.errors import BadInput
from harness.execution.machine import settings
from harness.networks.logits import LOSSES
from harness.optimisers import SGD, Adam
from harness.problems.own_data import Columns
from harness.report import results
from harness.report.terminal import console, verdict_table
from harness.run import records
from harness.run.compare.given import ERROR_POINTS, data_of, network_of, optimisers_of
from harness.run.compare.questions import ROOM, Asked, Data, questions
from harness.run.frames import Results
from harness.run.judging import Judged, judge_cell
from harness.run.progress import Progress
from harness.run.recorder import Recorder
from harness.run.session import ALPHA, RESULTS, Session, parse_budget, parse_device
from harness.verdicts import Estimate, Looks
from harness.writing import refuse_inputs

# Well below the edge of stability, as the claims that are not about the rate have it.
BELOW = 0.3
REPORT = "reports/compare/report.html"


@dataclass(frozen=True, repr=False)
class Comparison(Results):
    """A finished comparison. report: its page."""

    report: Path


def compare(
    network: Any,
    data: Any,
    m: int | Sequence[int] | None = None,
    optimisers: Sequence[Any] = (SGD(), Adam()),
    *,
    rates: Sequence[float] | None = (BELOW,),
    n: int = ERROR_POINTS,
    task: str | None = None,
    x: Columns = None,
    y: str | int | None = None,
    loss: str = "cross-entropy",
    scale: str = "smoke",
    device: str = "auto",
    seed: int = 0,
    store: Path | str | None = None,
    report: Path | str = REPORT,
    budget: str | None = None,
    command: str = "",
    screen: Console | None = None,
) -> Comparison:
    """Ask whether random sampling explains what a network finds in training, on one page.

    Args:
        network: an architecture, a class or function that makes a module of torch.nn, or words such as
            "mynet.py:Net(width=40)"; or a list of these.
        data: data from which training sets are drawn: a name such as "digits", a function, arrays (x, y), a data set or
            a path; or one problem, whose networks are then what intervals count.
        m: training points of each set, or several such numbers; None: those of a problem.
        optimisers: of this package, of torch.optim, or by their names.
        rates: learning rates in units of the edge of stability; None: each optimiser's own.
        n: evaluation points of each set.
        task: groups of classes, such as "3/8"; None: those that the data have.
        x: the inputs' column, or several of a table, as of `Problem.from_dataset`; None: the usual one.
        y: the labels' column; None: the usual one.
        loss: a name in `LOSSES`.
        scale: how much a cell may be given: smoke, standard or full.
        device: auto, cpu, mps, cuda or cuda:N.
        seed: whole number from 0.
        store: folder of stored samples; None: $HARNESS_STORE, or .store in the present folder.
        report: the page; results.json is written beside it.
        budget: time for all of it, such as "30m"; None: no end.
        command: how to run it again, for the page; empty: from Python.
        screen: where progress and the table are printed; None: the standard output.

    Returns:
        The results. The same call goes on from what is stored.

    Raises:
        BadInput: one of these is something else.
    """
    one_of(loss, LOSSES, "There is no loss")
    session = _session(scale, device, seed, store, report, budget)
    if not isinstance(command, str):
        raise BadInput(f"The command of a comparison is a text, not {short_repr(command)}.")
    if not isinstance(screen, Console | None):
        raise BadInput(f"A comparison is shown on a rich.console.Console, not on {short_repr(screen)}.")
    sizes: list[Any] = list(m) if isinstance(m, list | tuple) else [m]
    if not sizes:
        raise BadInput("A comparison takes at least one number of training points, such as m=16.")
    by_size = {each.m: each for each in (data_of(data, size, whole(n, "n"), task, x, y) for size in sizes)}
    first = next(iter(by_size.values()))
    given = list(network) if isinstance(network, list | tuple) else [network]
    networks = [network_of(each, first) for each in given]
    files = [Path(str(each).partition(":")[0]) for each in (data, *given) if isinstance(each, str | Path)]
    refuse_inputs(session.report, files, "call the page otherwise, with report or --report.")
    if len({each.name for each in networks}) < len(networks):
        raise BadInput("Two of the networks have one name, by which cells are told apart; give from_module a name.")
    asked = questions(networks, _called(first), list(by_size), optimisers_of(optimisers, rates))
    session.expected = sum(len(each.question.cells(scale)) for each in asked)
    session.unlooked = float(session.expected)
    session.shares = CRUX_SHARES * session.expected
    return _run(session, asked, by_size, loss, command or "harness.compare(…) with the same arguments", screen)


def _session(
    scale: str, device: str, seed: int, store: Path | str | None, report: Path | str, budget: str | None
) -> Session:
    one_of(scale, SCALES, "There is no scale")
    page = as_path(report)
    folder = (os.environ.get("HARNESS_STORE") or ".store") if store is None else store
    if page.name in (RESULTS, results.PREVIOUS):
        raise BadInput(f"The report is the HTML page; {page.name} lies beside it, so call the page otherwise.")
    return Session(
        root=page.parent,
        scale=scale,
        device=parse_device(device),
        seed=whole(seed, "A seed", least=0, most=2**62),
        budget=None if budget is None else parse_budget(budget),
        store=as_path(folder),
        fresh=False,
        report=page,
    )


def _run(
    session: Session, asked: Sequence[Asked], by_size: Mapping[int, Data], loss: str, command: str, screen: Any
) -> Comparison:
    screen = screen or console()
    results.set_aside(session.results)
    recorder = Recorder(session, command, screen)
    recorder.expect(session.expected)
    progress = Progress(screen)
    lab, index = session.lab, 0
    try:
        for each in asked:
            question = each.question
            cells = question.cells(session.scale)
            for cell in cells:
                cell_id = question.cell_id(cell)
                if screen.is_terminal:
                    lab.progress = _shown(progress, recorder, cell_id)
                judged = _judged(each, cell, by_size[cell["m"]], loss, session, len(cells))
                progress.stop()
                session.count(CRUX_SHARES)
                recorder.add(index, *_recorded(each, cell, judged, command, session))
                index += 1
    finally:
        progress.stop()
        document = recorder.finish(accept=False)
    screen.print()
    verdict_table(document, screen)
    recorder.write_page()
    return Comparison(document, session.report)


def _shown(progress: Progress, recorder: Recorder, cell_id: str) -> Callable[[str], None]:
    """Shows what is drawn for a cell."""
    return lambda text: progress.show(f"{recorder.outlook} · {cell_id} · {text}")


def _judged(asked: Asked, cell: Mapping[str, Any], data: Data, loss: str, session: Session, cells: int) -> Judged:
    def ask(lab: Any, **values: Any) -> Estimate:
        return asked.ask(lab, values["architecture"], data, values["optimiser"], loss)

    looks = Looks(ALPHA, cells, session.lab.scale.looks)
    return judge_cell(ask, asked.question, cell, session.lab, looks, session.allowance(CRUX_SHARES))


def _recorded(
    asked: Asked, cell: Mapping[str, Any], judged: Judged, command: str, session: Session
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Records of the cell, of its claim, and of the run, JSON-ready."""
    question = asked.question
    cell_id = question.cell_id(cell)
    file = Path(ROOM, f"{question.slug}.py")
    of_claim = records.claim_record(file, asked.text, [question], session.scale, {})
    of_claim["file"] = "harness/run/compare/questions.py"
    record = (
        records.cell_record(f"{ROOM}: {cell_id}", cell_id, question, cell, judged, None, session, command),
        of_claim,
        {
            "device": str(session.lab.device),
            "device_name": session.executor.device_name,
            "settings": settings(session.lab.device),
        },
    )
    of_cell, of_claim, of_run = json.loads(json.dumps(record, default=float))
    return of_cell, of_claim, of_run


def _called(data: Data) -> str:
    return str(data.facts.get("dataset") or data.name)
