"""In a random-sampled posterior the early layers differ in expectation from initialisation, at large width too.

Source: C. Mingard, LessWrong, 15 May 2021.

Two hidden ReLU layers. Hidden layers are drawn from the initialisation, and each draw is weighted by its evidence
P(S | hidden layers), the chance that a random last layer on it fits the 8 training points: so weighted they follow the
posterior of random sampling, last layer averaged over. Of each hidden layer, the centred alignment of its kernel with
the labels (Cortes et al. 2012) on the training points, and the squared norm of its weights. The estimate is the
posterior's mean less the prior's, in standard deviations of the prior; the second test is its exponent over the width.
With more training points, of which narrow networks' evidence varies too much, the posterior is that of independent runs
of subset simulation.
"""

from dataclasses import replace

from claims.grids import DATA, EVALUATION_POINTS, image_problem, two_layers
from harness.claim import claim, over
from harness.samplers.features import shift, shift_of_runs
from harness.statistics.figures import curve
from harness.verdicts import at_least, power_law, within
from harness.verdicts.intervals import exponent

M = 8
WIDTHS = {"smoke": (10, 40, 160), "standard": (5, 10, 40, 160), "full": (5, 10, 20, 40, 80, 160, 320, 640)}
LAYERS = ("first", "last")
STATISTICS = ("training alignment", "weight norm")
ALIGNMENT = "shift of the alignment with the labels"
NORM = "shift of the weight norm"
EXPONENT = "exponent of the shift over width"
GROWS = at_least(
    0,
    because="hidden layers whose kernel is aligned with the labels leave more last layers that fit, so the posterior "
    "has more of them",
)


def hidden_layers(lab, problem, width):
    """Hidden draws of the initialisation with their evidence."""
    # The evidence of narrow networks varies more, and they cost less.
    return lab.hidden_draws(two_layers(width), problem, STATISTICS, draws=max(800_000 // width, 5000))


def column(statistic, layer):
    """Where a sample has a statistic of a layer."""
    return len(LAYERS) * STATISTICS.index(statistic) + LAYERS.index(layer)


def shifted(lab, data, width, statistic, layer, quantity):
    """From initialisation to posterior."""
    problem = image_problem(data, M, EVALUATION_POINTS)
    return shift(hidden_layers(lab, problem, width), column(statistic, layer), quantity)


@claim(kind="empirical", speaks_for="architecture", holds="every", of=ALIGNMENT, predicts=GROWS)
@over(data=DATA, layer=LAYERS, width=WIDTHS)
def test_alignment_grows(lab, data, layer, width):
    return shifted(lab, data, width, "training alignment", layer, ALIGNMENT)


@claim(kind="empirical", speaks_for="architecture", holds="every", of=ALIGNMENT, predicts=GROWS)
@over(m={"smoke": (), "standard": (16, 32), "full": (16, 32, 64)}, layer=LAYERS)
def test_alignment_grows_on_more_points(lab, m, layer):
    problem, width = image_problem("digits", m, EVALUATION_POINTS), 40
    runs = lab.subset_posterior(two_layers(width), problem, observe=STATISTICS)
    prior = hidden_layers(lab, problem, width)
    return shift_of_runs(runs, prior, column("training alignment", layer), ALIGNMENT)


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    of=EXPONENT,
    predicts=power_law(
        -0.5,
        0.15,
        because="kernel and ln evidence of a hidden draw are means over as many units as the width, so both vary as "
        "width^(−1/2), and the shift in standard deviations is about the standard deviation of ln evidence",
    ),
)
@over(data=DATA, layer=LAYERS)
def test_shift_vanishes_with_width(lab, data, layer):
    widths = WIDTHS[lab.scale.name]
    shifts = [shifted(lab, data, width, "training alignment", layer, ALIGNMENT) for width in widths]
    return replace(
        exponent(widths, shifts, quantity=EXPONENT), details={"curve": curve("width", widths, {layer: shifts})}
    )


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    of=NORM,
    predicts=within(
        0,
        0.1,
        because="without biases a ReLU network's labels do not change with the size of a layer's weights, so their "
        "norm is left alone; the biases here are small, σ_b = 0.1 against σ_w = √2",
    ),
)
@over(data=DATA, layer=LAYERS, width=WIDTHS)
def test_weight_norms_stay(lab, data, layer, width):
    return shifted(lab, data, width, "weight norm", layer, NORM)
