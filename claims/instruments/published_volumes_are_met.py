"""Networks at initialisation have the functions of the published draws, as often as these.

In words: Check: do random networks have the functions that others have published?

Source: 524 functions of 10^7 networks 7-40-40-1 in github.com/guillefix/nn-pacbayes, the code of Valle-Pérez, Camargo &
Louis 2019, arXiv 1805.08522.

First, all functions at once: the χ²-divergence of our draws from the published shares, over the functions that are
listed with more than 500 draws, each one outcome; the rarer listed ones together; and all that are not listed. The
published shares have a sampling error of their own, which adds 3 in 10^5 to the divergence; the margin is far above it.
σ_w = 1 is published, σ_b is not: 0.1 is what fits the most frequent function, and one number cannot make 250 others
fit. Second, functions that no plain draws of ours would show: log2 P of a function of a given rank, by annealing on all
128 inputs at once, against its published count.

Objection: a divergence that is dominated by the two constants says nothing of rare functions. The divergence divides by
the published share, so that a function of share p counts p times the square of its relative error; and the second test
asks rare ones by themselves.
"""

from math import log, log2

import numpy as np

from claims.grids import log2_volume
from harness.claim import Published, claim, over
from harness.functions.packing import pack
from harness.networks import FullyConnected
from harness.problems import boolean_cube
from harness.problems.published import DRAWN, published_prior
from harness.statistics.chi_squared import goodness_of_fit
from harness.statistics.volumes import VOLUME, named_function
from harness.verdicts import exact_distribution

NETWORK = FullyConnected((40, 40), sigma_w=1.0, sigma_b=0.1)
DRAWS = 100_000
# Functions with fewer published draws are one outcome: five of our first draws would be expected of one that has 500.
FREQUENT = 500
FILES = "arXiv 1805.08522, result files"
BIASES = "σ_b = 0.1 is ours: it is not stated with the published counts"
SHARES = Published(0.0, FILES, why=BIASES)


def outcomes():
    """Packed frequent functions; the published shares of these, of the other listed functions, and of all others."""
    published = published_prior()
    frequent = published.counts > FREQUENT
    counts = [*published.counts[frequent], published.counts[~frequent].sum()]
    shares = np.array([*counts, DRAWN - sum(counts)]) / DRAWN
    return pack(published.bits[frequent]), pack(published.bits[~frequent]), shares


@claim(
    kind="empirical",
    speaks_for="instrument",
    holds="every",
    of="χ²-divergence",
    predicts=exact_distribution(
        0.001, because="a divergence of 0.001 keeps the total variation from the published shares under 0.016"
    ),
    published=lambda: SHARES,
    known="the constant function: 0.083 of 40,000 draws at σ_b = 0.1, 0.0852 published",
)
@over()
def test_all_functions(lab):
    frequent, rare, shares = outcomes()
    drawn = lab.prior(NETWORK, boolean_cube(7), draws=DRAWS)
    seen, others = drawn.counts_of(frequent), drawn.counts_of(rare).sum()
    counts = np.array([*seen, others, drawn.total - seen.sum() - others])
    return goodness_of_fit(counts, shares, unit="networks drawn")


def published_volume(rank):
    """log2 of the share of a function by its rank, with the error of its Poisson count."""
    count = published_prior().counts[rank - 1]
    return Published(log2(count / DRAWN), FILES, count**-0.5 / log(2), BIASES)


@claim(
    kind="empirical",
    speaks_for="instrument",
    holds="every",
    of=VOLUME,
    predicts=lambda rank: published_volume(rank).agrees(
        0.2, because="a fifth of a bit, or 15 % of a volume, is less than claims about volumes make anything of"
    ),
    published=published_volume,
)
@over(rank={"smoke": (), "standard": (3, 200), "full": (3, 50, 200, 400)})
def test_rare_functions(lab, rank):
    function = published_prior().bits[rank - 1]
    return log2_volume(lab, NETWORK, named_function(7, "".join(map(str, function))))
