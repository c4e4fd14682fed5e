"""Width changes the inductive bias of random-sampled networks, and wider is typically better.

Source: C. Mingard, LessWrong, 15 May 2021, who knows of counterexamples.

A network of two hidden layers of width 10 is compared with infinite width, of which the posterior is exact. The first
test is of the relative distance between the two posteriors on the first 8 evaluation points: squared MMD over that
between uniform guessing and infinite width. The second is of the test error on 64 evaluation points, narrow less
infinite: positive where wider is better.
"""

from dataclasses import replace

from claims.grids import image_problems, two_layers
from claims.infinite_width.limits import NO_DISTANCE, distance_to_infinite_width, side_by_side
from harness.claim import claim, over
from harness.statistics.generalisation import generalisation_error
from harness.verdicts import at_least
from harness.verdicts.intervals import slope

NARROW = 10
PROBLEMS = image_problems(smoke=(8, 16), standard=(8, 16, 32), full=(8, 16, 32, 64, 128))
GAIN = "test error at width 10 less that at infinite width"


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    of="relative distance",
    predicts=at_least(
        NO_DISTANCE,
        because="at width 10 a network is far from its limit; a change that matters is a hundredth of the bias or more",
    ),
)
@over(problem=PROBLEMS)
def test_posterior_changes(lab, problem):
    return distance_to_infinite_width(lab, two_layers(NARROW), problem)


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds=0.5,
    of=GAIN,
    predicts=at_least(0.0, because="the discussion says that wider is typically better"),
)
@over(problem=PROBLEMS)
def test_wider_is_better(lab, problem):
    network = two_layers(NARROW)
    narrow = generalisation_error(lab.posterior(network, problem).sample, problem)
    infinite = generalisation_error(lab.infinite_posterior(network, problem).sample, problem)
    gain = slope((0, 1), [infinite, narrow], quantity=GAIN)
    return replace(gain, details={"secondary": side_by_side({f"width {NARROW}": narrow, "infinite width": infinite})})
