"""A perceptron without threshold is as likely to have t ones as any other number of ones.

In words: Does a random perceptron label no input with 1 just as often as it labels a half of them so?

Source: C. Mingard, LessWrong, 12 May 2021; Mingard et al. 2019, arXiv 1909.11522, theorem 4.1.

For a perceptron on {0,1}ⁿ without threshold bias and any weight distribution that is symmetric under reflection of
each weight, and in which no sum of weights is 0, P(T = t) = 2⁻ⁿ for t = 0 … 2ⁿ − 1, T the number of inputs classified
1. Functions of low entropy, few in number, are therefore as likely together as the many of high entropy. Tested by the
χ²-divergence of the drawn T from this distribution, Σ(p − q)²/q, which is 0 exactly where the theorem holds.

Objection: a divergence of 0.01 is no proof of 0; it is what 50,000 draws can show, and less than a hundredth of what
uniform guessing has at 4 bits.

Excluded: uniform guessing, whose T is binomial, of divergence 0.7 on 3 bits and above 1 from 4 on.
"""

import numpy as np

from harness.claim import claim, over
from harness.networks import perceptron
from harness.problems import boolean_cube
from harness.statistics.chi_squared import goodness_of_fit
from harness.statistics.complexity import ones
from harness.verdicts import exact_distribution


@claim(
    kind="theorem",
    speaks_for="instrument",
    holds="every",
    of="χ²-divergence",
    predicts=exact_distribution(
        0.01,
        because="the theorem says 0; a divergence of 0.01 keeps the total variation under 0.05, which no reader of the "
        "distribution would notice",
    ),
)
@over(
    problem={
        "smoke": [boolean_cube(n) for n in range(2, 11)],
        "standard": [boolean_cube(n) for n in range(2, 13)],
        "full": [boolean_cube(n) for n in range(2, 13)],
    },
    architecture=[perceptron(distribution="gaussian"), perceptron(distribution="uniform")],
)
def test_ones_are_uniform(lab, problem, architecture):
    functions = lab.prior(architecture, problem, draws=50_000)
    seen = np.bincount(ones(functions.bits()), weights=functions.counts, minlength=problem.n)
    return goodness_of_fit(seen.astype(int), np.full(problem.n, 1 / problem.n), unit="networks drawn")
