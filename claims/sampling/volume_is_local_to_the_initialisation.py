"""What an optimiser samples by is the volume local to where it starts, which the initialisation's Gaussian measures.

Source: C. Mingard, LessWrong, 11 and 12 May 2021.

Networks of two hidden tanh layers of width 40 are trained from weights of scale σ_w on 8 training points, and compared
with random sampling at that scale and at another one. The difference D(P_OPT(σ), P_B(σ′)) − D(P_OPT(σ), P_B(σ)) of two
squared MMDs over functions on 8 evaluation points is positive where the volume at the start's own scale explains
training better; both distances are of the same trained networks. The distance that training travels is ‖θ − θ₀‖/‖θ₀‖
over all parameters of two hidden ReLU layers, at the first fit of 16 training points.
"""

from dataclasses import replace

import numpy as np

from claims.grids import EVALUATION_POINTS, LOSSES, OPTIMISERS, WIDTH, WIDTHS, M, two_layers
from harness.claim import claim, over
from harness.networks import FullyConnected
from harness.problems import digits
from harness.samplers.features.observed import mean
from harness.statistics.distances import mmd_difference
from harness.statistics.figures import curve
from harness.verdicts import at_least, decreasing
from harness.verdicts.intervals import slope

SCALES = {"smoke": (1.0, 3.0), "standard": (0.5, 1.0, 2.0, 4.0), "full": (0.5, 1.0, 1.5, 2.0, 3.0, 4.0)}
PROBLEM = digits(8, EVALUATION_POINTS)
NEARER = "squared MMD to random sampling at the other scale less that at the start's own"
DISTANCE = "distance travelled over the norm at initialisation"


def network(sigma_w):
    """Whose bias the weight scale changes; that of ReLU networks it hardly does."""
    return FullyConnected((WIDTH, WIDTH), "tanh", sigma_w, 0.2)


def same_scale(start, other, **_):
    """Why a cell makes no sense."""
    return "A scale is compared with another one." if start == other else None


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    of=NEARER,
    predicts=at_least(0.0, because="training ends near where it starts, among functions that have their volume there"),
    excluded=same_scale,
)
@over(
    start=SCALES,
    other=SCALES,
    optimiser={"smoke": OPTIMISERS[:1], "standard": OPTIMISERS, "full": OPTIMISERS},
    loss=LOSSES,
)
def test_own_scale_explains_better(lab, start, other, optimiser, loss):
    trained = lab.train(network(start), PROBLEM, optimiser, loss)
    own, others = (lab.rejection_posterior(network(scale), PROBLEM).sample for scale in (start, other))
    return mmd_difference(trained.functions, own, others, quantity=NEARER)


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    known="the distance was found to fall with width, and faster than width^(−1/2)",
    of=f"slope of the {DISTANCE} over ln width",
    predicts=decreasing(
        because="the wider a network, the less its parameters need to move: as width^(−1/2) next to their norm in the "
        "limit of gradient descent"
    ),
)
@over(optimiser=OPTIMISERS, loss=LOSSES)
def test_less_distance_when_wider(lab, optimiser, loss):
    widths = WIDTHS[lab.scale.name]
    travelled = [
        # In the inputs' own span a first layer has other numbers.
        lab.trained_features(
            two_layers(width),
            digits(M, EVALUATION_POINTS),
            optimiser,
            changes=("distance travelled",),
            loss=loss,
            in_span=False,
        )
        for width in widths
    ]
    distances = [mean(each, 0, DISTANCE) for each in travelled]
    line = slope(np.log(widths), distances, quantity=f"slope of the {DISTANCE} over ln width")
    return replace(line, details={"curve": curve("width", widths, {"trained": distances})})
