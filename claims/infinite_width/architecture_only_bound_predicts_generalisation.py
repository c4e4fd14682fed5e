"""A PAC-Bayes bound from the architecture alone, by way of −ln P(S), predicts the test error.

In words: Can the test error be foretold from how often random weights fit the training set?

Source: C. Mingard, LessWrong, 11 May 2021; Valle-Pérez & Louis 2020, arXiv 2012.04115.

P(S) and the posterior are those of infinite width: P(S) by minimax tilting, the test error by exact draws, on 64
evaluation points. With probability 0.95 over training sets, −ln(1 − ε) < (−ln P(S) + ln m + ln 20)/(m − 1), ε the mean
error of P_B. The first test is whether the bound orders architectures by their error: on each training set the rank
correlation of bound and error over networks of several depths and activations, and its mean over training sets. The
second is whether it has the exponent of the learning curve: on each training set the exponent over m of the bound less
that of the error, two hidden ReLU layers. The last two, that the bound lies above the error, are controls: the bound is
a theorem. One is its mean over training sets; the other is of convolutional networks on one training set, whose kernel
has no closed form here: each unit of their P(S) and posterior has a Monte-Carlo kernel of its own, so that the interval
holds the kernel's error; and again with their kernels from neural-tangents, where that is installed.

Training sets are drawn from the pool, nested over m, and the evaluation points of a set are the same for every m.

Objection: a bound above guessing predicts nothing, and one training set is not the data: the order of architectures was
found on five splits and reversed on a sixth. So a mean bound of 0.5 or more is not asked, sizes begin at 64, and what
counts is the mean over training sets.

Objection: the error is that of P_B, whose P(S) the bound is made of; by the chain rule −ln P(S) adds up what P_B errs
on inputs one after another, so that the two are related by an identity. So they are, and no network is trained here:
the claim is of random sampling, and says of training only what `agreement_holds_below_the_edge_of_stability` carries
over.

Excluded: an evidence that is the same for all architectures, such as that of guessing, 2^−m, orders none of them, and
its bound has no learning curve.
"""

from dataclasses import replace

import numpy as np
from scipy import stats

from claims.grids import DATA, cannot_take, image_problem, image_sets
from claims.infinite_width.limits import by_scale, wide
from harness.claim import claim, over
from harness.errors import NotAsked
from harness.lab.infinite_width import LIBRARY, OWN
from harness.networks import Convolutional, Residual
from harness.statistics.figures import curve
from harness.statistics.generalisation import generalisation_error
from harness.statistics.over_sets import mean_over_sets, slope_over_sets
from harness.statistics.pac_bayes import bound_of
from harness.verdicts import at_least, increasing, within
from harness.verdicts.intervals import slope

_EVERY = [wide(depth, activation) for activation in ("relu", "erf", "tanh") for depth in (1, 2, 4)]
_FEW = [wide(depth, activation) for activation in ("relu", "tanh") for depth in (1, 4)]
ARCHITECTURES = {"smoke": _FEW, "standard": _EVERY, "full": _EVERY}
CONVOLUTIONAL = [Convolutional(), Residual()]
# What the lab's own kernels are where there is no closed form.
MONTE_CARLO = "Monte Carlo"
HOLDS = "the bound is a theorem; it fails for one training set in twenty at the most"
SIZES = by_scale((64, 128), (64, 128, 256), (64, 128, 256, 512))
POINTS = 64
GUESSING = 0.5
SLACK = "bound − test error"
RANK = "rank correlation of bound and test error over architectures"
EXPONENT = "exponent of the bound − that of the test error"


def bounds_and_errors(lab, architecture, data, m):
    """The bound and what it bounds, by training set; not asked where the bound says nothing."""
    sets = image_sets(data, m, POINTS)
    evidences = lab.infinite_evidence_on_sets(architecture, sets)
    posteriors = lab.infinite_posterior_on_sets(architecture, sets)
    bounds = np.array([bound_of(each, m).value for each in evidences])
    if float(bounds.mean()) >= GUESSING:
        raise NotAsked(
            f"The bound says nothing here: its mean over training sets is {bounds.mean():.2f}, guessing 0.5."
        )
    pairs = zip(posteriors, lab.problems(sets), strict=True)
    return bounds, np.array([generalisation_error(each.sample, problem).value for each, problem in pairs])


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    crux=lambda m, **_: m == 64,
    known="slope of error over bound on single splits of digits: positive on five, negative on a sixth",
    of=RANK,
    predicts=increasing(because="the source finds that the bound ranks architectures as their errors do"),
)
@over(data=DATA, m=by_scale((64,), (64, 256), (64, 256)))
def test_bound_orders_architectures(lab, data, m):
    architectures = ARCHITECTURES[lab.scale.name]
    found = [bounds_and_errors(lab, architecture, data, m) for architecture in architectures]
    bounds, errors = np.array([pair[0] for pair in found]), np.array([pair[1] for pair in found])
    ranks = [float(stats.spearmanr(*of_set).statistic) for of_set in zip(bounds.T, errors.T, strict=True)]
    estimate = mean_over_sets(ranks, RANK)
    notes = [
        f"{network.activation}, {len(network.hidden)} hidden layers: bound {bound:.3f}, test error {error:.3f}."
        for network, bound, error in zip(architectures, bounds.mean(1), errors.mean(1), strict=True)
    ]
    return replace(estimate, details={**estimate.details, "notes": notes})


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
    known="−0.09 on one split of digits from m = 16",
)
@over(data=DATA)
def test_bound_has_the_learning_curve(lab, data):
    sizes = SIZES[lab.scale.name]
    found = [bounds_and_errors(lab, wide(2), data, m) for m in sizes]
    bounds, errors = np.array([pair[0] for pair in found]), np.array([pair[1] for pair in found])
    # A set without an error has half a wrong point: there is no exponent of 0.
    apart = np.log(bounds) - np.log(np.maximum(errors, 1 / (2 * POINTS)))
    estimate = slope_over_sets(np.log(sizes), apart, EXPONENT)
    lines = {
        name: [mean_over_sets(each, name) for each in values]
        for name, values in (("bound", bounds), ("test error", errors))
    }
    return replace(estimate, details={**estimate.details, "curve": curve("m", sizes, lines)})


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    control=lambda **_: True,
    of=SLACK,
    predicts=at_least(0.0, because=HOLDS),
)
@over(
    data=DATA,
    activation=["relu", "tanh"],
    depth=[1, 4],
    m=by_scale((64,), (64, 256), (64, 256)),
)
def test_bound_holds(lab, data, activation, depth, m):
    bounds, errors = bounds_and_errors(lab, wide(depth, activation), data, m)
    return mean_over_sets(bounds - errors, SLACK)


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    control=lambda **_: True,
    of=SLACK,
    predicts=at_least(0.0, because=HOLDS),
    excluded=cannot_take,
)
@over(
    data=DATA,
    architecture={"smoke": [], "standard": CONVOLUTIONAL, "full": CONVOLUTIONAL},
    m=by_scale((64,), (64,), (64, 256)),
    kernel=[MONTE_CARLO, LIBRARY],
)
def test_bound_holds_for_convolutions(lab, data, architecture, m, kernel):
    by = OWN if kernel == MONTE_CARLO else LIBRARY
    problem = image_problem(data, m)
    bound = bound_of(lab.infinite_evidence(architecture, problem, by=by), m)
    error = generalisation_error(lab.infinite_posterior(architecture, problem, by=by).sample, problem)
    return slope((0, 1), [error, bound], quantity=SLACK)
