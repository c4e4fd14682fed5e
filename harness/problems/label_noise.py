"""Training sets with a share of wrong labels; evaluation labels stay as they are."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from harness.arguments import number
from harness.errors import BadInput
from harness.problems.problem import Arrays, Problem
from harness.problems.splits import check_split, random_generator


def with_label_noise(problem: Problem, noise: float, split: int = 0) -> Problem:
    """Give a share of the training points another label each, drawn evenly from the other classes.

    Which points, and what labels they get, follows from the problem's name and the split: points with a wrong label
    at one share have it at every larger one.

    Args:
        problem: the problem, with evaluation labels that stay right.
        noise: share of the training labels that become wrong, from 0 to 1; a whole number of labels.
        split: seed of the choice.

    Returns:
        The problem with wrong labels, whose name and facts say so; without noise the problem itself.

    Raises:
        BadInput: the share is no number from 0 to 1, or no whole number of labels.
    """
    noise = number(noise, "Label noise is a share of the training labels", most=1.0)
    check_split(split)
    wrong = round(noise * problem.m)
    if abs(noise * problem.m - wrong) > 1e-6:
        raise BadInput(
            f"Label noise of {noise:g} is {noise * problem.m:g} of {problem.m} training labels; give a share that is "
            "a whole number of them."
        )
    if not wrong:
        return problem

    def load() -> Arrays:
        rng = random_generator(f"{problem.name} label noise", split)
        order, shifts = rng.permutation(problem.m), rng.integers(1, problem.classes, problem.m)
        labels = problem.train_y.copy()
        labels[order[:wrong]] = (labels[order[:wrong]] + shifts[:wrong]) % problem.classes
        labels.flags.writeable = False
        return problem.arrays._replace(train_y=labels)

    name = f"{problem.name}-noise{noise:g}"
    facts = {key: value for key, value in problem.facts.items() if key not in ("problem", "m", "n", "classes")}
    facts["label noise"] = noise
    return Problem.later(name, problem.m, problem.n, facts, load, problem.classes, problem.vocabulary)


@dataclass(frozen=True)
class Noisy:
    """Data of `training_sets` with label noise, seeded with the set.

    data: a function of this package, or one of your own, that takes m, n and split= and returns a problem.
    noise: share of the training labels that become wrong.
    """

    data: Callable[..., Problem]
    noise: float

    def __call__(self, m: int, n: int, *, split: int = 0, **arguments: Any) -> Problem:
        """One training set with its wrong labels."""
        return with_label_noise(self.data(m, n, split=split, **arguments), self.noise, split)
