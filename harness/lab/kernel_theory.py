"""What theorems and theories of wide networks and their kernels speak of, measured."""

import numpy as np

from harness.lab.infinite_width import InfiniteWidth
from harness.lab.shards import identity
from harness.networks import Architecture, FullyConnected
from harness.problems import Problem
from harness.samplers.infinite_width.agreement import empirical_agreement
from harness.samplers.infinite_width.kernels import EmpiricalKernel, in_the_limit
from harness.samplers.infinite_width.learning_curves import RegressionErrors, Spectrum, regression_errors
from harness.samplers.infinite_width.linearised import LinearisationGap, linearisation_gap


class KernelTheory(InfiniteWidth):
    """Finite networks beside their limits, and regression with the limits' kernels."""

    def label_agreement(self, architecture: Architecture, problem: Problem, networks: int) -> EmpiricalKernel:
        """P_B of label agreement at finite width, of one training point after the other: (m + n, m + n), by `networks`
        hidden draws a shard; see `harness.samplers.infinite_width.agreement`, which has the same of a kernel."""
        return self.gather(
            EmpiricalKernel,
            {"sampler": "posteriors of one point", **identity(architecture, problem), "networks": networks},
            lambda generator: empirical_agreement(architecture, problem.inputs, networks, generator),
        )

    def linearisation_gap(
        self, architecture: FullyConnected, problem: Problem, steps: int, networks: int
    ) -> LinearisationGap:
        """How far `networks` networks a shard end from their linearisations, after `steps` of gradient descent.

        The learning rate η is what takes off all of the largest mode of the error at infinite width, 2ηλ/m = 1.
        """
        m = problem.m
        largest = float(np.linalg.eigvalsh(self.kernel(architecture, problem, "ntk")[:m, :m])[-1])
        rate = m / (2 * largest)
        return self.gather(
            LinearisationGap,
            {
                "sampler": "departure from the linearisation",
                **identity(architecture, problem),
                "steps": steps,
                "networks": networks,
            },
            lambda generator: linearisation_gap(architecture, problem, rate, steps, networks, generator),
        )

    def spectrum(self, architecture: Architecture, pool: Problem, kind: str) -> Spectrum:
        """A kernel's spectrum on S∪E of a problem, all points alike, with the labels ±1 in its basis."""
        kernel, signs = self.kernel(architecture, pool, kind), _signs(pool)
        arrays = self.once(
            {"spectrum": kind, **identity(in_the_limit(architecture), pool)},
            lambda: Spectrum.of(kernel, signs).to_arrays(),
        )
        return Spectrum.from_arrays(arrays)

    def regression_errors(
        self, architecture: Architecture, pool: Problem, kind: str, m: int, ridge: float, sets: int
    ) -> RegressionErrors:
        """Mean squared errors of kernel regression from m points of S∪E to all, `sets` training sets a shard.

        ridge: as a share of the kernel's mean variance there, which is the sum of the spectrum's eigenvalues.
        """
        kernel, signs = self.kernel(architecture, pool, kind), _signs(pool)
        added = ridge * float(kernel.diagonal().mean())
        return self.gather(
            RegressionErrors,
            {
                "sampler": f"{kind} regression",
                **identity(in_the_limit(architecture), pool),
                "m": m,
                "ridge": ridge,
                "sets": sets,
            },
            lambda generator: regression_errors(kernel, signs, m, added, sets, generator),
        )


def _signs(pool: Problem) -> np.ndarray:
    """(m + n,) ±1."""
    pool.needs_two_classes("A regression on ±1")
    return np.concatenate([pool.train_y, pool.eval_y]) * 2.0 - 1
