"""What features buy is width: the least width that fits is smaller with features, at no change in the bias.

Source: C. Mingard, LessWrong, 13 May 2021.

Two hidden ReLU layers of one width. The least width is the smallest at which at least half of the networks fit all m
training points: without features, hidden layers are drawn and frozen, and whether some last layer fits is settled
exactly; with features, all layers are trained by Adam. Both are searched for by bisection among widths 1 … 2m. The
first estimate is the logarithm of their ratio. The second is the bias explained of random sampling at the smaller width
by random sampling at the larger one, 1 − D(P_narrow, P_wide)/D(U, P_wide) with D the squared MMD over functions on 8
evaluation points and U uniform; in the details, the same of training at the smaller width.
"""

from dataclasses import replace

from claims.grids import EVALUATION_POINTS, two_layers
from harness.claim import claim, over
from harness.optimisers import Adam
from harness.problems import digits
from harness.samplers.features import compression, least_width
from harness.statistics.distances import bias_explained
from harness.statistics.figures import figure
from harness.verdicts import increasing, within

OPTIMISER = Adam(0.01)
COMPRESSION = "ln compression"
WIDTH_SIZES = {"smoke": (8, 16, 32), "standard": (8, 16, 32, 64), "full": (8, 16, 32, 64, 128)}
BIAS_SIZES = {"smoke": (8,), "standard": (8, 16), "full": (8, 16, 32)}


def least_widths(lab, m, grows=True):
    """With features and without."""
    problem, highest = digits(m, EVALUATION_POINTS), 2 * m
    trained = lab.least_trained_width(two_layers, problem, OPTIMISER, highest, max_epochs=500, grows=grows)
    frozen = lab.least_frozen_width(two_layers, problem, highest, grows=grows)
    return least_width(trained, "with features", "trained networks"), least_width(frozen, "without", "frozen draws")


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    of=COMPRESSION,
    predicts=increasing(because="hidden layers that may change can make of few units what random ones need more for"),
)
@over(m=WIDTH_SIZES)
def test_features_need_less_width(lab, m):
    trained, frozen = least_widths(lab, m)
    details = {"secondary": [figure(trained), figure(frozen)]}
    return replace(compression(trained, frozen), quantity=COMPRESSION, details=details)


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    of="bias explained",
    predicts=within(
        1.0,
        0.1,
        because="two posteriors match for practical purposes where less than a tenth of what separates one from "
        "uniform guessing separates them",
    ),
)
@over(m=BIAS_SIZES)
def test_bias_stays(lab, m):
    problem = digits(m, EVALUATION_POINTS)
    # Those of the first look: later ones would sample at other widths.
    narrow, wide = (two_layers(int(found.value)) for found in least_widths(lab, m, grows=False))
    by_volume = lab.posterior(wide, problem).sample
    found = bias_explained(lab.posterior(narrow, problem).sample, by_volume)
    trained = bias_explained(lab.train(narrow, problem, OPTIMISER, max_epochs=500).functions, by_volume)
    notes = [f"Least widths: {max(narrow.hidden)} with features, {max(wide.hidden)} without."]
    secondary = [figure(replace(trained, quantity="bias explained, trained at the smaller width"))]
    return replace(found, details={"notes": notes, "secondary": secondary})
