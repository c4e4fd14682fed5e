"""Requests for hidden layers: which last layers fit them, how they transfer, the least width that fits."""

from collections.abc import Callable
from typing import Any

from harness.arguments import short_repr
from harness.errors import BadInput
from harness.lab.posteriors import PosteriorRequests
from harness.lab.request import check_named, on_sets, request
from harness.networks import Architecture
from harness.optimisers import Optimiser
from harness.problems import Problem, TrainingSets
from harness.samplers.features.feasibility import LastLayerFeasibility
from harness.samplers.features.least_width import LeastFrozenWidth, LeastTrainedWidth, Tallies, widest
from harness.samplers.features.posterior import HiddenDraws, HiddenPatterns
from harness.samplers.features.training import TrainedFeatures, TrainedPatterns
from harness.samplers.features.transfer import Transfer, TransferSampler


class FeatureRequests(PosteriorRequests):
    """Requests for samples of hidden layers."""

    last_layer_feasibility = request(LastLayerFeasibility)
    hidden_draws = request(HiddenDraws)
    hidden_patterns = request(HiddenPatterns)
    trained_features = request(TrainedFeatures)
    trained_patterns = request(TrainedPatterns)
    last_layer_feasibility_on_sets = on_sets(LastLayerFeasibility)
    hidden_draws_on_sets = on_sets(HiddenDraws)
    hidden_patterns_on_sets = on_sets(HiddenPatterns)
    trained_features_on_sets = on_sets(TrainedFeatures)
    trained_patterns_on_sets = on_sets(TrainedPatterns)
    least_frozen_width_on_sets = on_sets(LeastFrozenWidth)
    least_trained_width_on_sets = on_sets(LeastTrainedWidth)

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
