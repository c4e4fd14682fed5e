"""Requests for ln P(f|S): how likely given functions are under an architecture's volume."""

from collections.abc import Sequence

import numpy as np

from harness.errors import BadInput
from harness.lab.infinite_width import InfiniteWidth
from harness.networks import Architecture
from harness.problems import Problem, TrainingSets
from harness.samplers.infinite_width import GaussianProcess
from harness.samplers.infinite_width.empirical_log_volume import EmpiricalLogVolume
from harness.samplers.infinite_width.kernels import has_closed_form, with_least_jitter
from harness.samplers.infinite_width.kernels.matrices import OWN
from harness.samplers.infinite_width.log_volume import LogVolume, LogVolumes, checked_functions


class LogVolumeRequests(InfiniteWidth):
    """Requests for ln P(f|S)."""

    def jittered_process(self, architecture: Architecture, problem: Problem, by: str = OWN) -> GaussianProcess:
        """Condition the logits on S as `gaussian_process` does, with the least jitter where the kernel has no inverse.

        Args:
            architecture: networks that have an NNGP kernel.
            problem: S and the evaluation inputs, of two classes.
            by: source of the kernel, as of `kernel`.

        Returns:
            The Gaussian process with the labels of S.

        Raises:
            BadInput: as of `kernel`.
        """
        problem.needs_two_classes("A log volume")
        return GaussianProcess(with_least_jitter(self.kernel(architecture, problem, by=by)), problem.train_y)

    def log_volumes(
        self,
        architecture: Architecture,
        problem: Problem,
        functions: np.ndarray,
        by: str = OWN,
        runs: int = 8,
        points: int = 128,
        networks: int = 1000,
    ) -> LogVolumes:
        """Estimate ln P(f|S) of functions under the volume of infinitely wide networks.

        Args:
            architecture: the networks whose volume it is; they need not have found the functions.
            problem: S and the evaluation inputs E, of two classes.
            functions: (k, n) labels on E, 0 or 1; one that occurs several times is computed once.
            by: source of the kernel, as of `kernel`; "own" without a closed form is by Monte Carlo, at the
                architecture's width.
            runs: scramblings of each orthant per shard, or kernels by Monte Carlo.
            points: points of a trial scrambling, at the least; those counted have twice as many.
            networks: networks of each kernel by Monte Carlo.

        Returns:
            ln P(f|S) in the order of the functions, with ln P(S).

        Raises:
            BadInput: if the functions are not labels on E, or the architecture has no kernel.
            NotAsked: if no network of the architecture fits S.
            Undecided: if runs of an orthant disagree.
        """
        problem.needs_two_classes("A log volume")
        # Functions in one order have one address.
        different, places = np.unique(checked_functions(functions, problem.n), axis=0, return_inverse=True)
        found: LogVolumes
        if by == OWN and not has_closed_form(architecture):
            found = self.gather(EmpiricalLogVolume(architecture, problem, different, runs, networks, points))
            return found.of(places.reshape(-1))
        process = self.jittered_process(architecture, problem, by)
        found = self.gather(LogVolume(architecture, problem, process, different, by, runs, points))
        return found.of(places.reshape(-1))

    def log_volumes_on_sets(
        self,
        architecture: Architecture,
        sets: TrainingSets,
        functions: Sequence[np.ndarray],
        by: str = OWN,
        runs: int = 8,
        points: int = 128,
        networks: int = 1000,
    ) -> list[LogVolumes]:
        """Estimate ln P(f|S) of functions found on each of this look's training sets.

        Args:
            architecture: the networks whose volume it is.
            sets: the training sets.
            functions: for each set of this look, in the order of `problems`, (k, n) labels on its evaluation inputs; k
                may differ.
            by: as of `log_volumes`.
            runs: as of `log_volumes`.
            points: as of `log_volumes`.
            networks: as of `log_volumes`.

        Returns:
            ln P(f|S) of each set's functions.

        Raises:
            BadInput: as of `log_volumes`, or if there are not as many arrays as sets.
            Undecided: as of `log_volumes`.
        """
        if len(functions) != self.sets:
            raise BadInput(
                f"Functions are given for each training set of this look: {self.sets} arrays, not {len(functions)}."
            )

        def measured(number: int, problem: Problem) -> LogVolumes:
            return self.log_volumes(architecture, problem, functions[number], by, runs, points, networks)

        return self.on_each(sets, measured)
