"""Star-shaped local volumes are floors far below the volume of the function that a trained network has.

In words: Does what is measured around one trained network say how much of all networks does the same?

Source: Scherlis & Belrose 2025, arXiv 2501.18812, who estimate the probability mass around trained networks along
random lines.

A network is trained at ρ = 0.3 on each training set. Its local volume is the mass, under the initialisation, of what it
sees along straight lines without another label on S or E: a mean over 256 random directions, stretched by the
Gauss–Newton matrix of its margins. Beside it is ln P_A(f|S) + ln P(S) of the same function f on the same points, by
splitting. The estimate is the second less the first, in nats, and less ln of the orders of the hidden units; means over
training sets. Where a region is convex, as of a perceptron, its star domain is all of it: there the two are one.

Objection: hidden units can change places, so that whatever lies around one network is there once in as many orders, 30
nats for twice ten units; these are taken off. And what 256 directions say is not the star domain's mass but mostly less
than that, since one direction in all has the weight: an unbiased mean of which no sample is near the truth. The claim
is of what such an estimate says, as it is used; it is a floor by Markov's inequality, whatever the directions.

In place of a null learner stands the perceptron, for which the first test would be refuted: it has the same estimator,
and a difference of 0.
"""

from math import lgamma

from claims.grids import BELOW, WIDTH, image_sets, two_layers
from harness.claim import claim, over
from harness.errors import NotAsked
from harness.networks import perceptron
from harness.optimisers import SGD, Adam, Relative
from harness.samplers.local.preconditioners import PRECONDITIONERS
from harness.statistics.over_sets import mean_over_sets
from harness.verdicts import at_least, within

M, POINTS = 8, 4
BEYOND = "ln volume of the function − ln local volume − ln of the units' orders"
SHORT = "ln P(S) − ln local volume"
RULES = {"sgd": SGD(), "adam": Adam()}


def orders(network):
    """ln of the number of orders of a network's hidden units."""
    return sum(lgamma(width + 1) for width in network.hidden)


def around(lab, network, sets, rule, **local):
    """Local volumes on each training set; NotAsked if training found no network on one."""
    found = lab.local_volume_on_sets(network, sets, Relative(RULES[rule], BELOW), networks=2, **local)
    if not all(len(each.values) for each in found):
        raise NotAsked("On some training set neither of two networks fits, so that there is nothing to look around.")
    return found


@claim(
    kind="empirical",
    speaks_for="instrument",
    holds="every",
    crux=lambda width, rule, **_: width == 10 and rule == "sgd",
    of=BEYOND,
    predicts=at_least(20.0, because="what is off by e^20 in volume has no use as the size of a function"),
    known="by another program, −2,047 to −3,910 nats around networks of width 40, where ln P(S) is −7; 171 nats in the "
    "first cell, with 8 evaluation points, before fewer were taken to save time",
)
@over(
    width={"smoke": (10,), "standard": (5, 10, WIDTH), "full": (5, 10, WIDTH)},
    m={"smoke": (M,), "standard": (M, 16), "full": (M, 16, 32)},
    rule={"smoke": ("sgd",), "standard": tuple(RULES), "full": tuple(RULES)},
)
def test_far_below(lab, width, m, rule):
    network, sets = two_layers(width), image_sets("digits", m, POINTS)
    local = around(lab, network, sets, rule)
    whole = lab.log_volumes_by_runs_on_sets(network, sets, [each.functions[:1] for each in local])
    gaps = [
        float(of.values[0]) + of.evidence - float(each.values[0]) - orders(network)
        for of, each in zip(whole, local, strict=True)
    ]
    return mean_over_sets(gaps, BEYOND)


@claim(
    kind="theorem",
    speaks_for="instrument",
    holds="every",
    of=SHORT,
    predicts=within(0.0, 0.25, because="a convex region is the star domain of each of its points"),
)
@over(
    m={"smoke": (4,), "standard": (2, 4, 6), "full": (2, 4, 6)},
    preconditioning={"smoke": ("full",), "standard": PRECONDITIONERS, "full": PRECONDITIONERS},
)
def test_exact_for_perceptrons(lab, m, preconditioning):
    network, sets = perceptron(), image_sets("digits", m, 1)
    local = around(lab, network, sets, "sgd", directions=4000, region="fit", preconditioning=preconditioning)
    exact = lab.infinite_evidence_on_sets(network, sets)
    return mean_over_sets([a.value - float(b.values[0]) for a, b in zip(exact, local, strict=True)], SHORT)
