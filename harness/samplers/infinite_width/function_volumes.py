"""ln P(f) of whole functions in the limit of infinite width: each is an orthant probability (`orthant.py`).

A function need not be seen among draws to have its volume measured, so that rare and likely ones are compared alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from scipy import special

from harness.arguments import listed, set_fields, short_repr
from harness.errors import BadInput
from harness.functions.merging import Merging
from harness.samplers.infinite_width.gaussian_process import GaussianProcess, gaussian_prior
from harness.samplers.infinite_width.kernels import in_the_limit, nngp
from harness.samplers.infinite_width.orthant import TIES, TiltedSampler, check_runs, log_mean_weight
from harness.samplers.sampler import Sampler
from harness.samplers.work import INTEGRAL
from harness.verdicts.intervals import ROUNDING


@dataclass(frozen=True, eq=False)
class FunctionVolumes(Merging):
    """Functions with their volumes.

    functions: (k, n) uint8 labels.
    values: (k,) ln P(f) in nats.
    errors: (k,) standard errors over scramblings, as of `known_to`.
    """

    functions: np.ndarray
    values: np.ndarray
    errors: np.ndarray

    def known_to(self, draws: int) -> "FunctionVolumes":
        """The same with errors of at least 1/draws: a weight that so few draws hardly ever meet shows in no scatter.

        They are inf where all runs coincided, whose scatter says nothing, but for independent logits, whose volume is
        exactly 2^−n.
        """
        coincided = self.errors <= ROUNDING * np.maximum(np.abs(self.values), 1.0)
        exact = coincided & (np.abs(self.values + self.functions.shape[1] * np.log(2)) <= ROUNDING)
        errors = np.where(coincided, np.inf, np.maximum(self.errors, 1 / draws))
        return replace(self, errors=np.where(exact, self.errors, errors))


def function_volumes(
    kernel: np.ndarray, functions: np.ndarray, generator: torch.Generator, runs: int = 4, points: int = 128
) -> FunctionVolumes:
    """Measure ln P(f) of functions of a Gaussian process.

    Args:
        kernel: (n, n) NNGP kernel of the inputs.
        functions: (k, n) labels 0 and 1.
        generator: source of randomness.
        runs: scramblings for each function, at least 2.
        points: points of each scrambling, a power of 2.

    Returns:
        The functions with their volumes.

    Raises:
        BadInput: the numbers are out of their range, or a label is neither 0 nor 1.
    """
    check_runs(runs, points)
    values, errors = np.empty(len(functions)), np.empty(len(functions))
    for i, labels in enumerate(functions):
        # The volume is that of the whole input set as a training set. No scatter is refused: it is the error.
        sampler = TiltedSampler(GaussianProcess(kernel, labels).margins)
        found = np.array([log_mean_weight(sampler, points, generator) for _ in range(runs)])
        values[i] = special.logsumexp(found) - np.log(runs)
        errors[i] = np.std(found, ddof=1) / runs**0.5
    return FunctionVolumes(np.asarray(functions, dtype=np.uint8), values, errors).known_to(runs * points)


@dataclass(frozen=True)
class NamedVolumes(Sampler[FunctionVolumes]):
    """ln P(f) of given functions on E at infinite width.

    functions: each a string of n zeros and ones.
    runs: scramblings for each function.
    points: points of each scrambling.
    """

    functions: tuple[str, ...]
    runs: int = 4
    points: int = 128

    name = "volumes of given functions"
    result = FunctionVolumes

    def __post_init__(self) -> None:
        super().__post_init__()
        functions = _strings(self.functions, self.problem.n)
        set_fields(self, architecture=in_the_limit(self.architecture), functions=functions)

    @property
    def arguments(self) -> dict[str, Any]:
        """Those of the address."""
        return super().arguments | {"ties": TIES}

    @property
    def grows(self) -> bool:
        """No: the error of a volume is far below the spread over functions, which is what looks are for."""
        return False

    def draw(self, generator: torch.Generator) -> FunctionVolumes:
        """One shard."""
        labels = np.array([[int(c) for c in each] for each in self.functions], dtype=np.uint8)
        return function_volumes(
            nngp(in_the_limit(self.architecture), self.problem.eval_x), labels, generator, self.runs, self.points
        )

    def checked(self, sample: FunctionVolumes) -> FunctionVolumes:
        """The sample; earlier versions stored errors of 0."""
        return sample.known_to(self.runs * self.points)

    @property
    def work(self) -> float:
        """Roughly the scalar multiplications of a shard."""
        n = self.problem.n
        return len(self.functions) * self.runs * self.points * n * (n + INTEGRAL)


@dataclass(frozen=True)
class DrawnVolumes(Sampler[FunctionVolumes]):
    """Functions on E drawn from P(f) at infinite width, each with its own ln P(f): independent draws.

    draws: functions per shard.
    runs: scramblings for each function.
    points: points of each scrambling.
    """

    draws: int = 64
    runs: int = 4
    points: int = 128

    name = "volumes of drawn functions"
    result = FunctionVolumes

    def __post_init__(self) -> None:
        super().__post_init__()
        set_fields(self, architecture=in_the_limit(self.architecture))

    def draw(self, generator: torch.Generator) -> FunctionVolumes:
        """One shard."""
        kernel = nngp(in_the_limit(self.architecture), self.problem.eval_x)
        drawn = gaussian_prior(kernel, self.draws, generator)
        found = function_volumes(kernel, drawn.bits(), generator, self.runs, self.points)
        # A function that was drawn twice counts twice, and is measured once.
        often = np.repeat(np.arange(drawn.distinct), drawn.counts)
        return FunctionVolumes(found.functions[often], found.values[often], found.errors[often])

    def checked(self, sample: FunctionVolumes) -> FunctionVolumes:
        """The sample; earlier versions stored errors of 0."""
        return sample.known_to(self.runs * self.points)

    @property
    def arguments(self) -> dict[str, Any]:
        """Those of the address; see `GaussianPrior`."""
        return super().arguments | {"factor": "symmetric root of correlations", "ties": TIES}

    @property
    def work(self) -> float:
        """Roughly the scalar multiplications of a shard."""
        n = self.problem.n
        return self.draws * self.runs * self.points * n * (n + INTEGRAL)


def _strings(functions: Sequence[str], n: int) -> tuple[str, ...]:
    functions = listed(functions, f"Functions on {n} inputs")
    wrong = [each for each in functions if not isinstance(each, str) or len(each) != n or not set(each) <= {"0", "1"}]
    if wrong or not len(functions):
        what = short_repr(wrong[0]) if wrong else "no functions"
        raise BadInput(f"Functions on {n} inputs are strings of {n} zeros and ones, at least one, not {what}.")
    return tuple(functions)
