"""The distribution over functions after each layer is the same for trained and for random-sampled networks.

Source: C. Mingard, LessWrong, 18 May 2021, who asks whether it is.

Two hidden ReLU layers; trained networks that fit the m training points against the posterior of random sampling (hidden
draws of the initialisation weighted by their evidence). A unit's function is its pattern: on which of 6 training and 6
evaluation points it is active. Patterns are compared as functions of whole networks are, by the squared MMD over that
of uniform guessing, and what is independent is the network. The kernel of each layer is compared by its centred
alignment with the labels of S: mean over trained networks less mean over the posterior, in standard deviations of the
prior.
"""

from dataclasses import replace

from claims.features.random_sampling_moves_the_early_layers import LAYERS, STATISTICS, column, hidden_layers
from claims.grids import EVALUATION_POINTS, LOSSES, OPTIMISERS, two_layers
from harness.claim import claim, over
from harness.problems import digits
from harness.samplers.features import difference, shift
from harness.statistics.distances import relative_distance
from harness.statistics.figures import figure
from harness.verdicts import at_most, within

WIDTHS = {"smoke": (40, 160), "standard": (40, 160), "full": (40, 160, 640)}
# Narrower networks' evidence varies too much on more points.
TRAINING_SIZES = {"smoke": (8,), "standard": (8, 16), "full": (8, 16, 32)}
ALIGNMENT = "difference of the alignment with the labels"


def too_narrow(width, m, **_):
    """Where the evidence of hidden draws varies too much for any number of them."""
    return f"width {width} has no posterior of hidden layers by weighting on {m} points" if m > width / 4 else None


@claim(
    kind="open",
    speaks_for="architecture",
    holds="every",
    of="relative distance of unit patterns",
    predicts=at_most(
        0.1,
        because="two distributions match for practical purposes where less than a tenth of what separates one from "
        "uniform guessing separates them, as for functions of whole networks",
    ),
    excluded=too_narrow,
)
@over(optimiser=OPTIMISERS, loss=LOSSES, m=TRAINING_SIZES, width=WIDTHS, layer=LAYERS)
def test_patterns_match(lab, optimiser, loss, m, width, layer):
    architecture, problem, which = two_layers(width), digits(m, EVALUATION_POINTS), LAYERS.index(layer)
    by_training = lab.trained_patterns(architecture, problem, optimiser, loss=loss).layers[which]
    by_volume = lab.hidden_patterns(architecture, problem).layers[which]
    unmoved = lab.hidden_patterns(architecture, problem, draws=1000, weighted=False).layers[which]
    found = relative_distance(by_training, by_volume)
    least = replace(relative_distance(unmoved, by_volume), quantity="the same of networks at initialisation")
    return replace(found, quantity="relative distance of unit patterns", details={"secondary": [figure(least)]})


@claim(
    kind="open",
    speaks_for="architecture",
    holds="every",
    known="at width 160, SGD at a rate of 0.1 grew the alignment by 2.9 standard deviations, at 0.01 by −0.13",
    of=ALIGNMENT,
    predicts=within(
        0,
        0.2,
        because="a fifth of a standard deviation is the least that is called an effect, a small one (Cohen 1988)",
    ),
    excluded=too_narrow,
)
@over(optimiser=OPTIMISERS, loss=LOSSES, m=TRAINING_SIZES, width=WIDTHS, layer=LAYERS)
def test_alignments_match(lab, optimiser, loss, m, width, layer):
    problem, which = digits(m, EVALUATION_POINTS), column("training alignment", layer)
    by_training = lab.trained_features(two_layers(width), problem, optimiser, STATISTICS, networks=1000, loss=loss)
    by_volume = hidden_layers(lab, problem, width)
    found = difference(by_training, by_volume, which, ALIGNMENT)
    moved = shift(by_volume, which, "random sampling less initialisation")
    return replace(found, details={"secondary": [figure(moved)]})
