"""Wide trained networks find a function about as often as it has volume at infinite width.

Source: C. Mingard, LessWrong, 12 May 2021; Mingard, Valle-Pérez, Skalse & Louis 2021, JMLR 22:79 (arXiv 2006.15191),
which compares trained networks with the Gaussian process of infinite width, by expectation propagation.

P_OPT is that of networks of two hidden layers of width 160, trained until they first fit the m training points; P_B is
the exact posterior of infinite width, without the approximation that the source had to use. Bias explained is
1 − D(P_OPT, P_B)/D(U, P_B) with D the squared MMD over functions on the first 8 evaluation points and U uniform. Test
errors are on all 64 evaluation points.
"""

from claims.grids import EVALUATION_POINTS, OPTIMISERS, TRAINING_SIZES, image_problems, two_layers
from harness.claim import claim, over
from harness.statistics.comparison import compare
from harness.verdicts import at_least

WIDE = two_layers(160)


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    of="bias explained",
    predicts=at_least(
        0.5,
        because="the source finds that infinitely wide random networks explain trained ones; more than half of what "
        "separates training from uniform guessing is the least that deserves the word",
    ),
)
@over(
    problem=image_problems(smoke=(8, 16), standard=(8, 16, 32), full=TRAINING_SIZES["full"]),
    optimiser=OPTIMISERS,
    loss=["cross-entropy", "squared error"],
)
def test_bias_explained(lab, problem, optimiser, loss):
    return compare(
        lab.train(WIDE, problem, optimiser, loss), lab.infinite_posterior(WIDE, problem), problem, EVALUATION_POINTS
    )
