"""Adding a ReLU layer makes the bias towards functions of low entropy stronger.

In words: Does one more ReLU layer make it likelier that a random network gives nearly all inputs the same label?

Source: Mingard et al. 2019, arXiv 1909.11522, theorem 5.5.

For infinitely wide ReLU networks without biases, whatever the inputs, the mean binary entropy ⟨H(T)⟩ of the share of
inputs classified 1 is strictly smaller with L + 1 hidden layers than with L, where some inputs have a correlation below
1. Each layer raises all correlations, and with them every probability that some points are all on one side. Finite
widths, and biases that are not large, are not part of the theorem. Logits are drawn from the Gaussian process of either
depth; with no hidden layer, a perceptron is one as it stands. The estimate is ⟨H⟩ at L + 1 less ⟨H⟩ at L, from
independent draws. The inputs are the cube without its origin, whose logit is 0 where there are no biases, and the
centred cube {−1, 1}ⁿ.

Objection: only a handful of kernels is asked, of inputs that are symmetric; the theorem is of any inputs, and a wrong
kernel could pass here. Kernels have their own tests against other sources.

Excluded: whatever does not look at the depth, whose difference is 0.
"""

from dataclasses import replace

import numpy as np

from harness.claim import claim, over
from harness.networks import FullyConnected
from harness.problems import Problem, boolean_cube
from harness.statistics.complexity import entropy
from harness.statistics.figures import curve
from harness.statistics.simplicity import mean_measure
from harness.verdicts import decreasing
from harness.verdicts.intervals import difference


def without_origin(bits):
    """{0, 1}ⁿ but for 0…0."""
    x = boolean_cube(bits).eval_x[1:]
    return Problem.from_arrays(x[:0], np.zeros(0), x, np.zeros(len(x)), f"cube{bits}-without-origin", {"bits": bits})


def centred(bits):
    """{−1, 1}ⁿ."""
    x = 2 * boolean_cube(bits).eval_x - 1
    return Problem.from_arrays(x[:0], np.zeros(0), x, np.zeros(len(x)), f"cube{bits}-centred", {"bits": bits})


def mean_entropy(lab, problem, layers):
    """⟨H(T)⟩ of infinitely wide networks with so many hidden layers."""
    architecture = FullyConnected((1,) * layers, sigma_b=0.0)
    return mean_measure(lab.infinite_prior(architecture, problem), entropy, 1.0, "mean entropy of the share of ones")


@claim(
    kind="theorem",
    speaks_for="instrument",
    holds="every",
    of="mean entropy: one layer more − so many",
    predicts=decreasing(because="the theorem says that it is strictly smaller, as the cube's points are not aligned"),
)
@over(
    problem={
        "smoke": [without_origin(5), centred(5)],
        "standard": [without_origin(5), without_origin(7), centred(5), centred(7)],
        "full": [without_origin(5), without_origin(7), centred(5), centred(7)],
    },
    layers={"smoke": (0, 1, 2, 4), "standard": (0, 1, 2, 3, 4, 8), "full": (0, 1, 2, 3, 4, 8)},
)
def test_one_layer_more(lab, problem, layers):
    depths = (layers, layers + 1)
    shallower, deeper = (mean_entropy(lab, problem, depth) for depth in depths)
    found = difference(deeper, shallower, "mean entropy: one layer more − so many")
    return replace(found, details={"curve": curve("layers", depths, {"infinite width": [shallower, deeper]})})
