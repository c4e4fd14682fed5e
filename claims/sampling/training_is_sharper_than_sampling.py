"""Trained networks are more concentrated on likely functions than random sampling of the parameters that fit is.

In words: Does training concentrate on likely functions more than random networks that fit do?

Source: measured with this software, 2026.

Asked twice. Sharpness s = ‖P_OPT − U‖/‖P_B − U‖ is how much farther from uniform guessing trained networks are than
random-sampled ones, in the space of the squared MMD over functions on 8 evaluation points: above 1 where training goes
beyond what volume says. Typicality is E_OPT ln P_B(f|S) − E_B ln P_B(f|S) in nats, on 32 evaluation points: by how much
likelier what training finds is than what random sampling finds, under random sampling's own volume at infinite width.
It is also asked at finite width, of the very networks that were trained, on 16 points of S and 16 of E.
All are means over training sets, below the edge of stability and beyond it.

Objection: any learner of one fixed function is far from uniform, likely or not; s alone says "concentrated", and that
it is on likely functions is what typicality adds: both have to hold.

Objection: below the edge this is a matter of a few per cent. The region asks for a tenth, and for a nat.
"""

from dataclasses import replace

import numpy as np

from claims.grids import BELOW, BY_RULE, DATA, EVALUATION_POINTS, LOSSES, RULES, WIDTH, image_sets, two_layers
from claims.sampling.volumes import (
    AT_WIDTH_DATA,
    AT_WIDTH_FUNCTIONS,
    AT_WIDTH_STEPS,
    AT_WIDTHS,
    RELU,
    M,
    sets_at_width,
    sets_of,
    some_of_each,
    trained_functions,
)
from harness.claim import claim, over
from harness.optimisers import Relative
from harness.statistics.comparison import restricted
from harness.statistics.log_volumes import typicality
from harness.statistics.over_sets import sharpness_over_sets
from harness.verdicts import at_least

RATIOS = {"smoke": (BELOW, 3.0), "standard": (BELOW, 1.0, 3.0, 10.0), "full": (0.1, BELOW, 1.0, 3.0, 10.0)}
TYPICALITY = "ln P(f|S): what training finds − what random sampling finds"
NULLS = ("uniform guessing", "untrained networks", "class frequencies")


@claim(
    kind="open",
    of="sharpness s",
    predicts=at_least(1.1, because="sharper by a tenth or more is what could matter for a test error"),
    speaks_for="optimiser",
    excludes=NULLS,
    known="at a rate of 0.1 s was 1.66 and more in every cell with a bias explained below 0.5; in units of the edge "
    "nothing had been measured",
    crux=lambda ratio, **_: ratio == BELOW,
)
@over(
    data=DATA,
    m={"smoke": (16,), "standard": (8, 16, 32), "full": (8, 16, 32, 64)},
    rule=BY_RULE,
    ratio=RATIOS,
    loss=LOSSES,
)
def test_functions_are_more_concentrated(lab, data, m, rule, ratio, loss):
    architecture, sets = two_layers(WIDTH), image_sets(data, m)
    by_training = lab.train_on_sets(architecture, sets, Relative(RULES[rule], ratio), loss)
    by_volume = lab.posterior_on_sets(architecture, sets)
    return sharpness_over_sets(
        *([restricted(each, EVALUATION_POINTS) for each in samples] for samples in (by_training, by_volume))
    )


@claim(
    kind="open",
    of=TYPICALITY,
    predicts=at_least(1.0, because="one nat is a factor of e in volume; less is within what architectures differ by"),
    speaks_for="optimiser",
    excludes=NULLS,
)
@over(data=DATA, depth={"smoke": (2,), "standard": (1, 2, 4), "full": (1, 2, 4)}, rule=BY_RULE, ratio=RATIOS)
def test_functions_are_likelier_than_typical(lab, data, depth, rule, ratio):
    architecture, sets = RELU[depth], sets_of(data, M)
    trained = trained_functions(lab, architecture, sets, Relative(RULES[rule], ratio))
    sampled = [each.functions for each in lab.infinite_posterior_on_sets(architecture, sets)]
    volumes = (lab.log_volumes_on_sets(architecture, sets, some_of_each(each)) for each in (trained, sampled))
    return replace(typicality(*volumes), quantity=TYPICALITY)


@claim(
    kind="open",
    of=TYPICALITY,
    predicts=at_least(1.0, because="one nat is a factor of e in volume; less is within what architectures differ by"),
    speaks_for="optimiser",
    excludes=NULLS,
)
@over(
    data=AT_WIDTH_DATA,
    width=AT_WIDTHS,
    ratio={"smoke": (), "standard": (BELOW, 3.0), "full": (BELOW, 1.0, 3.0, 10.0)},
)
def test_functions_are_likelier_than_typical_at_finite_width(lab, data, width, ratio):
    architecture, sets = two_layers(width), sets_at_width(data)
    trained = trained_functions(lab, architecture, sets, Relative(RULES["sgd"], ratio))
    sampled = [each.sample for each in lab.posterior_on_sets(architecture, sets)]
    pairs = zip(*(some_of_each(each, AT_WIDTH_FUNCTIONS) for each in (trained, sampled)), strict=True)
    # Asked for together, so that both are measured from the same networks that fit S.
    functions = [np.concatenate(pair) for pair in pairs]
    volumes = lab.log_volumes_by_runs_on_sets(architecture, sets, functions, steps=AT_WIDTH_STEPS)
    halves = np.arange(2 * AT_WIDTH_FUNCTIONS).reshape(2, -1)
    found = typicality(*([each.of(half) for each in volumes] for half in halves))
    return replace(found, quantity=TYPICALITY)
