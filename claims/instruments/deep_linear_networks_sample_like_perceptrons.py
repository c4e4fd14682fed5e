"""Deep linear networks without biases have the perceptron's posterior, at every width and depth.

In words: Check: do linear networks of any depth have the functions that a perceptron has?

Source: the direction of a product of Gaussian layers is uniform; Györgyi & Tishby 1990 and Seung, Sompolinsky & Tishby
1992 (Phys. Rev. A 45:6056) for the typical perceptron; the equations are in
`harness/statistics/exact/deep_linear.py`.

The signs of the logits depend on the direction of the product of all layers alone. The first test is of equivalence:
the bias explained of the perceptron's posterior by a deep linear network's, 1 if the two are one. The others hold the
perceptron's exact samplers against the replica calculation for Gaussian inputs of d dimensions with the labels of a
random teacher, in the limit of large d with α = m/d fixed: ln P(S)/d, by orthants, and the test error of a draw, by
exact draws where m ≤ d and annealing where m > d; both means over training sets and teachers.

Objection: the posteriors of many architectures explain each other's bias to a few hundredths. The margin is a
hundredth, and that of ReLU networks is outside (a test). The replica values are of infinite d: corrections are of the
order of 1/d, so that they are asked to within twice that.

Excluded: networks that were not conditioned, or guess.
"""

from claims.grids import EVALUATION_POINTS
from harness.claim import claim, over
from harness.networks import FullyConnected, perceptron
from harness.problems import digit_components, gaussian_teacher, training_sets
from harness.statistics.distances import bias_explained
from harness.statistics.exact.deep_linear import perceptron as typical
from harness.statistics.over_sets import errors_on_sets, mean_over_sets
from harness.verdicts import within
from harness.verdicts.intervals import affine

M, MARGIN = 6, 0.01
DIMENSIONS = 100
POINTS = 64
# Dimensions that S∪E leaves free where a kernel of full rank is wanted.
FREE = 5
BEYOND = "less its value at large d"


def same_posterior(lab, network, problem):
    """Bias explained of the perceptron's posterior, sampled one network a hidden draw."""
    by_perceptron = lab.rejection_posterior(perceptron(), problem, 400_000, 1, 1).sample
    return bias_explained(lab.rejection_posterior(network, problem, 40_000, 16).sample, by_perceptron)


@claim(
    kind="theorem",
    speaks_for="instrument",
    holds="every",
    crux=lambda hidden, **_: len(hidden) > 1,
    of="bias explained",
    predicts=within(1.0, MARGIN, because="the two posteriors are one; a hundredth is the least that counts"),
    excludes=("uniform guessing", "truth", "untrained networks"),
)
@over(hidden={"smoke": ("2", "3-3-3"), "standard": ("1", "2", "3-3-3", "40"), "full": ("1", "2", "3-3-3", "40")})
def test_posterior_is_the_perceptrons(lab, hidden):
    network = FullyConnected(tuple(map(int, hidden.split("-"))), "linear", sigma_b=0.0)
    return same_posterior(lab, network, digit_components(M, EVALUATION_POINTS))


def teachers(load):
    """Training sets of load·d points, below 1 with as many evaluation points as a kernel of full rank has."""
    m = round(load * DIMENSIONS)
    return training_sets(gaussian_teacher, m, DIMENSIONS - FREE - m if load < 1 else POINTS, dimensions=DIMENSIONS)


@claim(
    kind="theorem",
    speaks_for="instrument",
    holds="every",
    of=f"ln P(S)/d {BEYOND}",
    predicts=within(0.0, 0.02, because="corrections to the limit are of the order of 1/d = 0.01"),
)
@over(load={"smoke": (0.5,), "standard": (0.25, 0.5, 0.75), "full": (0.25, 0.5, 0.75)})
def test_typical_volume(lab, load):
    evidences = lab.infinite_evidence_on_sets(perceptron(), teachers(load))
    found = mean_over_sets([each.value / DIMENSIONS for each in evidences], f"ln P(S)/d {BEYOND}")
    return affine(found, 1.0, -typical(load).log_evidence)


@claim(
    kind="theorem",
    speaks_for="instrument",
    holds="every",
    of=f"test error {BEYOND}",
    predicts=within(0.0, 0.02, because="corrections to the limit are of the order of 1/d = 0.01"),
    known="0.337, 0.236 and 0.135 at loads 1, 2 and 4, by another program, against 0.338, 0.240 and 0.143 in the limit",
)
@over(load={"smoke": (0.5,), "standard": (0.25, 0.5, 0.75), "full": (0.25, 0.5, 0.75, 2, 4)})
def test_typical_error(lab, load):
    sets, network = teachers(load), perceptron()
    sampled = lab.infinite_posterior_on_sets if load < 1 else lab.posterior_on_sets
    errors = errors_on_sets(sampled(network, sets), lab.problems(sets))
    return affine(mean_over_sets(errors, f"test error {BEYOND}"), 1.0, -typical(load).error)
