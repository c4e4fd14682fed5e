"""A lab that notes what it is asked for, and gives nothing in return (`absent.py`)."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from harness.claim import SCALES
from harness.errors import Undecided
from harness.lab import Lab
from harness.networks import Architecture
from harness.problems import Problem, TrainingSets
from harness.run.plan.absent import ABSENT
from harness.samplers.infinite_width.kernels.matrices import LIBRARY, OWN
from harness.samplers.sampler import Computation, R, Sampler
from harness.store import Store, key

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
