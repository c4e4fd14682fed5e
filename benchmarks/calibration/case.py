"""What is simulated for one interval."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.verdicts import Estimate


@dataclass(frozen=True)
class Case:
    """draw: from a generator of random numbers to (estimate, truth)."""

    name: str
    unit: str
    draw: Callable[[np.random.Generator], tuple[Estimate, float]]


def case(name: str, unit: str, draw: Callable[..., tuple[Estimate, float]], *arguments: Any) -> Case:
    """The case of `draw` with these arguments after the generator."""
    return Case(name, unit, lambda rng: draw(rng, *arguments))
