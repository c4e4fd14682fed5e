"""Ternary networks of one hidden layer on the Boolean cube, whose volumes follow from counting their hidden units.

A hidden unit has a weight −1, 0 or 1 for each input bit, equally likely, and is on where every bit agrees with its
weight, if that is not 0: it is a clause, true on a subcube. A unit of weights 0 is off everywhere. The network says 1
where some unit is on, or its negation, either with probability ½.

Units are independent, so that P(all are on within a set A of inputs alone) = q(A)^width, q(A) the share of units whose
subcube lies in A or that are off. Möbius inversion over the subsets of the cube gives P(on exactly in A). All is in
whole numbers, as the sums cancel to a 10^−16th of their terms.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np

from harness.arguments import set_fields, short_repr, whole
from harness.errors import BadInput
from harness.problems import boolean_cube
from harness.samplers.enumeration.volumes import ExactVolumes
from harness.samplers.sampler import Computation
from harness.samplers.work import Shape

# The subsets of a cube of 5 bits are 2^32.
MOST_BITS = 4
# Volumes are whole numbers of 6.3 bits a unit.
MOST_UNITS = 1000


@dataclass(frozen=True)
class ClauseNetwork:
    """A ternary network of one hidden layer: its volumes are known, and it is neither drawn nor trained.

    width: hidden units.
    """

    width: int

    def __post_init__(self) -> None:
        set_fields(self, width=whole(self.width, "The width of a network of clauses", least=1, most=MOST_UNITS))

    @property
    def name(self) -> str:
        """Stable identifier."""
        return f"clauses-{self.width}"

    @property
    def facts(self) -> dict[str, str | int | float]:
        """Facts by which the report groups cells."""
        return {"architecture": self.name, "depth": 1, "width": self.width}


def clause_volumes(bits: int, width: int) -> ExactVolumes:
    """P(f) of every function on the cube of so many bits, 4 at most, inputs in counting order."""
    inputs = 2**bits
    # How many units are on exactly in each set of inputs; the unit of weights 0 is off everywhere.
    units = np.zeros(2**inputs, dtype=object)
    signs = 2 * boolean_cube(bits).eval_x.astype(int) - 1
    for weights in product((-1, 0, 1), repeat=bits):
        on = (signs * weights != -1).all(axis=1) & any(weights)
        units[int((1 << np.flatnonzero(on)).sum())] += 1
    within = units.reshape((2,) * inputs)
    for axis in range(inputs):
        within = np.cumsum(within, axis=axis)
    exactly = within**width
    for axis in range(inputs):
        exactly = np.diff(exactly, axis=axis, prepend=0)
    networks = exactly.ravel()
    # A function's number is its word, and its negation has the number that is as far from the other end.
    networks = networks + networks[::-1]
    functions = np.flatnonzero(networks > 0)
    of = 2 * 3 ** (bits * width)
    probabilities = np.array([int(k) / of for k in networks[functions]])
    return ExactVolumes(inputs, functions[:, None].astype(np.uint64), probabilities)


@dataclass(frozen=True)
class ClauseVolumes(Computation):
    """P(f) of a network of clauses on the whole Boolean cube."""

    name = "volumes of clauses"

    def __post_init__(self) -> None:
        cubes = {boolean_cube(bits).fingerprint for bits in range(1, MOST_BITS + 1)}
        if not isinstance(self.architecture, ClauseNetwork) or self.problem.fingerprint not in cubes:
            raise BadInput(
                f"The volumes of a ClauseNetwork are known on boolean_cube(1) to boolean_cube({MOST_BITS}), not of "
                f"{short_repr(self.architecture)} on {self.problem.name}; condition them on training points afterwards."
            )

    @property
    def address(self) -> dict[str, str]:
        """Everything the arrays depend on."""
        return {"computation": self.name, **self.identity}

    def compute(self) -> dict[str, np.ndarray]:
        """The arrays of an `ExactVolumes`."""
        assert isinstance(self.architecture, ClauseNetwork), "asked for above"
        return clause_volumes(self.problem.n.bit_length() - 1, self.architecture.width).to_arrays()

    @property
    def shape(self) -> Shape:
        """What work is made of; the networks themselves are not computed."""
        n = self.problem.n
        return Shape(0, n, n, 0.0, 0.0, 0, 0, 0)

    @property
    def work(self) -> float:
        """Roughly the scalar multiplications: whole numbers of any length, at all subsets, along every input twice."""
        return 2.0 * self.problem.n * 2.0**self.problem.n
