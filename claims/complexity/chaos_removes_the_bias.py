"""Deep tanh networks in the chaotic regime lose the simplicity bias.

In words: Do random networks stop preferring simple functions once their weights are so large that nearby inputs are
torn apart?

Source: Mingard et al. 2025 (Nature Communications 16:220), arXiv 2304.06670; Yang & Salman 2019, arXiv 1907.10599; for
the regimes, Poole et al. 2016, arXiv 1606.05340.

Fully connected tanh networks of width 40 with σ_b = 0.2 are drawn from the initialisation. As σ_w grows past 1, nearby
inputs no longer come closer from layer to layer but part. Chaos: the χ²-divergence of P(f) from the uniform
distribution over the 256 functions on the 3-bit cube, 0 where there is no bias. Order, and the way from the one
to the other: the mean LZ76 complexity of a function on the 5-bit cube over that of a random string. Last, what
is learnt: networks trained to the first fit of a copy of the last of seven bits, on half of the inputs, and by how much
more they err on the other half per unit of ln σ_w; a mean over training sets, the same for every σ_w. This asks of the
ordered regime and of chaos alone: between them, at σ_w = 2, published errors on random targets are least.

Excluded: learners that do not see the network have a slope of 0.
"""

from dataclasses import replace
from math import log, log2

import numpy as np

from harness.claim import claim, over
from harness.functions.packing import pack
from harness.networks import FullyConnected
from harness.optimisers import Adam
from harness.problems import boolean_cube, training_sets
from harness.statistics.chi_squared import goodness_of_fit
from harness.statistics.complexity import lempel_ziv
from harness.statistics.figures import curve
from harness.statistics.over_sets import errors_on_sets, slope_over_sets
from harness.statistics.simplicity import mean_measure, random_complexity
from harness.verdicts import at_most, exact_distribution, increasing, within
from harness.verdicts.intervals import affine, slope

SMALL, LARGER = boolean_cube(3), boolean_cube(5)
DRAWS = 10_000
LEARNT, TRAINED_ON = "copy-7", 64
LOST = "slope of the test error over ln σ_w"
WEIGHT_SCALES = {"smoke": (1.0, 2.0, 8.0), "standard": (0.5, 1.0, 2.0, 4.0, 8.0), "full": (0.5, 1.0, 2.0, 4.0, 8.0)}
DEPTHS = {"smoke": (5, 10), "standard": (2, 5, 10), "full": (2, 5, 10, 20)}
DEEP = {"smoke": (10,), "standard": (10,), "full": (10, 20)}
RELATIVE = "mean LZ76 over that of random strings"
SAVED = "mean LZ76 that the inputs' order saves, over that of random strings"
# Random orders of the inputs, over which the complexity is averaged.
ORDERS = 8


def tanh(depth, sigma_w):
    """Hidden tanh layers of width 40."""
    return FullyConnected((40,) * depth, "tanh", sigma_w, 0.2)


def relative_complexity(lab, depth, sigma_w):
    """⟨K⟩ of a drawn function over that of a random string."""
    n = LARGER.n
    functions = lab.prior(tanh(depth, sigma_w), LARGER, draws=DRAWS)
    # A string has at most as many words as letters.
    found = mean_measure(functions, lempel_ziv, n * log2(n), RELATIVE)
    return affine(found, 1 / random_complexity(lempel_ziv, n))


def saved_by_order(lab, depth, sigma_w):
    """⟨K in random order⟩ − ⟨K⟩ over that of a random string, a mean over the networks drawn."""
    n = LARGER.n
    most = n * log2(n)
    orders = [np.random.default_rng(order).permutation(n) for order in range(ORDERS)]

    def saved(bits):
        """Moved and scaled to between 0 and 1."""
        shuffled = np.mean([lempel_ziv(bits[:, order]) for order in orders], axis=0)
        return (shuffled - lempel_ziv(bits)) / (2 * most) + 0.5

    functions = lab.prior(tanh(depth, sigma_w), LARGER, draws=DRAWS)
    found = mean_measure(functions, saved, 1.0, SAVED)
    return affine(affine(found, 2 * most, -most), 1 / random_complexity(lempel_ziv, n))


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    of=SAVED,
    predicts=increasing(because="a bias towards simple functions is more than one towards few ones"),
)
@over(sigma_w={"smoke": (1.0,), "standard": (0.5, 1.0), "full": (0.5, 1.0)}, depth=DEPTHS)
def test_order_is_biased_at_equal_frequencies(lab, sigma_w, depth):
    return saved_by_order(lab, depth, sigma_w)


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    of=SAVED,
    predicts=within(0.0, 0.02, because="where all functions are equally likely the inputs' order saves nothing"),
)
@over(sigma_w={"smoke": (8.0,), "standard": (4.0, 8.0), "full": (4.0, 8.0)}, depth=DEEP)
def test_chaos_has_no_order(lab, sigma_w, depth):
    return saved_by_order(lab, depth, sigma_w)


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    of="χ²-divergence",
    predicts=exact_distribution(
        0.1,
        because="in chaos distant and near inputs become alike uncorrelated, so that all functions are equally likely; "
        "a divergence of 0.1 keeps the total variation from uniform under 0.16",
    ),
)
@over(sigma_w={"smoke": (8.0,), "standard": (4.0, 8.0), "full": (4.0, 8.0)}, depth=DEEP)
def test_chaos_is_uniform(lab, sigma_w, depth):
    functions = lab.prior(tanh(depth, sigma_w), SMALL, draws=DRAWS)
    every = pack(np.arange(2**SMALL.n)[:, None] >> np.arange(SMALL.n) & 1)
    counts = functions.counts_of(every)
    return goodness_of_fit(counts, np.full(len(every), 1 / len(every)), unit="networks drawn")


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    of=RELATIVE,
    predicts=at_most(
        0.5,
        because="in the ordered regime and at its edge inputs come to be classified alike; half of the complexity of a "
        "random string is the most that one would call a strong bias",
    ),
)
@over(
    sigma_w={"smoke": (1.0,), "standard": (0.5, 1.0), "full": (0.5, 1.0)},
    depth=DEPTHS,
)
def test_order_is_biased(lab, sigma_w, depth):
    return relative_complexity(lab, depth, sigma_w)


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    of="slope of the mean LZ76 over ln σ_w",
    predicts=increasing(because="the farther into chaos, the weaker the bias that is left"),
)
@over(depth=DEPTHS)
def test_bias_is_lost_on_the_way(lab, depth):
    scales = WEIGHT_SCALES[lab.scale.name]
    found = [relative_complexity(lab, depth, sigma_w) for sigma_w in scales]
    line = slope([log(sigma_w) for sigma_w in scales], found, quantity="slope of the mean LZ76 over ln σ_w")
    return replace(line, details={"curve": curve("sigma_w", scales, {"networks drawn": found})})


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    of=LOST,
    predicts=increasing(because="without a bias towards simple functions a copy of a bit is as likely as any labels"),
    excludes=("uniform guessing", "majority label", "class frequencies", "nearest neighbour"),
    known="published errors at ten layers: 0.019 at σ_w = 1 and 0.478 at σ_w = 8 (arXiv 2304.06670)",
)
@over(depth={"smoke": (5,), "standard": (5, 10), "full": (5, 10)})
def test_learning_is_lost(lab, depth):
    sets = training_sets(boolean_cube, TRAINED_ON, 2**7 - TRAINED_ON, bits=7, target=LEARNT)
    scales, problems = (1.0, 8.0), lab.problems(sets)
    trained = [lab.train_on_sets(tanh(depth, sigma_w), sets, Adam(0.001), networks=1) for sigma_w in scales]
    errors = [errors_on_sets([each.functions for each in of_scale], problems) for of_scale in trained]
    return slope_over_sets([log(sigma_w) for sigma_w in scales], errors, LOST)
