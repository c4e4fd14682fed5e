"""The lab: one line per kind of sample that a claim may request."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import torch

from harness.arguments import as_path, number, one_of, short_repr, switch, whole
from harness.claim.scales import SCALES, Scale
from harness.errors import BadInput, Undecided
from harness.execution.executor import Executor
from harness.execution.machine import resolve_device
from harness.lab.log_volumes import LogVolumeRequests
from harness.lab.outside import Outside, outside
from harness.lab.request import check_named, network_on, on_sets, request
from harness.lab.shards import check_sets, silent
from harness.networks import Architecture, FullyConnected
from harness.networks.inheritance import computes
from harness.optimisers import Optimiser
from harness.optimisers.torch_optim import as_optimiser
from harness.problems import Problem, TrainingSets
from harness.samplers.enumeration import ClauseNetwork, ClauseVolumes, Enumeration, ExactVolumes
from harness.samplers.features.feasibility import LastLayerFeasibility
from harness.samplers.features.least_width import LeastFrozenWidth, LeastTrainedWidth, Tallies, widest
from harness.samplers.features.posterior import (
    ERRORS_BY_MARGIN,
    HiddenDraws,
    HiddenPatterns,
    ObservedSubsetSimulation,
)
from harness.samplers.features.training import TrainedFeatures, TrainedPatterns
from harness.samplers.features.transfer import Transfer, TransferSampler
from harness.samplers.infinite_width.agreement import LabelAgreement
from harness.samplers.infinite_width.function_volumes import DrawnVolumes, NamedVolumes
from harness.samplers.infinite_width.gaussian_process import GaussianPrior
from harness.samplers.infinite_width.kernels.empirical import EmpiricalKernelSampler
from harness.samplers.local.learning_coefficient import LearningCoefficient
from harness.samplers.local.local_volume import LocalVolume
from harness.samplers.posterior import AnnealedPosterior, RejectionPosterior, RunsPosterior
from harness.samplers.posterior.annealing import Annealing, supports
from harness.samplers.posterior.annealing_levels import AnnealingPath
from harness.samplers.posterior.density_of_states import DensityOfStatesSampler
from harness.samplers.posterior.rejection import Rejection, TemperedRejection
from harness.samplers.posterior.rejection_until import RejectionUntil
from harness.samplers.posterior.samples import MOST_SCATTER, pooled_scatter
from harness.samplers.posterior.subset_simulation import SubsetSimulation
from harness.samplers.prior import Prior
from harness.samplers.sampler import check_problem
from harness.samplers.training.fitted import LEAST_FITTED, needs_fitted
from harness.samplers.training.train import Trained, Training
from harness.store import Store
from harness.verdicts import Estimate

# Beyond, rejection keeps too few of the networks it draws: one in 80,000 at m = 16.
REJECTION_UP_TO = 8
# Beyond, annealing takes less time than subset simulation for the same error of ln P(S): an eighth at m = 128, a
# thirtieth at m = 600.
SUBSET_SIMULATION_UP_TO = 64
# Samples of P_B on one of many training sets: small, since the spread between sets is larger than their error.
RUNS_ON_A_SET: dict[str, int] = {"runs": 6, "chains": 32, "steps": 4}
ANNEALED_ON_A_SET: dict[str, Any] = {"runs": 6, "particles": 32, "trajectories": 4}
# That of a null learner's own samples is 2⁶¹ above that of a run, of 18 digits.
_MOST_SEED = 2**62


class Lab(LogVolumeRequests):
    """Every request that a claim may make; see `shards.py` for how samples grow over a cell's looks."""

    def __init__(
        self,
        scale: Scale | str = "smoke",
        device: torch.device | str = "auto",
        seed: int = 0,
        store: Store | Path | str | None = None,
        fresh: bool = False,
        executor: Executor | None = None,
        progress: Callable[[str], None] = silent,
    ) -> None:
        """Choose what all samples have in common.

        Args:
            scale: how much is drawn; or the name of one of SCALES.
            device: what draws; or its name, such as "cpu"; "auto" for the first GPU if there is one, else the CPU.
            seed: whole number from 0; another seed gives independent samples.
            store: where samples are kept; or the path of its folder; None for the folder that the environment variable
                HARNESS_STORE names, or .store in the present folder.
            fresh: whether to draw again what is in the store.
            executor: computes the shards; None for this process.
            progress: called with what is drawn next.

        Raises:
            BadInput: one of them is something else, or the device is not here.
        """
        if isinstance(scale, str):
            one_of(scale, SCALES, "There is no scale")
            scale = SCALES[scale]
        device = resolve_device(device) if isinstance(device, str) else device
        if store is None:
            store = os.environ.get("HARNESS_STORE") or ".store"
        store = Store(as_path(store)) if isinstance(store, str | Path) else store
        for value, kind, said in (
            (scale, Scale, f"a scale, such as {' or '.join(map(repr, SCALES))}"),
            (device, torch.device, 'a device, such as "cpu"'),
            (store, Store, "a store or the path of its folder"),
        ):
            if not isinstance(value, kind):
                raise BadInput(f"A lab takes {said}, not {short_repr(value)}: Lab(scale, device, seed, store).")
        switch(fresh, "Whether a lab draws afresh")
        seed = whole(seed, "The seed of a lab", least=0, most=_MOST_SEED)
        super().__init__(scale, device, seed, store, fresh, executor, progress)

    prior = request(Prior)
    rejection_posterior = request(Rejection)
    rejection_until = request(RejectionUntil)
    tempered_posterior = request(TemperedRejection)
    annealed_posterior = request(Annealing)
    density_of_states = request(DensityOfStatesSampler)
    train = request(Training)
    infinite_prior = request(GaussianPrior)
    named_volumes = request(NamedVolumes)
    drawn_volumes = request(DrawnVolumes)
    empirical_kernel = request(EmpiricalKernelSampler)
    label_agreement = request(LabelAgreement)
    last_layer_feasibility = request(LastLayerFeasibility)
    hidden_draws = request(HiddenDraws)
    hidden_patterns = request(HiddenPatterns)
    trained_features = request(TrainedFeatures)
    trained_patterns = request(TrainedPatterns)
    local_volume = request(LocalVolume)
    learning_coefficient = request(LearningCoefficient)
    prior_on_sets = on_sets(Prior)
    tempered_posterior_on_sets = on_sets(TemperedRejection)
    rejection_on_sets = on_sets(Rejection)
    last_layer_feasibility_on_sets = on_sets(LastLayerFeasibility)
    hidden_draws_on_sets = on_sets(HiddenDraws)
    hidden_patterns_on_sets = on_sets(HiddenPatterns)
    trained_features_on_sets = on_sets(TrainedFeatures)
    trained_patterns_on_sets = on_sets(TrainedPatterns)
    local_volume_on_sets = on_sets(LocalVolume)
    observed_runs_on_sets = on_sets(ObservedSubsetSimulation)
    least_frozen_width_on_sets = on_sets(LeastFrozenWidth)
    least_trained_width_on_sets = on_sets(LeastTrainedWidth)

    def posterior(self, architecture: Any, problem: Problem) -> RejectionPosterior | RunsPosterior | AnnealedPosterior:
        """Sample P_B(f|S) by the cheapest method that applies.

        It is rejection for m ≤ 8, subset simulation for m ≤ 64, and annealing above, for two classes and fully
        connected networks of Gaussian weights. `rejection_posterior`, `subset_posterior` and `annealed_posterior`
        request one method by name.

        Args:
            architecture: the networks; or a class or function that makes a module of torch.nn.
            problem: S and the evaluation inputs.

        Returns:
            The functions of networks that fit S, with P(S).
        """
        check_problem(problem)
        architecture = network_on(architecture, problem)
        if problem.m <= REJECTION_UP_TO:
            return self.rejection_posterior(architecture, problem)
        if problem.m > SUBSET_SIMULATION_UP_TO and _can_be_annealed(architecture, problem):
            return self.annealed_posterior(architecture, problem)
        return self.posterior_by_runs(architecture, problem)

    def outside(self, values: Any, problem: Problem, *, fingerprint: str | None = None, units: Any = None) -> Outside:
        """Take networks trained or sampled elsewhere, by their labels or logits; see `lab.outside.outside`.

        Args:
            values: labels or logits, (networks, points), or the path of a file of them.
            problem: the problem on whose inputs they are.
            fingerprint: that of the problem they are of; None: that in the file.
            units: (networks,) the same number for networks that are not independent; None: all are.

        Returns:
            The functions.

        Raises:
            BadInput: they are none of this problem's.
        """
        return outside(values, problem, fingerprint=fingerprint, units=units)

    def exact_volumes(self, architecture: FullyConnected | ClauseNetwork, problem: Problem) -> ExactVolumes:
        """P_B(f|S) and P(S) of networks whose settings are all counted: no draw, and no error.

        They are binary networks of up to 24 weights, without biases, or networks of clauses on a whole Boolean cube.
        BadInput says what cannot be counted.
        """
        counted = ClauseVolumes if isinstance(architecture, ClauseNetwork) else Enumeration
        return ExactVolumes.from_arrays(self.once(counted(cast(Architecture, architecture), problem)))

    def train_on_sets(
        self,
        architecture: Any,
        sets: TrainingSets,
        optimiser: Any,
        loss: str = "cross-entropy",
        networks: int = 100,
        *,
        least_fitted: float | None = LEAST_FITTED,
        **training: Any,
    ) -> list[Trained]:
        """Train networks on each training set of this look.

        Args:
            architecture: the networks, as of `posterior`.
            sets: the training sets.
            optimiser: what trains them; or a class of torch.optim, or functools.partial of one with its arguments.
            loss: a name in `LOSSES`.
            networks: trained on each set.
            least_fitted: share of all networks that must fit their training set, and some on each; None: no check.
            training: further arguments of `samplers.training.train`.

        Returns:
            The trained networks, by training set.

        Raises:
            NotAsked: if a smaller share of the networks fit, or none on some set.
        """
        check_sets(sets)
        check_named(Training, training)
        architecture, optimiser = network_on(architecture, sets), as_optimiser(optimiser)
        if least_fitted is not None:
            number(least_fitted, "The least share of networks that must fit lies", most=1.0)
        rule = self.resolve(optimiser, architecture, sets, loss)

        def training_on(problem: Problem) -> Training:
            return Training(architecture, problem, rule, loss, networks, **training)

        trained = self.gather_on_sets(training_on, sets)
        self.rates.fitted(trained, optimiser, architecture, sets, loss)
        if least_fitted is not None:
            needs_fitted(trained, least_fitted)
        return trained

    def posterior_on_sets(
        self, architecture: Any, sets: TrainingSets
    ) -> list[RejectionPosterior] | list[RunsPosterior] | list[AnnealedPosterior]:
        """Sample P_B(f|S) on each training set of this look, a few hundred effective networks each.

        The method is chosen as by `posterior`, its sample is smaller: what limits a mean over training sets is their
        spread. Every sample has at least six independent units, so that pairs within one can be left out.

        Args:
            architecture: the networks, as of `posterior`.
            sets: the training sets.

        Returns:
            The samples, by training set.

        Raises:
            Undecided: if runs of subset simulation scatter too much over all sets together, or annealing lags.
        """
        check_sets(sets)
        architecture = network_on(architecture, sets)
        if sets.m <= REJECTION_UP_TO:
            return self.gather_on_sets(lambda problem: RejectionUntil(architecture, problem), sets)
        if sets.m > SUBSET_SIMULATION_UP_TO and _can_be_annealed(architecture, sets):
            return self.gather_on_sets(lambda problem: Annealing(architecture, problem, **ANNEALED_ON_A_SET), sets)
        found = self.gather_on_sets(
            lambda problem: SubsetSimulation(architecture, problem, **RUNS_ON_A_SET), sets, check=False
        )
        # One set's few runs do not show how much they scatter; those of all sets do.
        scatter = pooled_scatter(found)
        if scatter > MOST_SCATTER:
            raise Undecided(
                f"Runs of subset simulation disagree: ln P(S) scatters by {scatter:.2g} nats over the runs on one of "
                f"{len(found)} training sets, though chains were lengthened; still longer chains would decide it."
            )
        return found

    def posterior_by_runs(self, architecture: Any, problem: Problem) -> RunsPosterior:
        """Sample P_B(f|S) by subset simulation.

        Fully connected networks come with their errors by margin, so that all claims share one sample.
        """
        check_problem(problem)
        architecture = network_on(architecture, problem)
        noted = isinstance(architecture, FullyConnected) and problem.classes == 2
        return self.subset_posterior(architecture, problem, observe=(ERRORS_BY_MARGIN,) if noted else ())

    def subset_posterior(
        self,
        architecture: Any,
        problem: Problem,
        runs: int = 16,
        chains: int = 64,
        steps: int = 8,
        observe: tuple[str, ...] = (),
    ) -> RunsPosterior:
        """Sample P_B(f|S) by subset simulation, for training sets of which rejection keeps too few networks.

        Args:
            architecture: the networks, as of `posterior`.
            problem: S and the evaluation inputs.
            runs: independent runs per shard.
            chains: chains of each run.
            steps: steps of each chain at each level.
            observe: statistics to note of each network, names in `features.posterior.OF_PARTICLES`; () for none.

        Returns:
            The functions by run, with ln P(S).

        Raises:
            Undecided: if the runs disagree though their chains were doubled.
        """
        architecture = network_on(architecture, problem)
        if not (isinstance(observe, tuple | list) and not observe):
            return self.gather(ObservedSubsetSimulation(architecture, problem, runs, chains, steps, observe))
        return self.gather(SubsetSimulation(architecture, problem, runs, chains, steps))

    def annealed_evidence(
        self,
        architecture: Architecture,
        problem: Problem,
        runs: int = 4,
        particles: int = 128,
        trajectories: int = 32,
        path: AnnealingPath = "sharpness",
    ) -> Estimate:
        """Estimate ln P(S) by annealing.

        The interval spans the forward and the reverse estimate, so that it stays valid if they disagree.

        Args:
            architecture: the networks.
            problem: S and the evaluation inputs.
            runs: independent runs per shard.
            particles: particles of each run.
            trajectories: Hamiltonian trajectories at each level.
            path: as of `annealed_posterior`.

        Returns:
            ln P(S) in nats.
        """
        sampler = Annealing(architecture, problem, runs, particles, trajectories, max_doublings=0, path=path)
        return self.gather(sampler, check=False).evidence

    def transfer(self, architecture: Architecture, first: Problem, second: Problem, draws: int = 10_000) -> Transfer:
        """Sample hidden draws with their evidence on two tasks, and their test error on the second.

        Args:
            architecture: the networks.
            first: the task from whose posterior hidden layers are taken.
            second: the task for which last layers are drawn anew.
            draws: hidden draws per shard.

        Returns:
            Evidences and errors by hidden draw.
        """
        return self.gather(TransferSampler(architecture, second, first, draws))

    def transfer_on_sets(
        self,
        architecture: Architecture,
        sets: TrainingSets,
        first: Callable[[Problem], Problem],
        draws: int = 10_000,
    ) -> list[Transfer]:
        """Sample hidden draws with their evidence on two tasks, on each training set of the second one.

        Args:
            architecture: the networks.
            sets: training sets of the second task.
            first: training set of the second task -> that of the first one, from whose posterior hidden layers are
                taken.
            draws: hidden draws of each set.

        Returns:
            Evidences and errors by hidden draw, by training set.

        Raises:
            BadInput: `first` is no function from one problem to another.
        """
        if not callable(first):
            raise BadInput(f"The first task is given as a function of the second, not as {short_repr(first)}.")

        def transfer_to(second: Problem) -> TransferSampler:
            try:
                return TransferSampler(architecture, second, first(second), draws)
            except TypeError as error:
                raise BadInput(
                    f"{short_repr(first)} makes no task of another one ({error}); give a function."
                ) from error

        return self.gather_on_sets(transfer_to, sets)

    def least_frozen_width(
        self,
        network: Callable[[int], Architecture],
        problem: Problem,
        highest: int,
        draws: int = 100,
        grows: bool = True,
    ) -> Tallies:
        """Search the least width whose hidden draws some last layer can fit.

        Args:
            network: width -> architecture.
            problem: S.
            highest: the largest width of the search.
            draws: hidden draws at each width, per shard.
            grows: False for every look to have the shards of the first.

        Returns:
            How many hidden draws fit at each width that was asked.
        """
        return self.gather(LeastFrozenWidth(widest(network, highest), problem, network, highest, draws, grows))

    def least_trained_width(
        self,
        network: Callable[[int], Architecture],
        problem: Problem,
        optimiser: Optimiser,
        highest: int,
        networks: int = 50,
        grows: bool = True,
        **training: Any,
    ) -> Tallies:
        """Search the least width whose networks fit S when all layers are trained.

        Args:
            network: width -> architecture.
            problem: S.
            optimiser: what trains them.
            highest: the largest width of the search.
            networks: networks at each width, per shard.
            grows: False for every look to have the shards of the first.
            training: further arguments of `samplers.training.train`.

        Returns:
            How many networks fit at each width that was asked.
        """
        check_named(LeastTrainedWidth, training)
        wide = widest(network, highest)
        # The search measures the unit at each width; that of the widest networks is noted.
        self.resolve(optimiser, wide, problem, training.get("loss", "cross-entropy"))
        return self.gather(LeastTrainedWidth(wide, problem, optimiser, network, highest, networks, grows, **training))


def _can_be_annealed(architecture: Architecture, data: Problem | TrainingSets) -> bool:
    return computes(architecture, FullyConnected) and supports(architecture) and data.classes == 2
