"""Requests for P_B(f|S) and P(S)."""

from typing import Any, cast

from harness.errors import Undecided
from harness.lab.log_volumes import LogVolumeRequests
from harness.lab.request import network_on, on_sets, request
from harness.lab.shards import check_sets
from harness.networks import Architecture, FullyConnected
from harness.networks.inheritance import computes
from harness.problems import Problem, TrainingSets
from harness.samplers.enumeration import ClauseNetwork, ClauseVolumes, Enumeration, ExactVolumes
from harness.samplers.features.posterior import ERRORS_BY_MARGIN, ObservedSubsetSimulation
from harness.samplers.posterior import AnnealedPosterior, RejectionPosterior, RunsPosterior
from harness.samplers.posterior.annealing import Annealing, supports
from harness.samplers.posterior.annealing_levels import AnnealingPath
from harness.samplers.posterior.density_of_states import DensityOfStatesSampler
from harness.samplers.posterior.rejection import Rejection, TemperedRejection
from harness.samplers.posterior.rejection_until import RejectionUntil
from harness.samplers.posterior.samples import MOST_SCATTER, pooled_scatter
from harness.samplers.posterior.subset_simulation import SubsetSimulation
from harness.samplers.sampler import check_problem
from harness.verdicts import Estimate

# Beyond, rejection keeps too few of the networks it draws: one in 80,000 at m = 16.
REJECTION_UP_TO = 8
# Beyond, annealing takes less time than subset simulation for the same error of ln P(S): an eighth at m = 128, a
# thirtieth at m = 600.
SUBSET_SIMULATION_UP_TO = 64
# Samples of P_B on one of many training sets: small, since the spread between sets is larger than their error.
RUNS_ON_A_SET: dict[str, int] = {"runs": 6, "chains": 32, "steps": 4}
ANNEALED_ON_A_SET: dict[str, Any] = {"runs": 6, "particles": 32, "trajectories": 4}


class PosteriorRequests(LogVolumeRequests):
    """Requests for samples of P_B(f|S), and for P(S)."""

    rejection_posterior = request(Rejection)
    rejection_until = request(RejectionUntil)
    tempered_posterior = request(TemperedRejection)
    annealed_posterior = request(Annealing)
    density_of_states = request(DensityOfStatesSampler)
    tempered_posterior_on_sets = on_sets(TemperedRejection)
    rejection_on_sets = on_sets(Rejection)
    observed_runs_on_sets = on_sets(ObservedSubsetSimulation)

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

    def exact_volumes(self, architecture: FullyConnected | ClauseNetwork, problem: Problem) -> ExactVolumes:
        """P_B(f|S) and P(S) of networks whose settings are all counted: no draw, and no error.

        They are binary networks of up to 24 weights, without biases, or networks of clauses on a whole Boolean cube.
        BadInput says what cannot be counted.
        """
        counted = ClauseVolumes if isinstance(architecture, ClauseNetwork) else Enumeration
        return ExactVolumes.from_arrays(self.once(counted(cast(Architecture, architecture), problem)))


def _can_be_annealed(architecture: Architecture, data: Problem | TrainingSets) -> bool:
    return computes(architecture, FullyConnected) and supports(architecture) and data.classes == 2
