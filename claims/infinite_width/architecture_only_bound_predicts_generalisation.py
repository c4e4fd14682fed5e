"""A PAC-Bayes bound from the architecture alone, by way of −ln P(S), predicts the test error.

Source: C. Mingard, LessWrong, 11 May 2021; Valle-Pérez & Louis 2020, arXiv 2012.04115.

P(S) and the posterior are those of infinite width: P(S) by minimax tilting, the test error by exact draws, on 64
evaluation points. With probability 0.95 over training sets, −ln(1 − ε) < (−ln P(S) + ln m + ln 20)/(m − 1), ε the mean
error of P_B. The first test is that the bound lies above the error; so is the second, of convolutional networks, whose
kernel has no closed form here: each unit of their P(S) and posterior has a Monte-Carlo kernel of its own, so that the
interval holds the kernel's error; and again with their kernels from neural-tangents, where that is installed. The third
is whether the bound orders architectures of the same training set by their error: the slope of the error over the
bound, for one, two and four hidden layers of each of three activations. The last is whether it has the exponent of the
learning curve: the exponent over m of the bound less that of the error, two hidden ReLU layers. Training sets are
nested, the evaluation points the same; intervals hold the sampling, not the choice of the 64 points.
"""

from dataclasses import replace

from scipy import stats

from claims.grids import DATA, cannot_take, image_problem
from claims.infinite_width.limits import by_scale, wide
from harness.claim import claim, over
from harness.lab.infinite_width import LIBRARY, OWN
from harness.networks import Convolutional, Residual
from harness.statistics.figures import curve
from harness.statistics.generalisation import generalisation_error
from harness.statistics.pac_bayes import bound_of
from harness.verdicts import at_least, increasing, within
from harness.verdicts.intervals import exponent, slope

DEPTHS = [1, 4]
ACTIVATIONS = ["relu", "tanh"]
ARCHITECTURES = [wide(depth, activation) for activation in ("relu", "erf", "tanh") for depth in (1, 2, 4)]
CONVOLUTIONAL = [Convolutional(), Residual()]
# What the lab's own kernels are where there is no closed form.
MONTE_CARLO = "Monte Carlo"
HOLDS = "the bound is a theorem; it fails for one training set in twenty at the most"
SIZES = by_scale((16, 32, 64), (16, 32, 64, 128, 256), (16, 32, 64, 128, 256, 512, 1000))
SLACK = "bound less test error"
SLOPE = "slope of the test error over the bound"
EXPONENT = "exponent of the bound less that of the test error"


def bound_and_error(lab, architecture, problem, by=OWN):
    """The bound, and what it bounds."""
    bound = bound_of(lab.infinite_evidence(architecture, problem, by=by), problem.m)
    return bound, generalisation_error(lab.infinite_posterior(architecture, problem, by=by).sample, problem)


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    of=SLACK,
    predicts=at_least(0.0, because=HOLDS),
)
@over(data=DATA, activation=ACTIVATIONS, depth=DEPTHS, m=by_scale((16, 64), (16, 64, 256), (16, 64, 256, 1000)))
def test_bound_holds(lab, data, activation, depth, m):
    bound, error = bound_and_error(lab, wide(depth, activation), image_problem(data, m))
    return slope((0, 1), [error, bound], quantity=SLACK)


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    of=SLACK,
    predicts=at_least(0.0, because=HOLDS),
    excluded=cannot_take,
)
@over(
    data=DATA,
    architecture={"smoke": [], "standard": CONVOLUTIONAL, "full": CONVOLUTIONAL},
    m=by_scale((16,), (16, 64), (16, 64, 256)),
    kernel=[MONTE_CARLO, LIBRARY],
)
def test_bound_holds_for_convolutions(lab, data, architecture, m, kernel):
    by = OWN if kernel == MONTE_CARLO else LIBRARY
    bound, error = bound_and_error(lab, architecture, image_problem(data, m), by)
    return slope((0, 1), [error, bound], quantity=SLACK)


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    known="supported on five splits of digits and refuted on a sixth",
    of=SLOPE,
    predicts=increasing(because="the source finds that the bound ranks architectures as their errors do"),
)
@over(data=DATA, m=by_scale((64,), (64, 256), (64, 256, 1000)))
def test_bound_orders_architectures(lab, data, m):
    found = [bound_and_error(lab, architecture, image_problem(data, m)) for architecture in ARCHITECTURES]
    bounds, errors = [bound.value for bound, _ in found], [error for _, error in found]
    rank = float(stats.spearmanr(bounds, [error.value for error in errors]).statistic)
    notes = [f"Spearman's ρ of bound and error over {len(found)} architectures: {rank:.2f}."]
    notes += [
        f"{network.activation}, {len(network.hidden)} hidden layers: bound {bound:.3f}, test error {error.value:.3f}."
        for network, bound, error in zip(ARCHITECTURES, bounds, errors, strict=True)
    ]
    return replace(slope(bounds, errors, quantity=SLOPE), details={"notes": notes})


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    of=EXPONENT,
    predicts=within(
        0.0,
        0.2,
        because="the source finds exponents of learning curves that agree to one or two tenths over data and networks",
    ),
)
@over(data=DATA)
def test_bound_has_the_learning_curve(lab, data):
    sizes = SIZES[lab.scale.name]
    found = [bound_and_error(lab, wide(2), image_problem(data, m)) for m in sizes]
    bounds, errors = ([pair[i] for pair in found] for i in (0, 1))
    exponents = [exponent(sizes, each, quantity="exponent over m") for each in (errors, bounds)]
    difference = slope((0, 1), exponents, quantity=EXPONENT)
    return replace(difference, details={"curve": curve("m", sizes, {"bound": bounds, "test error": errors})})
