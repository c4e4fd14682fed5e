"""Wide trained networks find a function about as often as it has volume at infinite width.

Source: C. Mingard, LessWrong, 12 May 2021; Mingard, Valle-Pérez, Skalse & Louis 2021, JMLR 22:79 (arXiv 2006.15191),
which compares trained networks with the Gaussian process of infinite width, by expectation propagation.

P_OPT is that of networks of two hidden layers of width 160, trained until they first fit the m training points; P_B is
the exact posterior of infinite width, without the approximation that the source had to use. Bias explained is
1 − D(P_OPT, P_B)/D(U, P_B) with D the squared MMD over functions on the first 8 evaluation points and U uniform. Test
errors are on all 64 evaluation points.
"""

from dataclasses import replace

from claims.grids import EVALUATION_POINTS, OPTIMISERS, TRAINING_SIZES, image_problems, two_layers
from claims.infinite_width.limits import side_by_side
from harness.claim import claim, over
from harness.comparison import scatter, shown
from harness.distances import bias_explained, total_variation, within_tenfold
from harness.generalisation import generalisation_error
from harness.marginals import restricted
from harness.verdicts import at_least

WIDE = two_layers(160)


@claim(
    kind="empirical",
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
    by_training = lab.train(WIDE, problem, optimiser, loss)
    by_volume = lab.infinite_posterior(WIDE, problem)
    errors = {
        "trained": generalisation_error(by_training.functions, problem),
        "infinite width": generalisation_error(by_volume.sample, problem),
    }
    trained = restricted(by_training, EVALUATION_POINTS).functions
    sampled = restricted(by_volume, EVALUATION_POINTS)
    distances = [measure(trained, sampled.sample) for measure in (total_variation, within_tenfold)]
    details = {
        "secondary": [*map(shown, distances), *side_by_side(errors)],
        "scatter": scatter(trained, sampled.functions, problem),
        "scatter_axes": ["P_B(f|S)", "P_OPT(f|S)"],
    }
    return replace(bias_explained(trained, sampled.sample), details=details)
