"""Simple functions of small volume exist, and are rare.

Source: C. Mingard, LessWrong, 11 May 2021; Dingle, Pérez & Louis 2020, arXiv 1910.00971; Dingle, Camargo & Louis 2018,
arXiv 1711.09694.

They exist: by how many bits the volume of a named simple function lies below the simplicity bound at its LZ76
complexity. Its volume is measured, not missed: by subset simulation of all 2ⁿ labels, on 7 bits by annealing, or as
an orthant probability in the limit of infinite width. The identity copies the last bit, copy-1 the first; the majority
and parity are a line of code each. The bound is that of `large_volume_means_simple`: slope a from the number of
functions and the complexity of a random one, b from the constant function.

They are rare: the share of draws whose function is simple and lies at least so many bits below the bound. One half of
the draws says which functions do, the other is counted.
"""

from claims.grids import cube_networks, log2_volume
from harness.claim import claim, over
from harness.problems import boolean_cube
from harness.statistics.complexity import lempel_ziv
from harness.statistics.simplicity import share_far_below
from harness.statistics.volumes import bits_below_bound, in_bits, named_function
from harness.verdicts import at_least, at_most

GAP = "bits below the bound"
FAR = at_least(10.0, because="a volume a thousandfold below what functions as simple may have is far below")
SIMPLE = ("identity", "copy-1", "majority", "parity")
SHARE = "share of draws with a simple function far below the bound"


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


@claim(kind="empirical", speaks_for="architecture", holds="some", of=GAP, predicts=FAR)
@over(bits=(5, 7), function=SIMPLE, architecture=cube_networks(depths=(2,)))
def test_named_functions_of_infinite_width(lab, bits, function, architecture):
    named = named_function(bits, function)
    volume = in_bits(lab.infinite_evidence(architecture, named))
    return bits_below_bound(volume, lab.infinite_prior(architecture, boolean_cube(bits)), named.train_y, lempel_ziv)


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
        "smoke": cube_networks(depths=(1, 2)),
        "standard": cube_networks(depths=(1, 2, 3)),
        "full": cube_networks(depths=(1, 2, 3)),
    },
    gap=(2, 4, 6),
)
def test_rare(lab, problem, architecture, gap):
    halves = [lab.prior(architecture, problem, sample=sample) for sample in (0, 1)]
    return share_far_below(*halves, lempel_ziv, gap)
