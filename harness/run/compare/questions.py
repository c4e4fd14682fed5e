"""What a comparison asks of a network, as claims ask it: sentence, predicted region, estimate.

On training sets drawn from data, sets are what intervals count; on one given problem, its networks are.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import log
from typing import Any

from harness.claim import SCALES, ClaimText, Question
from harness.errors import NotAsked
from harness.lab import Lab
from harness.networks import Architecture
from harness.problems import Problem, TrainingSets
from harness.samplers.infinite_width.kernels import has_closed_form
from harness.statistics.comparison import compare as compare_on_one
from harness.statistics.comparison import restricted
from harness.statistics.figures import figure
from harness.statistics.log_volumes import above_coins, some_functions
from harness.statistics.one_problem import compare_samples
from harness.statistics.over_sets import (
    compare_over_sets,
    direction_over_sets,
    errors_on_sets,
    mean_over_sets,
    sharpness_over_sets,
)
from harness.verdicts import Estimate, Prediction, at_least, within

# As the claims have it: functions are compared on so many evaluation points, and errors are on all.
POINTS = 8
# Functions whose volume is measured on each training set.
_FUNCTIONS, _SEED = 8, 20210512
Data = Problem | TrainingSets
Ask = Callable[[Lab, Architecture, Data, Any, str], Estimate]


@dataclass(frozen=True)
class Asked:
    """One question of a comparison, with the claim's text and what estimates it."""

    question: Question
    text: ClaimText
    ask: Ask


def _samples(lab: Lab, network: Architecture, data: Data, rule: Any, loss: str) -> tuple[Any, Any]:
    """Trained and randomly sampled networks: on each training set of this look, or on the problem."""
    if isinstance(data, TrainingSets):
        return lab.train_on_sets(network, data, rule, loss), lab.posterior_on_sets(network, data)
    return lab.train(network, data, rule, loss), lab.posterior(network, data)


def _bias(lab: Lab, network: Architecture, data: Data, rule: Any, loss: str) -> Estimate:
    """Bias explained, with c, s, test errors and ln P(S) beside it."""
    trained, sampled = _samples(lab, network, data, rule, loss)
    if isinstance(data, Problem):
        return compare_on_one(trained, sampled, data, min(POINTS, data.n))
    found = compare_over_sets(trained, sampled, lab.problems(data), min(POINTS, data.n))
    evidence = mean_over_sets([_log_evidence(each) for each in sampled], "ln P(S)")
    return replace(found, details={**found.details, "secondary": [*found.details["secondary"], figure(evidence)]})


def _direction(lab: Lab, network: Architecture, data: Data, rule: Any, loss: str) -> Estimate:
    """c."""
    trained, sampled = _samples(lab, network, data, rule, loss)
    if isinstance(data, Problem):
        return compare_samples(trained.functions, sampled.sample, data).direction
    return direction_over_sets(*_on_first_points(trained, sampled, data))


def _sharpness(lab: Lab, network: Architecture, data: Data, rule: Any, loss: str) -> Estimate:
    """s."""
    trained, sampled = _samples(lab, network, data, rule, loss)
    if isinstance(data, Problem):
        return compare_samples(trained.functions, sampled.sample, data).sharpness
    return sharpness_over_sets(*_on_first_points(trained, sampled, data))


def _advantage(lab: Lab, network: Architecture, data: Data, rule: Any, loss: str) -> Estimate:
    """The test error of random sampling less that of training."""
    trained, sampled = _samples(lab, network, data, rule, loss)
    if isinstance(data, Problem):
        return compare_samples(trained.functions, sampled.sample, data).advantage
    problems = lab.problems(data)
    apart = zip(errors_on_sets(sampled, problems), errors_on_sets(trained, problems), strict=True)
    return mean_over_sets([by_volume - by_training for by_volume, by_training in apart], "advantage of training")


def _log_volume(lab: Lab, network: Architecture, data: Data, rule: Any, loss: str) -> Estimate:
    """By how many nats what training finds is likelier under the own volume, at infinite width, than under coins."""
    if not has_closed_form(network):
        raise NotAsked(f"{network.name} has no volume of infinite width in closed form.")
    if not isinstance(data, TrainingSets) or data.classes > 2:
        raise NotAsked("Log volumes are compared over training sets of two classes.")
    trained, sampled = _samples(lab, network, data, rule, loss)
    functions = [some_functions(each.functions, _FUNCTIONS, _SEED) for each in trained]
    volumes = lab.log_volumes_on_sets(network, data, functions)
    return above_coins(volumes, functions, [each.functions for each in sampled])


def _on_first_points(trained: Sequence[Any], sampled: Sequence[Any], data: Data) -> tuple[list[Any], list[Any]]:
    points = min(POINTS, data.n)
    return [restricted(each, points) for each in trained], [restricted(each, points) for each in sampled]


def _log_evidence(sample: Any) -> float:
    found = sample.evidence
    return log(found.value) if found.quantity == "P(S)" else float(found.value)


_HALF = "the squared distance from random sampling to training is then less than half of that to uniform guessing"
# Name, sentence, in words, quantity, predicted region, estimate.
_TOLD: tuple[tuple[str, str, str, str, Prediction, Ask], ...] = (
    (
        "random_sampling_explains_training",
        "Random weights that fit explain what training this network finds.",
        "If you draw random weights until the network fits, do you get the functions that training gives?",
        "bias explained",
        at_least(0.5, because=_HALF),
        _bias,
    ),
    (
        "training_goes_where_volume_points",
        "Training moves away from uniform guessing in the direction in which volume does.",
        "Does training prefer the functions that random weights prefer?",
        "direction c",
        at_least(0.75, because="at equal sharpness a cosine of 0.75 is a bias explained of one half, 2c − 1"),
        _direction,
    ),
    (
        "training_is_as_sharp_as_sampling",
        "Training is as concentrated on its functions as random sampling is.",
        "Does training go further in its direction than random weights that fit?",
        "sharpness s",
        within(1.0, 0.1, because="sharper by a tenth or more is what could matter for a test error"),
        _sharpness,
    ),
    (
        "training_generalises_as_sampling_does",
        "Trained networks err as often on new points as random weights that fit do.",
        "Is a trained network better on new points than random weights that fit?",
        "advantage of training",
        within(0.0, 0.05, because="less than five points in a hundred are less than most choices of a network make"),
        _advantage,
    ),
    (
        "volume_knows_more_than_labels",
        "What training finds is likelier under this network's volume than under coins with its label frequencies.",
        "Does volume say which labels go together, and not only how frequent each is?",
        "nats above coins with the posterior's marginals",
        at_least(1.0, because="one nat is a factor of e for each function"),
        _log_volume,
    ),
)
SOURCE = "Mingard et al. 2021, JMLR 22:79 (arXiv 2006.15191)"
ROOM = "compare"
_HOW = (
    "Networks are trained to their first fit, at rates in units of the edge of stability unless their own are asked "
    "for; random ones are drawn from the initialisation and kept if they fit. Bias explained is 1 − D(P_OPT, P_B)/"
    "D(U, P_B) of squared MMDs over functions on the first 8 evaluation points; test errors are on all of them."
)


def questions(networks: Sequence[Architecture], data: str, sizes: Sequence[int], rules: Sequence[Any]) -> list[Asked]:
    """The questions of a comparison, each over a grid of data, m, network and optimiser.

    Args:
        networks: the networks.
        data: name of the data.
        sizes: numbers of training points.
        rules: the optimisers.

    Returns:
        One for each thing that is asked.
    """
    axes = {"data": (data,), "m": tuple(sizes), "architecture": tuple(networks), "optimiser": tuple(rules)}
    grid = {axis: dict.fromkeys(SCALES, values) for axis, values in axes.items()}
    return [
        Asked(
            Question(
                slug,
                "empirical",
                quantity,
                predicts,
                grid,
                excluded=lambda **_: None,
                test=f"test{ask.__name__}",
                speaks_for="architecture",
                crux=lambda **_: True,
            ),
            ClaimText(sentence, SOURCE, _HOW, words),
            ask,
        )
        for slug, sentence, words, quantity, predicts, ask in _TOLD
    ]
