"""Networks at initialisation against published draws of the same networks: 10^7 of them, all functions at once."""

import numpy as np
import torch

from claims.instruments.published_volumes_are_met import NETWORK, outcomes
from harness.networks import FullyConnected
from harness.problems import boolean_cube
from harness.problems.published import DRAWN
from harness.samplers.prior import prior
from harness.statistics.chi_squared import homogeneity

DRAWS = 50_000


def p_value(network, seed):
    frequent, rare, shares = outcomes()
    drawn = prior(network, boolean_cube(7), DRAWS, torch.Generator().manual_seed(seed))
    seen, others = drawn.counts_of(frequent), drawn.counts_of(rare).sum()
    return homogeneity(np.array([*seen, others, DRAWS - seen.sum() - others]), np.rint(shares * DRAWN))


def test_all_published_functions_are_as_frequent_as_published():
    statistic, freedom, p = p_value(NETWORK, 0)
    assert freedom > 50
    assert p > 1e-5, (statistic, freedom)


def test_other_biases_do_not_give_the_published_functions():
    """Half the bias at initialisation, which the published files do not state, is told from the one that fits."""
    assert p_value(FullyConnected((40, 40), sigma_w=1.0, sigma_b=0.2), 0)[2] < 1e-6
