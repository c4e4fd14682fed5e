"""Learning curves of kernel regression from the kernel's spectrum: Bordelon, Canatar & Pehlevan 2020, arXiv 2002.02561.

Inputs are drawn from a distribution over a pool of points. By the replica method the mean squared error of kernel
regression depends only on the kernel's eigenvalues λ_ρ, the target's coefficients a_ρ in its eigenfunctions φ_ρ, which
are orthonormal under that distribution, the number m of training points and the ridge. The theory holds for large m,
and in practice from a few points on.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from scipy import linalg, stats
from scipy.optimize import brentq

from harness.arguments import are_counts, is_number, positive, set_fields
from harness.errors import BadInput
from harness.functions.brief import Brief
from harness.functions.merging import Merging
from harness.problems import Problem
from harness.samplers.infinite_width.kernels import in_the_limit
from harness.samplers.sampler import Computation, Sampler, argument
from harness.samplers.work import ENTRY
from harness.verdicts import Estimate
from harness.verdicts.intervals import student


@dataclass(frozen=True, eq=False)
class Spectrum(Brief):
    """A kernel on a pool of equally likely points, and a target, in the kernel's own basis.

    eigenvalues: (modes,) λ_ρ ≥ 0, of the kernel matrix over the number of points.
    coefficients: (modes,) a_ρ, the target's mean product with the orthonormal eigenfunction; Σ a² is the target's mean
        square.
    """

    eigenvalues: np.ndarray
    coefficients: np.ndarray

    @classmethod
    def of(cls, kernel: np.ndarray, target: np.ndarray) -> "Spectrum":
        """Spectrum of a symmetric kernel (points, points) and a target (points,); BadInput if their sizes differ."""
        points = len(target)
        if kernel.shape != (points, points):
            raise BadInput(f"A kernel of shape {kernel.shape} and a target on {points} points do not fit together.")
        eigenvalues, vectors = linalg.eigh(kernel)
        # Those that rounding made negative are 0.
        return cls(np.maximum(eigenvalues, 0) / points, vectors.T @ target / points**0.5)

    def kappa(self, m: float, ridge: float) -> float:
        """κ = ridge + κ Σ λ/(κ + mλ): the ridge plus the contribution of modes that are not yet learned (t in the
        source).
        """
        if not is_number(m) or not is_number(ridge) or min(m, ridge) < 0:
            raise BadInput(f"A learning curve takes no negative number of points or ridge, not {m} and {ridge}.")
        positive = self.eigenvalues[self.eigenvalues > 0]
        if ridge == 0 and m >= len(positive):
            return 0.0

        def excess(kappa: float) -> float:
            return kappa * (1 - float((positive / (kappa + m * positive)).sum())) - ridge

        most = ridge + float(positive.sum())
        return float(brentq(excess, most * 1e-15, most, xtol=1e-15 * most, rtol=1e-12)) if most > 0 else 0.0

    def error(self, m: float, ridge: float) -> float:
        """Mean squared error over the pool, averaged over training sets of m points drawn from it independently.

        It is Σ a²κ²/(κ + mλ)²/(1 − γ) with γ = m Σ λ²/(κ + mλ)².
        """
        kappa = self.kappa(m, ridge)
        if kappa == 0:
            return float((self.coefficients[self.eigenvalues == 0] ** 2).sum())
        share = self.eigenvalues / (kappa + m * self.eigenvalues)
        unlearned = kappa / (kappa + m * self.eigenvalues)
        return float((self.coefficients**2 * unlearned**2).sum() / (1 - m * (share**2).sum()))

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Arrays for the store."""
        return {"eigenvalues": self.eigenvalues, "coefficients": self.coefficients}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "Spectrum":
        """The inverse of `to_arrays`."""
        return cls(arrays["eigenvalues"], arrays["coefficients"])


@dataclass(frozen=True, eq=False)
class RegressionErrors(Merging):
    """Mean squared errors over the pool, (training sets,), one for each independently drawn training set."""

    values: np.ndarray

    def over(self, theory: float) -> Estimate:
        """Mean error over the error that theory predicts; Student's t over training sets."""
        ratios = self.values / theory
        sets = len(ratios)
        error = float(stats.sem(ratios)) if sets > 1 else float("inf")
        return Estimate(
            "measured error over theory",
            float(ratios.mean()),
            student(float(ratios.mean()), error, max(sets - 1, 1)),
            sets,
            "training sets",
            float(sets),
            "mean over training sets; Student's t",
        )


def regression_errors(
    kernel: np.ndarray, target: np.ndarray, m: int, ridge: float, sets: int, generator: torch.Generator
) -> RegressionErrors:
    """Fit kernel regressions on training sets of m different points each, drawn from the pool without replacement.

    With replacement m draws are fewer different points, the more so the larger m: at m = 512 of 1,600 points, 437.

    Args:
        kernel: (points, points) kernel of the pool.
        target: (points,) target on the pool.
        m: training points of each set, at most as many as the pool has.
        ridge: added to the diagonal of the training points' kernel; positive.
        sets: number of training sets.
        generator: source of randomness.

    Returns:
        The mean squared error over the pool of each training set.

    Raises:
        BadInput: if a number is not positive, or the pool is too small.
    """
    if not are_counts(m, sets) or m > len(target) or not is_number(ridge) or not ridge > 0:
        raise BadInput(
            f"A regression takes 1 to {len(target)} points of this pool, at least 1 training set and a positive ridge, "
            f"not m = {m}, sets = {sets}, ridge = {ridge}."
        )
    order = torch.rand((sets, len(target)), generator=generator, device=generator.device, dtype=torch.float32).argsort(
        dim=1
    )
    chosen = order[:, :m].cpu().numpy()
    errors = []
    for points in chosen:
        factor = linalg.cho_factor(kernel[np.ix_(points, points)] + ridge * np.eye(m), lower=True)
        predicted = kernel[:, points] @ linalg.cho_solve(factor, target[points])
        errors.append(float(((predicted - target) ** 2).mean()))
    return RegressionErrors(np.array(errors))


@dataclass(frozen=True)
class SpectrumOfKernel(Computation):
    """A kernel's spectrum on S∪E of a problem, all points with equal weight, with the labels ±1 in its basis.

    spectrum: "nngp" or "ntk".
    matrix: (m + n, m + n) that kernel.
    """

    spectrum: str
    matrix: np.ndarray = argument(key=None)

    name = "spectrum"

    def __post_init__(self) -> None:
        super().__post_init__()
        set_fields(self, architecture=in_the_limit(self.architecture))

    def compute(self) -> dict[str, np.ndarray]:
        """The arrays of a `Spectrum`."""
        return Spectrum.of(self.matrix, signs_of_pool(self.problem)).to_arrays()

    @property
    def work(self) -> float:
        """Roughly the scalar multiplications of a shard."""
        return len(self.problem.inputs) ** 3


@dataclass(frozen=True)
class KernelRegression(Sampler[RegressionErrors]):
    """Mean squared errors of kernel regression from m points of S∪E to all.

    kernel: "nngp" or "ntk".
    m: training points.
    ridge: as a share of the kernel's mean variance on S∪E, which is the sum of the spectrum's eigenvalues.
    sets: training sets per shard.
    matrix: (m + n, m + n) that kernel.
    """

    kernel: str = argument(key=None)
    m: int = argument()
    ridge: float = argument()
    sets: int = argument()
    matrix: np.ndarray = argument(key=None)

    result = RegressionErrors

    def __post_init__(self) -> None:
        super().__post_init__()
        set_fields(self, architecture=in_the_limit(self.architecture), ridge=positive(self.ridge, "A ridge"))

    @property
    def name(self) -> str:
        """Name in the address."""
        return f"{self.kernel} regression without replacement"

    def draw(self, generator: torch.Generator) -> RegressionErrors:
        """One shard."""
        added = self.ridge * float(self.matrix.diagonal().mean())
        return regression_errors(self.matrix, signs_of_pool(self.problem), self.m, added, self.sets, generator)

    @property
    def work(self) -> float:
        """Roughly the scalar multiplications of a shard."""
        return self.sets * self.m * (self.m**2 + len(self.problem.inputs) * ENTRY)


def signs_of_pool(pool: Problem) -> np.ndarray:
    """(m + n,) labels of S, then E, as ±1."""
    pool.needs_two_classes("A regression on ±1")
    return np.concatenate([pool.train_y, pool.eval_y]) * 2.0 - 1
