"""Statistics of trained networks, and how far training moved their hidden layers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from harness.arguments import one_of, switch
from harness.errors import Undecided
from harness.networks import Architecture
from harness.networks.logits import LOSSES
from harness.optimisers import Optimiser, Relative, Stop
from harness.optimisers.rule import check_optimiser
from harness.optimisers.stopping import check_stop
from harness.problems import Problem
from harness.samplers.features.layer_statistics import CHANGES, STATISTICS, View
from harness.samplers.features.margins import lipschitz_margin
from harness.samplers.features.observed import Observed, none_fitted
from harness.samplers.features.patterns import PATTERN_POINTS, PATTERN_UNITS, LayerPatterns, clustered, patterns
from harness.samplers.features.posterior import check_statistics, input_shape, signs_of
from harness.samplers.sampler import R, Sampler, argument
from harness.samplers.training import trained_networks
from harness.samplers.work import training_work
from harness.store.identity import stated

OF_TRAINED = {**CHANGES, "Lipschitz-normalised margin": lambda _, after: lipschitz_margin(after)}


def trained_features(
    architecture: Architecture,
    problem: Problem,
    optimiser: Optimiser,
    networks: int,
    generator: torch.Generator,
    statistics: Sequence[str] = (),
    changes: Sequence[str] = (),
    **training: Any,
) -> Observed:
    """Train networks, and compute statistics and changes of those that fit S.

    Args:
        architecture: the networks.
        problem: S and E, of two classes.
        optimiser: the rule that trains them.
        networks: number of networks.
        generator: source of randomness, on the device that computes.
        statistics: names in `STATISTICS`.
        changes: names in `OF_TRAINED`, or in `STATISTICS` for the growth of that statistic.
        training: further arguments of `harness.samplers.training.train`.

    Returns:
        One column per statistic, then per change, and hidden layer.
    """
    check_statistics(statistics, STATISTICS)
    check_statistics(changes, {**OF_TRAINED, **STATISTICS})
    values = [
        columns(before, after, statistics, changes).cpu().numpy()
        for before, after in _fitted(architecture, problem, optimiser, networks, generator, **training)
    ]
    if not values:
        width = (len(statistics) + len(changes)) * max(len(getattr(architecture, "layers", ())) - 1, 1)
        return Observed(np.zeros((0, width), dtype=np.float32), np.zeros(0), networks)
    every = np.concatenate(values)
    return Observed(every, np.ones(len(every)), networks - len(every))


def columns(before: View, after: View, statistics: Sequence[str], changes: Sequence[str]) -> Tensor:
    """Compute statistics of networks, and changes between two of their states.

    Args:
        before: the networks at initialisation.
        after: the same networks later.
        statistics: names as of `trained_features`.
        changes: names as of `trained_features`.

    Returns:
        (networks, k): one column per statistic, then per change, and hidden layer.
    """
    found = [STATISTICS[name](after) for name in statistics]
    for name in changes:
        growth = name in STATISTICS
        found.append(STATISTICS[name](after) - STATISTICS[name](before) if growth else OF_TRAINED[name](before, after))
    return torch.cat(found, dim=1)


def trained_patterns(
    architecture: Architecture,
    problem: Problem,
    optimiser: Optimiser,
    networks: int,
    generator: torch.Generator,
    points: int,
    units: int,
    **training: Any,
) -> LayerPatterns:
    """Train networks, and take the patterns of the hidden units of those that fit S.

    Args:
        architecture: the networks.
        problem: S and E, of two classes.
        optimiser: the rule that trains them.
        networks: number of networks.
        generator: source of randomness, on the device that computes.
        points: points of S, and as many of E, on which patterns are taken.
        units: units of each hidden layer.
        training: further arguments of `harness.samplers.training.train`.

    Returns:
        The patterns by network, as `hidden_patterns` gives them of the posterior.

    Raises:
        Undecided: if no network fits.
    """
    found = [
        patterns(after, points, units)
        for _, after in _fitted(architecture, problem, optimiser, networks, generator, **training)
    ]
    if not found:
        raise Undecided(none_fitted(networks))
    return clustered([np.concatenate(each) for each in zip(*found, strict=True)], points)


def _fitted(
    architecture: Architecture,
    problem: Problem,
    optimiser: Optimiser,
    networks: int,
    generator: torch.Generator,
    **training: Any,
) -> Iterator[tuple[View, View]]:
    """The networks that fit S, at initialisation and at the end, block by block."""
    problem.needs_two_classes("A statistic of hidden layers")
    signs, shape = signs_of(problem, generator.device), input_shape(architecture, problem)
    for finished in trained_networks(architecture, problem, optimiser, networks, generator, **training):
        if finished.fits.any():
            table = architecture.parameters(tuple(finished.x.shape[1:]))
            before, after = (
                View(architecture, table, _of(parameters, finished.fits), finished.x, signs, problem.m, shape)
                for parameters in (finished.initial, finished.final)
            )
            yield before, after


def _of(parameters: Mapping[str, Tensor], which: Tensor) -> dict[str, Tensor]:
    return {name: tensor[which] for name, tensor in parameters.items()}


@dataclass(frozen=True)
class OfTrained(Sampler[R]):
    """Base of samplers of trained networks' hidden layers: it has the arguments of `train`.

    stop, in_span: None for the default of `train`.
    relative_rates: whether it takes relative learning rates, and measures their unit itself.
    """

    relative_rates: ClassVar[bool] = False

    optimiser: Optimiser
    _: KW_ONLY
    loss: str = "cross-entropy"
    batch: int = 8
    max_epochs: int = argument(least=0, default=2000)
    stop: Stop | None = None
    in_span: bool | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of(self.loss, LOSSES, "There is no loss")
        if not (self.relative_rates and isinstance(self.optimiser, Relative)):
            check_optimiser(self.optimiser)
        if self.stop is not None:
            check_stop(self.stop)
        if self.in_span is not None:
            switch(self.in_span, "Training in the inputs' span")

    @property
    def training(self) -> dict[str, Any]:
        """Further arguments of `train`."""
        named = {name: getattr(self, name) for name in ("loss", "batch", "max_epochs", "stop", "in_span")}
        return {name: value for name, value in named.items() if value is not None}

    @property
    def arguments(self) -> dict[str, Any]:
        """Those of the address; arguments of training by their repr."""
        training = {name: repr(value) for name, value in self.training.items()}
        return {"optimiser": stated(self.optimiser, "An optimiser"), **training}


@dataclass(frozen=True)
class TrainedFeatures(OfTrained[Observed]):
    """Statistics and changes of the trained networks that fit S.

    statistics, changes: names as of `trained_features`.
    networks: trained networks per shard.
    """

    statistics: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    networks: int = 200

    name = "trained features"
    result = Observed

    @property
    def arguments(self) -> dict[str, Any]:
        """Those of the address."""
        own = {"statistics": self.statistics, "changes": self.changes, "networks": self.networks}
        return super().arguments | own

    def draw(self, generator: torch.Generator) -> Observed:
        """One shard."""
        return trained_features(
            self.architecture,
            self.problem,
            self.optimiser,
            self.networks,
            generator,
            self.statistics,
            self.changes,
            **self.training,
        )

    @property
    def work(self) -> float:
        """Roughly the scalar multiplications of a shard."""
        return training_work(self.shape, self.optimiser, self.networks, self.batch, self.stop)


@dataclass(frozen=True)
class TrainedPatterns(OfTrained[LayerPatterns]):
    """Patterns of hidden units of the trained networks that fit S.

    networks: trained networks per shard.
    points: points of S, and as many of E.
    units: units of each layer.
    """

    networks: int = 500
    points: int = PATTERN_POINTS
    units: int = PATTERN_UNITS

    name = "trained patterns"
    result = LayerPatterns

    @property
    def arguments(self) -> dict[str, Any]:
        """Those of the address."""
        return super().arguments | {"networks": self.networks, "points": self.points, "units": self.units}

    def draw(self, generator: torch.Generator) -> LayerPatterns:
        """One shard."""
        return trained_patterns(
            self.architecture,
            self.problem,
            self.optimiser,
            self.networks,
            generator,
            points=self.points,
            units=self.units,
            **self.training,
        )

    @property
    def work(self) -> float:
        """Roughly the scalar multiplications of a shard."""
        return training_work(self.shape, self.optimiser, self.networks, self.batch, self.stop)
