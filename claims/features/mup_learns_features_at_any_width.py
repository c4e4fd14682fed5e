"""With the maximal-update parametrisation features are learned however wide the network.

Source: C. Mingard, LessWrong, 13 and 15 May 2021; Yang & Hu 2021, arXiv 2011.14522.

Networks and training as in `kernels_learn_no_features`, in maximal-update parametrisation with its learning rates. The
estimates are the exponent over the width of the change of each hidden kernel in training, ‖K − K₀‖/‖K₀‖ on the training
points, its size at the largest width, and there how much the kernel's centred alignment with the labels grew.
"""

from claims.features.kernels_learn_no_features import CHANGES, LAYERS, LOSSES, OPTIMISER, WIDTHS, exponent_of, moved
from harness.claim import claim, over
from harness.optimisers import SGD
from harness.samplers.features import mean
from harness.verdicts import at_least, power_law

BOTH = [SGD(0.01), OPTIMISER]
OPTIMISERS = {"smoke": [OPTIMISER], "standard": BOTH, "full": BOTH}


def at_the_widest(lab, optimiser, loss, layer, change, quantity):
    """Of the largest width of the scale."""
    sample = moved(lab, "mup", loss, max(WIDTHS[lab.scale.name]), optimiser)
    return mean(sample, len(LAYERS) * CHANGES.index(change) + LAYERS.index(layer), quantity)


@claim(
    kind="empirical",
    speaks_for="optimiser",
    holds="every",
    of="exponent of the kernel change over width",
    predicts=power_law(
        0.0, 0.15, because="the parametrisation is the one in which hidden units move alike at every width"
    ),
)
@over(optimiser=OPTIMISERS, loss=LOSSES, layer=LAYERS)
def test_kernels_go_on_moving(lab, optimiser, loss, layer):
    return exponent_of(lab, "mup", loss, layer, "kernel change", optimiser)


@claim(
    kind="empirical",
    speaks_for="optimiser",
    holds="every",
    of="kernel change at the largest width",
    predicts=at_least(0.05, because="a kernel that changes by less than a twentieth has as good as not moved"),
)
@over(optimiser=OPTIMISERS, loss=LOSSES, layer=LAYERS)
def test_kernels_move_at_the_largest_width(lab, optimiser, loss, layer):
    return at_the_widest(lab, optimiser, loss, layer, "kernel change", "kernel change at the largest width")


@claim(
    kind="empirical",
    speaks_for="optimiser",
    holds="every",
    of="growth of the alignment with the labels",
    predicts=at_least(0, because="features are learned where the kernel moves towards the labels"),
)
@over(optimiser=OPTIMISERS, loss=LOSSES, layer=LAYERS)
def test_kernels_move_towards_the_labels(lab, optimiser, loss, layer):
    return at_the_widest(lab, optimiser, loss, layer, "training alignment", "growth of the alignment with the labels")
