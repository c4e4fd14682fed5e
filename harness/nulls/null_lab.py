"""A lab in which a null learner stands where networks would be trained, or where they would be randomly sampled."""

from collections.abc import Callable
from dataclasses import fields, replace
from functools import reduce
from math import inf
from operator import add
from typing import Any, cast

import numpy as np

from harness.arguments import one_of
from harness.functions import ClusteredCounts, FunctionCounts
from harness.functions.counts import with_origin
from harness.lab import Lab
from harness.lab.jobs import generator
from harness.lab.posteriors import REJECTION_UP_TO
from harness.networks import Architecture, FullyConnected
from harness.networks.inheritance import computes
from harness.nulls.learner import NullLearner, Posterior, Task
from harness.nulls.untrained import unmoved, untrained_features, untrained_patterns
from harness.problems import Problem, TrainingSets
from harness.samplers.features.posterior import HiddenDraws, HiddenPatterns
from harness.samplers.features.training import TrainedFeatures, TrainedPatterns
from harness.samplers.features.transfer import TransferSampler
from harness.samplers.posterior import AnnealedPosterior, RejectionPosterior, RunsPosterior
from harness.samplers.posterior.rejection import Rejection
from harness.samplers.sampler import R, Sampler
from harness.samplers.training.train import Trained, Training
from harness.store import key
from harness.store.identity import stated

# What a null learner stands in the place of: all trained networks; those of the first request in a cell, where trained
# networks are compared with others; frozen draws and hidden draws.
TRAINING, FIRST_TRAINING, RANDOM_SAMPLING = "training", "first training", "random sampling"
PLACES = (TRAINING, FIRST_TRAINING, RANDOM_SAMPLING)
TRAINS = (Training, TrainedFeatures, TrainedPatterns)
# Functions in place of a shard of frozen draws, one on each of so many.
_DRAWS = 5000
# Independent chains of a perceptron's posterior.
_CHAINS = 16
# Least singular value of inputs that leave every logit some freedom, over the largest.
_SINGULAR = 1e-3
# Samples that a null learner rests on are of another seed than those that it is compared with; no run has so large a
# seed.
_ANOTHER_SEED = 2**61


class _SameSets(TrainingSets):
    """Training sets that do not depend on which of the two seeds asks for them."""

    def problem(self, number: int, seed: int = 0) -> Problem:
        """One training set, of the run's own seed."""
        return super().problem(number, seed % _ANOTHER_SEED)


class NullLab(Lab):
    """A lab whose trained networks are a null learner's, while everything else is what the lab would give.

    Each of its networks counts as trained for one epoch and as one that fits S. The same request is answered with the
    same functions, and with more of them at later looks; other requests get independent ones. Only what a null learner
    rests on, such as a posterior, goes to the store.

    In place of random sampling it answers what claims ask about frozen draws: rejection with several last layers on
    each hidden draw, and hidden draws that are weighted by their evidence. `posterior` and rejection of whole networks
    remain.

    null: the learner. answered: how many requests it has answered.
    """

    def __init__(self, lab: Lab, null: NullLearner, in_place_of: str = TRAINING) -> None:
        """Put a null learner in the place of networks.

        Args:
            lab: where all else comes from; its scale, device, seed and store are used.
            null: the learner.
            in_place_of: TRAINING, FIRST_TRAINING or RANDOM_SAMPLING.

        Raises:
            BadInput: if `in_place_of` is another text.
        """
        one_of(
            in_place_of, (TRAINING, FIRST_TRAINING, RANDOM_SAMPLING), "A null learner does not stand in the place of"
        )
        further = lab.store, lab.fresh, lab.executor, lab.progress
        super().__init__(lab.scale, lab.device, lab.seed, *further)
        self.null, self.in_place_of, self.answered = null, in_place_of, 0
        self._first = ""
        self._own = Lab(lab.scale, lab.device, lab.seed + _ANOTHER_SEED, *further)

    def begin(self, cell: str = "", first: float = inf) -> None:
        """Begin a cell."""
        super().begin(cell, first)
        self._first = ""

    def gather(self, sampler: Sampler[R], *, check: bool = True) -> R:
        """Give a sample: the null learner's where it stands in the sampler's place, else the lab's own.

        Args:
            sampler: what is asked for.
            check: as of the lab.

        Returns:
            The sample of this look.

        Raises:
            BadInput: if hidden layers are asked for and the null learner has none.
        """
        if not self._answers(sampler):
            return super().gather(sampler, check=check)
        self.answered += 1
        if _is_of_hidden_draws(sampler):
            self.null.needs_layers()
            return cast(R, unmoved(cast(Any, super().gather(sampler, check=check))))

        def posterior(architecture: Architecture) -> Posterior:
            self._own.look = 0
            if _is_gaussian(architecture, sampler.problem):
                return self._own.infinite_posterior(architecture, sampler.problem, chains=_CHAINS)
            return self._own.posterior(architecture, sampler.problem)

        return reduce(add, (self._in_its_place(sampler, shard, posterior) for shard in range(self.shards)))

    def gather_on_sets(
        self, sampler_on: Callable[[Problem], Sampler[R]], sets: TrainingSets, *, check: bool = True
    ) -> list[R]:
        """Give a sample on each training set of this look, as `gather` does.

        Args:
            sampler_on: problem -> what is asked for on it.
            sets: the training sets.
            check: as of the lab.

        Returns:
            The samples, by training set.

        Raises:
            BadInput: as of `gather`.
        """
        samplers = [sampler_on(problem) for problem in self.problems(sets)]
        if not self._answers(samplers[0]):
            return super().gather_on_sets(sampler_on, sets, check=check)
        self.answered += 1
        if _is_of_hidden_draws(samplers[0]):
            self.null.needs_layers()
            found = super().gather_on_sets(sampler_on, sets, check=check)
            return [cast(R, unmoved(cast(Any, each))) for each in found]
        same = _SameSets(**{each.name: getattr(sets, each.name) for each in fields(sets)})
        sampled: dict[str, list[Posterior]] = {}

        def posteriors(architecture: Architecture) -> list[Posterior]:
            name, problems = stated(architecture, "An architecture"), self.problems(sets)
            if name not in sampled and _is_gaussian(architecture, problems[0]):
                self._own.look = 0
                sampled[name] = [self._own.infinite_posterior(architecture, each, chains=_CHAINS) for each in problems]
            elif name not in sampled:
                self._own.look = self.look
                sampled[name] = list(self._own.posterior_on_sets(architecture, same))
            return sampled[name]

        def on_set(number: int) -> Callable[[Architecture], Posterior]:
            return lambda architecture: posteriors(architecture)[number]

        return [self._in_its_place(sampler, 0, on_set(number)) for number, sampler in enumerate(samplers)]

    def posterior(
        self, architecture: Architecture, problem: Problem
    ) -> RejectionPosterior | RunsPosterior | AnnealedPosterior:
        """Sample P_B(f|S), as the lab does, also where a null learner stands in the place of frozen draws."""
        if problem.m <= REJECTION_UP_TO:
            return super().gather(Rejection(architecture, problem))
        return super().posterior(architecture, problem)

    def _answers(self, sampler: Sampler[Any]) -> bool:
        """Whether the null learner stands in the place of what is asked for."""
        if self.in_place_of == FIRST_TRAINING and isinstance(sampler, TRAINS):
            self._first = self._first or training_name(sampler)
            return training_name(sampler) == self._first
        if self.in_place_of != RANDOM_SAMPLING:
            return isinstance(sampler, TRAINS)
        if isinstance(sampler, Rejection):
            return sampler.last_layers > 1
        if isinstance(sampler, HiddenPatterns):
            return sampler.weighted
        return _is_of_hidden_draws(sampler)

    def _in_its_place(self, sampler: Sampler[R], shard: int, posterior: Callable[[Architecture], Posterior]) -> R:
        """A shard of the null learner's in place of one of the sampler's."""
        name = key({**self.spec(sampler), "null": stated(self.null, "A null learner")})
        if isinstance(sampler, TrainedFeatures | TrainedPatterns | HiddenPatterns):
            self.null.needs_layers()
            drawn = generator(self.device, self.seed, name, shard)
            if isinstance(sampler, TrainedFeatures):
                return cast(R, untrained_features(sampler, drawn))
            if isinstance(sampler, TrainedPatterns):
                return cast(R, untrained_patterns(sampler, drawn))
            return cast(R, replace(sampler, weighted=False).draw(drawn))
        problem, trained = sampler.problem, isinstance(sampler, Training)
        networks = cast(Training, sampler).networks if trained else _DRAWS
        stream = np.random.default_rng([int(name, 16), shard])
        labels = self.null.labels(Task(sampler.architecture, problem, networks, stream, posterior))
        functions = FunctionCounts.from_labels(labels, problem.classes)
        if trained:
            none = FunctionCounts.empty(problem.n, problem.classes)
            trained_so = Trained(functions, networks, np.ones(networks, dtype=np.int64), none)
            return cast(R, with_origin(trained_so, problem.origin))
        one_each = np.repeat(functions.words, functions.counts, axis=0)
        clusters = ClusteredCounts.from_words(one_each, np.arange(networks), problem.n, networks, problem.classes)
        kept = RejectionPosterior(clusters, cast(Rejection, sampler).last_layers)
        return cast(R, with_origin(kept, problem.origin))


def training_name(sampler: Sampler[Any]) -> str:
    """What trains which networks, whatever the training set."""
    return key({"sampler": sampler.name, "architecture": sampler.identity["architecture"], **sampler.arguments})


def _is_gaussian(architecture: Architecture, problem: Problem) -> bool:
    """Whether the networks are perceptrons on more points than rejection takes, whose logits, a Gaussian process at any
    width, may be anything on all points: their posterior is then sampled as the process's, in less time.
    """
    if not computes(architecture, FullyConnected) or architecture.hidden or problem.m <= REJECTION_UP_TO:
        return False
    if architecture.distribution != "gaussian" or problem.classes > 2:
        return False
    inputs = problem.inputs.reshape(len(problem.inputs), -1).astype(float)
    spread = np.linalg.svd(np.hstack([inputs, np.ones((len(inputs), 1))]), compute_uv=False)
    return len(spread) == len(inputs) and bool(spread[-1] > _SINGULAR * spread[0])


def _is_of_hidden_draws(sampler: Sampler[Any]) -> bool:
    """Whether its sample has one weight, the evidence, for each hidden draw."""
    return isinstance(sampler, HiddenDraws | TransferSampler)
