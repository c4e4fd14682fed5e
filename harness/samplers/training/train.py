"""P_OPT(f|S): an ensemble of networks, each trained until it first fits all of S, or for a given time.

Networks are trained together but never know of each other: each has its own initialisation, its own order of
minibatches and its own optimiser state, stops by itself, and gives its place to the next one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from harness.arguments import one_of
from harness.functions import FunctionCounts
from harness.functions.packing import pack
from harness.functions.shown import Shown
from harness.networks import Architecture
from harness.networks.ensemble import views
from harness.networks.logits import LOSSES, are_finite, labels_of_logits
from harness.optimisers import FirstFit, Optimiser, Stop
from harness.optimisers.rule import check_optimiser
from harness.optimisers.stopping import check_stop
from harness.problems import Problem
from harness.samplers.sampler import Sampler, argument
from harness.samplers.training.loop import TrainingLoop
from harness.samplers.work import training_work


@dataclass(frozen=True)
class Trained(Shown):
    """Functions of the networks when they stopped, and how long those that fitted S took.

    functions: of the networks that fitted S when they stopped. networks: how many were trained. epochs: (fitted,)
    epochs each of these was trained for, the last one whole or not; 0 if it fitted at the start. others: functions of
    the networks that stopped without fitting S; those that diverged, on S or on E, are in neither.
    """

    functions: FunctionCounts
    networks: int
    epochs: np.ndarray
    others: FunctionCounts

    @property
    def fitted(self) -> int:
        """Networks that fitted S when they stopped."""
        return self.functions.total

    @property
    def unfitted(self) -> int:
        """Networks that stopped, or diverged, without fitting S."""
        return self.networks - self.fitted

    @property
    def stopped(self) -> FunctionCounts:
        """Functions of all networks but those that diverged, whether or not they fitted S."""
        return self.functions + self.others

    def __add__(self, other: "Trained") -> "Trained":
        return Trained(
            self.functions + other.functions,
            self.networks + other.networks,
            np.concatenate([self.epochs, other.epochs]),
            self.others + other.others,
        )

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Arrays for the store."""
        return {
            **self.functions.to_arrays(),
            "networks": np.array(self.networks),
            "epochs": self.epochs,
            "other_words": self.others.words,
            "other_counts": self.others.counts,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "Trained":
        """The inverse of `to_arrays`."""
        own = ("networks", "epochs", "other_words", "other_counts")
        functions = FunctionCounts.from_arrays({name: array for name, array in arrays.items() if name not in own})
        others = FunctionCounts(functions.n, arrays["other_words"], arrays["other_counts"], functions.classes)
        return cls(functions, int(arrays["networks"]), arrays["epochs"], others)


@dataclass(frozen=True)
class Finished:
    """Some networks that stopped, with their parameters then and at initialisation.

    initial, final: {name: (networks, *shape)}, as the architecture's `features` and `readout` take them. x: (m + n,
    ...) training, then evaluation inputs as these parameters take them. fits: (networks,) bool, whether a network fits
    all of S. epochs: (networks,) int64, how many it was trained for.
    """

    initial: dict[str, Tensor]
    final: dict[str, Tensor]
    x: Tensor
    fits: Tensor
    epochs: Tensor


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
    stop: Stop = FirstFit(),
    block: int | None = None,
) -> Trained:
    """Train networks until each stops: at its first 100 % training accuracy, unless `stop` says otherwise.

    Args:
        architecture: the networks.
        problem: S, and E on which functions are recorded.
        optimiser: the update rule, or a search.
        networks: how many are trained.
        generator: of the device to train on; draws the initialisations and the key of the minibatch orders.
        loss: a name in `LOSSES`.
        batch: training points a step (all of S if it is not smaller, or if the optimiser asks for that); the last batch
            of an epoch may be shorter.
        max_epochs: how long a network is given to fit S for the first time; without meaning if `stop` is a time.
        stop: when a network stops.
        block: networks trained together; None keeps them in cache. Draws and orders do not depend on it.

    Returns:
        Functions of the networks when they stopped.
    """
    loop = TrainingLoop(
        architecture,
        problem,
        optimiser,
        networks,
        generator,
        loss=loss,
        batch=batch,
        max_epochs=max_epochs,
        stop=stop,
        block=block,
        in_span=True,
        keep_initial=False,
    )
    m, n, classes = problem.m, problem.n, problem.classes
    words = [pack(np.zeros((0, n), dtype=np.uint8), classes)]
    fitted, epochs = [np.zeros(0, dtype=bool)], [np.zeros(0, dtype=np.int64)]
    for finished, fits in loop.stopped():
        logits = loop.task.logits(finished.rows, loop.x[m:])
        # A logit that is no finite number has no label, and the network no function.
        finite = are_finite(logits)
        words.append(pack(labels_of_logits(logits[finite]).cpu().numpy(), classes))
        fitted.append(fits[finite].cpu().numpy())
        epochs.append(finished.epochs[finite].cpu().numpy())
    every, which = np.concatenate(words), np.concatenate(fitted)
    return Trained(
        FunctionCounts.from_words(every[which], n, classes),
        networks,
        np.sort(np.concatenate(epochs)[which]),  # who stopped first depends on the blocks
        FunctionCounts.from_words(every[~which], n, classes),
    )


def trained_networks(
    architecture: Architecture,
    problem: Problem,
    optimiser: Optimiser,
    networks: int,
    generator: torch.Generator,
    *,
    loss: str = "cross-entropy",
    batch: int = 32,
    max_epochs: int = 1000,
    stop: Stop = FirstFit(),
    block: int | None = None,
    in_span: bool = True,
) -> Iterator[Finished]:
    """Train the networks that `train` trains, and hand them out with their parameters as they stop.

    Diverged networks are left out.

    Args:
        architecture: the networks.
        problem: S, and E on which functions are recorded.
        optimiser: the update rule, or a search.
        networks: how many are trained.
        generator: of the device to train on; draws the initialisations and the key of the minibatch orders.
        loss: a name in `LOSSES`.
        batch: training points a step (all of S if it is not smaller, or if the optimiser asks for that); the last batch
            of an epoch may be shorter.
        max_epochs: how long a network is given to fit S for the first time; without meaning if `stop` is a time.
        stop: when a network stops.
        block: networks trained together; None keeps them in cache. Draws and orders do not depend on it.
        in_span: train in the span of the inputs if that leaves functions and features distributed as they are (see
            `in_input_span`), so that a first layer has fewer numbers than `problem.inputs` would give it; the networks
            are then those of `train`. False: never.

    Yields:
        Some networks at a time.
    """
    loop = TrainingLoop(
        architecture,
        problem,
        optimiser,
        networks,
        generator,
        loss=loss,
        batch=batch,
        max_epochs=max_epochs,
        stop=stop,
        block=block,
        in_span=in_span,
        keep_initial=True,
    )
    table = loop.task.table
    for finished, fits in loop.stopped():
        assert finished.initial is not None, "asked for above"
        yield Finished(views(table, finished.initial), views(table, finished.rows), loop.x, fits, finished.epochs)


@dataclass(frozen=True)
class Training(Sampler[Trained]):
    """P_OPT(f|S): functions of trained networks.

    networks: trained per shard. The other arguments are those of `train`.
    """

    optimiser: Optimiser
    loss: str = "cross-entropy"
    networks: int = 500
    batch: int = 8
    max_epochs: int = argument(least=0, default=2000)
    stop: Stop = FirstFit()

    name = "training"
    result = Trained

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of(self.loss, LOSSES, "There is no loss")
        check_optimiser(self.optimiser)
        check_stop(self.stop)

    def draw(self, generator: torch.Generator) -> Trained:
        """One shard."""
        return train(
            self.architecture,
            self.problem,
            self.optimiser,
            self.networks,
            generator,
            loss=self.loss,
            batch=self.batch,
            max_epochs=self.max_epochs,
            stop=self.stop,
        )

    @property
    def work(self) -> float:
        """Roughly the scalar multiplications of a shard."""
        return training_work(self.shape, self.optimiser, self.networks, self.batch, self.stop)
