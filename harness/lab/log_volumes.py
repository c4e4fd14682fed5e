"""Requests for ln P(f|S): how likely given functions are under an architecture's volume."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from harness.arguments import counts, is_one_of, listed
from harness.errors import BadInput
from harness.lab.infinite_width import InfiniteWidth
from harness.networks import Architecture
from harness.problems import Problem, TrainingSets
from harness.samplers.infinite_width import ChainsPosterior, GaussianProcess
from harness.samplers.infinite_width.empirical_log_volume import EmpiricalLogVolume
from harness.samplers.infinite_width.kernels import has_closed_form, with_least_jitter
from harness.samplers.infinite_width.kernels.matrices import OWN
from harness.samplers.infinite_width.log_volume import LogVolume
from harness.samplers.infinite_width.powers import PosteriorPower
from harness.samplers.log_volumes import LogVolumes, checked_functions
from harness.samplers.posterior.log_volume import LogVolumeByRuns, check_scatter
from harness.samplers.sampler import Sampler, check_problem


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
        check_problem(problem)
        problem.needs_two_classes("A log volume")
        problem.needs_training_points("A log volume")
        problem.needs_one_label_each()
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
        different, places = self._different(functions, problem)
        return self.gather(self._in_the_limit(architecture, problem, different, by, runs, points, networks)).of(places)

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
        return self._on_each_set(
            lambda problem, of: self._in_the_limit(architecture, problem, of, by, runs, points, networks),
            sets,
            functions,
        )

    def posterior_power_on_sets(
        self, architecture: Architecture, sets: TrainingSets, power: int, chains: int = 32, draws: int = 8
    ) -> list[ChainsPosterior]:
        """Sample P_B(f|S)^β of infinitely wide networks, up to a constant, on each training set of this look.

        Args:
            architecture: networks with a kernel in closed form.
            sets: the training sets, of two classes.
            power: β, a whole number from 1.
            chains: independent chains on each set.
            draws: functions of each chain.

        Returns:
            The functions by chain, by training set.

        Raises:
            BadInput: if the architecture has no such kernel, or a number is out of its range.
            Undecided: if chains disagree.
        """

        def power_on(problem: Problem) -> PosteriorPower:
            process = self.jittered_process(architecture, problem)
            return PosteriorPower(architecture, problem, process, power, OWN, chains, draws)

        return self.gather_on_sets(power_on, sets)

    def log_volumes_by_runs(
        self,
        architecture: Architecture,
        problem: Problem,
        functions: np.ndarray,
        runs: int = 6,
        chains: int = 32,
        steps: int = 8,
    ) -> LogVolumes:
        """Estimate ln P(f|S) of functions under the volume of networks of finite width.

        Args:
            architecture: the networks whose volume it is; they need not have found the functions.
            problem: S and the evaluation inputs E, of two classes.
            functions: (k, n) labels on E, 0 or 1; one that occurs several times is computed once.
            runs: independent runs per shard.
            chains: chains of each run.
            steps: steps of each chain at each level.

        Returns:
            ln P(f|S) in the order of the functions, with ln P(S).

        Raises:
            BadInput: if the functions are not labels on E.
            Undecided: if runs disagree, as where no network of the architecture has such a function.
        """
        different, places = self._different(functions, problem)
        return self.gather(LogVolumeByRuns(architecture, problem, different, runs, chains, steps)).of(places)

    def log_volumes_by_runs_on_sets(
        self,
        architecture: Architecture,
        sets: TrainingSets,
        functions: Sequence[np.ndarray],
        runs: int = 6,
        chains: int = 32,
        steps: int = 8,
    ) -> list[LogVolumes]:
        """Estimate ln P(f|S), at finite width, of functions found on each of this look's training sets.

        Args:
            architecture: the networks whose volume it is.
            sets: the training sets.
            functions: as of `log_volumes_on_sets`.
            runs: independent runs on each set.
            chains: as of `log_volumes_by_runs`.
            steps: as of `log_volumes_by_runs`.

        Returns:
            ln P(f|S) of each set's functions.

        Raises:
            BadInput: as of `log_volumes_on_sets`.
            Undecided: if runs scatter too much over all sets together.
        """
        found = self._on_each_set(
            lambda problem, of: LogVolumeByRuns(architecture, problem, of, runs, chains, steps),
            sets,
            functions,
            check=False,
        )
        # One set's few runs do not show how much they scatter; those of all sets do.
        check_scatter(found)
        return found

    def _different(self, functions: np.ndarray, problem: Problem) -> tuple[np.ndarray, np.ndarray]:
        """The different ones of functions in one order, so that they have one address, and where each is among them."""
        check_problem(problem)
        problem.needs_two_classes("A log volume")
        different, places = np.unique(checked_functions(functions, problem.n), axis=0, return_inverse=True)
        return different, places.reshape(-1)

    def _in_the_limit(
        self,
        architecture: Architecture,
        problem: Problem,
        functions: np.ndarray,
        by: str,
        runs: int,
        points: int,
        networks: int,
    ) -> Sampler[Any]:
        """What estimates log volumes at infinite width."""
        counts("A log volume", runs=runs, points=points, networks=networks)
        if is_one_of(by, (OWN,)) and not has_closed_form(architecture):
            return EmpiricalLogVolume(architecture, problem, functions, runs, networks, points)
        process = self.jittered_process(architecture, problem, by)
        return LogVolume(architecture, problem, process, functions, by, runs, points)

    def _on_each_set(
        self,
        sampler_on: Callable[[Problem, np.ndarray], Sampler[Any]],
        sets: TrainingSets,
        functions: Sequence[np.ndarray],
        *,
        check: bool = True,
    ) -> list[LogVolumes]:
        """Log volumes of functions on each training set, by what estimates those of different functions on a problem;
        several sets at once if there are workers.
        """
        each_sets = listed(functions, f"Functions for each of this look's {self.sets} training sets")
        if len(each_sets) != self.sets:
            raise BadInput(
                f"Functions are given for each training set of this look: {self.sets} arrays, not {len(each_sets)}."
            )
        problems = self.problems(sets)
        given = [self._different(of, problem) for of, problem in zip(each_sets, problems, strict=True)]
        samplers = self.on_each(sets, lambda number, problem: sampler_on(problem, given[number][0]))
        found = self.gather_singly(samplers, check=check)
        return [each.of(places) for each, (_, places) in zip(found, given, strict=True)]
