"""The coloured noise of SGD's minibatches is no major source of bias at small scale.

Source: C. Mingard, LessWrong, 12 May 2021.

Networks are trained to their first fit from the same initialisation and at the same learning rate with and without the
noise: by SGD in batches of one or of 8 points, by descent on all training points, which is without noise, and by SGD
whose noise is made white, of the same strength in all directions (Zhu et al. 2019, arXiv 1803.00195). The relative
distance D(P_SGD, P′)/D(U, P′) is the squared MMD between the two over functions on 8 evaluation points, over that of
uniform guessing from what SGD is compared with; two hidden ReLU layers of width 40.
"""

from claims.grids import EVALUATION_POINTS, LOSSES, WIDTH, M, two_layers
from harness.claim import claim, over
from harness.optimisers import SGD, GradientDescent, Whitened
from harness.problems import digits, fashion_mnist
from harness.statistics.distances import relative_distance
from harness.verdicts import at_most

_LARGER = [data(m, EVALUATION_POINTS) for data in (digits, fashion_mnist) for m in (16, 32, 64)]
PROBLEMS = {"smoke": [digits(M, EVALUATION_POINTS)], "standard": _LARGER[:2], "full": _LARGER}
RATES = {"smoke": (0.1,), "standard": (0.03, 0.1), "full": (0.01, 0.03, 0.1)}
MINOR = at_most(
    0.1, because="less than a tenth of what separates training from uniform guessing is what the word minor allows"
)


def apart(lab, problem, rate, batch, loss, reference):
    """Relative distance between SGD and the reference."""
    noisy, other = (
        lab.train(two_layers(WIDTH), problem, optimiser, loss, batch=batch) for optimiser in (SGD(rate), reference)
    )
    return relative_distance(noisy.functions, other.functions)


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    known="0.25 in batches of one at a rate of 0.1, and 0.002 at 0.003",
    of="relative distance",
    predicts=MINOR,
)
@over(problem=PROBLEMS, rate=RATES, batch=(1, 8), loss=LOSSES)
def test_noise_is_minor(lab, problem, rate, batch, loss):
    return apart(lab, problem, rate, batch, loss, GradientDescent(rate))


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    of="relative distance",
    predicts=MINOR,
)
@over(problem=PROBLEMS, rate=RATES, batch=(1, 8), loss=LOSSES)
def test_its_colour_is_minor(lab, problem, rate, batch, loss):
    return apart(lab, problem, rate, batch, loss, Whitened(SGD(rate)))
