"""What an optimiser samples by is the volume local to where it starts, which the initialisation's Gaussian measures.

In words: Start from larger or smaller weights: does training find the functions of random weights of that size?

Source: C. Mingard, LessWrong, 11 and 12 May 2021.

Networks of two hidden tanh layers of width 40 are trained from weights of scale σ_w, below the edge of stability, on 8
training points, and compared with random sampling at that scale and at another one. The difference D(P_OPT(σ), P_B(σ′))
− D(P_OPT(σ), P_B(σ)) of two squared MMDs over functions on 8 evaluation points, a mean over training sets, is positive
where the volume at the start's own scale explains training better; both distances are of the same trained networks. The
distance that training travels is ‖θ − θ₀‖/‖θ₀‖ over all parameters of two hidden ReLU layers, at the first fit of 16
training points.

Objection: the ordered scale may explain everything better, because it is the simpler one. Every pair of scales is asked
both ways, and all must be supported.
"""

from dataclasses import replace

import numpy as np

from claims.grids import DATA, EVALUATION_POINTS, LOSSES, OPTIMISERS, WIDTH, WIDTHS, M, image_sets, two_layers
from harness.claim import claim, over
from harness.networks import FullyConnected
from harness.statistics.figures import curve
from harness.statistics.over_sets import mean_over_sets, slope_over_sets, squared_distances
from harness.verdicts import at_least, power_law

SCALES = {"smoke": (1.0, 3.0), "standard": (0.5, 1.0, 2.0, 4.0), "full": (0.5, 1.0, 1.5, 2.0, 3.0, 4.0)}
ONE = {"smoke": OPTIMISERS[:1], "standard": OPTIMISERS, "full": OPTIMISERS}
NEARER = "squared MMD to random sampling: at the other scale − at the start's own"
DISTANCE = "ln of the distance travelled over the norm at initialisation"


def network(sigma_w):
    """Whose bias the weight scale changes; that of ReLU networks it hardly does."""
    return FullyConnected((WIDTH, WIDTH), "tanh", sigma_w, 0.2)


def same_scale(start, other, **_):
    """Why a cell makes no sense."""
    return "A scale is compared with another one." if start == other else None


@claim(
    kind="empirical",
    of=NEARER,
    predicts=at_least(0.0, because="training ends near where it starts, among functions that have their volume there"),
    speaks_for="architecture",
    excludes=("uniform guessing", "truth", "majority label", "nearest neighbour", "another architecture's posterior"),
    excluded=same_scale,
)
@over(data=DATA, start=SCALES, other=SCALES, optimiser=ONE, loss=LOSSES)
def test_own_scale_explains_better(lab, data, start, other, optimiser, loss):
    sets = image_sets(data, 8, EVALUATION_POINTS)
    trained = [each.functions for each in lab.train_on_sets(network(start), sets, optimiser, loss)]
    own, others = (squared_distances(trained, lab.posterior_on_sets(network(scale), sets)) for scale in (start, other))
    return mean_over_sets(np.subtract(others, own), NEARER)


@claim(
    kind="empirical",
    of=f"slope of {DISTANCE} over ln width",
    predicts=power_law(
        -1.0,
        0.25,
        because="at a fraction of the edge, which falls as 1/width, a fit takes a change of the parameters of the "
        "order of width^(−1/2), and their norm grows as width^(1/2)",
    ),
    speaks_for="architecture",
    known="−1 was measured on one training set",
)
@over(data=DATA, optimiser=ONE, loss=LOSSES)
def test_less_distance_when_wider(lab, data, optimiser, loss):
    widths = WIDTHS[lab.scale.name]
    travelled = []
    for width in widths:
        # In the inputs' own span a first layer has other numbers.
        features = lab.trained_features_on_sets(
            two_layers(width),
            image_sets(data, M, EVALUATION_POINTS),
            optimiser,
            changes=("distance travelled",),
            networks=50,
            loss=loss,
            in_span=False,
        )
        travelled.append([float(np.log(each.values[:, 0].mean())) for each in features])
    line = slope_over_sets(np.log(widths), travelled, f"slope of {DISTANCE} over ln width")
    shown = curve("width", widths, {"trained": [mean_over_sets(each, DISTANCE) for each in travelled]})
    return replace(line, details={**line.details, "curve": shown})
