"""Kernel descriptions hold no feature learning: hidden kernels of NTK-parametrised networks stop moving with width.

In words: Do the hidden layers of very wide networks, in the usual parametrisation, stay as they were drawn?

Source: C. Mingard, LessWrong, 15 May 2021; Lee et al. 2019, arXiv 1902.06720; Dyer & Gur-Ari 2019, arXiv 1909.11304.

Two hidden ReLU layers of one width in NTK parametrisation, trained by full-batch gradient descent at 0.3 times the
edge of stability for 100 steps on 16 training points. Of each hidden layer, on the training points: the relative change
of its units' values, ‖h − h₀‖/‖h₀‖, of its kernel, ‖K − K₀‖/‖K₀‖, and the growth of the kernel's centred alignment with
the labels. The estimates are exponents over the width, of means over networks and training sets.

Objection: a rate beyond the edge of stability moves features at any width, and a fixed rate crosses the edge as the
width grows; below the edge the movement may still not vanish. The rate is in units of the edge at each width, and
maximal-update networks under the same test (`mup_learns_features_at_any_width`) must be refuted.
"""

from harness.claim import claim, over
from harness.networks import FullyConnected
from harness.optimisers import SGD, After, Relative
from harness.problems import digits, training_sets
from harness.samplers.training.fitted import needs_fitted
from harness.statistics.exponent_over_sets import exponent_over_sets
from harness.statistics.layers_over_sets import means
from harness.verdicts import at_most, power_law

LAYERS = ("first", "last")
WIDTHS = {
    "smoke": (32, 64, 128, 256),
    "standard": (32, 64, 128, 256, 512),
    "full": (32, 64, 128, 256, 512, 1024, 2048),
}
SETS = training_sets(digits, 16, 8)
CHANGES = ("unit change", "kernel change", "training alignment")
LOSSES = {"smoke": ("cross-entropy",), **dict.fromkeys(("standard", "full"), ("cross-entropy", "squared error"))}
STEPS, RULE = 100, Relative(SGD(), 0.3)
KNOWN = "over widths 32 to 512, cross-entropy, three training sets: units −0.48, kernel −0.93, alignment −0.6 to −0.8"


def moved(lab, parametrisation, loss, width, change, layer):
    """What training for a given time changes, on each training set."""
    found = lab.trained_features_on_sets(
        FullyConnected((width, width), parametrisation=parametrisation),
        SETS,
        RULE,
        changes=CHANGES,
        networks=max(256 // width, 3),
        loss=loss,
        batch=SETS.m,
        stop=After(updates=STEPS),
    )
    needs_fitted(found)
    return means(found, len(LAYERS) * CHANGES.index(change) + LAYERS.index(layer))


def exponent_of(lab, parametrisation, loss, layer, change):
    """Over the widths of the scale."""
    widths = WIDTHS[lab.scale.name]
    changes = [moved(lab, parametrisation, loss, width, change, layer) for width in widths]
    return exponent_over_sets(widths, changes, f"exponent of the {change} over width", change, "width")


@claim(
    kind="empirical",
    of="exponent of the unit change over width",
    predicts=power_law(
        -0.5,
        0.15,
        because="in NTK parametrisation the gradient by a unit's value falls as width^(−1/2), and the time it takes to "
        "fit does not depend on the width (Lee et al. 2019)",
    ),
    speaks_for="instrument",
    holds="every",
    known=KNOWN,
)
@over(loss=LOSSES, layer=LAYERS)
def test_units_stop_moving(lab, loss, layer):
    return exponent_of(lab, "ntk", loss, layer, "unit change")


@claim(
    kind="empirical",
    of="exponent of the kernel change over width",
    predicts=power_law(
        -1.0,
        0.15,
        because="a kernel is a mean over units, whose small changes have random signs and average out to 1/width "
        "(Dyer & Gur-Ari 2019); width^(−1/2), which Lee et al. 2019 prove, is a bound",
    ),
    speaks_for="instrument",
    holds="every",
    crux=lambda **_: True,
    known=KNOWN,
)
@over(loss=LOSSES, layer=LAYERS)
def test_kernels_stop_moving(lab, loss, layer):
    return exponent_of(lab, "ntk", loss, layer, "kernel change")


@claim(
    kind="empirical",
    of="exponent of the training alignment over width",
    predicts=at_most(
        -0.5,
        because="a kernel that stops moving stops moving towards the labels; at width^(−1/2) it would be as slow as "
        "its units",
    ),
    speaks_for="instrument",
    holds="every",
    known=KNOWN,
)
@over(loss=LOSSES, layer=LAYERS)
def test_alignment_stops_growing(lab, loss, layer):
    return exponent_of(lab, "ntk", loss, layer, "training alignment")
