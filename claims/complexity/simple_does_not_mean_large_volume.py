"""Simple functions of small volume exist, and are rare.

In words: Are there simple functions that random weights hardly ever give, and are they few?

Source: C. Mingard, LessWrong, 11 May 2021; Dingle, Pérez & Louis 2020, arXiv 1910.00971; Dingle, Camargo & Louis 2018,
doi 10.1038/s41467-018-03101-6.

They exist: by how many bits the volume of a named simple function lies below the simplicity bound at its LZ76
complexity. Its volume is measured, not missed: by subset simulation of all 2ⁿ labels, on 7 bits by annealing, or as
an orthant probability in the limit of infinite width. The identity copies the last bit, copy-1 the first; the majority
and parity are a line of code each. The bound is that of `large_volume_means_simple`: slope a from the number of
functions and the complexity of a random one, b from the constant function.

They are rare: among simple functions, of which the complexity is at most half that of a random string, the share that
lies 10 bits or more below the bound, at infinite width. The functions are spread evenly over complexity, with numbers
of ones drawn uniformly, and are counted alike, so that their volume has no part in the choice, though their
shape has: simple ones have few runs (`claims/complexity/spread.py`).

Both are also asked without any draw, of networks of clauses, of ternary weights, all of whose settings are counted on
the 4-bit cube. They exist: the copy of the last bit, one literal long, against the function that is 1 on a single
input, a conjunction of four. They are rare: among all functions whose shortest expression is at most half as long as
that of a random one, each counted alike, the share that lies 10 bits or more below the bound.

Objection: that few *draws* are of functions far below the bound holds of every distribution, since such functions have
small volumes: the ceiling 2^(−gap) is Markov's inequality. It is shown as a control and not counted; what can fail is
that few of the simple *functions* lie there. Parity's LZ76 is above that of most strings in order: named functions are
simple by the word, their place is by the measure. The copy is balanced and the single 1 is not, so that a bias towards
few ones would do: the sentence is of simplicity and does not care, and `structure_is_favoured_at_equal_entropy` asks it
at equal entropy.

Excluded: uniform guessing has every function but the constants far below the bound at many inputs, and one that
weighs all simple functions alike has none.
"""

import numpy as np

from claims.complexity.spread import deep, in_bits, simple_functions, volumes_of
from claims.grids import CLAUSES, COUNTED_CUBE, cube_networks, log2_volume
from harness.claim import claim, over
from harness.problems import boolean_cube
from harness.samplers.enumeration import ClauseNetwork
from harness.statistics.complexity import MEASURES, lempel_ziv
from harness.statistics.exact_simplicity import exact_bits_below, exact_share_far_below
from harness.statistics.simplicity import bound, share_far_below
from harness.statistics.volumes import bits_below_bound, named_function
from harness.statistics.volumes import in_bits as evidence_in_bits
from harness.verdicts import at_least, at_most
from harness.verdicts.intervals import proportion

GAP = "bits below the bound"
FAR = at_least(10.0, because="a volume a thousandfold below what functions as simple may have is far below")
SIMPLE = ("identity", "copy-1", "majority", "parity")
BELOW_LONGER = "bits by which the copy's volume lies below that of a longer function"
SHARE = "share of draws with a simple function far below the bound"
SHARE_OF_FUNCTIONS = "share of simple functions that lie 10 bits or more below the bound"


@claim(kind="empirical", speaks_for="architecture", holds="some", of=GAP, predicts=FAR)
@over(
    bits={"smoke": (3,), "standard": (3, 5), "full": (3, 5, 7)},
    function=("identity", "majority", "parity"),
    architecture=cube_networks(depths=(2,)),
)
def test_named_functions(lab, bits, function, architecture):
    named = named_function(bits, function)
    volume = log2_volume(lab, architecture, named)
    return bits_below_bound(volume, lab.prior(architecture, boolean_cube(bits)), named.train_y, lempel_ziv)


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="some",
    crux=lambda bits, function, **_: bits == 5 and function in ("identity", "parity"),
    known="on 5 and 7 bits parity lies 46 and 232 bits below, the others 2 to 6",
    of=GAP,
    predicts=FAR,
)
@over(bits=(5, 7), function=SIMPLE, architecture=cube_networks(depths=(2,)))
def test_named_functions_of_infinite_width(lab, bits, function, architecture):
    named = named_function(bits, function)
    volume = evidence_in_bits(lab.infinite_evidence(architecture, named))
    return bits_below_bound(volume, lab.infinite_prior(architecture, boolean_cube(bits)), named.train_y, lempel_ziv)


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    crux=lambda **_: True,
    of=SHARE_OF_FUNCTIONS,
    predicts=at_most(0.5, because="what is rare among simple functions is not what most of them are"),
)
@over(bits={"smoke": (5,), "standard": (5, 6, 7), "full": (5, 6, 7)}, depth=(1, 2))
def test_rare_among_simple_functions(lab, bits, depth):
    batches = simple_functions(lab, bits, "LZ76")
    volumes, functions = volumes_of(lab, bits, depth, batches), np.concatenate(batches)
    constant = lab.named_volumes(deep(depth), boolean_cube(bits), ("0" * 2**bits,))
    line = bound(lempel_ziv, 2**bits, float(2.0 ** in_bits(constant)[0]))
    far = int((line.log2(lempel_ziv(functions)) - volumes >= 10).sum())
    return proportion(far, len(functions), quantity=SHARE_OF_FUNCTIONS, unit="functions")


def markov(gap, **_):
    """2^(−gap)."""
    return at_most(
        2.0**-gap,
        because="functions that far below a bound whose values add up to 1 hold at most 2^(−gap) of all draws",
    )


@claim(kind="empirical", speaks_for="architecture", holds="every", control=lambda **_: True, of=SHARE, predicts=markov)
@over(
    problem={"smoke": [boolean_cube(4)], "standard": [boolean_cube(4), boolean_cube(5)], "full": [boolean_cube(5)]},
    architecture={
        "smoke": cube_networks(depths=(2,)),
        "standard": cube_networks(depths=(1, 2, 3)),
        "full": cube_networks(depths=(1, 2, 3)),
    },
    gap=(2, 4, 6),
)
def test_rare(lab, problem, architecture, gap):
    halves = [lab.prior(architecture, problem, sample=sample) for sample in (0, 1)]
    return share_far_below(*halves, lempel_ziv, gap)


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="some",
    known="at width 8 the copy lies 4.9 bits below, at width 16 it lies 17.6",
    of=BELOW_LONGER,
    predicts=FAR,
)
@over(architecture=[ClauseNetwork(width) for width in (4, 8, 16, 32)])
def test_a_copy_against_a_longer_function(lab, architecture):
    volumes = lab.exact_volumes(architecture, COUNTED_CUBE)
    copy, single = COUNTED_CUBE.eval_x[:, -1].astype(np.uint8), np.eye(16, dtype=np.uint8)[0]
    return exact_bits_below(volumes, copy, single, BELOW_LONGER)


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    of=SHARE_OF_FUNCTIONS,
    predicts=at_most(0.5, because="what is rare among simple functions is not what most of them are"),
)
@over(architecture=CLAUSES)
def test_rare_among_all_simple_functions(lab, architecture):
    volumes = lab.exact_volumes(architecture, COUNTED_CUBE)
    return exact_share_far_below(volumes, MEASURES["expression length"], 10, SHARE_OF_FUNCTIONS)
