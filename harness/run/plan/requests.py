"""What a run's cells will ask the lab for, found without drawing anything.

A cell's function is called with a lab that notes each request and gives nothing in return (`absent.py`). Claims ask
first and compute then, and their statistics are passed over, so that nearly all is asked for; what a claim asks for
only after it has seen a result, as at a width that it measured, is taken as if that result were 1.
"""

import importlib
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

import numpy as np
import torch

from harness.arguments import short_repr
from harness.claim import SCALES, Question, questions_in
from harness.claim.scales import CRUX_SHARES
from harness.errors import BadInput, NotAsked, Unavailable, Undecided
from harness.lab import Lab
from harness.lab.charges import beyond
from harness.networks import Architecture
from harness.problems import Problem, TrainingSets
from harness.run.plan.absent import ABSENT, skipping_absent
from harness.samplers.infinite_width.kernels.matrices import LIBRARY, OWN
from harness.samplers.prices import packaged
from harness.samplers.sampler import Computation, R, Sampler
from harness.store import Store, key

# What claims compute with; what they ask with (networks, problems, optimisers) is made as in a run.
_STATISTICS = ("harness.", "dataclasses", "math")
# Different functions of a training set, where they are to be found first.
_FUNCTIONS = 8


@dataclass(frozen=True)
class Request:
    """One sample or one computation that a cell asks for.

    name: its address in the store, to which a sample's shards add their numbers. spec: its description, as stored,
    without the shard. asked: what draws or computes it. sets: 0, or on how many training sets of the first look it is
    asked for, of which it is the one on the first.
    """

    name: str
    spec: Mapping[str, Any]
    asked: Sampler[Any] | Computation
    sets: int = 0

    @property
    def architecture(self) -> Architecture:
        """The networks that the request is of."""
        return self.asked.architecture

    @property
    def problem(self) -> Problem:
        """Training and evaluation inputs."""
        return self.asked.problem

    @property
    def drawn(self) -> bool:
        """False for what is computed once."""
        return isinstance(self.asked, Sampler)

    @property
    def grows(self) -> bool:
        """Whether later looks ask for more shards."""
        return isinstance(self.asked, Sampler) and self.asked.grows

    @property
    def sampler(self) -> str:
        """What draws or computes it."""
        return self.asked.name

    def shards(self, effort: int, look: int) -> int:
        """How many there are of it at a look, on all sets together if it is on training sets."""
        if self.sets:
            return self.sets * 2**look if self.grows or not self.drawn else self.sets
        if not self.drawn:
            return 1
        return effort * 2**look if self.grows else effort


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


class Recorder(Lab):
    """A lab that notes what it is asked for; `take` hands that out and forgets it."""

    noted: dict[str, Request]
    _on_sets: int = 0

    @classmethod
    def at(cls, scale: str, device: str, seed: int) -> "Recorder":
        """Make one for a scale; requests do not depend on which GPU there is, nor on whether there is one.

        Args:
            scale: a name in SCALES.
            device: as pytest takes it.
            seed: of the run.

        Returns:
            A lab that has noted nothing yet.
        """
        made = cls(SCALES[scale], torch.device(device.partition(":")[0]), seed, Store(Path()))
        made.noted = {}
        return made

    def take(self) -> tuple[Request, ...]:
        """What was asked for since the last time."""
        noted, self.noted = tuple(self.noted.values()), {}
        return noted

    def _note(self, asked: Sampler[Any] | Computation) -> Any:
        spec = self.spec(asked)
        name = key(spec)
        # On training sets and on the first of them alone there are the samples of all sets.
        if name not in self.noted or not self.noted[name].sets:
            self.noted[name] = Request(name, spec, asked, self._on_sets)
        return ABSENT

    def problems(self, sets: TrainingSets) -> list[Problem]:
        """The first training set in the place of each of this look's: all are of one shape."""
        return [sets.problem(0, self.seed)] * self.sets

    def on_each(self, sets: TrainingSets, ask: Callable[[int, Problem], Any]) -> list[Any]:
        """Note what is asked for on the first training set, as many times as there are sets.

        Args:
            sets: as of the lab.
            ask: as of the lab.

        Returns:
            What is absent, for each set.
        """
        self._on_sets = self.sets
        try:
            return [ask(0, sets.problem(0, self.seed))] * self.sets
        finally:
            self._on_sets = 0

    def gather(self, sampler: Sampler[R], *, check: bool = True) -> R:  # noqa: ARG002
        """Note the sample."""
        return self._note(sampler)

    def gather_on_sets(
        self,
        sampler_on: Callable[[Problem], Sampler[R]],
        sets: TrainingSets,
        *,
        check: bool = True,  # noqa: ARG002
    ) -> list[R]:
        """Note the sample on each training set of the first look.

        Args:
            sampler_on: as of the lab.
            sets: as of the lab.
            check: as of the lab.

        Returns:
            What is absent, for each set.
        """
        return self.on_each(sets, lambda _, problem: self._note(sampler_on(problem)))

    def posterior_on_sets(self, architecture: Architecture, sets: TrainingSets) -> Any:
        """Note the samples, whose agreement is not known.

        Args:
            architecture: as of the lab.
            sets: as of the lab.

        Returns:
            What is absent, for each set.
        """
        with suppress(Undecided):
            super().posterior_on_sets(architecture, sets)
        return [ABSENT] * self.sets

    def once(self, computation: Computation) -> dict[str, np.ndarray]:
        """Note the computation."""
        return self._note(computation)

    def exact_volumes(self, architecture: Any, problem: Problem) -> Any:
        """Note volumes that are counted; arguments as of the lab."""
        super().exact_volumes(architecture, problem)
        return ABSENT

    def kernel(self, architecture: Architecture, problem: Problem, kind: str = "nngp", by: str = OWN) -> np.ndarray:
        """Note a kernel's blocks; arguments and Unavailable as of the lab.

        Args:
            architecture: as of the lab.
            problem: as of the lab.
            kind: as of the lab.
            by: as of the lab.

        Returns:
            What is absent.
        """
        if by == LIBRARY:
            from harness.samplers.infinite_width.kernels.library import stax

            stax()
        super().kernel(architecture, problem, kind, by)
        return ABSENT  # type: ignore[return-value]

    def spectrum(self, architecture: Architecture, pool: Problem, kind: str) -> Any:
        """Note a spectrum and its kernel.

        Args:
            architecture: as of the lab.
            pool: as of the lab.
            kind: as of the lab.

        Returns:
            What is absent.
        """
        super().spectrum(architecture, pool, kind)
        return ABSENT

    def gaussian_process(self, architecture: Architecture, problem: Problem, by: str = OWN) -> Any:
        """Note the kernel of a Gaussian process.

        Args:
            architecture: as of the lab.
            problem: as of the lab.
            by: as of the lab.

        Returns:
            What is absent.
        """
        problem.needs_two_classes("A Gaussian process")
        self.kernel(architecture, problem, by=by)
        return ABSENT

    def jittered_process(self, architecture: Architecture, problem: Problem, by: str = OWN) -> Any:
        """As `gaussian_process`.

        Args:
            architecture: as of the lab.
            problem: as of the lab.
            by: as of the lab.

        Returns:
            What is absent.
        """
        return self.gaussian_process(architecture, problem, by)

    def gather_singly(self, samplers: Sequence[Sampler[R]], *, check: bool = True) -> list[R]:  # noqa: ARG002
        """Note the first of the samples, which are one on each training set of the first look."""
        self._on_sets = self.sets
        try:
            return [self._note(samplers[0])] * len(samplers)
        finally:
            self._on_sets = 0

    def log_volumes_on_sets(
        self, architecture: Architecture, sets: TrainingSets, functions: Any, *more: Any, **named: Any
    ) -> Any:
        """Note log volumes on each training set of the first look.

        Args:
            architecture: as of the lab.
            sets: as of the lab.
            functions: as of the lab.
            more: as of the lab.
            named: as of the lab.

        Returns:
            What is absent, for each set.
        """
        return super().log_volumes_on_sets(architecture, sets, self._given(functions), *more, **named)

    def log_volumes_by_runs_on_sets(
        self, architecture: Architecture, sets: TrainingSets, functions: Any, *more: Any, **named: Any
    ) -> Any:
        """Note log volumes at finite width, as `log_volumes_on_sets` does.

        Args:
            architecture: as of the lab.
            sets: as of the lab.
            functions: as of the lab.
            more: as of the lab.
            named: as of the lab.

        Returns:
            What is absent, for each set.
        """
        # Whether they scatter is not known.
        with suppress(Undecided):
            super().log_volumes_by_runs_on_sets(architecture, sets, self._given(functions), *more, **named)
        return [ABSENT] * self.sets

    def _given(self, functions: Any) -> Any:
        return [ABSENT] * self.sets if functions is ABSENT else functions

    def _different(self, functions: Any, problem: Problem) -> Any:
        """Functions that are not known yet are so many of no meaning."""
        if functions is ABSENT:
            rng = np.random.default_rng(len(self.noted))
            functions = rng.integers(0, 2, (_FUNCTIONS, problem.n), dtype=np.uint8)
        return super()._different(functions, problem)


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
