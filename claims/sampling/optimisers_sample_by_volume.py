"""An optimiser finds a function about as often as random sampling of the parameters that fit does.

Source: C. Mingard, LessWrong, 12 May 2021; Mingard, Valle-Pérez, Skalse & Louis 2021, JMLR 22:79 (arXiv 2006.15191).

For each cell, networks are drawn from the initialisation and those that fit the m training points are kept (P_B at
this very width; beyond m = 8 by subset simulation instead of rejection), and networks of the same architecture are
trained from the same initialisation until they first fit (P_OPT). Bias explained is 1 − D(P_OPT, P_B)/D(U, P_B) with D
the squared MMD over functions on the first 8 evaluation points and U uniform: 1 means that volume explains all of what
the optimiser does, 0 none of it. Test errors are on all 64 evaluation points.
"""

from claims.grids import EVALUATION_POINTS, OPTIMISERS, TRAINING_SIZES, image_networks, image_problems, sampled
from harness.claim import claim, over
from harness.comparison import compare
from harness.verdicts import at_least


@claim(
    kind="empirical",
    of="bias explained",
    predicts=at_least(
        0.5,
        because="the discussion calls the optimiser second order: more than half of what separates training from "
        "uniform guessing should then be explained by volume alone",
    ),
)
@over(
    problem=image_problems(smoke=(8, 16), standard=(8, 16, 32), full=TRAINING_SIZES["full"]),
    architecture=image_networks(smoke=(10, 40, 160), standard=(10, 40, 160), full=(10, 20, 40, 80, 160, 320)),
    optimiser=OPTIMISERS,
    loss=["cross-entropy", "squared error"],
)
def test_bias_explained(lab, problem, architecture, optimiser, loss):
    by_volume = sampled(lab, architecture, problem)
    by_training = lab.train(architecture, problem, optimiser, loss)
    return compare(by_training, by_volume, problem, EVALUATION_POINTS)
