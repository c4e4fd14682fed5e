"""On binary weights training finds rare wide clusters of solutions, which random sampling misses.

In words: With weights of ±1, does training find solutions with many others near by, which random sampling misses?

Source: Baldassi, Pittorino & Zecchina 2020, PNAS 117:161; Annesi et al. 2023, arXiv 2304.13871; Baldassi et al. 2015,
Physical Review Letters 115:128101.

Perceptrons of an odd number of weights ±1 on random inputs ±1, with random labels or those of a teacher of the same
kind. All solutions, the settings of the weights that fit S, are found by counting, so that random sampling, which draws
each alike, is exact. A solution's local entropy is ln of the number of solutions within 3 flips of it, itself included.
Networks are trained by the straight-through estimator to their first perfect fit, below the edge of stability.

First: the local entropy of the solutions found, less that of a solution drawn uniformly. Second: less that of the
solution nearest to random weights, at random among equally near ones. Third, rare: the share of all solutions that have
a lower local entropy than one that is found, ties counting half; ½ for random sampling. Estimates are means over
training sets on which some network found a solution within 100 epochs: random labels may have none, or one so isolated
that no network finds it, which is no evidence for the claim and none against it.

Objection: whatever prefers solutions near the centre of all of them finds dense places, and a search that stops at the
first solution on its way from a random start prefers some to others without looking for clusters. The second test takes
off what stopping at the nearest solution explains. Beside the first, for reading, stands the difference from all
solutions of the same margin on S: what is left there is no mere preference for margins, as any loss has. None tells
clusters from the centre; nor do so few weights have the isolated typical solutions of the limit of many.

Excluded: random sampling itself, of which the first test has 0 and the third ½; uniform guessing, which solves nothing.
"""

from dataclasses import replace

from harness.claim import claim, over
from harness.networks import perceptron
from harness.optimisers import SGD, Adam, BinaryConnect, Relative
from harness.problems import binary_patterns, training_sets
from harness.statistics.figures import figure
from harness.statistics.local_entropy import above_equal_margin, above_nearest, above_typical, less_clustered
from harness.statistics.over_sets import mean_over_sets, share_over_sets
from harness.verdicts import at_least, increasing

NETWORK = perceptron(distribution="binary")
DISTANCE = 3
# Random weights, whose nearest solutions are looked for, on each training set.
STARTS = 200
WEIGHTS = {"smoke": (19,), "standard": (19, 21), "full": (19, 21)}
SIZES = {"smoke": (8, 10), "standard": (8, 10, 12), "full": (8, 10, 12)}
HARDEST = {"smoke": (10,), "standard": (10, 12), "full": (10, 12)}
LABELS = ("random", "teacher")
MORE = "local entropy of solutions: found − typical ones"
MORE_THAN_AT_MARGIN = "local entropy of solutions: found − all of the same margin"
MORE_THAN_NEAREST = "local entropy of solutions: found − nearest to random weights"
LESS_CLUSTERED = "share of solutions that are less clustered than one found"
# P_B itself.
RANDOM_SAMPLING = "frozen draws counted by evidence"
SEEN = "all cells but that of random labels at m = 10 had been judged when that one was first asked"
RULES = [Relative(BinaryConnect(rule), ratio) for rule in (SGD(), Adam()) for ratio in (0.1, 0.3, 3.0)]
OPTIMISERS = {"smoke": [Relative(BinaryConnect(SGD()), 0.3)], "standard": RULES, "full": RULES}


def sets_of(weights, labels, m):
    """Training sets of one size and kind."""
    return training_sets(binary_patterns, m, weights, labels=labels)


def solutions(lab, weights, labels, m, optimiser):
    """Networks trained on each training set, and all solutions of it."""
    sets = sets_of(weights, labels, m)
    trained = lab.train_on_sets(NETWORK, sets, optimiser, networks=100, max_epochs=100, least_fitted=None)
    return trained, lab.on_each(sets, lambda _, problem: lab.exact_volumes(NETWORK, problem))


@claim(
    kind="rival",
    speaks_for="optimiser",
    holds="every",
    crux=lambda labels, **_: labels == "random",
    excludes=(RANDOM_SAMPLING, "uniform guessing"),
    known=SEEN,
    of=MORE,
    predicts=increasing(because="solutions drawn uniformly have a difference of 0"),
)
@over(weights=WEIGHTS, labels=LABELS, m=SIZES, optimiser=OPTIMISERS)
def test_denser_than_typical(lab, weights, labels, m, optimiser):
    trained, counted = solutions(lab, weights, labels, m, optimiser)
    found = mean_over_sets(above_typical(trained, counted, DISTANCE), MORE)
    problems = lab.problems(sets_of(weights, labels, m))
    at_margin = mean_over_sets(above_equal_margin(trained, counted, problems, DISTANCE), MORE_THAN_AT_MARGIN)
    return replace(found, details={**found.details, "secondary": [figure(at_margin)]})


@claim(
    kind="rival",
    speaks_for="optimiser",
    holds="every",
    crux=lambda labels, **_: labels == "random",
    excludes=("uniform guessing",),
    known=SEEN,
    of=MORE_THAN_NEAREST,
    predicts=increasing(because="a search that only stopped at the nearest solution would have a difference of 0"),
)
@over(weights=WEIGHTS, labels=LABELS, m=HARDEST, optimiser=OPTIMISERS)
def test_denser_than_nearest(lab, weights, labels, m, optimiser):
    found = above_nearest(*solutions(lab, weights, labels, m, optimiser), DISTANCE, STARTS, lab.seed)
    return mean_over_sets(found, MORE_THAN_NEAREST)


@claim(
    kind="rival",
    speaks_for="optimiser",
    holds="every",
    excludes=(RANDOM_SAMPLING, "uniform guessing"),
    known=SEEN,
    of=LESS_CLUSTERED,
    predicts=at_least(0.75, because="places that hold more than a quarter of the solutions would not be rare"),
)
@over(weights=WEIGHTS, labels=LABELS, m=SIZES, optimiser=OPTIMISERS)
def test_rare(lab, weights, labels, m, optimiser):
    return share_over_sets(less_clustered(*solutions(lab, weights, labels, m, optimiser), DISTANCE), LESS_CLUSTERED)
