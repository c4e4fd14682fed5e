"""In a random-sampled posterior the early layers differ in expectation from initialisation, at large width too.

In words: Keep only random networks that fit the training set: have their early layers changed with it?

Source: C. Mingard, LessWrong, 15 May 2021.

Two hidden ReLU layers. Hidden layers are drawn from the initialisation, and each draw is weighted by its evidence
P(S | hidden layers), the chance that a random last layer on it fits the 8 training points: so weighted they follow the
posterior of random sampling, last layer averaged over. Of each hidden layer, the centred alignment of its kernel with
the labels (Cortes et al. 2012) on the training points, and the squared norm of its weights. The estimate is the
posterior's mean less the prior's, in standard deviations of the prior, a mean over training sets; the second test is
its exponent over the width. With more training points, of which narrow networks' evidence varies too much, the
posterior is that of independent runs of subset simulation.

Objection: that the posterior differs at every finite width and that the difference vanishes in the limit are both true,
and neither decides whether it matters at large width. A fifth of a standard deviation is asked for at each width, and
the exponent says where it ends. Random labels in place of the true ones also move the layers; a shift towards the
labels is what fitting any labels needs, not yet a feature of the task.
"""

from claims.grids import EVALUATION_POINTS, IMAGES, two_layers
from harness.claim import claim, over
from harness.problems import training_sets
from harness.statistics.exponent_over_sets import exponent_over_sets
from harness.statistics.layers_over_sets import shifts, shifts_of_runs
from harness.statistics.over_sets import mean_over_sets
from harness.verdicts import at_least, power_law, within

M = 8
IMAGE_SETS = {name: training_sets(data, M, EVALUATION_POINTS) for name, data in IMAGES.items()}
WIDTHS = {"smoke": (10, 40, 160), "standard": (5, 10, 40, 160), "full": (5, 10, 20, 40, 80, 160, 320, 640)}
DATA = {"smoke": ("digits", "fashion_mnist"), **dict.fromkeys(("standard", "full"), tuple(IMAGE_SETS))}
LAYERS = ("first", "last")
STATISTICS = ("training alignment", "weight norm")
ALIGNMENT = "shift of the alignment with the labels"
NORM = "shift of the weight norm"
EXPONENT = "exponent of the shift over width"
KNOWN = "digits, four training sets, first and last layer: 1.0 and 1.3 at width 10, 0.5 and 0.7 at 40, 0.25 and 0.4 at "
KNOWN += "160; other data were not looked at"
GROWS = at_least(
    0.2,
    because="hidden layers whose kernel is aligned with the labels leave more last layers that fit; a fifth of a "
    "standard deviation is the least that is called an effect, a small one (Cohen 1988)",
)


def hidden_layers(lab, sets, width):
    """Hidden draws of the initialisation with their evidence, on each training set."""
    # The evidence of narrow networks varies more, and they cost less.
    return lab.hidden_draws_on_sets(two_layers(width), sets, STATISTICS, draws=max(100_000 // width, 1000))


def column(statistic, layer):
    """Where a sample has a statistic of a layer."""
    return len(LAYERS) * STATISTICS.index(statistic) + LAYERS.index(layer)


def shifted(lab, data, width, statistic, layer):
    """From initialisation to posterior, on each training set."""
    return shifts(hidden_layers(lab, IMAGE_SETS[data], width), column(statistic, layer))


@claim(
    kind="empirical",
    of=ALIGNMENT,
    predicts=GROWS,
    speaks_for="architecture",
    holds="every",
    crux=lambda data, width, **_: data == "digits" and width == 160,
    excludes=("untrained networks",),
    known=KNOWN,
)
@over(data=DATA, layer=LAYERS, width=WIDTHS)
def test_alignment_grows(lab, data, layer, width):
    return mean_over_sets(shifted(lab, data, width, "training alignment", layer), ALIGNMENT)


@claim(
    kind="empirical",
    of=ALIGNMENT,
    predicts=GROWS,
    speaks_for="architecture",
    holds="every",
    excludes=("untrained networks",),
)
@over(m={"smoke": (), "standard": (16, 32), "full": (16, 32, 64)}, layer=LAYERS)
def test_alignment_grows_on_more_points(lab, m, layer):
    sets, width = training_sets(IMAGES["digits"], m, EVALUATION_POINTS), 40
    runs = lab.observed_runs_on_sets(two_layers(width), sets, runs=8, observe=STATISTICS)
    prior = lab.hidden_draws_on_sets(two_layers(width), sets, STATISTICS, draws=2000)
    return mean_over_sets(shifts_of_runs(runs, prior, column("training alignment", layer)), ALIGNMENT)


@claim(
    kind="empirical",
    of=EXPONENT,
    predicts=power_law(
        -0.5,
        0.15,
        because="kernel and ln evidence of a hidden draw are means over as many units as the width, so both vary as "
        "width^(−1/2), and the shift in standard deviations is about the standard deviation of ln evidence",
    ),
    speaks_for="architecture",
    holds="every",
    crux=lambda data, **_: data == "digits",
    known=KNOWN,
)
@over(data=DATA, layer=LAYERS)
def test_shift_vanishes_with_width(lab, data, layer):
    widths = WIDTHS[lab.scale.name]
    found = [shifted(lab, data, width, "training alignment", layer) for width in widths]
    return exponent_over_sets(widths, found, EXPONENT, "mean shift of the alignment", "width")


@claim(
    kind="empirical",
    of=NORM,
    predicts=within(
        0,
        0.1,
        because="without biases a ReLU network's labels do not change with the size of a layer's weights, so their "
        "norm is left alone; the biases here are small, σ_b = 0.1 against σ_w = √2",
    ),
    speaks_for="architecture",
    holds="every",
    # Guaranteed where there are no biases, and true of networks that did not move.
    control=lambda **_: True,
    known="within 0.1 at every width on one training set of digits",
)
@over(data=DATA, layer=LAYERS, width=WIDTHS)
def test_weight_norms_stay(lab, data, layer, width):
    return mean_over_sets(shifted(lab, data, width, "weight norm", layer), NORM)
