"""The functions that SGD and random sampling find on a published problem are those that were published.

In words: Check: do training and random sampling find the functions that others have published?

Source: samples of 600,000 trained networks each in github.com/guillefix/nn-pacbayes, the code of Mingard et al. 2021,
JMLR 22:79 (arXiv 2006.15191); random sampling: its figure, and two independent subset simulations in numpy.

T32: networks 7-40-40-1 with ReLU and σ_w = σ_b = 1 learn the copy of the sixth of seven bits from 32 inputs, by SGD on
cross-entropy with batches of 8, and are held against the published ones by the share that has k of the other 96 points
wrong, by their mean error, and by the total variation between 1 and 64 epochs past the fit. Random sampling is by
subset simulation, without a trained network.

The learning rate is in no file. It is the one that takes the published mean of 84 epochs to the fit, 0.007; several
were tried to find it, and some of these numbers were seen before their regions were written. The margin is a fifth of
the share, or of what it lacks to 1, since a rate that is a tenth off moves a share by as much.

Objection: the published time to the fit says when their rule stopped, and that need not be the first time that all
labels are right. It is not: their code measures accuracy by Keras, which holds the raw logit, not its probability,
against ½. An independent simulation of that rule at Keras' rate 0.01 or less takes 73 to 85 epochs, and 48 % of the
networks have the target one epoch later instead of 14 %. That is most of the way to 65 %, and none of the way at 64
epochs, where it leaves the target to 97.5 %. What else differs could not be found.

Six other targets, learnt from 32 other inputs (S2), are in the same repository, five of them with the mean error of a
million networks at their fit. Their times to the fit, of 9 to 77 epochs, are those of a rate ten times as large, 0.08:
their runs did not all have one rate.

Excluded: learners that have no distribution of their own, which get the shares wrong.
"""

from dataclasses import dataclass, replace

from harness.claim import Published, claim, over
from harness.networks import FullyConnected
from harness.optimisers import SGD, FirstFit
from harness.problems.published import TRAINED, s2, t32
from harness.statistics.distances import total_variation
from harness.statistics.generalisation import generalisation_error, share_with_errors

NETWORK = FullyConnected((40, 40), sigma_w=1.0, sigma_b=1.0)
# 81 to 82 epochs to the fit; 0.006 takes 96.
RATE = 0.007
PAST = (1, 64)
SHARES = {
    1: (0.6531, 0.1046, 0.0744, 0.0490, 0.0371),
    64: (0.9386, 0.0249, 0.0140, 0.0076, 0.0053),
}
ERRORS = {1: 0.01177, 64: 0.00170}
MOVED = 0.290
JMLR = "arXiv 2006.15191, result files"
STOPS = "their fit is judged on the raw logit against ½, ours on its sign; their learning rate is not in the files"
NULLS = ("uniform guessing", "truth", "majority label", "class frequencies", "nearest neighbour")
A_FIFTH = "a rate that is a tenth off moves a share by as much as a fifth of it, or of what it lacks to 1"
SEEN = (
    "at 0.007 and 600 networks: 0.13 with none wrong 1 epoch past the fit, 0.89 at 64 epochs; at 0.01: 0.14 and 0.96; "
    "at 0.15, which fits in 6 epochs: 0.67 and 1"
)


def trained(lab, past):
    """Networks so many epochs past the fit that still fit."""
    return lab.train(NETWORK, t32(), SGD(RATE), networks=500, batch=8, stop=FirstFit(past)).functions


def fifth(share):
    """A fifth of a share or of what it lacks to 1."""
    return 0.2 * min(share, 1 - share)


def published_share(past, wrong):
    """The published share with so many wrong."""
    share = SHARES[past][wrong]
    return Published(share, JMLR, (share * (1 - share) / TRAINED) ** 0.5, STOPS)


@claim(
    kind="empirical",
    speaks_for="instrument",
    holds="every",
    of="share with k of 96 wrong",
    predicts=lambda past, wrong: published_share(past, wrong).agrees(fifth(SHARES[past][wrong]), because=A_FIFTH),
    published=published_share,
    excludes=NULLS,
    known=SEEN,
)
@over(past=PAST, wrong={"smoke": (0,), "standard": (0, 1, 2, 3, 4), "full": (0, 1, 2, 3, 4)})
def test_shares(lab, past, wrong):
    return share_with_errors(trained(lab, past), t32(), wrong)


def published_error(past):
    """The published mean error, whose own standard error is far below the margin."""
    return Published(ERRORS[past], JMLR, why=STOPS)


@claim(
    kind="empirical",
    speaks_for="instrument",
    holds="every",
    of="test error",
    predicts=lambda past: published_error(past).agrees(0.2 * ERRORS[past], because=A_FIFTH),
    published=published_error,
    excludes=NULLS,
    known=SEEN,
)
@over(past={"smoke": (1,), "standard": PAST, "full": PAST})
def test_errors(lab, past):
    return generalisation_error(trained(lab, past), t32())


# By target, mean errors at the fit; of the first target there is none.
OTHER_ERRORS = {1: 0.0417, 2: 0.0298, 3: 0.0397, 4: 0.0562, 5: 0.0185}
# By the epochs to the fit of target 1, 77.
OTHER_RATE = 0.08


def published_on_other(target):
    """The published mean error on another target, whose own standard error is far below the margin."""
    return Published(OTHER_ERRORS[target], JMLR, why=STOPS)


@claim(
    kind="empirical",
    speaks_for="instrument",
    holds="every",
    of="test error on other targets",
    predicts=lambda target: published_on_other(target).agrees(0.2 * OTHER_ERRORS[target], because=A_FIFTH),
    published=published_on_other,
    excludes=("uniform guessing", "truth", "class frequencies", "nearest neighbour"),
    known="with 300 networks at rates of 0.07 and 0.1, by target: 0.042, 0.029, 0.045 to 0.048, 0.048 to 0.049, 0.033 "
    "to 0.037; the first is the error of always 1, that of the commoner label",
)
@over(target={"smoke": (2,), "standard": tuple(OTHER_ERRORS), "full": tuple(OTHER_ERRORS)})
def test_errors_on_other_targets(lab, target):
    problem = s2(target)
    found = lab.train(NETWORK, problem, SGD(OTHER_RATE), networks=500, batch=8).functions
    return replace(generalisation_error(found, problem), quantity="test error on other targets")


BETWEEN = Published(MOVED, JMLR, why=STOPS)


@claim(
    kind="empirical",
    speaks_for="instrument",
    holds="every",
    of="total variation",
    predicts=BETWEEN.agrees(0.2 * MOVED, because=A_FIFTH),
    published=lambda **_: BETWEEN,
    excludes=NULLS,
    known=SEEN,
)
@over(past={"smoke": (), "standard": PAST[1:], "full": PAST[1:]})
def test_functions_move_after_the_fit(lab, past):
    return total_variation(trained(lab, PAST[0]), trained(lab, past))


@dataclass(frozen=True)
class Quantity:
    """What random sampling is held against: its name, the published number, and the margin."""

    name: str
    published: Published
    margin: float


SIMULATED = "two subset simulations in numpy; figure of arXiv 2006.15191: 0.14"
QUANTITIES = [
    Quantity("share of the target", Published(0.143, SIMULATED, 0.005), 0.2 * 0.143),
    Quantity("mean error", Published(0.050, "subset simulation in numpy"), 0.2 * 0.050),
    Quantity("ln P(S)", Published(-10.65, "two subset simulations in numpy", 0.05), 0.1),
]


@claim(
    kind="empirical",
    speaks_for="instrument",
    holds="every",
    of="random sampling",
    predicts=lambda quantity: quantity.published.agrees(
        quantity.margin, because="a fifth, as for trained networks; a tenth of a nat, which is a tenth of P(S)"
    ),
    published=lambda quantity: quantity.published,
)
@over(quantity={"smoke": QUANTITIES[:2], "standard": QUANTITIES, "full": QUANTITIES})
def test_random_sampling(lab, quantity):
    posterior = lab.subset_posterior(NETWORK, t32(), runs=8, chains=32)
    found = {
        "share of the target": lambda: share_with_errors(posterior.sample, t32(), 0),
        "mean error": lambda: generalisation_error(posterior.sample, t32()),
        "ln P(S)": lambda: posterior.evidence,
    }[quantity.name]()
    return replace(found, quantity=f"{found.quantity}, random sampling")
