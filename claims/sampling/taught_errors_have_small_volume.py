"""Networks that fit the training set and err on most other points exist, and have little of the volume.

In words: Could a network fit the training points and fail everywhere else, and how rare is that among random networks?

Source: Chiang et al. 2023, openreview QC10RmRbZy9, whose "poisoned" SGD finds such networks; 2 to 32 training points.

Networks are taught errors: besides the m points of S they are trained on 32 further points T with the wrong labels, to
their first fit of all, so that they fit S as any others do. First, that they exist: their test error on 64 points that
are neither in S nor in T, above that of guessing. Second, what volume they have: ln P(right labels of T | S) − ln
P(wrong labels of T | S) at infinite width, by orthants, in nats; means over training sets drawn anew. The source trains
on ten copies of S and all test points with wrong labels, and takes what fits S in bins of normalised loss; one copy and
a fit of all is stricter, and leaves points to err on that were not taught.

Objection: that errors can be taught says that the network is large enough, and nothing of what it does when it is not
taught; the second test is for that. With two classes the wrong labels are as simple a function as the right ones, but
for S. So without S both have the same volume, exactly, and with few points it may differ little: the source's two
training points are the hardest case.

Excluded: guessing, the commoner label and the truth, which err on half of the points or on none.
"""

import numpy as np

from claims.grids import BELOW, ERROR_POINTS, WIDTH, two_layers
from claims.sampling.pairs import PAIRS
from harness.claim import claim, over
from harness.optimisers import SGD, Relative
from harness.problems import Problem, training_sets
from harness.statistics.over_sets import errors_on_sets, mean_over_sets
from harness.verdicts import at_least

TAUGHT = 32
NETWORK = two_layers(WIDTH)
ERROR = "test error of networks that were taught errors"
RATIO = "ln P(right labels of T | S) − ln P(wrong ones | S)"
DATA = {"smoke": ("digits 0/1",), "standard": tuple(PAIRS), "full": tuple(PAIRS)}
SIZES = {"smoke": (8,), "standard": (8, 16, 32), "full": (8, 16, 32)}


def with_others(m: int, n: int, *, data: str, wrong: bool, split: int = 0) -> Problem:
    """S and the TAUGHT points of T, m in all, those of T with right or wrong labels; n evaluation points."""
    images, task = PAIRS[data]
    whole = images(m - TAUGHT, n + TAUGHT, task, split=split)
    of_t = 1 - whole.eval_y[:TAUGHT] if wrong else whole.eval_y[:TAUGHT]
    return Problem.from_arrays(
        np.concatenate([whole.train_x, whole.eval_x[:TAUGHT]]),
        np.concatenate([whole.train_y, of_t]),
        whole.eval_x[TAUGHT:],
        whole.eval_y[TAUGHT:],
        f"{whole.name}-and-{TAUGHT}-{'wrong' if wrong else 'right'}",
        {"dataset": data, "taught": "wrong labels" if wrong else "right labels", "split": split},
    )


def sets_of(data, m, wrong):
    """Training sets of m points and T."""
    return training_sets(with_others, m + TAUGHT, ERROR_POINTS, data=data, wrong=wrong)


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    of=ERROR,
    predicts=at_least(0.6, because="guessing errs on a half; a tenth more is beyond what guessing does by chance"),
    excludes=("uniform guessing", "majority label", "truth", "untrained networks"),
)
@over(data=DATA, m=SIZES)
def test_errors_can_be_taught(lab, data, m):
    sets = sets_of(data, m, wrong=True)
    trained = lab.train_on_sets(NETWORK, sets, Relative(SGD(), BELOW), networks=24)
    return mean_over_sets(errors_on_sets(trained, lab.problems(sets)), ERROR)


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    of=RATIO,
    predicts=at_least(
        5.0, because="of the source's 100 to 200 networks a set-up, not one is then expected to have the wrong labels"
    ),
    crux=lambda data, m: data == "digits 0/1" and m == 8,
)
@over(data=DATA, m={"smoke": (8,), "standard": (2, 4, 8, 16, 32), "full": (2, 4, 8, 16, 32)})
def test_taught_errors_are_small(lab, data, m):
    right, wrong = (lab.infinite_evidence_on_sets(NETWORK, sets_of(data, m, which)) for which in (False, True))
    return mean_over_sets([a.value - b.value for a, b in zip(right, wrong, strict=True)], RATIO)
