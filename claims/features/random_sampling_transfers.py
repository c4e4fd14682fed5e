"""Transfer learning is possible for random-sampled networks, and a kernel cannot carry it.

Source: C. Mingard, LessWrong, 13 and 15 May 2021.

Hidden layers are taken from the posterior of random sampling on 8 images of a first task, even digits against odd, and
a last layer on them is random-sampled on 8 images of a second task: the same task on other images, or low digits
against high ones on the same images, on which the two labellings are independent. Compared with hidden layers of the
initialisation by the second task's evidence, as the gain in ln P(S₂), and by its test error on 32 other images. Hidden
draws are weighted by their evidence, the last layer is averaged over, and what is independent is the hidden draw; two
hidden ReLU layers.
"""

from dataclasses import dataclass, replace

import numpy as np

from claims.grids import IMAGES, two_layers
from harness.claim import claim, over
from harness.problems import Problem
from harness.samplers.features import errors_on_second, gain_in_error, gain_in_evidence
from harness.statistics.figures import curve
from harness.verdicts import at_least, decreasing
from harness.verdicts.intervals import slope

M, EVALUATION = 8, 32
# Two tasks want four classes, which data of two that outside files add do not have.
DATA = {"smoke": ("digits",), "standard": tuple(IMAGES), "full": tuple(IMAGES)}
# Even and low, odd and low, even and high, odd and high: balanced, so that neither label tells anything of the other.
FOUR = "0,2,4/1,3/6,8/5,7,9"
WIDTHS = {"smoke": (40, 80, 160), "standard": (20, 40, 80, 160), "full": (10, 20, 40, 80, 160, 320, 640)}
SLOPE = "slope of the gain in ln evidence over ln width"


@dataclass(frozen=True)
class Second:
    """The second task. same_images: as the first one's. low_high: its labels; else even and odd again."""

    name: str
    same_images: bool
    low_high: bool


SECOND = [Second("same_task", same_images=False, low_high=False), Second("other_task", same_images=True, low_high=True)]


def tasks(data, second):
    """The first and the second task."""
    pool = IMAGES[data](2 * M, EVALUATION, FOUR)
    halves = slice(0, M), slice(M, 2 * M)

    def task(images, low_high, name):
        def label(y):
            return y // 2 if low_high else y % 2

        return Problem.from_arrays(
            pool.train_x[images], label(pool.train_y[images]), pool.eval_x, label(pool.eval_y), name
        )

    images = halves[0] if second.same_images else halves[1]
    return task(halves[0], False, f"{data}-even_odd"), task(images, second.low_high, f"{data}-{second.name}")


def transferred(lab, data, second, width):
    """Hidden draws with their evidence on both tasks."""
    # The product of two evidences varies the more, the narrower the network.
    draws = max(8000**2 // width**2, 5000)
    return lab.transfer(two_layers(width), *tasks(data, second), draws=draws)


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    of="gain in ln evidence",
    predicts=at_least(
        0, because="if random sampling learns features that transfer, more last layers on them fit the second task"
    ),
)
@over(data=DATA, second=SECOND, width=WIDTHS)
def test_evidence_gains(lab, data, second, width):
    return gain_in_evidence(transferred(lab, data, second, width))


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    of="gain in test error",
    predicts=at_least(
        0, because="if random sampling learns features that transfer, the second task's error is lower on them"
    ),
)
@over(data=DATA, second={"smoke": SECOND[:1], "standard": SECOND, "full": SECOND}, width=WIDTHS)
def test_error_gains(lab, data, second, width):
    sample = transferred(lab, data, second, width)
    kept, taken = errors_on_second(sample)
    notes = [f"Test error {kept:.3f} on hidden layers of the initialisation, {taken:.3f} on those of the first task."]
    return replace(gain_in_error(sample), details={"notes": notes})


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    of=SLOPE,
    predicts=decreasing(
        because="an infinitely wide network's hidden kernel is fixed, so that nothing learned of one task is in it"
    ),
)
@over(data=DATA, second=[SECOND[0]])
def test_gain_vanishes_with_width(lab, data, second):
    widths = WIDTHS[lab.scale.name]
    gains = [gain_in_evidence(transferred(lab, data, second, width)) for width in widths]
    shown = curve("width", widths, {second.name: gains})
    return replace(slope(np.log(widths), gains, quantity=SLOPE), details={"curve": shown})
