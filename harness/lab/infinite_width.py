"""Requests about infinitely wide networks: Gaussian processes, whose P_B(f|S) and P(S) need no network."""

from itertools import combinations_with_replacement
from math import inf

import numpy as np

from harness.arguments import counts, is_one_of, positive, short_repr
from harness.errors import BadInput
from harness.lab.shards import Shards
from harness.networks import Architecture, FullyConnected
from harness.problems import Problem, TrainingSets
from harness.samplers.infinite_width import ChainsPosterior, GaussianApproximation, GaussianProcess
from harness.samplers.infinite_width.approximations import APPROXIMATIONS, ApproximatePosterior, Approximation
from harness.samplers.infinite_width.empirical_process import EmpiricalEvidence, EmpiricalPosterior
from harness.samplers.infinite_width.kernels import has_closed_form, matrices
from harness.samplers.infinite_width.kernels.matrices import CLOSED_FORMS, LIBRARY, OWN, KernelBlock
from harness.samplers.infinite_width.learning_curves import (
    KernelRegression,
    RegressionErrors,
    Spectrum,
    SpectrumOfKernel,
)
from harness.samplers.infinite_width.linearised import LinearisationGap, LinearisedTraining
from harness.samplers.infinite_width.orthant_evidence import Orthant
from harness.samplers.infinite_width.truncated_gaussian import TruncatedGaussian
from harness.samplers.sampler import check_problem
from harness.verdicts import Estimate

EXACT = "exact"
METHODS = (EXACT, *APPROXIMATIONS)


class InfiniteWidth(Shards):
    """Requests about an architecture in the limit of infinite width.

    Fully connected networks have their kernel in closed form; convolutional and residual ones have it by
    neural-tangents, if that is installed and requested. For any other architecture the kernel is estimated by Monte
    Carlo at the given width, and so has errors. Each unit of a posterior or of an evidence then has a kernel of its
    own, from networks of its own, so that the interval over units includes the kernel's error. What remains is the bias
    of the kernel's noise, which falls with the number of networks of a kernel.
    """

    def kernel(self, architecture: Architecture, problem: Problem, kind: str = "nngp", by: str = OWN) -> np.ndarray:
        """Compute a kernel in the limit of infinite width, block by block, each kept in the store.

        Args:
            architecture: networks that have this kernel.
            problem: S and the evaluation inputs E.
            kind: "nngp" or "ntk".
            by: "own", in closed form, or "neural-tangents".

        Returns:
            The kernel of S, then E: (m + n, m + n) float64, exact.

        Raises:
            BadInput: if the architecture has no such kernel; `empirical_kernel` estimates it.
            Unavailable: if neural-tangents is asked for and not installed.
        """
        if not is_one_of(kind, CLOSED_FORMS) or not is_one_of(by, (OWN, LIBRARY)):
            raise BadInput(
                f"A kernel is nngp or ntk, by {OWN!r} or {LIBRARY!r}, not {short_repr(kind)} by {short_repr(by)}; "
                "choose of these."
            )
        check_problem(problem)
        points, step = len(problem.inputs), matrices.BLOCK
        whole = np.empty((points, points))
        places = [slice(start, start + step) for start in range(0, points, step)]
        pairs = list(combinations_with_replacement(places, 2))
        for done, (rows, columns) in enumerate(pairs):
            self.progress(f"{kind} kernel {done + 1}/{len(pairs)}")
            block = self.once(KernelBlock(architecture, problem, kind, by, rows, columns))["kernel"]
            whole[rows, columns] = block
            whole[columns, rows] = block.T
        return whole

    def gaussian_process(self, architecture: Architecture, problem: Problem, by: str = OWN) -> GaussianProcess:
        """Condition the logits of infinitely wide networks on S.

        Args:
            architecture: networks that have an NNGP kernel; errors as of `kernel`.
            problem: S and the evaluation inputs, of two classes.
            by: source of the kernel, as of `kernel`.

        Returns:
            The Gaussian process with the labels of S.
        """
        check_problem(problem)
        problem.needs_two_classes("A Gaussian process")
        problem.needs_training_points("A Gaussian process")
        problem.needs_one_label_each()
        return GaussianProcess(self.kernel(architecture, problem, by=by), problem.train_y)

    def infinite_posterior(
        self,
        architecture: Architecture,
        problem: Problem,
        method: str = EXACT,
        by: str = OWN,
        chains: int = 64,
        draws: int = 64,
        kernels: int = 16,
        networks: int = 1000,
    ) -> ChainsPosterior:
        """Sample P_B(f|S) of infinitely wide networks, exactly or by an approximation.

        Args:
            architecture: the networks.
            problem: S and the evaluation inputs, of two classes.
            method: one of METHODS; an approximation's draws are independent, chains × draws of them per shard.
            by: as of `kernel`; "own" without a closed form is by Monte Carlo.
            chains: independent chains per shard; with a kernel by Monte Carlo shared out over the kernels.
            draws: functions of each chain.
            kernels: kernels by Monte Carlo per shard, each one independent unit.
            networks: networks of each kernel by Monte Carlo.

        Returns:
            The functions by independent unit.

        Raises:
            BadInput: if there is no such method, or none of the approximations for a kernel by Monte Carlo.
        """
        _check(method)
        # Also those that this method does without.
        counts("infinite_posterior", chains=chains, draws=draws, kernels=kernels, networks=networks)
        if is_one_of(by, (OWN,)) and not has_closed_form(architecture):
            _exact_only(method, architecture)
            return self.gather(EmpiricalPosterior(architecture, problem, chains, draws, kernels, networks))
        # Found before a shard is asked for: while one entry of the store is computed, no other may be.
        if method == EXACT:
            process = self.gaussian_process(architecture, problem, by)
            return self.gather(TruncatedGaussian(architecture, problem, process, by, chains, draws))
        approximation = self.approximation(architecture, problem, method, by)
        return self.gather(ApproximatePosterior(architecture, problem, approximation, method, by, chains, draws))

    def infinite_evidence(
        self,
        architecture: Architecture,
        problem: Problem,
        method: str = EXACT,
        by: str = OWN,
        runs: int = 16,
        points: int = 512,
        networks: int = 1000,
    ) -> Estimate:
        """Estimate ln P(S) of infinitely wide networks, exactly up to a Monte-Carlo error or by an approximation.

        Args:
            architecture: the networks.
            problem: S, of two classes.
            method: one of METHODS; an approximation has no interval but its value.
            by: as of `kernel`; "own" without a closed form is by Monte Carlo.
            runs: scramblings per shard, or kernels by Monte Carlo.
            points: points of a trial scrambling, at the least; those counted have twice as many.
            networks: networks of each kernel by Monte Carlo.

        Returns:
            ln P(S) in nats.

        Raises:
            BadInput: as of `infinite_posterior`.
            Undecided: if scramblings disagree.
        """
        _check(method)
        counts("infinite_evidence", runs=runs, points=points, networks=networks)
        if is_one_of(by, (OWN,)) and not has_closed_form(architecture):
            _exact_only(method, architecture)
            return self.gather(EmpiricalEvidence(architecture, problem, runs, points, networks)).estimate("kernels")
        if method == EXACT:
            process = self.gaussian_process(architecture, problem, by)
            return self.gather(Orthant(architecture, problem, process, by, runs, points)).estimate("scramblings")
        value = self.approximation(architecture, problem, method, by).log_evidence
        return Estimate(
            "ln P(S)", value, lambda _: (value, value), 1, "kernels", inf, f"{method}, without an error bar"
        )

    def infinite_posterior_on_sets(
        self, architecture: Architecture, sets: TrainingSets, chains: int = 32, draws: int = 8
    ) -> list[ChainsPosterior]:
        """Sample P_B(f|S) of infinitely wide networks on each training set of this look, exactly.

        Args:
            architecture: networks with a kernel in closed form.
            sets: the training sets, of two classes.
            chains: independent chains on each set.
            draws: functions of each chain.

        Returns:
            The functions by chain, by training set.

        Raises:
            BadInput: if the architecture has no such kernel.
        """

        def chains_on(problem: Problem) -> TruncatedGaussian:
            process = self.gaussian_process(architecture, problem)
            return TruncatedGaussian(architecture, problem, process, OWN, chains, draws)

        return self.gather_on_sets(chains_on, sets)

    def infinite_evidence_on_sets(
        self, architecture: Architecture, sets: TrainingSets, runs: int = 4, points: int = 128
    ) -> list[Estimate]:
        """Estimate ln P(S) of infinitely wide networks on each training set of this look.

        Args:
            architecture: networks with a kernel in closed form.
            sets: the training sets, of two classes.
            runs: scramblings on each set, at least 2.
            points: points of a trial scrambling, at the least; those counted have twice as many.

        Returns:
            ln P(S) in nats, by training set.

        Raises:
            BadInput: if the architecture has no such kernel.
            Undecided: if scramblings disagree.
        """

        def orthant_on(problem: Problem) -> Orthant:
            return Orthant(architecture, problem, self.gaussian_process(architecture, problem), OWN, runs, points)

        return [each.estimate("scramblings") for each in self.gather_on_sets(orthant_on, sets)]

    def approximation(
        self, architecture: Architecture, problem: Problem, method: str, by: str = OWN
    ) -> GaussianApproximation:
        """Approximate the training logits given the labels by a Gaussian.

        Args:
            architecture: the networks.
            problem: S, of two classes.
            method: one of APPROXIMATIONS.
            by: source of the kernel, as of `kernel`.

        Returns:
            The Gaussian, with its ln P(S).
        """
        _check(method, tuple(APPROXIMATIONS))
        process = self.gaussian_process(architecture, problem, by)
        arrays = self.once(Approximation(architecture, problem, process, method, by))
        return GaussianApproximation(process, arrays["mean"], arrays["covariance"], float(arrays["log evidence"]))

    def linearisation_gap(
        self, architecture: FullyConnected, problem: Problem, steps: int, networks: int, ratio: float = 0.3
    ) -> LinearisationGap:
        """Measure how far networks end from their linearisations.

        A step multiplies a mode of the error by 1 − 2ηλ/m, so that at infinite width the largest stable rate is m/λ, λ
        the largest eigenvalue of the tangent kernel on S.

        Args:
            architecture: the networks.
            problem: S and the evaluation inputs.
            steps: steps of gradient descent.
            networks: networks per shard.
            ratio: the learning rate η over the largest stable one.

        Returns:
            The distance over E of each network.
        """
        check_problem(problem)
        problem.needs_training_points("A linearisation")
        ratio, m = positive(ratio, "The ratio of a learning rate to the stable one"), problem.m
        largest = float(np.linalg.eigvalsh(self.kernel(architecture, problem, "ntk")[:m, :m])[-1])
        return self.gather(LinearisedTraining(architecture, problem, steps, networks, ratio * m / largest, ratio))

    def spectrum(self, architecture: Architecture, pool: Problem, kind: str) -> Spectrum:
        """Compute a kernel's spectrum on S∪E, all points with equal weight, with the labels ±1 in its basis.

        Args:
            architecture: networks with a kernel in closed form.
            pool: whose S and E together are the points.
            kind: "nngp" or "ntk".

        Returns:
            Eigenvalues, and the labels' coefficients.
        """
        matrix = self.kernel(architecture, pool, kind)
        return Spectrum.from_arrays(self.once(SpectrumOfKernel(architecture, pool, kind, matrix)))

    def regression_errors(
        self, architecture: Architecture, pool: Problem, kind: str, m: int, ridge: float, sets: int
    ) -> RegressionErrors:
        """Measure mean squared errors of kernel regression from m points of S∪E to all.

        Args:
            architecture: networks with a kernel in closed form.
            pool: whose S and E together are the points.
            kind: "nngp" or "ntk".
            m: training points.
            ridge: as a share of the kernel's mean variance on S∪E, which is the sum of the spectrum's eigenvalues.
            sets: training sets per shard.

        Returns:
            One error for each training set.
        """
        matrix = self.kernel(architecture, pool, kind)
        return self.gather(KernelRegression(architecture, pool, kind, m, ridge, sets, matrix))


def _check(method: str, methods: tuple[str, ...] = METHODS) -> None:
    if not is_one_of(method, methods):
        raise BadInput(
            f"Infinite width is asked by {', '.join(methods)}, not by {short_repr(method)}; choose one of these."
        )


def _exact_only(method: str, architecture: Architecture) -> None:
    if method != EXACT:
        raise BadInput(
            f"{architecture.name} has a kernel by Monte Carlo only, for which there is {EXACT!r}, not {method!r}."
        )
