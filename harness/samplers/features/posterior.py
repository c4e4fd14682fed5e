"""Hidden layers at initialisation and under the posterior of random sampling: one sample with two sets of weights.

Hidden draws of the initialisation, each weighted by its evidence P(S | hidden layers), follow the posterior of the
hidden layers; the last layer is averaged over (`last_layer_evidence.py`). No draw is rejected, so a few thousand draws
say more than all networks of a rejection sampler, unless the evidence varies too much: narrow networks on many points
need more draws than are affordable, and the effective size (`Observed.effective_size`) shows it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from harness.arguments import one_of, short_repr
from harness.errors import BadInput
from harness.networks import Architecture
from harness.networks.ensemble import sampling_inputs
from harness.problems import Problem
from harness.samplers.features.last_layer_evidence import last_layers, logit_covariance
from harness.samplers.features.layer_statistics import STATISTICS, View
from harness.samplers.features.margins import errors_by_margin
from harness.samplers.features.observed import Observed
from harness.samplers.features.patterns import PATTERN_POINTS, PATTERN_UNITS, LayerPatterns, clustered, patterns
from harness.samplers.posterior.subset_simulation import Observe, SubsetSimulation
from harness.samplers.prior import ensembles
from harness.samplers.sampler import Sampler
from harness.samplers.work import ENTRY

# Draws of the last layer for each hidden draw: beyond, what the hidden draws differ by is nearly all of the variance.
SAMPLES = 8
_UNITS_OF_EVIDENCE = 2.0**40
# What whole networks have, and hidden draws, which share last layers, do not.
ERRORS_BY_MARGIN = "errors by margin"
OF_PARTICLES = {**STATISTICS, ERRORS_BY_MARGIN: errors_by_margin}


def hidden_draws(
    architecture: Architecture,
    problem: Problem,
    draws: int,
    generator: torch.Generator,
    statistics: Sequence[str],
    samples: int = SAMPLES,
) -> Observed:
    """Compute statistics of hidden draws, weighted by evidence.

    Args:
        architecture: networks with Gaussian last layers.
        problem: S and E, of two classes.
        draws: number of hidden draws.
        generator: source of randomness, on the device that computes.
        statistics: names in `STATISTICS`.
        samples: last layers per hidden draw from which its evidence is estimated.

    Returns:
        One column per statistic and hidden layer; the first statistic's layers come first.
    """
    check_statistics(statistics, STATISTICS, least=1)
    values, evidence = [], []
    for view in views_at_initialisation(architecture, problem, draws, generator):
        columns = [STATISTICS[name](view) for name in statistics]
        values.append(torch.cat(columns, dim=1).cpu().numpy())
        evidence.append(training_evidence(view, view.signs, samples, generator).cpu().numpy())
    return Observed(np.concatenate(values), np.concatenate(evidence))


def observer(architecture: Architecture, problem: Problem, statistics: Sequence[str], device: torch.device) -> Observe:
    """Make the function that subset simulation calls on its particles.

    Args:
        architecture: the networks.
        problem: S and E, of two classes.
        statistics: names in `OF_PARTICLES`.
        device: the device of the particles.

    Returns:
        Parameters and inputs -> (networks, k) statistics, columns as of `hidden_draws`.
    """
    check_statistics(statistics, OF_PARTICLES, least=1)
    problem.needs_two_classes("A statistic of hidden layers")
    signs, shape = signs_of(problem, device), input_shape(architecture, problem)

    def observe(parameters: Mapping[str, Tensor], x: Tensor) -> Tensor:
        table = architecture.parameters(tuple(x.shape[1:]))
        view = View(architecture, table, parameters, x, signs, problem.m, shape)
        return torch.cat([OF_PARTICLES[name](view) for name in statistics], dim=1)

    return observe


def hidden_patterns(
    architecture: Architecture,
    problem: Problem,
    draws: int,
    generator: torch.Generator,
    points: int,
    units: int,
    weighted: bool = True,
    samples: int = SAMPLES,
) -> LayerPatterns:
    """Sample patterns of hidden units under the posterior.

    A hidden draw counts by its evidence, in units of 2^−40, rounded at random so that it is right on average.

    Args:
        architecture: networks with Gaussian last layers.
        problem: S and E, of two classes.
        draws: number of hidden draws.
        generator: source of randomness, on the device that computes.
        points: points of S, and as many of E, on which patterns are taken.
        units: units of each hidden layer.
        weighted: False for equal weights, as at initialisation.
        samples: last layers per hidden draw from which its evidence is estimated.

    Returns:
        The patterns by hidden draw.
    """
    words, weights = [], []
    for view in views_at_initialisation(architecture, problem, draws, generator):
        words.append(patterns(view, points, units))
        if not weighted:
            continue
        evidence = training_evidence(view, view.signs, samples, generator)
        chance = torch.rand(len(evidence), generator=generator, device=evidence.device, dtype=torch.float64)
        weights.append((evidence * _UNITS_OF_EVIDENCE + chance).floor().long().cpu().numpy())
    by_layer = [np.concatenate(each) for each in zip(*words, strict=True)]
    return clustered(by_layer, points, np.concatenate(weights) if weighted else None)


def views_at_initialisation(
    architecture: Architecture, problem: Problem, draws: int, generator: torch.Generator, in_span: bool = True
) -> Iterator[View]:
    """Draw networks of the initialisation on S and E, in blocks.

    Args:
        architecture: the networks; their last layers are not used.
        problem: S and E, of two classes.
        draws: number of networks.
        generator: source of randomness, on the device that computes.
        in_span: on inputs of the least dimension that keeps the distribution of features and functions; False: on the
            inputs themselves, for statistics of the first layer's parameters.

    Returns:
        The blocks, one after the other.
    """
    problem.needs_two_classes("A statistic of hidden layers")
    if in_span:
        x = sampling_inputs(architecture, problem.inputs, generator.device)
    else:
        x = torch.tensor(architecture.prepare(problem.inputs), device=generator.device)
    table = architecture.parameters(tuple(x.shape[1:]))
    signs = signs_of(problem, x.device)
    for parameters in ensembles(architecture, x, draws, 1, generator):
        yield View(architecture, table, parameters, x, signs, problem.m, input_shape(architecture, problem))


def input_shape(architecture: Architecture, problem: Problem) -> tuple[int, ...]:
    """Shape of one prepared input."""
    return tuple(architecture.prepare(problem.eval_x[:1]).shape[1:])


def signs_of(problem: Problem, device: torch.device) -> Tensor:
    """(m + n,) labels of S, then E, as ±1."""
    labels = np.concatenate([problem.train_y, problem.eval_y])
    return torch.tensor(labels * 2.0 - 1, dtype=torch.float32, device=device)


def training_evidence(view: View, signs: Tensor, samples: int, generator: torch.Generator) -> Tensor:
    """Estimate P(S | hidden layers) of each network.

    Args:
        view: the networks on S, then E.
        signs: labels as ±1, those of S first.
        samples: last layers per network from which its evidence is estimated.
        generator: source of randomness, on the view's device.

    Returns:
        (networks,) unbiased estimates.
    """
    covariance = logit_covariance(view.architecture, view.layers[-1][:, : view.m])
    return last_layers(covariance, signs[: view.m], view.m, samples, generator).evidence


def check_statistics(names: Sequence[str], known: Mapping[str, object], least: int = 0) -> None:
    """Check names of statistics.

    Args:
        names: the argument.
        known: the statistics that there are, by name.
        least: the smallest number of names allowed.

    Raises:
        BadInput: it is no list of known names, or they are fewer.
    """
    if not isinstance(names, list | tuple) or len(names) < least:
        raise BadInput(f"Statistics are a list of {', '.join(known)}, at least {least}, not {short_repr(names)}.")
    for name in names:
        one_of(name, known, "There is no statistic")


@dataclass(frozen=True)
class HiddenDraws(Sampler[Observed]):
    """Statistics of hidden draws at initialisation, weighted by evidence, so that they follow the posterior.

    statistics: names in `STATISTICS`.
    draws: hidden draws per shard.
    """

    statistics: tuple[str, ...]
    draws: int = 10_000

    name = "hidden draws"
    fits_s = True
    result = Observed

    def __post_init__(self) -> None:
        super().__post_init__()
        check_statistics(self.statistics, STATISTICS, least=1)

    def draw(self, generator: torch.Generator) -> Observed:
        """One shard."""
        return hidden_draws(self.architecture, self.problem, self.draws, generator, self.statistics)

    @property
    def work(self) -> float:
        """Roughly the scalar multiplications of a shard."""
        of = self.shape
        return self.draws * (of.draw + of.p * of.forward + ENTRY * of.p**2)


@dataclass(frozen=True)
class HiddenPatterns(Sampler[LayerPatterns]):
    """Patterns of hidden units under the posterior.

    draws: hidden draws per shard.
    weighted: False for the patterns under the prior.
    points: points of S, and as many of E.
    units: units of each layer.
    """

    draws: int = 5000
    weighted: bool = True
    points: int = PATTERN_POINTS
    units: int = PATTERN_UNITS

    name = "hidden patterns"
    result = LayerPatterns

    def check_possible(self) -> None:
        """Those of the posterior need networks that fit S; those at initialisation do not."""
        if self.weighted:
            self.problem.needs_one_label_each()

    def draw(self, generator: torch.Generator) -> LayerPatterns:
        """One shard."""
        return hidden_patterns(
            self.architecture, self.problem, self.draws, generator, self.points, self.units, self.weighted
        )

    @property
    def work(self) -> float:
        """Roughly the scalar multiplications of a shard."""
        of = self.shape
        return self.draws * (of.draw + of.p * of.forward + ENTRY * of.p**2)


@dataclass(frozen=True)
class ObservedSubsetSimulation(SubsetSimulation):
    """P_B(f|S) by subset simulation, with statistics of each network.

    observe: names in `OF_PARTICLES`.
    """

    observe: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        check_statistics(self.observe, OF_PARTICLES, least=1)

    def observer(self, device: torch.device) -> Observe:
        """The function that computes the statistics of each network."""
        return observer(self.architecture, self.problem, self.observe, device)
