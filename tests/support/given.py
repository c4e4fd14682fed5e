"""Samplers whose draw is a function that a test gives."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from harness.networks import FullyConnected
from harness.problems import boolean_cube
from harness.samplers.sampler import Sampler, argument


@dataclass(frozen=True)
class Given(Sampler[Any]):
    """Draws by a function of the generator; called: its name in the address; made: the class of its samples."""

    compute: Callable[..., Any] = argument(key=None)
    called: str = argument(key=None, default="given")
    made: type = argument(key=None, default=object)
    grows: bool = argument(key=None, default=True)

    work = 0.0

    @property
    def name(self):
        return self.called

    @property
    def result(self):
        return self.made

    def draw(self, generator):
        return self.compute(generator)


def given(compute, called="given", made=object, grows=True):
    """One of no network and problem in particular."""
    return Given(FullyConnected((2,)), boolean_cube(2), compute, called, made, grows)
