"""The coloured noise of SGD's minibatches is no major source of bias at small scale.

In words: Does the noise of small batches change which functions training finds?

Source: C. Mingard, LessWrong, 12 May 2021.

On each of many training sets, networks are trained to their first fit from the same initialisation and at the same
learning rate with and without the noise: by SGD in batches of one or of 8 points, by descent on all training points,
which is without noise, and by SGD whose noise is made white, of the same strength in all directions (Zhu et al. 2019,
arXiv 1803.00195). The relative distance D(P_SGD, P′)/D(U, P′) is of squared MMDs over functions on 8 evaluation points,
each a mean over training sets; two hidden ReLU layers of width 40.

Objection: the noise matters at large rates, where it is large. So the rate is an axis, up to where batches of one point
still train: they are unstable well below the edge of the whole set's loss, and at three times that edge none of them
fits.
"""

from claims.grids import BELOW, DATA, EVALUATION_POINTS, LOSSES, WIDTH, M, image_sets, two_layers
from harness.claim import claim, over
from harness.optimisers import SGD, GradientDescent, Relative, Whitened
from harness.statistics.over_sets import products_on_sets, ratio_over_sets
from harness.verdicts import at_most

RATIOS = {"smoke": (BELOW,), "standard": (0.03, 0.1, BELOW, 1.0), "full": (0.01, 0.03, 0.1, BELOW, 1.0, 3.0)}
BATCHES = {"smoke": (1,), "standard": (1, 8), "full": (1, 8)}
SIZES = {"smoke": (M,), "standard": (M, 32), "full": (M, 32, 64)}
MINOR = at_most(
    0.1,
    because="minor allows a squared distance of less than a tenth of that from the noiseless networks to uniform "
    "guessing",
)
KNOWN = "one training set of digits, m = 16: 0.25 at a rate of 0.1 and 0.002 at 0.003, in batches of one"
NULLS = ("uniform guessing", "truth", "majority label", "untrained networks", "nearest neighbour")


def apart(lab, data, m, ratio, batch, loss, whitened):
    """Relative distance between SGD and the same without the noise, or without its colour."""
    architecture, sets = two_layers(WIDTH), image_sets(data, m, EVALUATION_POINTS)
    rate = lab.resolve(Relative(SGD(), ratio), architecture, sets, loss).learning_rate
    reference = Whitened(SGD(rate)) if whitened else GradientDescent(rate)
    noisy, other = (
        lab.train_on_sets(architecture, sets, optimiser, loss, batch=batch) for optimiser in (SGD(rate), reference)
    )
    terms = products_on_sets(noisy, other)
    return ratio_over_sets([each.distance2 for each in terms], [each.b for each in terms], "relative distance")


@claim(
    kind="empirical",
    of="relative distance",
    predicts=MINOR,
    speaks_for="architecture",
    excludes=NULLS,
    known=KNOWN,
    crux=lambda ratio, batch, **_: (ratio, batch) == (BELOW, 1),
)
@over(data=DATA, m=SIZES, ratio=RATIOS, batch=BATCHES, loss=LOSSES)
def test_noise_is_minor(lab, data, m, ratio, batch, loss):
    return apart(lab, data, m, ratio, batch, loss, whitened=False)


@claim(kind="empirical", of="relative distance", predicts=MINOR, speaks_for="architecture", excludes=NULLS, known=KNOWN)
@over(data=DATA, m=SIZES, ratio=RATIOS, batch=BATCHES, loss=LOSSES)
def test_its_colour_is_minor(lab, data, m, ratio, batch, loss):
    return apart(lab, data, m, ratio, batch, loss, whitened=True)
