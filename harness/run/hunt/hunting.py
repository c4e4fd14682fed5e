"""Runs a hunt: labs for its seeds, a line that says how far it is, its page and its data."""

import json
from collections.abc import Sequence
from functools import lru_cache
from math import inf
from pathlib import Path
from types import ModuleType

import numpy as np
from rich.console import Console

from harness.claim import SCALES
from harness.claim.space import Point
from harness.errors import BadInput
from harness.execution.machine import commit, versions
from harness.lab import Lab
from harness.reading import read_bytes
from harness.report.terminal import console
from harness.run.hunt.cells import Cells
from harness.run.hunt.hunt import hunt
from harness.run.hunt.page import as_data, estimated, markdown, said
from harness.run.hunt.search import by_gaussian_process
from harness.run.hunt.targets import Target, targets
from harness.run.progress import Progress
from harness.run.session import ALPHA, Session
from harness.verdicts import Looks, Verdict
from harness.writing import check_writable, write_text

_ADVICE = "name another folder with --out."


def hunt_target(target: Target, budget: float, session: Session, folder: Path) -> int:
    """Hunt one test of a claim, write what is found, and say it.

    Args:
        target: the test with its space.
        budget: priced seconds.
        session: scale, seed, device and store.
        folder: where the page and its data go.

    Returns:
        Exit code: 1 if a point ended in an error, or nothing was estimated.
    """
    page = folder / f"{target.name.replace('/', '-')}.md"
    file = page.with_suffix(".json")
    for path in (page, file):
        check_writable(path, _ADVICE)
    screen = console()
    progress = Progress(screen)
    cells = _cells(target, session, budget, screen, progress)
    # A claim's error is all of its hunts'.
    alpha = ALPHA / target.of
    rng = np.random.default_rng(session.seed)
    try:
        found = hunt(cells, by_gaussian_process(target.space, rng), alpha, session.lab.scale.looks)
    finally:
        progress.stop()
    facts = {"seed": session.seed, "budget": budget, "scale": session.scale, "alpha": alpha}
    facts |= {"device": str(session.lab.device), "commit": commit(session.root), "versions": versions()}
    data = as_data(target, found, cells, facts)
    write_text(file, json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False) + "\n", _ADVICE)
    write_text(page, markdown(target, found, cells, facts, file), _ADVICE)
    _say(screen, f"{target.name}: {said(target, found).replace('**', '')}")
    _say(screen, f"Page: {page}")
    return 1 if cells.failed or not found.confirmations else 0


def ask_again(file: Path, session: Session, modules: Sequence[ModuleType]) -> int:
    """Judge the place of an earlier hunt on data of this session's seed, and say the verdict.

    Args:
        file: the earlier hunt's data.
        session: scale, seed, device and store.
        modules: the claims' files, imported.

    Returns:
        Exit code: 1 if it ended in an error.

    Raises:
        BadInput: the file is no such, or the claim's space has no such point any more.
    """
    try:
        before = json.loads(read_bytes(file))
        name, values = before["test"], before["point"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(
            f"{file} is no file of a hunt ({type(error).__name__}); name the .json beside its page."
        ) from None
    if not isinstance(name, str) or not isinstance(values, dict):
        raise BadInput(f"The hunt of {file} names no place that could be asked again; hunt anew.")
    target = targets(modules, [name])[0]
    point = target.space.point(values)
    screen = console()
    progress = Progress(screen)
    cells = _cells(target, session, inf, screen, progress)
    try:
        judged = cells.judge(point, "again", 0, Looks(ALPHA, 1, session.lab.scale.looks))
    finally:
        progress.stop()
    predicted = target.question.prediction(target.space.cell_at(point)).text
    measured = f"{target.question.quantity} {estimated(judged)}, predicted {predicted}"
    _say(screen, f"{target.name}, {target.space.sentence(point)}: {judged.verdict}; {measured}")
    return 1 if judged.verdict is Verdict.ERROR else 0


def _cells(target: Target, session: Session, budget: float, screen: Console, progress: Progress) -> Cells:
    lab = session.lab

    @lru_cache(2)
    def labs(seed: int) -> Lab:
        return Lab(SCALES[session.scale], lab.device, seed, lab.store, executor=session.executor)

    cells = Cells(target.question, target.ask, target.space, labs, f"{target.name} {session.seed}", budget)

    def show(stage: str, point: Point, lab: Lab) -> None:
        done = f"{min(cells.spent / budget, 1):.0%} of the budget" if budget < inf else "once more"
        where = f"{target.name} · {stage} · {done} · {target.space.sentence(point)}"
        lab.progress = lambda text: progress.show(f"{where} · {text}")

    if screen.is_terminal:
        cells.show = show
    return cells


def _say(screen: Console, text: str) -> None:
    screen.print(text, markup=False, highlight=False, soft_wrap=True)
