"""What features buy is width: the least width that fits is smaller with features, at no change in the bias.

In words: Does learning features let a narrower network fit the same points?

Source: C. Mingard, LessWrong, 13 May 2021.

Two hidden ReLU layers of one width on four principal components of the digits, which one linear unit cannot learn. The
least width is the smallest at which at least half of the networks fit all m training points: without features, hidden
layers are drawn and frozen, and whether some last layer fits is settled exactly; with features, all layers are trained.
Both are searched for by bisection among widths 1 … 2m. The first estimate is ln of their ratio, a mean over training
sets. The second is the bias explained of random sampling at the smaller width by random sampling at the larger one, 1 −
D(P_narrow, P_wide)/D(U, P_wide) with D the squared MMD over functions on 8 evaluation points and U uniform, over
training sets; in the details, the same of training at the smaller width.

Objection: a ratio above 1 is nearly certain, since who trains all layers may leave the early ones alone. So a factor of
two is asked for, which more points or another optimiser may well not give; a learner that trains the last layer alone
has ratio 1 and is refuted.
"""

from dataclasses import replace

import numpy as np

from claims.features.narrow_networks_need_features import ADAM, COMPONENTS, EPOCHS, network
from claims.grids import EVALUATION_POINTS
from harness.claim import claim, over
from harness.problems import digit_components, training_sets
from harness.statistics.figures import figure
from harness.statistics.layers_over_sets import least_widths, ln_ratios
from harness.statistics.over_sets import bias_explained_over_sets, mean_over_sets
from harness.verdicts import at_least, within

COMPRESSION = "ln compression"
SIZES = {"smoke": (16, 32), "standard": (16, 32, 64), "full": (16, 32, 64, 128)}
BIAS_SIZES = {"smoke": (), "standard": (16, 32), "full": (16, 32, 64)}
KNOWN = "half of the networks fit 32 points at width 4 if trained, at 12 if frozen, on two training sets"


def points(m):
    """Training sets of m points."""
    return training_sets(digit_components, m, EVALUATION_POINTS, components=COMPONENTS)


def searched(lab, m, grows=True):
    """Least widths on each set, with features and without."""
    highest = 2 * m
    asked = {"network": network, "highest": highest, "grows": grows}
    trained = lab.least_trained_width_on_sets(
        network(highest), points(m), ADAM, networks=20, max_epochs=EPOCHS, **asked
    )
    frozen = lab.least_frozen_width_on_sets(network(highest), points(m), draws=40, **asked)
    return least_widths(trained), least_widths(frozen)


@claim(
    kind="empirical",
    of=COMPRESSION,
    predicts=at_least(
        float(np.log(2)),
        because="hidden layers that may change can make of few units what random ones need more for; a factor of two "
        "is the least that deserves to be called compression",
    ),
    speaks_for="architecture",
    holds="every",
    crux=lambda m: m == 32,
    known=KNOWN,
)
@over(m=SIZES)
def test_features_need_less_width(lab, m):
    trained, frozen = searched(lab, m)
    found = mean_over_sets(ln_ratios(frozen, trained), COMPRESSION)
    widths = [mean_over_sets(trained, "least width with features"), mean_over_sets(frozen, "least width without")]
    return replace(found, details={**found.details, "secondary": [figure(each) for each in widths]})


@claim(
    kind="empirical",
    of="bias explained",
    predicts=within(
        1.0,
        0.1,
        because="two posteriors match for practical purposes where less than a tenth of what separates one from "
        "uniform guessing separates them",
    ),
    speaks_for="architecture",
    holds="every",
)
@over(m=BIAS_SIZES)
def test_bias_stays(lab, m):
    # Those of the first look: later ones would sample at other widths.
    narrow, wide = (network(round(float(np.mean(found)))) for found in searched(lab, m, grows=False))
    by_volume = lab.posterior_on_sets(wide, points(m))
    found = bias_explained_over_sets(lab.posterior_on_sets(narrow, points(m)), by_volume)
    trained = lab.train_on_sets(narrow, points(m), ADAM, max_epochs=EPOCHS, least_fitted=None)
    also = replace(
        bias_explained_over_sets(trained, by_volume), quantity="bias explained, trained at the smaller width"
    )
    notes = [f"Mean least widths: {max(narrow.hidden)} with features, {max(wide.hidden)} without."]
    return replace(found, details={**found.details, "notes": notes, "secondary": [figure(also)]})
