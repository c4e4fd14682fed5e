"""Which tests of the claims can be hunted: those that declare a space."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from harness.arguments import short_repr
from harness.claim import ClaimText, Question, Space, questions_in
from harness.errors import BadInput
from harness.spelling import did_you_mean


@dataclass(frozen=True)
class Target:
    """A test of a claim with the space of its sentence. of: how many tests of this claim there are to hunt."""

    module: ModuleType
    question: Question
    space: Space
    of: int = 1

    @property
    def name(self) -> str:
        """claim/test."""
        return f"{self.question.slug}/{self.question.test.removeprefix('test_')}"

    @property
    def ask(self) -> Callable[..., Any]:
        """The claim's own function."""
        return vars(self.module)[self.question.test]

    @property
    def sentence(self) -> str:
        """What the claim says."""
        return ClaimText.of(self.module.__doc__ or "").sentence


def targets(modules: Sequence[ModuleType], names: Sequence[str]) -> list[Target]:
    """Find the tests to hunt.

    Args:
        modules: the claims' files, imported.
        names: claims, or claim/test, or parts of these; none: every test with a space.

    Returns:
        The tests, in the order of a run.

    Raises:
        BadInput: there is no such claim, it declares no space, or its space makes no cell of its test.
    """
    every = [
        Target(module, question, question.space, sum(each.space is not None for each in questions_in(module)))
        for module in modules
        for question in questions_in(module)
        if question.space is not None
    ]
    for name in names:
        if any(name in each.name for each in every):
            continue
        slugs = list(dict.fromkeys(question.slug for module in modules for question in questions_in(module)))
        with_space = "Claims with a space: " + (
            ", ".join(dict.fromkeys(each.question.slug for each in every)) or "none"
        )
        if any(name in slug for slug in slugs):
            raise BadInput(f"{name} declares no space to be hunted, as @claim(space=Space(…)) does. {with_space}.")
        meant = did_you_mean(name, [*slugs, *(each.name for each in every)])
        raise BadInput(f"No claim has {short_repr(name)} in its name. {with_space}.{meant}")
    chosen = [each for each in every if not names or any(name in each.name for name in names)]
    if not chosen:
        raise BadInput("No claim here declares a space to be hunted, as @claim(space=Space(…)) does.")
    for each in chosen:
        _check(each)
    return chosen


def _check(target: Target) -> None:
    """BadInput unless the simplest point is a cell of the test's axes."""
    cell, axes = target.space.cell_at(target.space.simplest), target.question.grid
    if set(cell) != set(axes):
        raise BadInput(
            f"The space of {target.name} makes cells of {', '.join(cell)}, and its test takes {', '.join(axes)}; give "
            "the space a cell= that makes these."
        )
    target.question.prediction(cell)
