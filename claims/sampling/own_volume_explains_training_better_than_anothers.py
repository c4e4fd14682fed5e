"""What a network finds in training is likelier under the volume of its own architecture than under another's.

Source: C. Mingard, LessWrong, 12 May 2021: the architecture, through its volumes, gives the inductive bias.

Networks of width 160 are trained below the edge of stability to their first fit of 32 points. For each function f that
they find on 32 evaluation points, ln P_A(f|S) = ln P_A(S ∪ f) − ln P_A(S) in nats is measured for an architecture A at
infinite width, as a difference of two Gaussian orthant probabilities. It is a proper score of whole functions: no
marginals can fake it, and no function needs to have been seen. The estimate is the mean over training sets of the
trained architecture's own ln P less the other's, for every pair of architectures, both ways.

Objection: every architecture prefers simple functions, so any of them explains any other. Just so where two are alike:
the perceptron's posterior is near that of ReLU networks, and the claim is refuted for such a pair if the simpler one is
ahead. Where biases differ, as of ordered and chaotic networks, it must be decided for the own volume.
"""

from dataclasses import replace

from claims.grids import BELOW, BY_RULE, DATA, RULES
from claims.sampling.volumes import EVERY, M, sets_of, some_of_each, trained_functions
from harness.claim import claim, over
from harness.optimisers import Relative
from harness.statistics.log_volumes import by_pair
from harness.verdicts import at_least

OWN = "ln P(f|S) by the own volume less that by the other's"
# The perceptron's kernel is singular here, and its orthants take ten times as long.
THREE = ("ReLU 2", "tanh, σ_w = 1", "tanh, σ_w = 4")
NAMES = {"smoke": THREE, "standard": tuple(EVERY), "full": tuple(EVERY)}


def same(trained, volume, **_):
    """Why a cell makes no sense."""
    return "An architecture is compared with another one." if trained == volume else None


def against_chaos(trained, volume, **_):
    """The pairs whose biases differ most."""
    return {trained, volume} == {"ReLU 2", "tanh, σ_w = 4"}


@claim(
    kind="empirical",
    of=OWN,
    predicts=at_least(0.0, because="if volume decides what training finds, no other volume predicts it better"),
    speaks_for="architecture",
    excludes=("uniform guessing", "truth", "majority label", "nearest neighbour", "another architecture's posterior"),
    known="on digits at ρ = 0.3, with SGD and 3 training sets: chaotic networks by 0.8 to 8.7 nats a pair, the "
    "perceptron by 0.6 and more, but ReLU and ordered tanh networks are 0.1 to 0.3 nats behind a simpler one; "
    "Fashion-MNIST is known for the chaotic one only, MNIST, other rules and other m are blind",
    crux=against_chaos,
    excluded=same,
)
@over(
    data=DATA,
    m={"smoke": (M,), "standard": (16, M), "full": (8, 16, M)},
    trained=NAMES,
    volume=NAMES,
    rule=BY_RULE,
)
def test_own_volume_is_ahead(lab, data, m, trained, volume, rule):
    sets = sets_of(data, m)
    functions = some_of_each(trained_functions(lab, EVERY[trained], sets, Relative(RULES[rule], BELOW)))
    own, others = (lab.log_volumes_on_sets(EVERY[name], sets, functions) for name in (trained, volume))
    return replace(by_pair(own, {volume: others})[volume], quantity=OWN)
