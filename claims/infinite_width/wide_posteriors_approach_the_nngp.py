"""The posterior of random sampling converges to that of the NNGP as networks get wider.

Source: C. Mingard, LessWrong, 13 and 15 May 2021; Neal 1996; Lee et al. 2018, arXiv 1711.00165; Matthews et al. 2018,
arXiv 1804.11271.

The rate is asked where both sides are exact: given the hidden layers, logits are Gaussian, so the posterior whose
training set is a single point is 1/2 + arcsin(ρ)/π at any other, ρ their correlation. At finite width this is averaged
over hidden draws, at infinite width ρ is that of the NNGP kernel. The distance is the root mean square of their
difference over all pairs of 24 digits, and its exponent is over the width. That the limit is reached in practice is
asked of whole posteriors of 8 and more training points: the relative distance, squared MMD between P_B at the greatest
width and the exact truncated Gaussian over that between uniform guessing and the latter, on the first 8 evaluation
points. No theorem says at which width it is, so that this second question is an empirical one.
"""

from dataclasses import replace

from claims.grids import DATA, EVALUATION_POINTS, M, image_problem, two_layers
from claims.infinite_width.limits import NO_DISTANCE, by_scale, distance_to_infinite_width, wide
from harness.claim import claim, over
from harness.problems import digits
from harness.samplers.infinite_width.agreement import agreement, distance_to
from harness.statistics.figures import curve
from harness.verdicts import at_most, power_law
from harness.verdicts.intervals import exponent

WIDTHS = by_scale((10, 20, 40, 80), (10, 20, 40, 80, 160), (10, 20, 40, 80, 160, 320, 640))
GREATEST = {"smoke": 160, "standard": 160, "full": 640}
PAIRS = digits(M, EVALUATION_POINTS)
EXPONENT = "exponent of the distance over width"


@claim(
    kind="empirical",
    speaks_for="instrument",
    holds="every",
    of=EXPONENT,
    predicts=power_law(
        -1.0,
        0.25,
        because="kernels of finite networks have variances, and from two hidden layers on means, that are off by a "
        "multiple of 1/width, and a probability averaged over them is off by as much to first order; at width 10 the "
        "next order may be a few tenths of that, which changes an exponent over a factor of 8 by less than 0.25",
    ),
)
@over(depth=[1, 2])
def test_distance_falls_as_one_over_width(lab, depth):
    widths = WIDTHS[lab.scale.name]
    exact = agreement(lab.kernel(wide(depth), PAIRS))
    distances = [
        distance_to(exact, lab.label_agreement(wide(depth, width=width), PAIRS, 20_000), "distance to the NNGP's")
        for width in widths
    ]
    shown = curve("width", widths, {f"{depth} hidden layers": distances})
    return replace(exponent(widths, distances, quantity=EXPONENT), details={"curve": shown})


@claim(
    kind="empirical",
    speaks_for="instrument",
    holds="every",
    of="relative distance",
    predicts=at_most(
        NO_DISTANCE,
        because="a distance that falls as 1/width and is all of the bias at width 10 is, squared, 0.004 of it at 160",
    ),
)
@over(data=DATA, m=by_scale((8, 16), (8, 16, 32), (8, 16, 32, 64)))
def test_the_limit_is_reached(lab, data, m):
    return distance_to_infinite_width(lab, two_layers(GREATEST[lab.scale.name]), image_problem(data, m))
