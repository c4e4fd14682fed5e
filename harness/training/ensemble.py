"""P_OPT(f|S): an ensemble of networks, each trained until it first fits all of S.

Networks are trained together but never know of each other: each has its own initialisation, its own order of
minibatches and its own optimiser state, stops at its own first perfect training accuracy, and gives its place to the
next one.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch

from harness.errors import BadInput
from harness.functions import FunctionCounts, pack
from harness.networks import Architecture
from harness.networks.ensemble import block_size, draw
from harness.problems import Problem
from harness.training.lesson import Block, Lesson
from harness.training.losses import LOSSES
from harness.training.minibatches import splitmix64
from harness.training.optimisers import Optimiser
from harness.training.rotation import least_dimension


@dataclass(frozen=True)
class Trained:
    """Functions of the networks that fitted S, and how long each took.

    networks: how many were trained. epochs: (fitted,) epochs each fitted network took; 0 if it fitted at the start.
    """

    functions: FunctionCounts
    networks: int
    epochs: np.ndarray

    @property
    def unfitted(self) -> int:
        """Networks that reached the last epoch, or diverged, without fitting S."""
        return self.networks - self.functions.total

    def __add__(self, other: "Trained") -> "Trained":
        return Trained(
            self.functions + other.functions,
            self.networks + other.networks,
            np.concatenate([self.epochs, other.epochs]),
        )

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Arrays for the store."""
        return {**self.functions.to_arrays(), "networks": np.array(self.networks), "epochs": self.epochs}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "Trained":
        """The inverse of `to_arrays`."""
        functions = {name: array for name, array in arrays.items() if name not in ("networks", "epochs")}
        return cls(FunctionCounts.from_arrays(functions), int(arrays["networks"]), arrays["epochs"])


def train(
    architecture: Architecture,
    problem: Problem,
    optimiser: Optimiser,
    networks: int,
    generator: torch.Generator,
    *,
    loss: str = "cross-entropy",
    batch: int = 32,
    max_epochs: int = 1000,
    block: int | None = None,
) -> Trained:
    """Train so many networks to their first 100 % training accuracy, looked at before training and after each epoch.

    generator: of the device to train on; draws the initialisations and the key of the minibatch orders.
    batch: training points a step (all of S where it is not smaller); the last batch of an epoch may be shorter.
    block: networks trained together; the default keeps them in cache. Draws and orders do not depend on it.
    """
    problem.needs_two_classes("Training")
    if loss not in LOSSES:
        raise BadInput(f"There is no loss {loss!r}; choose one of {', '.join(LOSSES)}.")
    if problem.m < 1 or batch < 1 or networks < 1 or max_epochs < 0:
        raise BadInput(
            "Training takes at least 1 training point, 1 network, a batch of at least 1 and no negative number of "
            f"epochs, not m = {problem.m}, networks = {networks}, batch = {batch}, max_epochs = {max_epochs}."
        )
    device = generator.device
    if optimiser.rotation_equivariant and architecture.rotation_invariant:
        x, table, rates = least_dimension(architecture, problem.inputs, device)
    else:
        x, rates = torch.tensor(architecture.prepare(problem.inputs), device=device), None
        table = architecture.parameters(tuple(x.shape[1:]))
    signs = torch.tensor(problem.train_y, dtype=torch.float32, device=device) * 2 - 1
    lesson = Lesson(architecture, table, x[: problem.m], signs, optimiser, LOSSES[loss], batch, rates)
    # Gradients and the optimiser's state take at least as much as the networks themselves.
    block = block or max(block_size(table, min(batch, problem.m), device) // 2, 1)
    first_key = torch.randint(2**62, (1,), generator=generator, device=device)

    started = 0
    active: Block | None = None
    words = [pack(np.zeros((0, problem.n), dtype=np.uint8))]
    epochs = [np.zeros(0, dtype=np.int64)]
    while active is None or len(active) or started < networks:
        # Refilling only when a quarter has left keeps the copying small beside the training.
        missing = min(block - (len(active) if active else 0), networks - started)
        if missing and (active is None or missing >= block // 4 or started + missing == networks):
            rows = draw(table, architecture.distribution, missing, generator).contiguous()
            index = torch.arange(started, started + missing, device=device)
            age = torch.zeros_like(index)
            fresh = Block(rows, optimiser.start(rows), splitmix64(first_key + index), age)
            active = active.join(fresh) if active else fresh
            started += missing
        assert active is not None, "at least one network was asked for"

        fits, diverged = lesson.look(active.rows)
        if fits.any():
            fitted = active.select(fits.nonzero()[:, 0])
            logits = lesson.logits(fitted.rows, x[problem.m :])
            words.append(pack((logits > 0).cpu().numpy()))
            epochs.append(fitted.epochs.cpu().numpy())
        going_on = ~fits & ~diverged & (active.epochs < max_epochs)
        if not going_on.all():
            active = active.select(going_on.nonzero()[:, 0])
        if len(active):
            lesson.epoch(active)

    return Trained(FunctionCounts.from_words(np.concatenate(words), problem.n), networks, np.concatenate(epochs))
