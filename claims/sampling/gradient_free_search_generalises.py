"""Networks that are fitted without gradients generalise like those that SGD fits.

Source: Chiang et al. 2023, openreview QC10RmRbZy9.

Guess-and-check draws networks until one fits, so that its networks are those of P_B, and are sampled as such. Greedy
random search moves all parameters by noise and pattern search one at a time, and both keep what lowers the loss on the
training points. Asked are the test error on 64 evaluation points less that of SGD's networks, all at their first fit,
and for the two searches how much of them random sampling explains: 1 − D(P_search, P_B)/D(U, P_B) with D the squared
MMD over functions on the first 8 evaluation points. Two hidden ReLU layers of width 40. The errors are compared over
all networks that fit, and, as the source does with normalised losses, among networks alike in their normalised margin:
the least training logit over the product of the weights' Frobenius norms, in four bins of as many networks.
"""

from claims.grids import DATA, EVALUATION_POINTS, LOSSES, WIDTH, image_problem, two_layers
from harness.claim import claim, over
from harness.lab.lab import REJECTION_UP_TO
from harness.optimisers import SGD, GreedyRandomSearch, GuessAndCheck, PatternSearch
from harness.statistics.comparison import compare
from harness.statistics.equal_margins import difference_within_bins
from harness.statistics.generalisation import generalisation_error
from harness.verdicts import at_least, within
from harness.verdicts.intervals import difference

GREEDY = [GreedyRandomSearch(), PatternSearch()]
SIZES = {"smoke": (8,), "standard": (8,), "full": (8, 16, 32)}
GAP = "test error of the search less that of SGD"
NETWORKS = 200
ALIKE = within(
    0.0, 0.03, because="the source finds them alike; 0.03 is two of 64 points, the least that one would call unlike"
)


@claim(kind="empirical", speaks_for="architecture", holds="every", of=GAP, predicts=ALIKE)
@over(data=DATA, m=SIZES, searcher=[GuessAndCheck(), *GREEDY], loss=LOSSES)
def test_generalises_like_sgd(lab, data, m, searcher, loss):
    network, problem = two_layers(WIDTH), image_problem(data, m)
    if isinstance(searcher, GuessAndCheck):
        found = lab.posterior(network, problem).sample
    else:
        found = lab.train(network, problem, searcher, loss, NETWORKS).functions
    by_sgd = lab.train(network, problem, SGD(0.1), loss).functions
    return difference(generalisation_error(found, problem), generalisation_error(by_sgd, problem), GAP)


def too_many_guesses(m, searcher, **_):
    """Why a cell makes no sense."""
    if isinstance(searcher, GuessAndCheck) and m > REJECTION_UP_TO:
        return f"Beyond m = {REJECTION_UP_TO}, guess-and-check takes tens of thousands of guesses for each network."
    return None


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    of=f"{GAP}, at equal margins",
    predicts=ALIKE,
    excluded=too_many_guesses,
)
@over(
    data=DATA,
    m=SIZES,
    searcher={"smoke": GREEDY[:1], "standard": [GuessAndCheck(), *GREEDY], "full": [GuessAndCheck(), *GREEDY]},
    loss=LOSSES,
)
def test_generalises_like_sgd_at_equal_margins(lab, data, m, searcher, loss):
    network, problem = two_layers(WIDTH), image_problem(data, m)
    by_search, by_sgd = (
        lab.trained_features(
            network,
            problem,
            optimiser,
            changes=("normalised margin", "evaluation error"),
            networks=NETWORKS,
            loss=loss,
            # In the inputs' own span a first layer has other norms.
            in_span=False,
        )
        for optimiser in (searcher, SGD(0.1))
    )
    return difference_within_bins(by_search, by_sgd, by=0, of=1, quantity=f"{GAP}, at equal margins")


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    of="bias explained",
    predicts=at_least(0.5, because="without gradients, volume is what is left to explain most of what a search finds"),
)
@over(data=DATA, m=SIZES, searcher=GREEDY, loss=LOSSES)
def test_volume_explains_the_search(lab, data, m, searcher, loss):
    network, problem = two_layers(WIDTH), image_problem(data, m)
    by_search = lab.train(network, problem, searcher, loss, NETWORKS)
    return compare(by_search, lab.posterior(network, problem), problem, EVALUATION_POINTS)
