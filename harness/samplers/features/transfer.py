"""Transfer between two tasks by random sampling.

Hidden layers are drawn from the posterior of the first task, and last layers are drawn anew until they fit the second
task's training points.

With p₁ and p₂ the evidences of a hidden draw on the two training sets, the second task has evidence E p₁p₂/E p₁ on
hidden layers from the first one's posterior, and E p₂ on those of the initialisation: transfer gains if hidden draws
that are good for one task are good for the other. Both are estimated from one sample of hidden draws.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from harness.errors import BadInput
from harness.functions.merging import Merging
from harness.networks import Architecture
from harness.problems import Problem
from harness.samplers.features.last_layer_evidence import last_layers, logit_covariance
from harness.samplers.features.observed import enough
from harness.samplers.features.posterior import SAMPLES, views_at_initialisation
from harness.samplers.sampler import Sampler, check_problem
from harness.samplers.work import ENTRY
from harness.verdicts import Estimate, nothing_yet
from harness.verdicts.means import over_influences

_UNIT = "hidden draws"
_METHOD = (
    "one sample of hidden draws, with and without the first task's evidence; Student's t and Hall's, hull of the two"
)


@dataclass(frozen=True, eq=False)
class Transfer(Merging):
    """Evidences and errors of hidden draws of the initialisation, (draws,) float64 each.

    first, second: unbiased estimates of the evidence on each task's training set, independent given the hidden layers.
    errors: the second evidence times the test error of its posterior's last layers on the second task.
    """

    first: np.ndarray
    second: np.ndarray
    errors: np.ndarray

    @property
    def enough(self) -> bool:
        """Whether the draws are enough for intervals, weighted by either evidence and by both."""
        return all(map(enough, (self.first, self.second, self.first * self.second)))


def transfer(
    architecture: Architecture,
    first: Problem,
    second: Problem,
    draws: int,
    generator: torch.Generator,
    samples: int = SAMPLES,
) -> Transfer:
    """Draw hidden layers, and estimate their evidence on two tasks and their test error on the second.

    Args:
        architecture: networks with Gaussian last layers.
        first: the first task, of two classes.
        second: the second task, of two classes and the same input shape.
        draws: number of hidden draws.
        generator: source of randomness, on the device that computes.
        samples: last layers per hidden draw from which evidences and errors are estimated.

    Returns:
        Evidences and errors by hidden draw.

    Raises:
        BadInput: if the two tasks' inputs have different shapes.
    """
    for task in (first, second):
        task.needs_two_classes("Transfer")
    if first.train_x.shape[1:] != second.train_x.shape[1:]:
        raise BadInput(
            f"Hidden layers go from one task to another of the same input shape, not from {first.train_x.shape[1:]} "
            f"to {second.train_x.shape[1:]}."
        )
    both = Problem.from_arrays(
        np.concatenate([first.train_x, second.train_x]),
        np.concatenate([first.train_y, second.train_y]),
        second.eval_x,
        second.eval_y,
    )
    found = []
    for view in views_at_initialisation(architecture, both, draws, generator):
        h, m = view.layers[-1], first.m
        one = last_layers(logit_covariance(architecture, h[:, :m]), view.signs[:m], m, samples, generator)
        two = last_layers(logit_covariance(architecture, h[:, m:]), view.signs[m:], second.m, samples, generator)
        found.append(torch.stack([one.evidence, two.evidence, two.errors], dim=1).cpu().numpy())
    return Transfer(*np.concatenate(found).T)


def gain_in_evidence(sample: Transfer) -> Estimate:
    """ln of the second task's evidence with the first one's hidden layers over that with those of the initialisation.

    It is ln(E p₁p₂/(E p₁·E p₂)), in nats.
    """
    quantity = "gain in ln evidence"
    if not sample.enough:
        return nothing_yet(quantity, len(sample.first), _UNIT)
    p, q = sample.first / sample.first.mean(), sample.second / sample.second.mean()
    ratio = float((p * q).mean())
    return _estimate(quantity, float(np.log(ratio)), p * q / ratio - p - q + 1, sample)


def gain_in_error(sample: Transfer) -> Estimate:
    """Test error on the second task with hidden layers of the initialisation, less that with the first one's.

    It is positive if the first task's hidden layers generalise better.
    """
    quantity = "gain in test error"
    if not sample.enough:
        return nothing_yet(quantity, len(sample.first), _UNIT)
    kept, taken = errors_on_second(sample)
    p, q = sample.first * sample.second, sample.second
    influences = (sample.errors - kept * q) / q.mean() - (sample.first * sample.errors - taken * p) / p.mean()
    return _estimate(quantity, kept - taken, influences, sample)


def errors_on_second(sample: Transfer) -> tuple[float, float]:
    """Test errors on the second task: with hidden layers of the initialisation, and with those of the first one's
    posterior.
    """
    first = sample.first
    return (
        float(sample.errors.sum() / sample.second.sum()),
        float((first @ sample.errors) / (first @ sample.second)),
    )


def _estimate(quantity: str, value: float, influences: np.ndarray, sample: Transfer) -> Estimate:
    interval = over_influences(value, influences)
    weights = sample.first * sample.second
    effective_size = float(weights.sum() ** 2 / (weights**2).sum())
    return Estimate(
        quantity,
        value,
        lambda alpha: interval(alpha, 1.0),
        len(weights),
        _UNIT,
        effective_size,
        _METHOD,
        foreseen=interval,
    )


@dataclass(frozen=True)
class TransferSampler(Sampler[Transfer]):
    """Hidden draws with their evidence on two tasks, and their test error on the second, which is the problem.

    first: the first task.
    draws: hidden draws per shard.
    """

    first: Problem
    draws: int = 10_000

    name = "transfer"
    fits_s = True
    result = Transfer

    def __post_init__(self) -> None:
        super().__post_init__()
        check_problem(self.first)

    def check_possible(self) -> None:
        """Both tasks need networks that fit them."""
        self.first.needs_one_label_each()
        super().check_possible()

    @property
    def arguments(self) -> dict[str, Any]:
        """Those of the address; the first task by its content."""
        return {"first": self.first.fingerprint, "draws": self.draws}

    def draw(self, generator: torch.Generator) -> Transfer:
        """One shard."""
        return transfer(self.architecture, self.first, self.problem, self.draws, generator)

    @property
    def work(self) -> float:
        """Roughly the scalar multiplications of a shard."""
        of = self.shape
        return self.draws * (of.draw + of.p * of.forward + ENTRY * of.p**2)
