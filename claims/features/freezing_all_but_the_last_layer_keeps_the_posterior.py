"""Drawing the early layers at random, freezing them and random-sampling the last layer keeps the posterior.

In words: Freeze random early layers and sample only the last: with the right weights, is that the same as sampling all
of them?

Source: C. Mingard, LessWrong, 12 May 2021.

Hidden layers are drawn and frozen, and many last layers are drawn on each; those that fit the training set are kept.
If each frozen draw counts in proportion to its evidence P(S|θ_early), which is how many of its last layers fit, the
functions follow the posterior of random-sampling all layers, at any width. Tested as equivalence with an independent
sample of the posterior in which every network has hidden layers of its own: the bias explained is 1 where the two
agree.

Objection: where frozen draws have much the same evidence, any weighting passes. It is asked where they do not, of very
narrow networks on the 4-bit cube: there counting every frozen draw alike, as training one last layer on each would,
misses by several margins, and such draws are refuted (a test). Wider networks, of which either weighting passes, are
controls.
"""

from dataclasses import replace

from claims.grids import EVALUATION_POINTS
from harness.claim import claim, over
from harness.networks import FullyConnected
from harness.problems import boolean_cube, digits
from harness.statistics.distances import bias_explained
from harness.statistics.figures import scatter
from harness.verdicts import within

M, MARGIN = 6, 0.01
CUBES = [boolean_cube(4, "majority", M, split) for split in (0, 1)]
# Where counting alike differs by at least twice the margin.
NARROW = (2, 3)
WIDTHS = {"smoke": (*NARROW, 10), "standard": (*NARROW, 5, 10), "full": (*NARROW, 4, 5, 10, 40)}
SAME = within(
    1.0,
    MARGIN,
    because="the two posteriors are the same by the law of total probability; the margin is a third of what counting "
    "frozen draws alike changes at width 3, where that is least",
)


def with_scatter(estimate, frozen, every_layer, problem):
    """The estimate, with both probabilities of each function for the report to draw.

    As each draw has as many last layers, all that fit counted alike count a draw by its evidence.
    """
    points = scatter(frozen.functions, every_layer.functions, problem)
    axes = ["P_B, no layer frozen", "P_B, early layers frozen"]
    return replace(estimate, details={"scatter": points, "scatter_axes": axes})


@claim(
    kind="theorem",
    of="bias explained",
    predicts=SAME,
    speaks_for="instrument",
    holds="every",
    crux=lambda width, **_: width == min(NARROW),
    control=lambda width, **_: width not in NARROW,
    excludes=("frozen draws counted alike", "untrained networks", "uniform guessing"),
    known="counted alike 0.082 and 0.044 at width 2 on the two training sets, 0.041 and 0.029 at width 3; by evidence "
    "within 0.001",
)
@over(problem=CUBES, width=WIDTHS)
def test_frozen_draws_weighted_by_evidence(lab, problem, width):
    architecture = FullyConnected((width, width))
    frozen = lab.rejection_posterior(architecture, problem, draws=50_000, last_layers=64)
    every_layer = lab.rejection_posterior(architecture, problem, draws=500_000, last_layers=1, sample=1)
    return with_scatter(bias_explained(frozen.sample, every_layer.sample), frozen, every_layer, problem)


@claim(
    kind="theorem",
    of="bias explained",
    predicts=SAME,
    speaks_for="instrument",
    holds="every",
    control=lambda **_: True,
    excludes=("untrained networks", "uniform guessing"),
    known="within 0.01 at width 40; counting alike passes here as well",
)
@over(width={"smoke": (), "standard": (40,), "full": (10, 40, 160)})
def test_images_by_another_sampler(lab, width):
    architecture, problem = FullyConnected((width, width)), digits(8, EVALUATION_POINTS)
    frozen = lab.rejection_posterior(architecture, problem, draws=20_000, last_layers=256)
    every_layer = lab.subset_posterior(architecture, problem)
    return with_scatter(bias_explained(frozen.sample, every_layer.sample), frozen, every_layer, problem)
