"""An optimiser finds a function about as often as random sampling of the parameters that fit does.

Source: C. Mingard, LessWrong, 12 May 2021; Mingard, Valle-Pérez, Skalse & Louis 2021, JMLR 22:79 (arXiv 2006.15191).

For each cell, networks are drawn from the initialisation and those that fit the m training points are kept (P_B at this
very width; beyond m = 8 by subset simulation instead of rejection, beyond m = 64 by annealing), and networks of the
same architecture are trained from the same initialisation until they first fit (P_OPT). Bias explained is 1 − D(P_OPT,
P_B)/D(U, P_B) with D the squared MMD over functions on the first 8 evaluation points and U uniform: 1 means that volume
explains all of what the optimiser does, 0 none of it. Test errors are on all 64 evaluation points. Fully connected
networks come first, with SGD and Adam; then networks of other architectures, and other optimisers.
"""

from claims.grids import (
    ATTENTIVE,
    EVALUATION_POINTS,
    EVERY_OPTIMISER,
    FURTHER_OPTIMISERS,
    ON_IMAGES,
    OPTIMISERS,
    RECURRENT,
    TRAINING_SIZES,
    WIDTH,
    cannot_take,
    image_networks,
    image_problem,
    image_problems,
)
from harness.claim import claim, over
from harness.optimisers import Adam
from harness.problems import digits, fashion_mnist, sentences
from harness.statistics.comparison import compare
from harness.verdicts import at_least

BY_VOLUME = at_least(
    0.5,
    because="the discussion calls the optimiser second order: more than half of what separates training from uniform "
    "guessing should then be explained by volume alone",
)
BOTH_LOSSES = ["cross-entropy", "squared error"]
# With more evaluation points, a convolution costs as much more; 8 are enough to compare distributions.
SMALL = digits(8, EVALUATION_POINTS)
LARGER = [data(m, EVALUATION_POINTS) for data in (digits, fashion_mnist) for m in (8, 16)]


def of_training(lab, problem, architecture, optimiser, loss, networks=500):
    """Bias explained, with everything else worth seeing."""
    by_volume = lab.posterior(architecture, problem)
    by_training = lab.train(architecture, problem, optimiser, loss, networks)
    return compare(by_training, by_volume, problem, EVALUATION_POINTS)


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    crux=lambda architecture, optimiser, loss, **_: (
        architecture.name == f"fcn-{WIDTH}-{WIDTH}-relu"
        and optimiser.name.startswith("sgd")
        and loss == "cross-entropy"
    ),
    known="SGD at 0.1 is beyond the edge of stability on Fashion-MNIST and at width 160, where it was refuted",
    of="bias explained",
    predicts=BY_VOLUME,
    excluded=cannot_take,
)
@over(
    problem=image_problems(smoke=(8, 16), standard=(8, 16, 32), full=TRAINING_SIZES["full"]),
    architecture=image_networks(smoke=(10, 40, 160), standard=(10, 40, 160), full=(10, 20, 40, 80, 160, 320)),
    optimiser=OPTIMISERS,
    loss=BOTH_LOSSES,
)
def test_bias_explained(lab, problem, architecture, optimiser, loss):
    return of_training(lab, problem, architecture, optimiser, loss)


@claim(kind="empirical", speaks_for="architecture", holds="every", of="bias explained", predicts=BY_VOLUME)
@over(
    problem={"smoke": [SMALL], "standard": [SMALL], "full": LARGER},
    architecture=ON_IMAGES,
    optimiser={"smoke": [Adam(0.003)], "standard": EVERY_OPTIMISER, "full": EVERY_OPTIMISER},
    loss={"smoke": ["cross-entropy"], "standard": ["cross-entropy"], "full": BOTH_LOSSES},
)
def test_other_architectures(lab, problem, architecture, optimiser, loss):
    return of_training(lab, problem, architecture, optimiser, loss, networks=200)


@claim(kind="empirical", speaks_for="architecture", holds="every", of="bias explained", predicts=BY_VOLUME)
@over(
    problem={"smoke": [], "standard": [sentences(8, 8)], "full": [sentences(8, 8), sentences(16, 8)]},
    architecture=[RECURRENT, ATTENTIVE],
    optimiser=EVERY_OPTIMISER,
    loss={"smoke": [], "standard": ["cross-entropy"], "full": BOTH_LOSSES},
)
def test_sentences(lab, problem, architecture, optimiser, loss):
    return of_training(lab, problem, architecture, optimiser, loss, networks=200)


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    of="bias explained",
    predicts=BY_VOLUME,
    excluded=cannot_take,
)
@over(
    problem={"smoke": [image_problem("digits", 8)], **image_problems(standard=(8, 16), full=TRAINING_SIZES["full"])},
    architecture=image_networks(smoke=(WIDTH,), standard=(10, 40), full=(10, 40, 160)),
    optimiser=FURTHER_OPTIMISERS,
    loss={"smoke": ["cross-entropy"], "standard": BOTH_LOSSES, "full": BOTH_LOSSES},
)
def test_other_optimisers(lab, problem, architecture, optimiser, loss):
    return of_training(lab, problem, architecture, optimiser, loss)
