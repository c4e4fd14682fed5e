"""At equal entropy, structured functions such as 0101… are still more likely than others.

In words: Among functions with equally many ones, do random weights prefer those with a pattern?

Source: C. Mingard, LessWrong, 12 May 2021; Mingard et al. 2019, arXiv 1909.11522, section 4.3.

A function's entropy class are the functions with as many ones, and the mean volume in it is P(T = t)/C(2ⁿ, t). The
first test compares the volume of a named function with that mean: P(f) by subset simulation of all 2ⁿ labels, on 7 bits
by annealing, or in the limit of infinite width as an orthant probability, and P(T = t) from plain draws. The identity
copies the last bit, 0101…; parity and the majority of an odd number of bits are as balanced. The second test is the
rank correlation of P with LZ76 within the class of balanced functions, over those of large volume: entropy is the same
for all. The first is also asked of networks of clauses, of ternary weights, whose settings are all counted, so that the
volumes of function and class are exact.

Objection: a class's mean is that of its few likeliest functions, so that being above it is more than being likelier
than most: the first test is the stricter for it. The second is of functions that were counted, all of large volume;
`large_volume_means_simple` asks it of balanced functions of every volume, at infinite width. "Structured" names no
measure: parity is a line of code, and decides as much as the identity.

Excluded: uniform guessing and laws of label frequencies alone, whose functions of one class are alike: 0 bits.
"""

from claims.grids import CLAUSES, COUNTED_CUBE, cube_networks, log2_volume
from harness.claim import claim, over
from harness.networks import perceptron
from harness.problems import boolean_cube
from harness.statistics.complexity import MEASURES
from harness.statistics.exact_simplicity import exact_bits_above_class
from harness.statistics.simplicity import rank_correlation
from harness.statistics.volumes import bits_above_class, in_bits, named_function, with_ones
from harness.verdicts import at_least, decreasing

RATIO = "log2 of the volume over the mean of its entropy class"
FAVOURED = at_least(
    1.0, because="twice the mean is the least one would call more likely; the sentence names no exception"
)
STRUCTURED = ("identity", "majority", "parity")


@claim(kind="empirical", speaks_for="architecture", holds="every", of=RATIO, predicts=FAVOURED)
@over(
    bits={"smoke": (3,), "standard": (3, 5), "full": (3, 5, 7)},
    function=STRUCTURED,
    architecture=cube_networks(depths=(2,)),
)
def test_named_functions(lab, bits, function, architecture):
    named = named_function(bits, function)
    volume = log2_volume(lab, architecture, named)
    return bits_above_class(volume, lab.prior(architecture, boolean_cube(bits)), named.train_y)


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    crux=lambda bits, **_: bits == 5,
    known="of 5 bits the identity lies 21 bits above, the majority 6 above, parity 45 below",
    of=RATIO,
    predicts=FAVOURED,
)
@over(bits=(5, 7), function=STRUCTURED, architecture=cube_networks(depths=(2,)))
def test_named_functions_of_infinite_width(lab, bits, function, architecture):
    named = named_function(bits, function)
    volume = in_bits(lab.infinite_evidence(architecture, named))
    return bits_above_class(volume, lab.infinite_prior(architecture, boolean_cube(bits)), named.train_y)


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    known="of 8 and 16 clauses parity has a volume of 2e-11 and 1e-16, the identity of 1e-4 and 4e-8",
    of=RATIO,
    predicts=FAVOURED,
)
@over(function=STRUCTURED, architecture=CLAUSES)
def test_named_functions_of_counted_networks(lab, function, architecture):
    volumes = lab.exact_volumes(architecture, COUNTED_CUBE)
    return exact_bits_above_class(volumes, named_function(4, function).train_y, RATIO)


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    of="rank correlation of P with K in one entropy class",
    predicts=decreasing(because="within a class too, the more structured functions are to have the larger volume"),
)
@over(
    problem={"smoke": [boolean_cube(4)], "standard": [boolean_cube(4), boolean_cube(5)], "full": [boolean_cube(5)]},
    architecture=[perceptron(), *cube_networks(depths=(1, 2))],
)
def test_within_the_balanced_class(lab, problem, architecture):
    halves = [lab.prior(architecture, problem, sample=sample) for sample in (0, 1)]
    return rank_correlation(*(with_ones(half, problem.n // 2) for half in halves), MEASURES["LZ76"])
