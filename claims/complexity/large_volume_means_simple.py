"""Functions of large parameter volume are simple: P(f) ≤ 2^(−a·K(f) + b).

In words: Draw the weights at random: are the functions that come up often all simple ones?

Source: C. Mingard, LessWrong, 11 and 12 May 2021; Valle-Pérez, Camargo & Louis 2019, arXiv 1805.08522; Mingard et al.
2019, arXiv 1910.00971.

Functions on the whole Boolean cube, K the LZ76 complexity, volumes exact at infinite width, each an orthant
probability. The slope a is log2 of the number of functions over the complexity of a random one, and nothing is fitted.
Functions are drawn from P(f), and the least b is found that keeps 95 % of the draws under the bound. First: it is lower
for functions as they are than for the same draws with the inputs in random order, which has the same volumes, the same
entropies, and nothing of the order that K sees. Second: b is a constant, which is asked as its growth with each
further input bit, that is with each doubling of the string. Third: at equal entropy, over balanced functions spread
evenly over K, the rank correlation of volume with K.

The first and the third are also asked without any draw, of networks all of whose settings are counted on the 4-bit
cube: networks of clauses, of ternary weights, and one of binary weights. There the floor is over all orders of the
inputs, and the correlation over all balanced functions that have a volume, each counted alike.

Objection: a bound with a free constant holds for any distribution, and entropy alone, which is the bias of label
frequencies, orders volumes. So b is measured and may not grow, the floor with inputs in random order keeps entropy and
volume, and the third test compares functions of one entropy only.

Excluded: any law that sees label frequencies alone has an advantage of 0 in the first test and a correlation of 0 in
the third; so has uniform guessing.
"""

from dataclasses import replace

from claims.complexity.spread import ADVANTAGE, LEAST_B, TREND, advantage_of_order, least_b, trend_at_equal_entropy
from claims.grids import COUNTED, COUNTED_CUBE
from harness.claim import claim, over
from harness.statistics.complexity import MEASURES
from harness.statistics.exact_simplicity import exact_advantage_of_order, exact_trend_at_equal_entropy
from harness.statistics.figures import curve
from harness.verdicts import at_most, increasing
from harness.verdicts.intervals import slope

MEASURE = "LZ76"
DEPTHS = {"smoke": (1, 2), "standard": (1, 2, 3), "full": (1, 2, 3)}
SIZES = {"smoke": (4, 5, 6), "standard": (4, 5, 6, 7), "full": (4, 5, 6, 7)}
SEEN = "on 4, 5 and 6 bits at depth 2, sixteen draws each put b near 3, 10 and 30 bits"
GROWTH = f"growth of the {LEAST_B} with each input bit"


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    of=ADVANTAGE,
    predicts=increasing(
        because="if volume means simplicity, likely functions are simpler than their entropy makes them"
    ),
)
@over(bits={"smoke": (5,), "standard": (5, 6, 7), "full": (5, 6, 7)}, depth=DEPTHS)
def test_order_lowers_the_bound(lab, bits, depth):
    return advantage_of_order(lab, bits, depth, MEASURE)


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    known=SEEN,
    of=GROWTH,
    predicts=at_most(
        1.0,
        because="b is O(1) in the source; LZ76 counts words in units of log2 n, which itself grows by a bit with each "
        "input bit, while a bound that fails altogether has a b that doubles with the number of inputs",
    ),
)
@over(depth=DEPTHS)
def test_the_constant_is_one(lab, depth):
    sizes = SIZES[lab.scale.name]
    found = [least_b(lab, bits, depth, MEASURE) for bits in sizes]
    grown = slope(sizes, found, quantity=GROWTH)
    notes = [f"{bits} bits: the least b is {each.value:.1f}." for bits, each in zip(sizes, found, strict=True)]
    return replace(grown, details={"curve": curve("bits", sizes, {LEAST_B: found}), "notes": notes})


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    crux=lambda bits, **_: bits == 5,
    of=TREND,
    predicts=at_most(
        -0.5,
        because="at −0.5 complexity orders a quarter of the variance of volume, the least one would call its trend",
    ),
)
@over(bits={"smoke": (4, 5), "standard": (4, 5, 6, 7), "full": (4, 5, 6, 7)}, depth=DEPTHS)
def test_trend_at_equal_entropy(lab, bits, depth):
    return trend_at_equal_entropy(lab, bits, depth, MEASURE)


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    of=ADVANTAGE,
    predicts=increasing(
        because="if volume means simplicity, likely functions are simpler than their entropy makes them"
    ),
)
@over(architecture=COUNTED)
def test_order_lowers_the_bound_of_counted_networks(lab, architecture):
    volumes = lab.exact_volumes(architecture, COUNTED_CUBE)
    return exact_advantage_of_order(volumes, MEASURES[MEASURE], ADVANTAGE)


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    of=TREND,
    predicts=at_most(
        -0.5,
        because="at −0.5 complexity orders a quarter of the variance of volume, the least one would call its trend",
    ),
)
@over(architecture=COUNTED)
def test_trend_of_counted_networks(lab, architecture):
    volumes = lab.exact_volumes(architecture, COUNTED_CUBE)
    return exact_trend_at_equal_entropy(volumes, MEASURES[MEASURE], TREND)
