"""Drawing the early layers at random, freezing them and random-sampling the last layer keeps the posterior.

Source: C. Mingard, LessWrong, 12 May 2021.

Hidden layers are drawn and frozen, and many last layers are drawn on each; those that fit the training set are kept.
If each frozen draw counts in proportion to its evidence P(S|θ_early), which is how many of its last layers fit, the
functions follow the posterior of random-sampling all layers, at any width. Tested as equivalence with an independent
sample of the posterior in which every network has hidden layers of its own, by subset simulation: the bias explained
is 1 where the two agree.
"""

from claims.grids import EVALUATION_POINTS
from harness.claim import claim, over
from harness.networks import FullyConnected
from harness.problems import digits
from harness.statistics.distances import bias_explained
from harness.verdicts import within

# Width -> frozen draws, last layers on each, chains of a run: what makes the two samples precise for what they cost.
# Narrow networks are cheap to freeze but differ in their evidence; wide ones are neither.
SAMPLES = {
    3: (250_000, 64, 64),
    5: (150_000, 64, 64),
    10: (80_000, 64, 64),
    40: (20_000, 256, 64),
    160: (20_000, 256, 32),
}


@claim(
    kind="theorem",
    speaks_for="instrument",
    holds="every",
    of="bias explained",
    predicts=within(
        1.0,
        0.02,
        because="the two posteriors are the same by the law of total probability; a difference under a fiftieth of "
        "what separates the posterior from uniform guessing is no difference in practice",
    ),
)
@over(
    problem=[digits(8, EVALUATION_POINTS)],
    architecture=[FullyConnected((width, width)) for width in SAMPLES],
)
def test_frozen_draws_weighted_by_evidence(lab, problem, architecture):
    draws, last_layers, chains = SAMPLES[architecture.hidden[0]]
    frozen = lab.rejection_posterior(architecture, problem, draws=draws, last_layers=last_layers)
    full = lab.subset_posterior(architecture, problem, chains=chains)
    return bias_explained(frozen.sample, full.sample)
