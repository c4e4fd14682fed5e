"""What the cells of the claims ask for, which takes long to find: once for all tests of plans, which are one group."""

import pytest

from harness.claim import Question, label
from harness.run.plan.requests import claims, record

# Of the many cells at full scale all that bring a value of an axis that no cell before them had, and every tenth.
_EVERY = 10


def covering(question, cells):
    """Cells that are not excluded, of which every value of every axis has one that has it among these too."""
    seen = set()
    for number, cell in enumerate(each for each in cells if question.excluded(**each) is None):
        values = {(axis, label(value)) for axis, value in cell.items()}
        if number % _EVERY == 0 or not values <= seen:
            seen |= values
            yield cell


@pytest.fixture(scope="session")
def modules():
    return claims()


@pytest.fixture(scope="session")
def smoke(modules):
    return record(modules, "smoke")


@pytest.fixture(scope="session")
def full(modules):
    every = Question.cells
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Question, "cells", lambda self, scale: list(covering(self, every(self, scale))))
        return record(modules, "full")
