"""P_OPT(f|S): an ensemble of networks, each trained until it first fits all of S.

Networks are trained together but never know of each other: each has its own initialisation, its own order of
minibatches and its own optimiser state, stops at its own first perfect training accuracy, and gives its place to the
next one.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from harness.errors import BadInput
from harness.functions import FunctionCounts, pack
from harness.networks import Architecture
from harness.networks.ensemble import block_size, draw
from harness.problems import Problem
from harness.training.losses import LOSSES
from harness.training.minibatches import orders, splitmix64
from harness.training.optimisers import Optimiser


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


@dataclass
class _Block:
    """Networks in training: all tensors have the leading axis "networks"."""

    parameters: dict[str, Tensor]
    state: list[Tensor]
    keys: Tensor
    epochs: Tensor

    def select(self, which: Tensor) -> "_Block":
        return _Block(
            {name: tensor[which] for name, tensor in self.parameters.items()},
            [tensor[which] for tensor in self.state],
            self.keys[which],
            self.epochs[which],
        )

    def join(self, other: "_Block") -> "_Block":
        return _Block(
            {name: torch.cat([tensor, other.parameters[name]]) for name, tensor in self.parameters.items()},
            [torch.cat(pair) for pair in zip(self.state, other.state, strict=True)],
            torch.cat([self.keys, other.keys]),
            torch.cat([self.epochs, other.epochs]),
        )

    def __len__(self) -> int:
        return len(self.keys)


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
    if loss not in LOSSES:
        raise BadInput(f"There is no loss {loss!r}; choose one of {', '.join(LOSSES)}.")
    if problem.m < 1 or batch < 1 or networks < 1 or max_epochs < 0:
        raise BadInput(
            "Training takes at least 1 training point, 1 network, a batch of at least 1 and no negative number of "
            f"epochs, not m = {problem.m}, networks = {networks}, batch = {batch}, max_epochs = {max_epochs}."
        )
    device = generator.device
    x = torch.from_numpy(np.ascontiguousarray(architecture.prepare(problem.inputs))).to(device)
    train_x, eval_x = x[: problem.m], x[problem.m :]
    signs = torch.from_numpy(problem.train_y.astype(np.float32)).to(device) * 2 - 1
    table = architecture.parameters(tuple(x.shape[1:]))
    block = block or block_size(table, min(batch, problem.m), device)
    first_key = torch.randint(2**62, (1,), generator=generator, device=device)

    started = 0
    active: _Block | None = None
    words: list[np.ndarray] = []
    epochs: list[np.ndarray] = []
    while True:
        # Refilling only when a quarter has left keeps the copying small beside the training.
        missing = min(block - (len(active) if active else 0), networks - started)
        if missing and (active is None or missing >= block // 4 or started + missing == networks):
            drawn = draw(table, architecture.distribution, missing, generator)
            parameters = {name: tensor.contiguous() for name, tensor in drawn.items()}
            index = torch.arange(started, started + missing, device=device)
            fresh = _Block(
                parameters,
                optimiser.start(list(parameters.values())),
                splitmix64(first_key + index),
                torch.zeros(missing, dtype=torch.int64, device=device),
            )
            active = active.join(fresh) if active else fresh
            started += missing
        assert active is not None, "at least one network was asked for"

        fits = _fits(architecture, active.parameters, train_x, signs)
        if fits.any():
            fitted = active.select(fits)
            words.append(_words(architecture, fitted.parameters, eval_x))
            epochs.append(fitted.epochs.cpu().numpy())
        going_on = ~fits & (active.epochs < max_epochs)
        if not going_on.all():
            active = active.select(going_on)
        if len(active):
            _epoch(architecture, active, train_x, signs, optimiser, loss, batch)
        elif started == networks:
            break

    empty = pack(np.zeros((0, problem.n), dtype=np.uint8))
    return Trained(
        FunctionCounts.from_words(np.concatenate([empty, *words]), problem.n),
        networks,
        np.concatenate([np.zeros(0, dtype=np.int64), *epochs]),
    )


@torch.no_grad()
def _fits(architecture: Architecture, parameters: dict[str, Tensor], x: Tensor, signs: Tensor) -> Tensor:
    logits = architecture.readout(parameters, architecture.features(parameters, x))[..., 0]
    return ((logits > 0) == (signs > 0)).all(1) & logits.isfinite().all(1)


@torch.no_grad()
def _words(architecture: Architecture, parameters: dict[str, Tensor], x: Tensor) -> np.ndarray:
    logits = architecture.readout(parameters, architecture.features(parameters, x))[..., 0]
    return pack((logits > 0).cpu().numpy())


def _epoch(
    architecture: Architecture,
    block: _Block,
    x: Tensor,
    signs: Tensor,
    optimiser: Optimiser,
    loss: str,
    batch: int,
) -> None:
    """One pass of every network through its own order of the training points; updates the block in place."""
    m = len(x)
    order = orders(block.keys, block.epochs, m) if batch < m else None
    names, leaves = list(block.parameters), list(block.parameters.values())
    for start in range(0, m, batch):
        if order is None:
            batch_x, batch_signs = x, signs
        else:
            chosen = order[:, start : start + batch]
            batch_x, batch_signs = x[chosen], signs[chosen]
        for leaf in leaves:
            leaf.requires_grad_(True)
        parameters = dict(zip(names, leaves, strict=True))
        logits = architecture.readout(parameters, architecture.features(parameters, batch_x))[..., 0]
        # Networks share no parameter, so the gradient of the sum is each network's own gradient.
        total = LOSSES[loss](logits, batch_signs).mean(1).sum()
        gradients = list(torch.autograd.grad(total, leaves))
        with torch.no_grad():
            optimiser.step(leaves, gradients, block.state)
        for leaf in leaves:
            leaf.requires_grad_(False)
    block.epochs += 1
