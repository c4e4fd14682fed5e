"""Null learners, which no claim may mistake for training or for random sampling; `NullLab` puts one in their place."""

from harness.errors import BadInput
from harness.nulls.deterministic import NearestNeighbour, Truth
from harness.nulls.from_posteriors import AnothersPosterior, Coins, FrozenDrawsAlike, FrozenDrawsByEvidence
from harness.nulls.guessing import ClassFrequencies, MajorityLabel, UniformGuessing
from harness.nulls.learner import NullLearner, Task
from harness.nulls.null_lab import FIRST_TRAINING, RANDOM_SAMPLING, TRAINING, NullLab
from harness.nulls.untrained import UntrainedNetworks

__all__ = [
    "FIRST_TRAINING",
    "NULLS",
    "RANDOM_SAMPLING",
    "TRAINING",
    "AnothersPosterior",
    "ClassFrequencies",
    "Coins",
    "FrozenDrawsAlike",
    "FrozenDrawsByEvidence",
    "MajorityLabel",
    "NearestNeighbour",
    "NullLab",
    "NullLearner",
    "Task",
    "Truth",
    "UniformGuessing",
    "UntrainedNetworks",
    "null_learner",
]

# To add one: a class in a file of this folder, and an entry here.
NULLS: dict[str, NullLearner] = {
    null.name: null
    for null in (
        UniformGuessing(),
        Truth(),
        Coins(),
        MajorityLabel(),
        ClassFrequencies(),
        NearestNeighbour(),
        UntrainedNetworks(),
        AnothersPosterior(),
        FrozenDrawsAlike(),
        FrozenDrawsByEvidence(),
    )
}


def null_learner(name: str) -> NullLearner:
    """The null learner of that name; BadInput if there is none."""
    if name not in NULLS:
        raise BadInput(f"There is no null learner {name!r}; choose among {', '.join(map(repr, NULLS))}.")
    return NULLS[name]
