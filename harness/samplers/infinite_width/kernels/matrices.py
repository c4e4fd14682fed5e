"""Kernel matrices of infinitely wide networks on a problem's inputs, block by block."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.arguments import set_fields
from harness.networks import Architecture
from harness.problems import Problem
from harness.samplers.infinite_width.kernels.fully_connected import has_closed_form, in_the_limit, nngp, ntk
from harness.samplers.infinite_width.kernels.library import library_kernels
from harness.samplers.sampler import Computation, argument, identity

# Source of a kernel: this project, which has it in closed form or estimates it by Monte Carlo, or the library.
OWN, LIBRARY = "own", "neural-tangents"
CLOSED_FORMS = {"nngp": nngp, "ntk": ntk}
# Rows and columns of a block of a kernel; an interrupted run loses one block at most.
BLOCK = 1000


def limit(architecture: Architecture, by: str) -> Architecture:
    """The architecture in the limit.

    Architectures that share a kernel in closed form become one; others, which only the library has, stay.
    """
    return architecture if by == LIBRARY and not has_closed_form(architecture) else in_the_limit(architecture)


def identity_in_the_limit(architecture: Architecture, problem: Problem, by: str) -> dict[str, str]:
    """Make the part of an address that a result based on a kernel depends on.

    Args:
        architecture: the networks.
        problem: S and E.
        by: OWN or LIBRARY.

    Returns:
        Architecture in the limit and problem, and `by` if the kernel is the library's.
    """
    found = identity(limit(architecture, by), problem)
    return found | {"by": by} if by == LIBRARY else found


@dataclass(frozen=True)
class KernelBlock(Computation):
    """A block of the NNGP kernel or NTK of S, then E.

    kernel: "nngp" or "ntk".
    by: OWN or LIBRARY.
    rows, columns: slices of S, then E.
    """

    kernel: str
    by: str
    rows: slice = argument(key=None)
    columns: slice = argument(key=None)

    name = "kernel"

    def __post_init__(self) -> None:
        super().__post_init__()
        set_fields(self, architecture=limit(self.architecture, self.by))

    @property
    def arguments(self) -> dict[str, Any]:
        """Those of the address."""
        return super().arguments | {"block": [self.rows.start, self.columns.start, self.rows.stop - self.rows.start]}

    def compute(self) -> dict[str, np.ndarray]:
        """The block, (rows, columns)."""
        x = self.problem.inputs
        others = None if self.rows == self.columns else x[self.columns]
        if self.by == LIBRARY:
            found = library_kernels(self.architecture, x[self.rows], others)[self.kernel == "ntk"]
        else:
            found = CLOSED_FORMS[self.kernel](in_the_limit(self.architecture), x[self.rows], others)
        return {"kernel": found}

    @property
    def work(self) -> float:
        """Roughly the scalar multiplications of a shard."""
        points = len(self.problem.inputs)
        rows, columns = (min(each.stop, points) - each.start for each in (self.rows, self.columns))
        return rows * columns
