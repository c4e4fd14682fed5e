"""The training loop: networks start, train together until each stops, and give their place to the next ones."""

from collections.abc import Iterator
from functools import partial

import torch
from torch import Tensor

from harness.arguments import are_counts, counts
from harness.errors import BadInput
from harness.networks import Architecture
from harness.networks.compiled.passes import supports_forward
from harness.networks.ensemble import Draws, activations, block_size
from harness.networks.logits import labels_of_logits
from harness.optimisers import BinaryConnect, Optimiser
from harness.optimisers.minibatches import splitmix64, uniform
from harness.optimisers.search import GuessAndCheck
from harness.optimisers.stopping import After, BestValidation, Stop
from harness.problems import Problem
from harness.samplers.training import compiled
from harness.samplers.training.state import Engine, EnsembleState, Task
from harness.samplers.training.tasks import task_on
from harness.samplers.training.trainer import Trainer


def engine_for(task: Task) -> Engine:
    """The fastest engine for a task; this is the only place that chooses one."""
    if compiled.supports(task):
        return compiled.CompiledTrainer(task)
    if supports_forward(task.architecture, task.table, task.inputs):
        return Trainer(task, check_fit=partial(compiled.check_fit, task))
    return Trainer(task)


class TrainingLoop:
    """The training that `train` and `trained_networks` ask for, checked, on the generator's device.

    Its arguments are theirs. x: (m + n, ...) prepared training, then evaluation inputs. task: on which the networks
    train. keep_initial: whether ensembles keep their networks' numbers at initialisation.
    """

    def __init__(
        self,
        architecture: Architecture,
        problem: Problem,
        optimiser: Optimiser,
        networks: int,
        generator: torch.Generator,
        *,
        loss: str,
        batch: int,
        max_epochs: int,
        stop: Stop,
        block: int | None,
        in_span: bool,
        keep_initial: bool,
    ) -> None:
        if not are_counts(problem.m, batch, networks) or not are_counts(max_epochs, least=0):
            raise BadInput(
                "Training takes at least 1 training point, 1 network, a batch of at least 1 and no negative number of "
                f"epochs, not m = {problem.m}, networks = {networks}, batch = {batch}, max_epochs = {max_epochs}."
            )
        if isinstance(optimiser, GuessAndCheck) and architecture.distribution != "gaussian":
            raise BadInput(
                f"Guess-and-check draws Gaussian networks, but {architecture.name} starts {architecture.distribution}; "
                "ask for its posterior by rejection instead."
            )
        device = generator.device
        batch = problem.m if optimiser.full_batch else batch
        self.x, self.task = task_on(architecture, problem, optimiser, loss, batch, device, in_span=in_span)
        table = self.task.table
        self._engine = engine_for(self.task)
        in_cache = block_size(table, min(batch, problem.m), device, activations(architecture, self.x))
        self._block = block or max(int(self._engine.block_factor * in_cache), 1)
        counts("Training", block=self._block)
        if isinstance(stop, BestValidation) and stop.points >= problem.n:
            raise BadInput(
                f"Of {problem.n} evaluation points, {stop.points} for validation leave none for the test error; ask "
                "for fewer, or for more evaluation points."
            )
        self._networks, self._stop, self._max_epochs = networks, stop, max_epochs
        self._eval_y = torch.tensor(problem.eval_y, device=device)
        self._generator, self._keep_initial = generator, keep_initial
        self._draws = Draws(table, architecture.distribution, generator)
        self._first_key = torch.randint(2**62, (1,), generator=generator, device=device)
        self._started = 0

    def stopped(self) -> Iterator[tuple[EnsembleState, Tensor]]:
        """Networks as they stop, some at a time, and which fit S, (networks,) bool; diverged ones are left out."""
        if isinstance(self._stop, After):
            return self._after(self._stop.of_updates(self.task.updates_per_epoch))
        if isinstance(self._stop, BestValidation):
            return self._selected(self._stop)
        return self._overtrained(self._stop.further) if self._stop.further else self._first_fits()

    @property
    def _missing(self) -> int:
        return self._networks - self._started

    def _take(self, networks: int) -> EnsembleState:
        """The next so many networks at initialisation."""
        device = self._generator.device
        rows = self._draws.take(networks).contiguous()
        index = torch.arange(self._started, self._started + networks, device=device)
        self._started += networks
        initial = rows.clone() if self._keep_initial else None
        keys, optimiser = splitmix64(self._first_key + index), self.task.optimiser
        state = optimiser.start(rows)
        if isinstance(optimiser, BinaryConnect):
            optimiser.spread(state, uniform(keys, rows.shape[1]))
        return EnsembleState(rows, state, keys, torch.zeros_like(index), initial)

    def _first_fits(self) -> Iterator[tuple[EnsembleState, Tensor]]:
        """At their first fit, or at the last epoch without one."""
        active: EnsembleState | None = None
        while active or self._missing:
            # Refilling only when a quarter has left keeps the copying small beside the training.
            free = min(self._block - (len(active) if active else 0), self._missing)
            if free and (free >= self._block // 4 or free == self._missing):
                entering = self._take(free)
                stopped, fits, entering = self._parted(entering, *self._engine.check_fit(entering.rows))
                if len(stopped):
                    yield stopped, fits
                active = active.join(entering) if active else entering
            if active:
                stopped, fits, active = self._parted(active, *self._engine.epochs_until_fit(active, self._max_epochs))
                if len(stopped):
                    yield stopped, fits

    def _parted(
        self, ensemble: EnsembleState, fits: Tensor, diverged: Tensor
    ) -> tuple[EnsembleState, Tensor, EnsembleState]:
        """Networks that stop, which of these fit, and those that go on; diverged ones are left out."""
        stopping = fits | ~diverged & (ensemble.epochs >= self._max_epochs)
        which = stopping.nonzero()[:, 0]
        stopped = ensemble.select(which)
        going_on = ~stopping & ~diverged
        return stopped, fits[which], ensemble if going_on.all() else ensemble.compact(going_on)

    def _overtrained(self, further: int) -> Iterator[tuple[EnsembleState, Tensor]]:
        """So many epochs after their first fit; those without one as they come."""
        waiting: EnsembleState | None = None
        for ensemble, fits in self._first_fits():
            if not fits.all():
                which = (~fits).nonzero()[:, 0]
                yield ensemble.select(which), fits[which]
            fitted = ensemble.select(fits.nonzero()[:, 0])
            waiting = waiting.join(fitted) if waiting else fitted
            # They wait for each other, since small blocks waste most of their time on calls.
            if len(waiting) >= self._block:
                yield from self._trained_on(waiting, further * self.task.updates_per_epoch)
                waiting = None
        if waiting:
            yield from self._trained_on(waiting, further * self.task.updates_per_epoch)

    def _after(self, updates: int) -> Iterator[tuple[EnsembleState, Tensor]]:
        """After so many updates."""
        while self._missing:
            yield from self._trained_on(self._take(min(self._block, self._missing)), updates)

    def _trained_on(self, ensemble: EnsembleState, updates: int) -> Iterator[tuple[EnsembleState, Tensor]]:
        """The networks that have not diverged after so many further updates, if any, and which of them fit."""
        whole, rest = divmod(updates, self.task.updates_per_epoch)
        for _ in range(whole):
            self._engine.epoch(ensemble)
        if rest:
            self._engine.epoch(ensemble, rest)
        fits, diverged = self._engine.check_fit(ensemble.rows)
        which = (~diverged).nonzero()[:, 0]
        if len(which):
            yield ensemble.select(which), fits[which]

    def _selected(self, stop: BestValidation) -> Iterator[tuple[EnsembleState, Tensor]]:
        """As they were when they were best on the validation points."""
        held_out, labels = self.x[-stop.points :], self._eval_y[-stop.points :]
        while self._missing:
            ensemble = self._take(min(self._block, self._missing))
            chosen = ensemble.select(torch.arange(len(ensemble), device=ensemble.keys.device))
            best = torch.full_like(ensemble.keys, -1)
            for epoch in range(stop.epochs + 1):
                if epoch:
                    self._engine.epoch(ensemble)
                if epoch % stop.every:
                    continue
                fits, _ = self._engine.check_fit(ensemble.rows)
                right = (labels_of_logits(self.task.logits(ensemble.rows, held_out)) == labels).sum(1)
                better = fits & (right >= best)
                best[better] = right[better]
                for kept, now in ((chosen.rows, ensemble.rows), (chosen.epochs, ensemble.epochs)):
                    kept[better] = now[better]
            never = best < 0
            _, diverged = self._engine.check_fit(ensemble.rows)
            chosen.rows[never], chosen.epochs[never] = ensemble.rows[never], ensemble.epochs[never]
            staying = (~(never & diverged)).nonzero()[:, 0]
            if len(staying):
                yield chosen.select(staying), ~never[staying]
