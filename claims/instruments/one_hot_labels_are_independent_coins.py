"""On one-hot inputs labels are independent coins with one bias, so that P(S) is known at any width, depth and m.

In words: Check: do samplers give a probability that is known exactly?

Source: exchangeability of the first layer's rows (de Finetti 1937); Cho & Saul 2009 for the correlation of wide ReLU
layers. The laws of the bias are in `harness/statistics/exact/one_hot.py`, with their derivation.

Inputs e_1, e_2, … each meet a row of weights of their own. The probability of k ones among m labels is therefore
E[p^k (1 − p)^(m − k)] over the later layers, an integral over one number. The estimate is ln P(S) by a sampler less the
exact value, in nats: orthants at infinite width, subset simulation of two units, annealing of ten units with biases,
whose p is sampled, one number for each readout. The last test asks the posterior itself: how often the next label is 1
after six ones.

Objection: without anything to learn from, coins of ½ are right to within 1 nat for balanced labels, and −m ln 2 would
pass a margin that grows with m. So the margin does not grow, and labels are unbalanced as well: with a third of ones
−m ln 2 is off by 31 nats at m = 600.

Excluded: posteriors that do not learn p.
"""

from functools import cache

import numpy as np

from harness.claim import claim, over
from harness.networks import FullyConnected
from harness.problems import one_hot
from harness.statistics.exact import one_hot as exact
from harness.statistics.exact.one_hot import less_exact
from harness.statistics.generalisation import generalisation_error
from harness.verdicts import within
from harness.verdicts.intervals import affine

OFF = "ln P(S) − its exact value"
WIDTH, READOUTS = 10, 4000
BIASED = FullyConnected((WIDTH,), sigma_b=0.5)


def third(m: int) -> int:
    """How many labels are 1."""
    return m // 3


@claim(
    kind="theorem",
    speaks_for="instrument",
    holds="every",
    crux=lambda m, **_: m >= 600,
    of=OFF,
    predicts=within(0.0, 0.1, because="minimax tilting is unbiased, and on such kernels its weights hardly vary"),
    known="one hidden layer, m = 8 … 600, by the same sampler with fewer points: within 0.1",
)
@over(
    depth={"smoke": (2,), "standard": (1, 2, 4), "full": (1, 2, 4)},
    m={"smoke": (128, 600), "standard": (8, 32, 128, 600), "full": (8, 32, 128, 600, 2400)},
)
def test_orthants(lab, depth, m):
    ones = third(m)
    network = FullyConnected((1,) * depth, sigma_b=0.0)
    evidence = lab.infinite_evidence(network, one_hot(m, ones), runs=8, points=64)
    return less_exact(evidence, lambda: exact.infinite_width(exact.relu_correlation(depth)), ones, m - ones)


@claim(
    kind="theorem",
    speaks_for="instrument",
    holds="every",
    of=OFF,
    predicts=within(
        0.0, 0.5, because="runs are unbiased and scatter by half a nat; on eight ones coins of ½ are off by 1.9"
    ),
    known="m = 8, half of the labels 1: 0.2 too large in 8 runs, within an error of a tenth in 64",
)
@over(m={"smoke": (8,), "standard": (8, 12), "full": (8, 12, 32)})
def test_subset_simulation(lab, m):
    evidence = lab.subset_posterior(FullyConnected((2,), sigma_b=0.0), one_hot(m, m)).evidence
    return less_exact(evidence, exact.width_two, m, 0)


@cache
def law_of_biased():
    """Values of p for ten units with biases, sampled: ln P(S) is known to some hundredths at m ≤ 128."""
    spread, readout = BIASED.sigma_w, BIASED.sigma_w / WIDTH**0.5
    rng = np.random.default_rng(0)
    return exact.one_hidden_layer_with_biases(WIDTH, spread, BIASED.sigma_b, readout, READOUTS, rng)


@claim(
    kind="theorem",
    speaks_for="instrument",
    holds="every",
    of=OFF,
    predicts=within(0.0, 0.5, because="forward and reverse estimates agree to within half a nat before runs count"),
    known="m = 8 and 32, a quarter or half of the labels 1: off by less than 0.1",
)
@over(m={"smoke": (), "standard": (32, 128), "full": (32, 128, 600)})
def test_annealing(lab, m):
    ones = third(m)
    evidence = lab.annealed_evidence(BIASED, one_hot(m, ones), trajectories=8)
    return less_exact(evidence, law_of_biased, ones, m - ones)


@claim(
    kind="theorem",
    speaks_for="instrument",
    holds="every",
    of="share of P_B that gives the next label wrongly − its exact value",
    predicts=within(0.0, 0.05, because="it is a share of many independent draws; a coin of ½ is off by 0.2"),
    excludes=("uniform guessing", "truth", "untrained networks", "majority label"),
    known="the same at m = 6 in tests of the sampler",
)
@over(m={"smoke": (6,), "standard": (4, 6, 8), "full": (4, 6, 8)})
def test_next_label(lab, m):
    problem = one_hot(m, m)
    error = generalisation_error(lab.rejection_posterior(FullyConnected((2,), sigma_b=0.0), problem).sample, problem)
    return affine(error, 1.0, -exact.next_ones(exact.width_two(), m, 0, 1)[0])
