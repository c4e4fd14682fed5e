"""Requests for ln P(f|S): how likely given functions are under an architecture's volume."""

from collections.abc import Sequence

import numpy as np

from harness.errors import BadInput
from harness.lab.infinite_width import InfiniteWidth
from harness.networks import Architecture
from harness.problems import Problem, TrainingSets
from harness.samplers.infinite_width import GaussianProcess
from harness.samplers.infinite_width.kernels import with_least_jitter
from harness.samplers.infinite_width.kernels.matrices import OWN
from harness.samplers.infinite_width.log_volume import LogVolume, LogVolumes, checked_functions


class LogVolumeRequests(InfiniteWidth):
    """Requests for ln P(f|S)."""

    def log_volumes(
        self,
        architecture: Architecture,
        problem: Problem,
        functions: np.ndarray,
        by: str = OWN,
        runs: int = 8,
        points: int = 512,
    ) -> LogVolumes:
        """Estimate ln P(f|S) of functions under the volume of infinitely wide networks.

        Args:
            architecture: the networks whose volume it is; they need not have found the functions.
            problem: S and the evaluation inputs E, of two classes.
            functions: (k, n) labels on E, 0 or 1; one that occurs several times is computed once.
            by: source of the kernel, as of `kernel`.
            runs: scramblings of each orthant, per shard.
            points: points of each scrambling, at the least.

        Returns:
            ln P(f|S) in the order of the functions, with ln P(S).

        Raises:
            BadInput: if the functions are not labels on E, or the architecture has no kernel.
            Undecided: if scramblings of an orthant disagree however many points they have.
        """
        problem.needs_two_classes("A log volume")
        # Functions in one order have one address.
        different, places = np.unique(checked_functions(functions, problem.n), axis=0, return_inverse=True)
        kernel = with_least_jitter(self.kernel(architecture, problem, by=by))
        process = GaussianProcess(kernel, problem.train_y)
        sampler = LogVolume(architecture, problem, process, different, by, runs, points)
        return self.gather(sampler).of(places.reshape(-1))

    def log_volumes_on_sets(
        self,
        architecture: Architecture,
        sets: TrainingSets,
        functions: Sequence[np.ndarray],
        by: str = OWN,
        runs: int = 8,
        points: int = 512,
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

        Returns:
            ln P(f|S) of each set's functions.

        Raises:
            BadInput: as of `log_volumes`, or if there are not as many arrays as sets.
            Undecided: as of `log_volumes`.
        """
        problems = self.problems(sets)
        if len(functions) != len(problems):
            raise BadInput(
                f"Functions are given for each training set of this look: {len(problems)} arrays, not {len(functions)}."
            )
        return [
            self.log_volumes(architecture, problem, found, by, runs, points)
            for problem, found in zip(problems, functions, strict=True)
        ]
