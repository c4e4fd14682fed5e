"""Samples in seeded shards, taken from the store or computed and stored.

A claim requests the same sample at every look and gets twice as many shards each time, so that the shards of earlier
looks, of other cells and of earlier runs are used again.

Where training sets are drawn, one shard is one training set: the first shard of that sample on that problem. Looks
double the sets, and each set keeps its one shard.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from math import inf
from typing import Any, Generic, NamedTuple, TypeVar, cast

import numpy as np
import torch

from harness.arguments import short_repr
from harness.errors import BadInput
from harness.execution.executor import Executor, InProcess
from harness.functions.counts import with_origin
from harness.lab.charges import Charges
from harness.lab.jobs import Once, Shard
from harness.lab.rates import Rates
from harness.networks import Architecture
from harness.optimisers import Optimiser
from harness.problems import Problem, TrainingSets
from harness.samplers.prices import packaged
from harness.samplers.sampler import Computation, R, Sampler
from harness.store import Store
from harness.store.entries import Entry, key

# Part of every stored entry's address: raise it if a sampler's meaning changes, and old entries are not used.
SAMPLERS_VERSION = 7

# Training sets at the first look, for each shard of other samples: fewer have no interval worth its name.
SETS = 8

T = TypeVar("T")


def silent(_: str) -> None:
    """No progress is shown."""


class _Addressed(NamedTuple, Generic[R]):
    """A sampler with its description, without the shard, and the address of that."""

    sampler: Sampler[R]
    spec: dict[str, Any]
    address: str


@dataclass
class Shards(Charges):
    """The chosen seeds, device and store, and the state of a cell.

    executor: computes the shards; None for this process.
    cell: the present cell.
    scale: a look has effort·2^look shards.
    rates: what the relative learning rates of this cell's optimisers came to.
    """

    device: torch.device
    seed: int
    store: Store
    fresh: bool = False
    executor: Executor | None = None
    progress: Callable[[str], None] = silent
    cell: str = ""
    rates: Rates = field(default_factory=Rates)
    _merged: dict[str, tuple[int, Any]] = field(default_factory=dict)
    _singly: bool = False

    @property
    def shards(self) -> int:
        """Shards of every sample at this look."""
        return self.scale.effort * 2**self.look

    @property
    def sets(self) -> int:
        """Training sets of every sample on training sets at this look."""
        return SETS * self.shards

    def problems(self, sets: TrainingSets) -> list[Problem]:
        """The training sets of this look, each with its evaluation points; those of earlier looks come first."""
        return _on_each(sets, range(self.sets), self.seed)

    def begin(self, cell: str = "", first: float = inf) -> None:
        """Begin a new cell; merged samples of the last cell are kept, since neighbours share them, and older ones
        dropped.

        Args:
            cell: its name.
            first: priced seconds that its first look may take; inf for no end.
        """
        self._merged = {name: merged for name, merged in self._merged.items() if name in self._asked}
        self._open(first)
        self.cell, self.rates = cell, Rates()

    def spec(self, asked: Sampler[Any] | Computation) -> dict[str, Any]:
        """The description of a sample without the shard number, or of a computation."""
        if isinstance(asked, Computation):
            return {**asked.address, "version": SAMPLERS_VERSION}
        drawn = {"seed": self.seed, "device": self.device.type, "dtype": "float32"}
        return {**asked.address, "version": SAMPLERS_VERSION, **drawn}

    def gather(self, sampler: Sampler[R], *, check: bool = True) -> R:
        """Merge this look's shards of a sample, each from the store or drawn and stored.

        Args:
            sampler: draws the shards; one that does not grow has those of the first look at every look.
            check: False to accept a sample that cannot be trusted.

        Returns:
            The sample of all shards.

        Raises:
            NotAsked: if there can be no such sample.
            Undecided: if `check` and the sampler finds that the sample cannot be trusted.
        """
        shards = 1 if self._singly else self.shards if sampler.grows else self.scale.effort
        addressed = self._addressed(sampler)
        name = addressed.address
        self._ask(name, shards * packaged().seconds(sampler), grows=sampler.grows or self._singly)
        done, merged = self._merged.get(name, (0, None))
        if done > shards:
            done, merged = 0, None
        for part in self._draw(lambda _: addressed, range(done, shards), shards, sets=False):
            merged = part if merged is None else merged + part
        self._merged[name] = (shards, merged)
        return sampler.checked(merged) if check else merged

    def gather_on_sets(
        self, sampler_on: Callable[[Problem], Sampler[R]], sets: TrainingSets, *, check: bool = True
    ) -> list[R]:
        """A sample on each of this look's training sets: one shard a set, from the store or drawn and stored.

        The shard is the first one of `gather` on that problem.

        Args:
            sampler_on: problem -> what draws the shard on it; if it does not grow, later looks have the sets of the
                first.
            sets: the training sets.
            check: False to accept samples that cannot be trusted.

        Returns:
            The samples, by training set.

        Raises:
            NotAsked: if there can be no such sample on one of the sets.
            Undecided: if `check` and a sampler finds that its sample cannot be trusted.
        """

        @cache
        def on_set(number: int) -> _Addressed[R]:
            return self._addressed(sampler_on(_on_each(sets, [number], self.seed)[0]))

        first = on_set(0).sampler
        wanted = self.sets if first.grows else SETS * self.scale.effort
        # A name that no sample on a single problem has.
        name = f"on sets {on_set(0).address}"
        # Those on other sets are of one shape, and cost the same.
        self._ask(name, wanted * packaged().seconds(first), grows=first.grows)
        addresses = [on_set(number).address for number in range(wanted)]
        before, parts = self._merged.get(name, (0, ([], [])))[1]
        # Other families may have the first set in common, and no further one.
        if before[:wanted] != addresses[: len(before)]:
            before, parts = [], []
        parts = [*parts, *self._draw(on_set, range(len(parts), wanted), wanted, sets=True)]
        self._merged[name] = (len(parts), ([*before, *addresses[len(before) :]], parts))
        return [on_set(i).sampler.checked(part) if check else part for i, part in enumerate(parts[:wanted])]

    def gather_singly(self, samplers: Sequence[Sampler[R]], *, check: bool = True) -> list[R]:
        """The first shard of each of several samples, one for each of this look's training sets.

        Unlike those of `gather_on_sets`, the samplers of later looks need not be known yet, as where they are made of
        other samples. Whether they grow makes no difference.

        Args:
            samplers: what draws on each training set, in the order of `problems`.
            check: False to accept samples that cannot be trusted.

        Returns:
            The samples, in the same order.

        Raises:
            NotAsked: if there can be no such sample on one of the sets.
            Undecided: if `check` and a sampler finds that its sample cannot be trusted.
        """
        each = [self._addressed(sampler) for sampler in samplers]
        for one in each:
            self._ask(one.address, packaged().seconds(one.sampler), grows=True)
        todo = [number for number, one in enumerate(each) if self._merged.get(one.address, (0, None))[0] != 1]
        found = self._draw(each.__getitem__, todo, len(each), sets=True)
        self._merged.update({each[number].address: (1, part) for number, part in zip(todo, found, strict=True)})
        parts = [cast(R, self._merged[one.address][1]) for one in each]
        return [one.sampler.checked(part) if check else part for one, part in zip(each, parts, strict=True)]

    def on_each(self, sets: TrainingSets, ask: Callable[[int, Problem], T]) -> list[T]:
        """What any requests find on each of this look's training sets, with one shard of each sample.

        One set after another: `gather_on_sets` and `gather_singly` share them out among workers.

        Args:
            sets: the training sets.
            ask: number and problem of a set -> what is found on it, by requests of this lab.

        Returns:
            What was found, by training set.
        """
        found = []
        self._singly = True
        try:
            for number, problem in enumerate(self.problems(sets)):
                found.append(ask(number, problem))
        finally:
            self._singly = False
        return found

    def once(self, computation: Computation) -> dict[str, np.ndarray]:
        """The arrays of a computation without draws, from the store or computed and stored.

        They are the same at every look, seed and device.
        """
        spec = self.spec(computation)
        name = key(spec)
        self._ask(name, packaged().seconds(computation), grows=self._singly)
        entry, took = self._fetch(spec, name, Once(computation))
        self._charge(name, entry, took)
        return entry.arrays

    def resolve(
        self,
        optimiser: Optimiser,
        architecture: Architecture,
        data: Problem | TrainingSets,
        loss: str = "cross-entropy",
    ) -> Optimiser:
        """Give a relative optimiser its learning rate, measured at initialisation or from the store, and note it.

        Args:
            optimiser: any, relative or not.
            architecture: the networks.
            data: the problem or the training sets.
            loss: a name in `LOSSES`.

        Returns:
            The optimiser at its rate; one that is not relative itself.

        Raises:
            BadInput: no unit can be measured.
        """
        return self.rates.resolve(optimiser, architecture, data, loss, self.once)

    @property
    def _executor(self) -> Executor:
        return self.executor or InProcess(self.device)

    def _addressed(self, sampler: Sampler[R]) -> _Addressed[R]:
        spec = self.spec(sampler)
        return _Addressed(sampler, spec, key(spec))

    def _draw(
        self, asked: Callable[[int], _Addressed[R]], numbers: Sequence[int], of: int, *, sets: bool
    ) -> Iterator[R]:
        """Shards, each from the store or drawn and stored.

        Args:
            asked: number -> what draws it.
            numbers: of the shards, or of training sets, of which each has the first shard of a sampler of its own.
            of: how many there are with those that are there already.
            sets: whether the numbers are of sets.
        """

        def fetch(number: int) -> tuple[str, Entry, float]:
            (sampler, spec, address), shard = asked(number), 0 if sets else number
            name, job = f"{address}/{shard}", Shard(sampler, self.seed, address, shard)
            return name, *self._fetch({**spec, "shard": shard}, name, job)

        for number in numbers:
            asked(number).sampler.check_possible()
        fetched = self._executor.map(fetch, numbers)
        for number in numbers:
            sampler = asked(number).sampler
            self.progress(f"{sampler.name} {'set ' if sets else ''}{number + 1}/{of}")
            name, entry, took = next(fetched)
            self._charge(name, entry, took)
            # Functions know their problem.
            made = sampler.result.from_arrays(entry.arrays)
            yield with_origin(cast(R, made), sampler.problem.origin)

    def _fetch(self, spec: dict[str, Any], name: str, job: Shard | Once) -> tuple[Entry, float]:
        """One stored entry, and the seconds that it took to compute it now. Several threads may call it at once.

        Work is kept beside the seconds: prices are measured from stores (`benchmarks/speed/costs.py`).
        """
        took = 0.0

        def timed() -> tuple[dict[str, np.ndarray], dict[str, Any]]:
            nonlocal took
            arrays, took = self._executor.compute(job)
            return arrays, {"seconds": took, "name": job.asked.name, "work": job.asked.work}

        return self.store.fetch(spec, timed, fresh=self.fresh and name not in self._charged), took


def check_sets(sets: object) -> None:
    """Raise BadInput unless these are training sets."""
    if not isinstance(sets, TrainingSets):
        raise BadInput(
            f"Training sets are drawn by training_sets, such as training_sets(digits, 8, 64), not {short_repr(sets)}."
        )


def _on_each(sets: TrainingSets, numbers: Iterable[int], seed: int) -> list[Problem]:
    check_sets(sets)
    return [sets.problem(number, seed) for number in numbers]
