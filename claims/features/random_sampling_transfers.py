"""Transfer learning is possible for random-sampled networks, and a kernel cannot carry it.

In words: Take early layers from random networks that fit one task: do they help on a related one?

Source: C. Mingard, LessWrong, 13 and 15 May 2021.

Hidden layers are taken from the posterior of random sampling on 8 images of a first task, even digits against odd, and
a last layer on them is random-sampled on 8 other images with a second task: the same one; a related one, which agrees
with the first on three of four kinds of digit (even and low against the rest); or an unrelated one, low digits against
high, whose labels say nothing of the first's. Compared with hidden layers of the initialisation by the second task's
evidence, the gain in ln P(S₂), and by its test error on 32 other images. What hidden layers gain from fitting *any*
labels of the first images is taken off: the gain from a first task of the same images whose labels were shuffled.
Hidden draws are weighted by their evidence and the last layer is averaged over; means over training sets, a pair of
tasks each; two hidden ReLU layers.

Objection: a gain on the same task is more data for that task, and any fit may make hidden layers better for all tasks.
So the related task decides, the shuffled one is in the estimate, and the unrelated one must gain nothing.
"""

from claims.features.tasks import first_task, second_tasks
from claims.grids import two_layers
from harness.claim import claim, over
from harness.statistics.exponent_over_sets import exponent_over_sets
from harness.statistics.layers_over_sets import gains_in_error, gains_in_evidence, less
from harness.statistics.over_sets import mean_over_sets
from harness.verdicts import at_least, at_most, within

RELATED = ("same", "related")
# Two tasks want four classes, which data of two that outside files add do not have.
DATA = {"smoke": ("digits",), **dict.fromkeys(("standard", "full"), ("digits", "mnist", "fashion_mnist"))}
WIDTHS = {"smoke": (20,), "standard": (10, 20, 40, 80, 160), "full": (10, 20, 40, 80, 160, 320, 640)}
SLOPE_WIDTHS = {"smoke": (20, 80), "standard": (20, 40, 80, 160), "full": (20, 40, 80, 160, 320, 640)}
EVIDENCE, ERROR = "gain in ln evidence over shuffled labels", "gain in test error over shuffled labels"
KNOWN = "error, digits, six training sets, same and related: 0.018 and 0.007 at width 10, 0.011 and 0.003 at 20, 0.003 "
KNOWN += "and 0.001 at 80; unrelated −0.005 ± 0.005, −0.001 ± 0.002, 0.000 ± 0.001; shuffled alone below 0.003"


def transferred(lab, data, second, width):
    """Hidden draws with their evidence on both tasks by training set: of the first task, and of shuffled labels."""
    # The product of two evidences varies the more, the narrower the network.
    draws = max(100_000 // width, 1500)
    sets, architecture = second_tasks(data, second), two_layers(width)
    return [lab.transfer_on_sets(architecture, sets, first_task(shuffled), draws=draws) for shuffled in (False, True)]


def gained(lab, data, second, width, gains):
    """Gain of the second task by training set, less that from shuffled labels."""
    return less(*(gains(sample) for sample in transferred(lab, data, second, width)))


@claim(
    kind="empirical",
    of=EVIDENCE,
    predicts=at_least(
        0.05,
        because="if random sampling learns features that transfer, more last layers on them fit the second task; by a "
        "twentieth at least, or it would not be noticed",
    ),
    speaks_for="architecture",
    holds="every",
    crux=lambda second, **_: second == "related",
    excludes=("untrained networks",),
    known=KNOWN,
)
@over(data=DATA, second=RELATED, width=WIDTHS)
def test_evidence_gains(lab, data, second, width):
    return mean_over_sets(gained(lab, data, second, width, gains_in_evidence), EVIDENCE)


@claim(
    kind="empirical",
    of=EVIDENCE,
    predicts=within(0, 0.05, because="what was learned of the one task says nothing of the other"),
    speaks_for="architecture",
    holds="every",
    control=lambda **_: True,
    known=KNOWN,
)
@over(data=DATA, width=WIDTHS)
def test_unrelated_task_gains_nothing(lab, data, width):
    return mean_over_sets(gained(lab, data, "unrelated", width, gains_in_evidence), EVIDENCE)


@claim(
    kind="empirical",
    of=ERROR,
    predicts=at_least(
        0.01,
        because="if random sampling learns features that transfer, the second task's error is lower on them; by one "
        "image in a hundred at least, or it would not be noticed",
    ),
    speaks_for="architecture",
    holds="every",
    excludes=("untrained networks",),
    known=KNOWN,
)
@over(data=DATA, second=RELATED, width=WIDTHS)
def test_error_gains(lab, data, second, width):
    return mean_over_sets(gained(lab, data, second, width, gains_in_error), ERROR)


@claim(
    kind="empirical",
    of="exponent of the gain over width",
    predicts=at_most(
        -0.5,
        because="an infinitely wide network's hidden kernel is fixed, so that nothing learned of one task is in it; "
        "ln evidences vary as width^(−1/2), so that the covariance of two falls as 1/width, and half of that exponent "
        "is enough for the gain to vanish",
    ),
    speaks_for="architecture",
    holds="every",
    known=KNOWN,
)
@over(data=DATA, second=["same"])
def test_gain_vanishes_with_width(lab, data, second):
    widths = SLOPE_WIDTHS[lab.scale.name]
    gains = [gained(lab, data, second, width, gains_in_evidence) for width in widths]
    return exponent_over_sets(widths, gains, "exponent of the gain over width", "gain in ln evidence", "width")
