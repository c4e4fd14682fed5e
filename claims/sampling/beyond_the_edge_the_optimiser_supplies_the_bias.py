"""Beyond the edge of stability training leaves its own volume, finds what is simple under every architecture, and
generalises even from a chaotic start.

Source: measured with this software, 2026.

The chaotic tanh networks of `below_the_edge_a_bad_bias_stays_bad`, whose volume has no simplicity bias, are trained at
ρ times the edge of stability to their first fit of 32 points. Asked are by how much their test error falls from
ρ = 0.3 to 10; by how many nats what they find at ρ = 10 is likelier under the volume of a ReLU network with one hidden
layer than under their own; and at which ρ half of the fall has happened, by interpolation of the mean errors in ln ρ,
with the jackknife over training sets. All are means over training sets.

Objection: what fits in a giant step or two may be no training at all. Every network that is counted fits, fewer than
nine in ten fitted is not asked, and the error falls by half; and the first-fit error at a tenth of the edge is that of
the volume. Whoever holds that volume decides must say where this bias comes from.
"""

from dataclasses import replace

import numpy as np

from claims.grids import BELOW, RULES
from claims.sampling.volumes import CHAOTIC_GRID, RELU, first_setting, sets_of, some_of_each, trained_functions
from harness.claim import claim, over
from harness.optimisers import Relative
from harness.statistics.figures import curve
from harness.statistics.jackknife import jackknife_over_sets
from harness.statistics.log_volumes import by_pair
from harness.statistics.over_sets import errors_on_sets, mean_over_sets
from harness.verdicts import at_least

BEYOND = 10.0
RATIOS = {
    "smoke": (0.3, 1.0, 3.0, 10.0),
    "standard": (0.1, 0.3, 1.0, 2.0, 3.0, 5.0, 10.0),
    "full": (0.1, 0.3, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0),
}
KNOWN = (
    "σ_w = 4, two layers, m = 32: with SGD the error falls from 0.38 to 0.19 on digits and to 0.20 on Fashion-MNIST, "
    "half of it by ρ of about 4; ReLU 1's volume is 1.5 ± 0.3 and 0.7 ± 0.1 nats ahead; Adam's errors fall alike; "
    "other depths, scales, m, momentum and MNIST are blind"
)
FALL = "test error at ρ = 0.3 less that at ρ = 10"
TURN = "ln ρ at which half of the fall has happened"
REST = "ln P(f|S) by the volume of one ReLU layer less that by the own volume"


def errors(lab, data, m, network, rule, ratio):
    """Test error on each training set."""
    sets = sets_of(data, m)
    return errors_on_sets(trained_functions(lab, network, sets, Relative(RULES[rule], ratio)), lab.problems(sets))


@claim(
    kind="rival",
    of=FALL,
    predicts=at_least(
        0.05, because="a fall of a twentieth is more than what splits of so many points differ by, and worth a cause"
    ),
    speaks_for="optimiser",
    excludes=("uniform guessing", "truth", "majority label", "nearest neighbour", "untrained networks"),
    known=KNOWN,
    crux=first_setting,
)
@over(**CHAOTIC_GRID)
def test_the_error_falls(lab, data, m, network, rule):
    below, beyond = (errors(lab, data, m, network, rule, ratio) for ratio in (BELOW, BEYOND))
    return mean_over_sets(np.subtract(below, beyond), FALL)


@claim(
    kind="rival",
    of=REST,
    predicts=at_least(0.0, because="what the optimiser supplies is simple under every architecture but its own"),
    speaks_for="optimiser",
    excludes=("uniform guessing",),
    known=KNOWN,
    crux=first_setting,
)
@over(**CHAOTIC_GRID)
def test_it_leaves_its_own_volume(lab, data, m, network, rule):
    sets = sets_of(data, m)
    functions = some_of_each(trained_functions(lab, network, sets, Relative(RULES[rule], BEYOND)))
    own, others = (lab.log_volumes_on_sets(each, sets, functions) for each in (network, RELU[1]))
    return replace(by_pair(others, {network.name: own})[network.name], quantity=REST)


@claim(
    kind="rival",
    of=TURN,
    predicts=at_least(
        0.0, because="what the optimiser adds it adds where steps are unstable, beyond ρ = 1 and not before"
    ),
    speaks_for="optimiser",
    known=KNOWN,
    crux=first_setting,
)
@over(**CHAOTIC_GRID)
def test_it_turns_beyond_the_edge(lab, data, m, network, rule):
    ratios = RATIOS[lab.scale.name]
    found = np.array([errors(lab, data, m, network, rule, ratio) for ratio in ratios])
    shown = curve("ρ", ratios, {network.name: [mean_over_sets(each, "test error") for each in found]})
    turn = jackknife_over_sets(lambda means: half_way(np.log(ratios), means), found, TURN)
    return replace(turn, details={**turn.details, "curve": shown})


def half_way(places, errors):
    """Where the line through the errors first comes to the middle of the first and the last of them; NaN if it never
    falls.
    """
    middle = (errors[0] + errors[-1]) / 2
    for left in range(len(errors) - 1):
        above, below = errors[left], errors[left + 1]
        if above >= middle > below:
            return places[left] + (places[left + 1] - places[left]) * (above - middle) / (above - below)
    return float("nan")
