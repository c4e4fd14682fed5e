"""Samples in seeded shards, taken from the store or computed and stored.

A claim requests the same sample at every look and gets twice as many shards each time, so that the shards of earlier
looks, of other cells and of earlier runs are used again.

Where training sets are drawn, one shard is one training set: the first shard of that sample on that problem. Looks
double the sets, and each set keeps its one shard.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, wraps
from inspect import BoundArguments, signature
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import numpy as np
import torch

from harness.arguments import short_repr
from harness.claim.scales import Scale
from harness.errors import BadInput
from harness.execution.executor import Executor, InProcess, Job
from harness.execution.memory import with_smaller_blocks
from harness.lab.rates import Rates
from harness.networks import Architecture
from harness.optimisers import Optimiser
from harness.problems import Problem, TrainingSets
from harness.samplers.sampler import Computation, R, Sampler
from harness.store import Store
from harness.store.entries import Entry, key


def generator(device: torch.device, seed: int, what: str, shard: int) -> torch.Generator:
    """Make the random stream of one shard of one computation.

    The shard is added to the computation's own 64-bit seed rather than hashed into it: torch's CPU generator uses 32
    bits of a seed, and the addition gives every two shards of a computation different seeds, while hashing would let
    two in 10,000 of them collide about once in a hundred times.

    Args:
        device: the device that draws.
        seed: seed of the run, not negative.
        what: name of the computation.
        shard: number of the shard.

    Returns:
        The generator, on the device.
    """
    entropy = [seed, int.from_bytes(hashlib.sha256(what.encode()).digest()[:16], "big")]
    base = int(np.random.SeedSequence(entropy).generate_state(1, np.uint64)[0])
    return torch.Generator(device).manual_seed((base + shard) % 2**64)


# Part of every stored entry's address: raise it if a sampler's meaning changes, and old entries are not used.
SAMPLERS_VERSION = 6

# Training sets at the first look, for each shard of other samples: fewer have no interval worth its name.
SETS = 8

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Shard:
    """The computation of one shard, without the lab, so that any process may run it."""

    sampler: Sampler[Any]
    seed: int
    name: str
    number: int

    def __call__(self, device: torch.device) -> dict[str, np.ndarray]:
        """The shard's arrays."""

        def drawn() -> dict[str, np.ndarray]:
            return self.sampler.draw(generator(device, self.seed, self.name, self.number)).to_arrays()

        return with_smaller_blocks(drawn, device)


@dataclass(frozen=True)
class Once:
    """A computation without draws, in place of a shard."""

    computation: Computation

    def __call__(self, device: torch.device) -> dict[str, np.ndarray]:  # noqa: ARG002 — always on the CPU
        """The computation's arrays."""
        return self.computation.compute()


@dataclass
class Shards:
    """The chosen seeds, device and store, and the state of a cell.

    executor: computes the shards; None for this process.
    run: facts that decide, besides the samples, how far a cell goes: the run's budget and its number of cells.
    cell: the present cell.
    look: 0 for the first; a look has effort·2^look shards.
    spent: seconds that it took to compute the samples handed out since `begin`, at the time they were computed, so that
        a run from the store spends, and therefore decides, as the run that filled it did. Samples that an earlier cell
        of this run had requested cost nothing.
    computed: seconds that this process has computed in all.
    rates: what the relative learning rates of this cell's optimisers came to.
    """

    scale: Scale
    device: torch.device
    seed: int
    store: Store
    fresh: bool = False
    executor: Executor | None = None
    progress: Callable[[str], None] = lambda _: None
    run: Mapping[str, float] = field(default_factory=dict)
    cell: str = ""
    look: int = 0
    spent: float = 0.0
    computed: float = 0.0
    rates: Rates = field(default_factory=Rates)
    _before: float = 0.0
    _charged: set[str] = field(default_factory=set)
    _merged: dict[str, tuple[int, Any]] = field(default_factory=dict)
    _asked: set[str] = field(default_factory=set)
    _seconds: dict[str, list[float]] = field(default_factory=dict)
    _asked_on_sets: dict[str, Callable[[int], str]] = field(default_factory=dict)
    _singly: bool = False
    _asked_singly: set[str] = field(default_factory=set)

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

    def ahead(self) -> float:
        """Seconds of this cell's next look: twice the shards, at the cost of those so far, without those this run has
        paid for.
        """
        total = 0.0
        for name in self._asked:
            missing = sum(f"{name}/{shard}" not in self._charged for shard in range(self.shards, 2 * self.shards))
            total += missing * float(np.mean(self._seconds[name]))
        for name_of in self._asked_on_sets.values():
            mean = float(np.mean([np.mean(self._seconds[name_of(number)]) for number in range(self.sets)]))
            missing = sum(f"{name_of(number)}/0" not in self._charged for number in range(self.sets, 2 * self.sets))
            total += missing * mean
        # As many sets again, whose samples have no names yet.
        return total + sum(float(np.mean(self._seconds[name])) for name in self._asked_singly)

    def goes_on(self, allowance: float) -> bool:
        """Whether this cell may take another look, or its first one: whether the look fits into the seconds it may
        spend.

        The first look fits into any allowance. The decision is stored: a cell's cost depends on the cells that were
        judged before, and a run from the store must stop at the look at which the run that filled it did.
        """
        decision = {
            "decision": "goes on",
            "cell": self.cell,
            "look": self.look,
            "samples": sorted([*self._asked, *self._asked_on_sets, *self._asked_singly]),
            "scale": self.scale.name,
            "run": dict(self.run),
        }
        fits = 0 < allowance >= self.computed - self._before + self.ahead()
        return bool(self.store.fetch(decision, lambda: ({}, {"goes on": fits}), fresh=self.fresh).facts["goes on"])

    def begin(self, cell: str = "") -> None:
        """Begin a new cell; merged samples of the last cell are kept, since neighbours share them, and older ones
        dropped.
        """
        self.cell, self.look, self.spent, self._before = cell, 0, 0.0, self.computed
        asked = {*self._asked, *self._asked_on_sets, *self._asked_singly}
        self._merged = {name: merged for name, merged in self._merged.items() if name in asked}
        self._asked, self._asked_on_sets, self._asked_singly, self.rates = set(), {}, set(), Rates()

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
            Undecided: if `check` and the sampler finds that the sample cannot be trusted.
        """
        shards = 1 if self._singly else self.shards if sampler.grows else self.scale.effort
        spec = self.spec(sampler)
        name = key(spec)
        # A sample that does not grow costs later looks nothing.
        if sampler.grows:
            (self._asked_singly if self._singly else self._asked).add(name)
        done, merged = self._merged.get(name, (0, None))
        if done > shards:
            done, merged = 0, None

        def fetch(shard: int) -> tuple[Entry, float]:
            return self._fetch({**spec, "shard": shard}, f"{name}/{shard}", Shard(sampler, self.seed, name, shard))

        todo = range(done, shards)
        fetched = self._executor.map(fetch, todo)
        for shard in todo:
            self.progress(f"{sampler.name} {shard + 1}/{shards}")
            entry, took = next(fetched)
            seconds = self._charge(f"{name}/{shard}", entry, took)
            if seconds is not None:
                self._seconds.setdefault(name, []).append(seconds)
            part = cast(R, sampler.result.from_arrays(entry.arrays))
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
            Undecided: if `check` and a sampler finds that its sample cannot be trusted.
        """

        @cache
        def sampler(number: int) -> Sampler[R]:
            return sampler_on(_on_each(sets, [number], self.seed)[0])

        @cache
        def name_of(number: int) -> str:
            return key(self.spec(sampler(number)))

        first = sampler(0)
        wanted = self.sets if first.grows else SETS * self.scale.effort
        # A name that no sample on a single problem has.
        name = f"on sets {name_of(0)}"
        if first.grows:
            self._asked_on_sets[name] = name_of
        parts: list[R] = list(self._merged.get(name, (0, []))[1])

        def fetch(number: int) -> tuple[Entry, float]:
            shard, own = Shard(sampler(number), self.seed, name_of(number), 0), name_of(number)
            return self._fetch({**self.spec(shard.sampler), "shard": 0}, f"{own}/0", shard)

        todo = range(len(parts), wanted)
        fetched = self._executor.map(fetch, todo)
        for number in todo:
            self.progress(f"{first.name} set {number + 1}/{wanted}")
            entry, took = next(fetched)
            seconds = self._charge(f"{name_of(number)}/0", entry, took)
            if seconds is not None:
                self._seconds.setdefault(name_of(number), []).append(seconds)
            parts.append(cast(R, first.result.from_arrays(entry.arrays)))
        self._merged[name] = (len(parts), parts)
        return [sampler(i).checked(part) if check else part for i, part in enumerate(parts[:wanted])]

    def on_each(self, sets: TrainingSets, ask: Callable[[int, Problem], T]) -> list[T]:
        """What any requests find on each of this look's training sets, with one shard of each sample.

        One set after another: `gather_on_sets` shares them out among workers, but takes one sampler only.

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

    def _fetch(self, spec: dict[str, Any], name: str, job: Job) -> tuple[Entry, float]:
        """One stored entry, and the seconds that it took to compute it now. Several threads may call it at once."""
        took = 0.0

        def timed() -> tuple[dict[str, np.ndarray], dict[str, Any]]:
            nonlocal took
            arrays, took = self._executor.compute(job)
            return arrays, {"seconds": took}

        return self.store.fetch(spec, timed, fresh=self.fresh and name not in self._charged), took

    def _charge(self, name: str, entry: Entry, took: float) -> float | None:
        """The seconds of an entry if this run is charged for it for the first time, else None."""
        self.computed += took
        if name in self._charged:
            return None
        self._charged.add(name)
        seconds = float(entry.facts["seconds"])
        self.spent += seconds
        return seconds


def _on_each(sets: TrainingSets, numbers: Iterable[int], seed: int) -> list[Problem]:
    if not isinstance(sets, TrainingSets):
        raise BadInput(
            f"Training sets are drawn by training_sets, such as training_sets(digits, 8, 64), not {short_repr(sets)}."
        )
    return [sets.problem(number, seed) for number in numbers]


def request(sampler: Callable[P, Sampler[R]]) -> Callable[Concatenate[Shards, P], R]:
    """Make a request of a sampler: a method of the lab that takes the sampler's arguments and returns its sample."""

    bind = _binding(sampler)

    @wraps(sampler, updated=())
    def ask(lab: Shards, /, *arguments: P.args, **named: P.kwargs) -> R:
        bound = bind(*arguments, **named)
        noted = lab.rates.bind(bound, lab.once)
        return noted(lab.gather(sampler(*bound.args, **bound.kwargs)))

    return ask


def on_sets(sampler: Callable[..., Sampler[R]]) -> Callable[..., list[R]]:
    """Make a request of a sampler on training sets: a method of the lab that takes the architecture, the training sets
    and the sampler's further arguments, and returns its samples by training set.
    """
    bind = _binding(sampler)

    @wraps(sampler, updated=())
    def ask(lab: Shards, architecture: Architecture, sets: TrainingSets, /, *arguments: Any, **named: Any) -> list[R]:
        bound = bind(architecture, sets, *arguments, **named)
        noted = lab.rates.bind(bound, lab.once)
        further, named = bound.args[2:], bound.kwargs
        return noted(lab.gather_on_sets(lambda problem: sampler(architecture, problem, *further, **named), sets))

    return ask


def _binding(sampler: Callable[..., Any]) -> Callable[..., BoundArguments]:
    """A function that binds arguments to a sampler's, or raises BadInput for those that it does not take."""
    takes = signature(sampler)

    def bind(*arguments: Any, **named: Any) -> BoundArguments:
        try:
            return takes.bind(*arguments, **named)
        except TypeError as error:
            raise BadInput(f"A request was wrong: {error}; it takes {', '.join(takes.parameters)}.") from None

    return bind
