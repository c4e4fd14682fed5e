"""Volume predicts which functions training finds, beyond the probability of each point's label.

In words: Do random weights foretell whole functions, or only how likely each point's label is?

Source: C. Mingard, LessWrong, 12 May 2021.

Coins with random sampling's own label probabilities on each evaluation point come within a tenth of it at wide kernels.
So for each function f that training finds below the edge on 32 evaluation points, ln P_B(f|S) in nats is compared with
ln of its probability by such coins, and by a learner that is right as often as training is and errs at random. ln P_B
is a difference of Gaussian orthant probabilities at infinite width; coins have the label frequencies of 4,000 or more
independent draws of the same posterior. Estimates are means over training sets.

Objection: P_B's labels hang together, whatever is trained: the true labels are 1.2 nats likelier than by coins, too.
The sentence is about P_B and functions that are found, and says nothing of what else P_B would predict.

Objection: functions of a sharper learner are likelier under anything. Coins would gain alike: the difference is of the
same functions.
"""

from dataclasses import replace
from typing import Any

from claims.grids import BELOW, BY_RULE, DATA, RULES
from claims.sampling.volumes import EVERY, M, sets_of, some_of_each, trained_functions
from harness.claim import claim, over
from harness.optimisers import Relative
from harness.statistics.log_volumes import above_coins, above_random_errors
from harness.verdicts import at_least

NAMES = {"smoke": ("ReLU 2", "tanh, σ_w = 1"), "standard": tuple(EVERY), "full": tuple(EVERY)}
GRID: dict[str, Any] = {
    "data": DATA,
    "m": {"smoke": (M,), "standard": (16, M), "full": (8, 16, M)},
    "trained": NAMES,
    "rule": BY_RULE,
}
COINS = "ln P(f|S) above that of coins with the posterior's marginals"
ERRORS = "ln P(f|S) above that of a learner as often right"
NULLS = ("uniform guessing", "class frequencies", "coins with the posterior's marginals")


def measured(lab, data, m, trained, rule):
    """The training sets, functions that training finds on each, and their ln P(f|S)."""
    sets = sets_of(data, m)
    functions = some_of_each(trained_functions(lab, EVERY[trained], sets, Relative(RULES[rule], BELOW)))
    return sets, functions, lab.log_volumes_on_sets(EVERY[trained], sets, functions)


@claim(
    kind="empirical",
    of=COINS,
    predicts=at_least(
        1.0, because="one nat is a factor of e for each function: whole functions are then worth more than their labels"
    ),
    speaks_for="architecture",
    excludes=NULLS,
    crux=lambda trained, **_: trained == "ReLU 2",
)
@over(**GRID)
def test_more_than_coins(lab, data, m, trained, rule):
    sets, functions, volumes = measured(lab, data, m, trained, rule)
    posteriors = [each.functions for each in lab.infinite_posterior_on_sets(EVERY[trained], sets, 64, 64)]
    return replace(above_coins(volumes, functions, posteriors), quantity=COINS)


@claim(
    kind="empirical",
    of=ERRORS,
    predicts=at_least(0.0, because="volume, which has not seen the labels, says which errors training makes"),
    speaks_for="architecture",
    excludes=NULLS[:2],
)
@over(**GRID)
def test_more_than_its_error(lab, data, m, trained, rule):
    sets, functions, volumes = measured(lab, data, m, trained, rule)
    truths = [each.eval_y for each in lab.problems(sets)]
    return replace(above_random_errors(volumes, functions, truths), quantity=ERRORS)
