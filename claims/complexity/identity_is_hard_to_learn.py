"""Networks struggle to learn simple functions of small volume, such as the identity.

In words: Some functions are simple to write down, yet few parameters give them. Do networks fail to learn those from
examples?

Source: C. Mingard, LessWrong, 11 May 2021: because their volume is small.

Two functions on the 5-bit cube are learnt from the same m inputs and tested on all others. Both are balanced, so that
their entropies are equal, and of equal LZ76 complexity; one has the larger volume at infinite width, by 9 to 20 bits.
The pairs, of LZ76 20: the exclusive or of the last two bits, and the majority of bits 1, 2 and 5, against a copy of bit
4; and the one against the other. First: the test error above that of the majority label of the same training set, the
one of smaller volume less the other, of networks trained to their first perfect fit. Second: the same difference of
ln P(f|S) = ln P(f) − ln P(S), the volume of the target that the data leave, exact at infinite width. Third and fourth:
both asked of the identity, a copy of the last bit, of LZ76 15, where only another copy of a bit is as simple and
balanced, and by the cube's symmetry as large. It is compared with the two functions of LZ76 20, which are no simpler:
if the identity is a simple function of small volume, it is harder than they are.

Fifth and sixth: the same of the identity without any draw, on the 4-bit cube, of networks of clauses, of ternary
weights, whose settings are all counted: the error of random sampling, which no optimiser can be blamed for, and
ln P(f|S), both means over all training sets of m inputs. Identity and others are balanced, so that the majority label
errs alike on both.

Training sets are drawn, the same for both functions of a pair; estimates are means over them.

Objection: the identity and what it was compared with had other training inputs and another entropy, so that a majority
vote learnt one better than the other. Here nothing differs but the function, and the majority label's own error is
taken off.

Excluded: the majority label, whose difference is 0 on every training set; uniform guessing and guessing by class
frequencies, whose difference is 0 on average. Nearest neighbours are not: they are biased towards the same functions.
"""

from dataclasses import replace

import numpy as np

from claims.grids import CLAUSES, COUNTED_CUBE
from harness.claim import claim, over
from harness.networks import FullyConnected
from harness.optimisers import SGD, Adam, Relative
from harness.problems import boolean_cube, training_sets
from harness.statistics.all_training_sets import exact_difference, mean_error, mean_log_posterior
from harness.statistics.over_sets import errors_on_sets, mean_over_sets
from harness.verdicts import decreasing, increasing

BITS = 5
NETWORK = FullyConnected((40, 40))
X = boolean_cube(BITS).eval_x.astype(int)
TARGETS = {
    "identity": X[:, 4],
    "copy of bit 4": X[:, 3],
    "majority of bits 1, 2, 5": X[:, [0, 1, 4]].sum(axis=1) // 2,
    "exclusive or of bits 4, 5": X[:, 3] ^ X[:, 4],
}
# The one of smaller volume first.
ORDERED = [
    ("exclusive or of bits 4, 5", "copy of bit 4"),
    ("exclusive or of bits 4, 5", "majority of bits 1, 2, 5"),
    ("majority of bits 1, 2, 5", "copy of bit 4"),
]
NO_SIMPLER = ["majority of bits 1, 2, 5", "exclusive or of bits 4, 5"]
PAIRS = [f"{smaller} against {larger}" for smaller, larger in ORDERED]
IDENTITY = [f"identity against {other}" for other in NO_SIMPLER]
BITS_COUNTED = COUNTED_CUBE.eval_x.astype(int)
COUNTED = {
    "majority of bits 1, 2, 4": BITS_COUNTED[:, [0, 1, 3]].sum(axis=1) // 2,
    "exclusive or of bits 3, 4": BITS_COUNTED[:, 2] ^ BITS_COUNTED[:, 3],
}
OPTIMISERS = [Relative(SGD(0.1), 0.3), Relative(Adam(0.003), 0.3)]
SIZES = {"smoke": (8, 16), "standard": (8, 16, 24), "full": (8, 16, 24)}
ERROR = "test error above the majority label's: smaller − larger volume"
VOLUME = "ln P(f|S) of the target: smaller − larger volume"
OF_IDENTITY = "test error above the majority label's: identity − a function no simpler"
VOLUME_OF_IDENTITY = "ln P(f|S) of the target: identity − a function no simpler"
ERROR_OF_SAMPLING = "test error of random sampling: identity − a function no simpler"
SIZES_COUNTED = {"smoke": (8,), "standard": (4, 8, 12), "full": (4, 8, 12)}
NULLS = ("majority label", "uniform guessing", "class frequencies")
HARDER = "of two functions as complex the one of smaller volume is to be found later"
SEEN = "log2 P(f) at infinite width: −13.4 for copies of a bit, −22.7 for the majority, −33 for the exclusive or"


def sets_of(target, m):
    """Training sets of a target: the same inputs for every target."""
    string = "".join(map(str, TARGETS[target]))
    return training_sets(boolean_cube, m, 2**BITS - m, bits=BITS, target=string)


def errors_above_majority(lab, target, optimiser, m):
    """Test error of the trained networks less that of the majority label, by training set."""
    sets = sets_of(target, m)
    problems = lab.problems(sets)
    trained = lab.train_on_sets(NETWORK, sets, optimiser, networks=50)
    of_training = errors_on_sets([each.functions for each in trained], problems)
    return np.array(of_training) - [majority_error(problem) for problem in problems]


def majority_error(problem):
    """Error on E of the label that is more frequent in S; of a coin where both are as frequent."""
    ones = 2 * int(problem.train_y.sum()) - problem.m
    share = float(problem.eval_y.mean())
    return 0.5 if ones == 0 else (1 - share if ones > 0 else share)


def volumes_given_data(lab, target, m):
    """ln P(f|S) of the target itself, by training set."""
    sets = sets_of(target, m)
    targets = [problem.eval_y[None] for problem in lab.problems(sets)]
    return np.array([float(found.values[0]) for found in lab.log_volumes_on_sets(NETWORK, sets, targets)])


def apart(lab, by, pair, quantity, *arguments):
    """The mean over training sets of what the first function of a pair has more than the second."""
    smaller, larger = (by(lab, target, *arguments) for target in pair.split(" against "))
    found = mean_over_sets(list(smaller - larger), quantity)
    notes = [f"Means over training sets: {smaller.mean():.3f} and {larger.mean():.3f}."]
    return replace(found, details={**found.details, "notes": notes})


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    excludes=NULLS,
    known=SEEN,
    of=ERROR,
    predicts=increasing(because=HARDER),
)
@over(pair=PAIRS, optimiser=OPTIMISERS, m=SIZES)
def test_small_volume_is_hard(lab, pair, optimiser, m):
    return apart(lab, errors_above_majority, pair, ERROR, optimiser, m)


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    known=SEEN,
    of=VOLUME,
    predicts=decreasing(because="the data have not told the two apart while most of the inputs are unseen"),
)
@over(pair=PAIRS, m=SIZES)
def test_small_volume_given_the_data(lab, pair, m):
    return apart(lab, volumes_given_data, pair, VOLUME, m)


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    excludes=NULLS,
    known=SEEN,
    of=OF_IDENTITY,
    predicts=increasing(
        because="the source has the identity as its example of a simple function that is hard to learn"
    ),
)
@over(pair=IDENTITY, optimiser=OPTIMISERS, m=SIZES)
def test_identity_is_hard(lab, pair, optimiser, m):
    return apart(lab, errors_above_majority, pair, OF_IDENTITY, optimiser, m)


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    known=SEEN,
    of=VOLUME_OF_IDENTITY,
    predicts=decreasing(because="the source says that the identity's volume is small"),
)
@over(pair=IDENTITY, m=SIZES)
def test_identity_has_small_volume(lab, pair, m):
    return apart(lab, volumes_given_data, pair, VOLUME_OF_IDENTITY, m)


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    of=ERROR_OF_SAMPLING,
    predicts=increasing(because="what has a small volume, as the source says of the identity, is hard for sampling"),
)
@over(other=list(COUNTED), architecture=CLAUSES, m=SIZES_COUNTED)
def test_identity_is_hard_for_counted_networks(lab, other, architecture, m):
    volumes = lab.exact_volumes(architecture, COUNTED_CUBE)
    return exact_difference(mean_error, volumes, (BITS_COUNTED[:, -1], COUNTED[other]), m, ERROR_OF_SAMPLING)


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    known="of 8 and 16 clauses the identity has a volume of 1.3e-4 and 4e-8; the others' were not known",
    of=VOLUME_OF_IDENTITY,
    predicts=decreasing(because="the source says that the identity's volume is small"),
)
@over(other=list(COUNTED), architecture=CLAUSES, m=SIZES_COUNTED)
def test_identity_has_small_volume_in_counted_networks(lab, other, architecture, m):
    volumes = lab.exact_volumes(architecture, COUNTED_CUBE)
    return exact_difference(mean_log_posterior, volumes, (BITS_COUNTED[:, -1], COUNTED[other]), m, VOLUME_OF_IDENTITY)
