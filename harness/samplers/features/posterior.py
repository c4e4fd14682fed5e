"""Hidden layers at initialisation and under the posterior of random sampling: one sample with two sets of weights.

Hidden draws of the initialisation, each weighted by its evidence P(S | hidden layers), follow the posterior of the
hidden layers; the last layer is averaged over (`evidence`). Nothing is refused, so that a few thousand draws say more
than all networks of a rejection sampler, as long as the evidence does not vary too much: narrow networks on many points
need more draws than there can be, and the effective number (`Observed.effective_size`) shows it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

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
    """Statistics of `draws` hidden draws, weighted by evidence; one column for each statistic and hidden layer.

    statistics: names in `STATISTICS`; the first one's layers are the first columns. BadInput where there are more than
    two classes or last layers are not Gaussian.
    """
    check_statistics(statistics, STATISTICS)
    values, evidence = [], []
    for view in views_at_initialisation(architecture, problem, draws, generator):
        columns = [STATISTICS[name](view) for name in statistics]
        values.append(torch.cat(columns, dim=1).cpu().numpy())
        evidence.append(training_evidence(view, view.signs, samples, generator).cpu().numpy())
    return Observed(np.concatenate(values), np.concatenate(evidence))


def observer(architecture: Architecture, problem: Problem, statistics: Sequence[str], device: torch.device) -> Observe:
    """Statistics of the particles of subset simulation, names in `OF_PARTICLES`; columns as of `hidden_draws`."""
    check_statistics(statistics, OF_PARTICLES)
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
    """Patterns of `units` units of each hidden layer under the posterior, on `points` points of S and of E each.

    A hidden draw counts by its evidence, in units of 2^−40 and rounded by chance so that it is right on average.
    weighted: False, for all to count the same, as at initialisation.
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
    architecture: Architecture, problem: Problem, draws: int, generator: torch.Generator
) -> Iterator[View]:
    """So many networks of the initialisation on S and E, in blocks; their last layer is not looked at."""
    problem.needs_two_classes("A statistic of hidden layers")
    x = sampling_inputs(architecture, problem.inputs, generator.device)
    table = architecture.parameters(tuple(x.shape[1:]))
    signs = signs_of(problem, x.device)
    for parameters in ensembles(architecture, x, draws, 1, generator):
        yield View(architecture, table, parameters, x, signs, problem.m, input_shape(architecture, problem))


def input_shape(architecture: Architecture, problem: Problem) -> tuple[int, ...]:
    """Of one prepared input."""
    return tuple(architecture.prepare(problem.eval_x[:1]).shape[1:])


def signs_of(problem: Problem, device: torch.device) -> Tensor:
    """(m + n,) labels of S, then E, as ±1."""
    labels = np.concatenate([problem.train_y, problem.eval_y])
    return torch.tensor(labels * 2.0 - 1, dtype=torch.float32, device=device)


def training_evidence(view: View, signs: Tensor, samples: int, generator: torch.Generator) -> Tensor:
    """(networks,) unbiased estimates of P(S | hidden layers)."""
    covariance = logit_covariance(view.architecture, view.layers[-1][:, : view.m])
    return last_layers(covariance, signs[: view.m], view.m, samples, generator).evidence


def check_statistics(names: Sequence[str], known: Mapping[str, object]) -> None:
    """BadInput for a name that is not there."""
    for name in names:
        if name not in known:
            raise BadInput(f"There is no statistic {name!r}; choose among {', '.join(known)}.")


@dataclass(frozen=True)
class HiddenDraws(Sampler[Observed]):
    """Statistics of hidden draws at initialisation, weighted by evidence: under the posterior.

    statistics: names in `STATISTICS`. draws: hidden draws per shard.
    """

    statistics: tuple[str, ...]
    draws: int = 10_000

    name = "hidden draws"
    result = Observed

    def draw(self, generator: torch.Generator) -> Observed:
        """One shard."""
        return hidden_draws(self.architecture, self.problem, self.draws, generator, self.statistics)


@dataclass(frozen=True)
class HiddenPatterns(Sampler[LayerPatterns]):
    """Patterns of hidden units under the posterior.

    draws: hidden draws per shard. weighted: False for those of the prior. points: of S and of E each. units: of each
    layer.
    """

    draws: int = 5000
    weighted: bool = True
    points: int = PATTERN_POINTS
    units: int = PATTERN_UNITS

    name = "hidden patterns"
    result = LayerPatterns

    def draw(self, generator: torch.Generator) -> LayerPatterns:
        """One shard."""
        return hidden_patterns(
            self.architecture, self.problem, self.draws, generator, self.points, self.units, self.weighted
        )


@dataclass(frozen=True)
class ObservedSubsetSimulation(SubsetSimulation):
    """P_B(f|S) by subset simulation, with statistics of each network.

    observe: names in `OF_PARTICLES`.
    """

    observe: tuple[str, ...] = ()

    def observer(self, device: torch.device) -> Observe:
        """What is noted of each network."""
        return observer(self.architecture, self.problem, self.observe, device)
