"""Width changes the inductive bias of random-sampled networks, and wider is typically better.

In words: Do wide and narrow random networks that fit have different functions, and do the wide ones err less?

Source: C. Mingard, LessWrong, 15 May 2021, who knows of counterexamples.

Networks of two hidden layers, over training sets drawn from the pool. The first test is of how much of the bias of
infinite width, whose posterior is exact, a network of width 5 has: 1 − D(P_B at width 5, P_B at infinite width)/D(U,
P_B at infinite width), D the squared MMD on the first 8 evaluation points, U uniform; 1 where width changes nothing.
The second is the slope of P_B's test error, on 64 evaluation points, over ln width, from width 5 upwards: negative
where wider is better.

Objection: on one training set of 8 points the error is near chance and its sign over width an accident of the set; at
width 10 the posterior is within a hundredth of its limit, so that there was little to change. So widths begin at 5, 16
points are the least, and slopes are means over training sets.

Excluded: a learner that does not look at its architecture, such as uniform guessing or nearest neighbours, has a slope
of 0. Uniform guessing is not excluded by the first test, since it has none of the bias.
"""

import numpy as np

from claims.grids import DIGITS_FIRST, EVALUATION_POINTS, image_sets, two_layers
from claims.infinite_width.limits import NO_DISTANCE, by_scale, wide
from harness.claim import claim, over, registry
from harness.statistics.comparison import restricted
from harness.statistics.over_sets import bias_explained_over_sets, errors_on_sets, slope_over_sets
from harness.verdicts import at_most, decreasing

NARROW, POINTS = 5, 64
WIDTHS = by_scale((5, 40), (5, 10, 40, 160), (5, 10, 40, 160))
# At m = 16 the networks of width 5 alone take as long as a tenth of the smoke scale.
SIZES = by_scale((), (16, 32), (16, 32, 64, 128))
_BOTH = ("digits", "fashion_mnist", *registry.data)
NAMES = {**DIGITS_FIRST, "standard": _BOTH, "full": _BOTH}
SAME_BIAS = "bias of infinite width that width 5 has"
SLOPE = "slope of the test error over ln width"


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    of=SAME_BIAS,
    predicts=at_most(
        1 - NO_DISTANCE,
        because="a change that matters is a hundredth of the bias or more",
    ),
)
@over(data=NAMES, m=SIZES)
def test_posterior_changes(lab, data, m):
    sets = image_sets(data, m, POINTS)
    narrow, limit = lab.posterior_on_sets(two_layers(NARROW), sets), lab.infinite_posterior_on_sets(wide(2), sets)
    return bias_explained_over_sets(*([restricted(each, EVALUATION_POINTS) for each in of] for of in (narrow, limit)))


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds=0.5,
    of=SLOPE,
    predicts=decreasing(because="the discussion says that wider is typically better"),
)
@over(data=NAMES, m=SIZES)
def test_wider_is_better(lab, data, m):
    sets, widths = image_sets(data, m, POINTS), WIDTHS[lab.scale.name]
    problems = lab.problems(sets)
    errors = [errors_on_sets(lab.posterior_on_sets(two_layers(width), sets), problems) for width in widths]
    return slope_over_sets(np.log(widths), np.array(errors), SLOPE)
