"""Kernel descriptions hold no feature learning: hidden kernels of NTK-parametrised networks stop moving with width.

Source: C. Mingard, LessWrong, 15 May 2021; Lee et al. 2019, arXiv 1902.06720; Dyer & Gur-Ari 2019, arXiv 1909.11304.

Two hidden ReLU layers of one width in NTK parametrisation, trained by full-batch gradient descent for 100 steps on 16
training points; networks that fit them at the end. Of each hidden layer, on the training points: the relative change
of its units' values, ‖h − h₀‖/‖h₀‖, and of its kernel, ‖K − K₀‖/‖K₀‖, averaged over networks; the estimates are their
exponents over the width.
"""

from dataclasses import replace

from harness.claim import claim, over
from harness.networks import FullyConnected
from harness.optimisers import SGD, After
from harness.problems import digits
from harness.samplers.features import mean
from harness.statistics.figures import curve
from harness.verdicts import power_law
from harness.verdicts.intervals import exponent

LAYERS = ("first", "last")
WIDTHS = {
    "smoke": (32, 64, 128, 256, 512),
    "standard": (32, 64, 128, 256, 512),
    "full": (32, 64, 128, 256, 512, 1024, 2048),
}
PROBLEM = digits(16, 8)
CHANGES = ("unit change", "kernel change", "training alignment")
LOSSES = {"smoke": ("cross-entropy",), **dict.fromkeys(("standard", "full"), ("cross-entropy", "squared error"))}
STEPS, OPTIMISER = 100, SGD(0.1)


def moved(lab, parametrisation, loss, width, optimiser=OPTIMISER):
    """What training for a given time changes."""
    architecture = FullyConnected((width, width), parametrisation=parametrisation)
    return lab.trained_features(
        architecture,
        PROBLEM,
        optimiser,
        changes=CHANGES,
        networks=max(200 * 32 // width, 40),
        loss=loss,
        batch=PROBLEM.m,
        stop=After(updates=STEPS),
    )


def exponent_of(lab, parametrisation, loss, layer, change, optimiser=OPTIMISER):
    """Over the widths of the scale."""
    widths, column = WIDTHS[lab.scale.name], len(LAYERS) * CHANGES.index(change) + LAYERS.index(layer)
    found = [mean(moved(lab, parametrisation, loss, width, optimiser), column, change) for width in widths]
    shown = curve("width", widths, {f"{layer} hidden layer": found})
    return replace(exponent(widths, found, quantity=f"exponent of the {change} over width"), details={"curve": shown})


@claim(
    kind="empirical",
    speaks_for="instrument",
    holds="every",
    of="exponent of the unit change over width",
    predicts=power_law(
        -0.5,
        0.15,
        because="in NTK parametrisation the gradient by a unit's value falls as width^(−1/2), and the time it takes to "
        "fit does not depend on the width (Lee et al. 2019)",
    ),
)
@over(loss=LOSSES, layer=LAYERS)
def test_units_stop_moving(lab, loss, layer):
    return exponent_of(lab, "ntk", loss, layer, "unit change")


@claim(
    kind="empirical",
    speaks_for="instrument",
    holds="every",
    of="exponent of the kernel change over width",
    predicts=power_law(
        -1.0,
        0.15,
        because="a kernel is a mean over units, whose small changes have random signs and average out to 1/width "
        "(Dyer & Gur-Ari 2019); width^(−1/2), which Lee et al. 2019 prove, is a bound",
    ),
)
@over(loss=LOSSES, layer=LAYERS)
def test_kernels_stop_moving(lab, loss, layer):
    return exponent_of(lab, "ntk", loss, layer, "kernel change")
