"""A Gaussian process on training and evaluation inputs, conditioned on binary labels: the input of every method here.

The logits on S∪E are N(0, K), as those of infinitely wide networks are (Neal 1996; Lee et al. 2018), and the likelihood
is 0–1: a function fits if the sign of each training logit is that of its label.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import torch
from scipy import linalg

from harness.arguments import are_counts, set_fields
from harness.errors import BadInput
from harness.functions import FunctionCounts
from harness.functions.brief import Brief
from harness.functions.packing import pack
from harness.samplers.infinite_width.kernels import correlation_of, in_the_limit, nngp, positive_definite
from harness.samplers.infinite_width.kernels.checks import independent
from harness.samplers.infinite_width.kernels.roots import symmetric_root
from harness.samplers.sampler import Sampler, argument
from harness.samplers.work import ENTRY


@dataclass(frozen=True, eq=False)
class GaussianProcess(Brief):
    """Kernel and labels of S, followed by the evaluation inputs.

    BadInput if they are not as below; a jitter is added beforehand, by `positive_definite`.

    kernel: (m + n, m + n) symmetric positive definite; the first m rows are those of S.
    labels: (m,) of 0 and 1.
    factor: (m + n, m + n) lower Cholesky factor of the kernel.
    """

    kernel: np.ndarray
    labels: np.ndarray
    factor: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        kernel, labels = positive_definite(self.kernel), np.asarray(self.labels)
        if labels.ndim != 1 or not 1 <= len(labels) <= len(kernel):
            raise BadInput(
                f"The labels are those of the kernel's first inputs: 1 to {len(kernel)} of them in a row, not an array "
                f"of shape {labels.shape}."
            )
        if not np.isin(labels, (0, 1)).all():
            raise BadInput("A Gaussian process is conditioned on labels 0 and 1 only; give a problem of two classes.")
        object.__setattr__(self, "kernel", kernel)
        object.__setattr__(self, "labels", labels.astype(np.uint8))
        object.__setattr__(self, "factor", linalg.cholesky(kernel, lower=True))

    @property
    def m(self) -> int:
        """Number of training inputs."""
        return len(self.labels)

    @property
    def n(self) -> int:
        """Number of evaluation inputs."""
        return len(self.kernel) - self.m

    @property
    def signs(self) -> np.ndarray:
        """(m,) −1 for label 0, +1 for label 1."""
        return self.labels * 2.0 - 1

    @cached_property
    def independent(self) -> bool:
        """Whether the logits of S are independent but for rounding, so that P(S) is 2^−m."""
        return independent(self.kernel[: self.m, : self.m])

    @cached_property
    def margins(self) -> np.ndarray:
        """(m, m) covariance of the margins, sign times logit: the labels fit if all margins are positive."""
        return self.kernel[: self.m, : self.m] * np.outer(self.signs, self.signs)

    @cached_property
    def weights(self) -> np.ndarray:
        """(n, m) W = K_ES K_SS⁻¹: given the training logits f, the evaluation logits have mean W f."""
        m = self.m
        return linalg.solve_triangular(self.factor[:m, :m], self.factor[m:, :m].T, lower=True, trans="T").T

    @property
    def remainder(self) -> np.ndarray:
        """(n, n) lower Cholesky factor of the covariance of the evaluation logits given the training logits."""
        return self.factor[self.m :, self.m :]


# Draws made together: of 128 points, a block takes 16 MB.
_BLOCK = 2**14


def gaussian_prior(kernel: np.ndarray, draws: int, generator: torch.Generator) -> FunctionCounts:
    """Draw functions of logits from N(0, K): labels are 1 if they are positive.

    Args:
        kernel: (points, points) K, symmetric positive semi-definite; it may be singular, as a perceptron's is.
        draws: number of independent draws.
        generator: source of randomness, on the device that computes.

    Returns:
        The number of draws of each function.

    Raises:
        BadInput: if there are no draws, or the kernel is not finite.
    """
    if not are_counts(draws):
        raise BadInput(f"Drawing takes at least 1 network, not {draws}.")
    root = torch.tensor(symmetric_root(correlation_of(kernel)), device=generator.device)
    words = []
    for start in range(0, draws, _BLOCK):
        shape = (min(_BLOCK, draws - start), len(root))
        normal = torch.randn(shape, dtype=torch.float64, generator=generator, device=generator.device)
        words.append(pack((normal @ root.T > 0).cpu().numpy()))
    return FunctionCounts.from_words(np.concatenate(words), len(kernel))


@dataclass(frozen=True)
class GaussianPrior(Sampler[FunctionCounts]):
    """P(f) of infinitely wide networks on the evaluation inputs.

    draws: independent draws per shard.
    sample: number of the sample; another number gives an independent sample.
    """

    draws: int = 100_000
    sample: int = argument(least=0, default=0)

    name = "Gaussian prior"
    result = FunctionCounts

    def __post_init__(self) -> None:
        super().__post_init__()
        set_fields(self, architecture=in_the_limit(self.architecture))

    @property
    def arguments(self) -> dict[str, Any]:
        """Those of the address; draws by another factor of the kernel were others."""
        return super().arguments | {"factor": "symmetric root of correlations"}

    def draw(self, generator: torch.Generator) -> FunctionCounts:
        """One shard."""
        return gaussian_prior(nngp(in_the_limit(self.architecture), self.problem.eval_x), self.draws, generator)

    @property
    def work(self) -> float:
        """Roughly the scalar multiplications of a shard."""
        n = self.problem.n
        return self.draws * n * (n + 4 * ENTRY) + n**3
