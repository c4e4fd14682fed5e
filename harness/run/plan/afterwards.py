"""A run that has just ended held against its plan, for its results file and its report."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.errors import BadInput
from harness.report.predictions import LEAST, Check
from harness.store import Store


def held(
    document: Mapping[str, Any], store: Path, since: float, earlier: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """What a results file keeps of it: see `results.py`.

    Held against the plan is what the run computed itself, which is what the store was given `since` it began; what was
    stored before says nothing about this run. Where it computed nothing, what the `earlier` results in the same place
    say of the same cells is kept.
    """
    if not any(path.stat().st_mtime >= since for path in Store(store).entries()):
        return _kept(document, earlier)
    # Plans load torch, which takes seconds that a run from the store does not have.
    from harness.run.plan.check import check
    from harness.run.plan.costs import read
    from harness.run.plan.predict import price
    from harness.run.plan.requests import modules, record
    from harness.run.plan.stored import taken

    entries = taken(store, since)
    if not entries:
        return _kept(document, earlier)
    run = document["run"]
    files = sorted({Path(claim["file"]) for claim in document["claims"].values()})
    costs, cells = read(), record(modules(files), run["scale"], run["device"], run["seed"])
    found = check(cells, price(cells, costs), costs.measured, document, entries, whole=False)
    note = "" if found.cells else f"In no cell did this run compute for {LEAST} s, so that it says nothing about costs."
    return {"note": note, **found.to_data()}


def earlier(path: Path) -> dict[str, Any] | None:
    """The results that a run is about to replace; None where there are none that could be read."""
    from harness.report import results

    try:
        document = results.read(path)
        results.check(document)
    except BadInput:
        return None
    return document


def nothing(note: str) -> dict[str, Any]:
    """What a results file keeps of no cell, with the sentence that says why."""
    return {"note": note, **Check((), 1.0).to_data()}


def _kept(document: Mapping[str, Any], earlier: Mapping[str, Any] | None) -> dict[str, Any]:
    if earlier is not None and all(earlier["run"][of] == document["run"][of] for of in ("scale", "seed", "device")):
        here = {(cell["claim"], cell["id"]) for cell in document["cells"]}
        before = Check.of(earlier.get("plan", {"cells": [], "load": 1.0}))
        cells = tuple(each for each in before.cells if (each.claim, each.id) in here)
        if cells:
            note = f"This run computed nothing anew; these figures are of the run of {earlier['run']['started'][:10]}."
            return {"note": earlier["plan"]["note"] or note, **Check(cells, before.load).to_data()}
    return nothing("This run computed nothing anew, so that it says nothing about costs.")
