"""What a run's cells will ask the lab for, found without drawing anything.

A cell's function is called with a lab that notes each request and gives nothing in return (`recorder.py`). Claims ask
first and compute then, and their statistics are passed over, so that nearly all is asked for; what a claim asks for
only after it has seen a result, as at a width that it measured, is taken as if that result were 1.
"""

import importlib
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

from harness.arguments import short_repr
from harness.claim import Question, questions_in
from harness.claim.scales import CRUX_SHARES
from harness.errors import BadInput, NotAsked, Unavailable
from harness.lab import Lab
from harness.lab.charges import beyond
from harness.run.plan.absent import skipping_absent
from harness.run.plan.recorder import Recorder, Request
from harness.samplers.prices import packaged

# What claims compute with; what they ask with (networks, problems, optimisers) is made as in a run.
_STATISTICS = ("harness.", "dataclasses", "math")


@dataclass(frozen=True)
class Cell:
    """A cell with what it asks for; `missing` says why it has no verdict, where that is known beforehand;
    `stopped`: that its function could not go on to its end without results, so that there may be more requests;
    `ask`: its function, of a lab."""

    claim: str
    id: str
    requests: tuple[Request, ...]
    missing: str | None = None
    stopped: bool = False
    ask: Callable[[Lab], Any] = field(default=lambda _: None, compare=False, repr=False)


def claims(folder: Path = Path("claims")) -> list[ModuleType]:
    """The claims' files, imported; BadInput where they are not here."""
    files = [path for path in sorted(folder.rglob("*.py")) if not path.name.startswith("_")]
    if not files:
        raise BadInput(f"There are no claims in {folder.resolve()}; plan a run in the folder that has them.")
    return [_imported(path) for path in files]


def _imported(path: Path) -> ModuleType:
    try:
        return importlib.import_module(".".join(path.with_suffix("").parts))
    except Exception as error:
        raise BadInput(
            f"{path} cannot be imported ({type(error).__name__}: {short_repr(str(error))}); mend it first."
        ) from None


def record(modules: list[ModuleType], scale: str, device: str = "cpu", seed: int = 0) -> list[Cell]:
    """Note what every cell of these claims asks for at its first look.

    Args:
        modules: the claims' files, imported.
        scale: a name in SCALES.
        device: as pytest takes it.
        seed: of the run.

    Returns:
        The cells, in the order of a run.
    """
    lab = Recorder.at(scale, device, seed)
    with dry_run(), warnings.catch_warnings(action="ignore"):
        return [
            _asked(question, vars(module)[question.test], cell, lab)
            for module in modules
            for question in questions_in(module)
            for cell in question.cells(scale)
        ]


def _asked(question: Question, test: Callable[..., Any], cell: Mapping[str, Any], lab: Recorder) -> Cell:
    missing, stopped = question.excluded(**cell), False

    def ask(lab: Lab) -> Any:
        return test(lab, **cell)

    if missing is None:
        lab.begin()
        try:
            ask(lab)
        except Unavailable as why:
            lab.take()
            missing = str(why)
        except (BadInput, NotAsked) as why:
            # A run would make the cell an error, or its results tell; what it has drawn until then it has drawn.
            missing = None if lab.noted else str(why)
        except Exception:
            # It came to where it needs a result; what it asks for after that is not known.
            stopped = True
    requests = lab.take()
    if missing is None:
        priced = sum(packaged().seconds(each.asked) * each.shards(lab.scale.effort, 0) for each in requests)
        first = lab.scale.dearest * (CRUX_SHARES if question.is_crux(cell) else 1)
        missing = beyond(lab.scale, first, priced) if priced > first else None
    return Cell(question.slug, question.cell_id(cell), requests, missing, stopped, ask)


@contextmanager
def dry_run() -> Iterator[None]:
    """Statistics of absent results are absent, and a problem is made once, while this lasts."""
    before: list[tuple[ModuleType, str, Any]] = []

    def put(module: ModuleType, name: str, value: Any) -> None:
        before.append((module, name, getattr(module, name)))
        setattr(module, name, value)

    for module in [each for name, each in sys.modules.items() if name.split(".")[0] == "claims"]:
        for name, value in list(vars(module).items()):
            of = getattr(value, "__module__", None) or ""
            if isinstance(value, FunctionType | BuiltinFunctionType) and of.startswith(_STATISTICS):
                put(module, name, skipping_absent(value))
            elif name == "image_problem":
                put(module, name, cache(value))
    try:
        yield
    finally:
        for module, name, value in reversed(before):
            setattr(module, name, value)
