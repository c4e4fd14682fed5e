"""Networks that are fitted without gradients generalise like those that SGD fits.

In words: Do networks that are fitted by trial and error, without gradients, generalise as well as trained ones?

Source: Chiang et al. 2023, openreview QC10RmRbZy9.

Guess-and-check draws networks until one fits, so that its networks are those of P_B, and are sampled as such. Greedy
random search moves all parameters by noise and pattern search one at a time, and both keep what lowers the loss on the
training points. Asked are the test error on 64 evaluation points less that of the networks of SGD at 0.3 of the edge of
stability, all at their first fit, averaged over training sets drawn anew; and for the two searches how much of their
networks random sampling explains: 1 − D(P_search, P_B)/D(U, P_B) with D the squared MMD over functions on the first 8
evaluation points, each averaged over training sets. Two hidden ReLU layers of width 40, two classes that 8 points tell
apart. The errors are compared over all networks that fit, and, as the source does with normalised losses, among
networks alike in their normalised margin: the least training logit over the product of the weights' Frobenius norms, in
four bins of as many networks of each training set. The source's own data in the plane, two bent lines, have cells for
guess-and-check: one hidden layer, 16 points, SGD at the source's rate of 0.1 with batches of 3 and at 0.3 of the edge,
both at the first fit.

Objection: where nothing has been learnt all errors are a half, and alike; a cell whose errors are above 0.25 is not
asked. Bias explained does not tell whose volume it is (independent coins with the posterior's marginals have much of
it), and says here only that a search lies nearer random sampling than guessing does: c and s stand beside it.
"""

import numpy as np

from claims.grids import BELOW, ERROR_POINTS, EVALUATION_POINTS, LOSSES, WIDTH, two_layers
from claims.sampling.pairs import DATA, by_volume, check_learnt, pair_sets
from harness.claim import claim, over
from harness.errors import NotAsked
from harness.networks import FullyConnected
from harness.optimisers import SGD, GreedyRandomSearch, GuessAndCheck, PatternSearch, Relative
from harness.problems import kink, training_sets
from harness.samplers.features.training import TrainedFeatures
from harness.samplers.posterior.rejection_until import RejectionUntil
from harness.statistics.equal_margins import gap_within_bins
from harness.statistics.over_sets import compare_over_sets, errors_on_sets, mean_over_sets
from harness.verdicts import at_least, within

GREEDY = [GreedyRandomSearch(), PatternSearch()]
# Pattern search takes ten times as long as the other two.
QUICK = {"smoke": GREEDY[:1], "standard": GREEDY, "full": GREEDY}
SEARCHERS = {scale: [GuessAndCheck(), *searchers] for scale, searchers in QUICK.items()}
GRADIENT = Relative(SGD(), BELOW)
SIZES = {"smoke": (8,), "standard": (8, 16), "full": (8, 16, 32)}
GAP = "test error: search − SGD"
# On each training set, by a search or with margins, and by SGD.
NETWORKS = 12
ALIKE = within(
    0.0, 0.03, because="the source finds them alike; 0.03 is two of 64 points, the least that one would call unlike"
)
GUESSERS = ("uniform guessing", "majority label", "class frequencies", "untrained networks")


def found_by(lab, searcher, sets, loss):
    """What a search finds on each training set."""
    return lab.train_on_sets(two_layers(WIDTH), sets, searcher, loss, NETWORKS)


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    of=GAP,
    predicts=ALIKE,
    crux=lambda searcher, m, loss, **_: searcher.name == "guess-and-check" and m == 8 and loss == "cross-entropy",
    excludes=GUESSERS,
    known="of guess-and-check, over the first 8 training sets: 0.168 against 0.154 on digits, 0.203 against 0.197 on "
    "Fashion-MNIST; in a run with 40 networks a set, once the bounds stood, pattern search was 0.044 behind on digits; "
    "at m = 16 guess-and-check is 0.038 and 0.034 behind, and at m = 32 errs twice as much as SGD",
)
@over(
    data=DATA,
    m=SIZES,
    searcher=SEARCHERS,
    loss=LOSSES,
)
def test_generalises_like_sgd(lab, data, m, searcher, loss):
    sets = pair_sets(data, m)
    problems = lab.problems(sets)
    if isinstance(searcher, GuessAndCheck):
        by_search = by_volume(lab, two_layers(WIDTH), sets)
    else:
        by_search = found_by(lab, searcher, sets, loss)
    by_sgd = lab.train_on_sets(two_layers(WIDTH), sets, GRADIENT, loss)
    errors = errors_on_sets(by_search, problems), errors_on_sets(by_sgd, problems)
    check_learnt(*errors)
    return mean_over_sets([a - b for a, b in zip(*errors, strict=True)], GAP)


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    of=f"{GAP}, on two bent lines",
    predicts=ALIKE,
    known="on one training set of another seed random sampling erred on 0.20 and SGD at the rate 0.1 on 0.31 of the "
    "points, at widths 10 and 20; at width 2 no network of 24 could be trained",
)
@over(
    width={"smoke": (), "standard": (6, 10, 20), "full": (4, 6, 8, 10, 15, 20)},
    optimiser=[SGD(0.1), GRADIENT],
)
def test_generalises_like_sgd_on_the_kink(lab, width, optimiser):
    # Weights and biases of the hidden layer start alike, as in the source.
    sets, network = training_sets(kink, 16, ERROR_POINTS), FullyConnected((width,), sigma_b=1.0)
    by_search = lab.gather_on_sets(lambda problem: RejectionUntil(network, problem, 100), sets)
    by_sgd = lab.train_on_sets(network, sets, optimiser, networks=24, batch=3, least_fitted=None)
    if any(not each.functions.total for each in by_sgd):
        raise NotAsked("On some training set no trained network fits.")
    by_guessing, by_gradient = (errors_on_sets(each, lab.problems(sets)) for each in (by_search, by_sgd))
    # Of these data less can be learnt from 16 points than of images.
    check_learnt(by_guessing, by_gradient, at_most=0.4)
    return mean_over_sets(np.subtract(by_guessing, by_gradient), f"{GAP}, on two bent lines")


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    of=f"{GAP}, at equal margins",
    predicts=ALIKE,
)
@over(data={**DATA, "smoke": DATA["smoke"][:1]}, m=SIZES, searcher=GREEDY[:1], loss=LOSSES)
def test_generalises_like_sgd_at_equal_margins(lab, data, m, searcher, loss):
    sets, network = pair_sets(data, m), two_layers(WIDTH)

    def observed(optimiser):
        rule = lab.resolve(optimiser, network, sets, loss)
        return lab.gather_on_sets(
            lambda problem: TrainedFeatures(
                network,
                problem,
                rule,
                changes=("normalised margin", "evaluation error"),
                networks=NETWORKS,
                loss=loss,
                # In the inputs' own span a first layer has other norms.
                in_span=False,
            ),
            sets,
        )

    pairs = list(zip(observed(searcher), observed(GRADIENT), strict=True))
    if any(not len(each.values) for pair in pairs for each in pair):
        raise NotAsked("On some training set no network fits.")
    check_learnt(*[[each.values[:, 1].mean() for each in which] for which in zip(*pairs, strict=True)])
    return mean_over_sets([gap_within_bins(*pair, by=0, of=1) for pair in pairs], f"{GAP}, at equal margins")


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    of="bias explained",
    predicts=at_least(0.5, because="without gradients, volume is what is left to explain most of what a search finds"),
    excludes=("uniform guessing", "untrained networks", "class frequencies"),
)
@over(data=DATA, m=SIZES, searcher=QUICK, loss=LOSSES)
def test_volume_explains_the_search(lab, data, m, searcher, loss):
    sets = pair_sets(data, m)
    sampled = by_volume(lab, two_layers(WIDTH), sets)
    return compare_over_sets(found_by(lab, searcher, sets, loss), sampled, lab.problems(sets), EVALUATION_POINTS)
