"""Trained binary networks generalise better than random ones that fit, and no choice by held-out images makes it so.

In words: With weights of ±1, does training err less than random networks that fit, even if neither is chosen by its
test error?

Source: arXiv 2606.31282 (REWL), with its code: binary weights, no biases, BinaryConnect with Adam on all of S.

There the trained network is taken at its best accuracy on held-out images among the times at which it fits S, long
after its first fit, while random networks that fit are not chosen among. Errors are shares of 64 test images; 64
further images are for the choice. The advantage is the error of random sampling less that of training, means over
training sets drawn anew, 16 points of two classes, 0 against 7; a network of 64 hidden units, in place of the source's
convolutions, and one logit. "As published": logits have the size that weights of ±1 give them, Adam's rate is 10⁻⁴ of
the real weights' scale in the source. "Small logits": the logits of the other claims here, at 0.3 of the unit of the
rate. Then the advantage is measured again with one part of the set-up taken away, as a ratio to the whole: the choice
of the epoch (networks at the last epoch, if they fit then), training past the fit (networks at their first
fit, which leaves no choice either), the choice being one-sided (random sampling takes the best of as many draws as
epochs are looked at). One less the ratio is the part of the gap that it makes.

Objection: if most of the gap arises long after the fit, training compared at equal training error is not what is ahead,
and it takes a lower loss to be; then the ratio without training past the fit shows it. Two further differences stand:
the source's weight decay, 5·10⁻⁴ in Adam's gradient, is left out, and real weights are clipped to the binary weights'
size, as in BinaryConnect. A learner as good as random sampling has the advantage 0.
"""

from dataclasses import replace

import numpy as np

from claims.grids import BELOW
from claims.sampling.pairs import check_learnt
from harness.claim import claim, over
from harness.errors import NotAsked
from harness.networks import FullyConnected
from harness.optimisers import Adam, After, BestValidation, BinaryConnect, FirstFit, Relative
from harness.problems import Problem, digits, fashion_mnist, mnist, training_sets
from harness.samplers.posterior.rejection_until import RejectionUntil
from harness.statistics.comparison import restricted
from harness.statistics.figures import figure
from harness.statistics.over_sets import errors_on_sets, mean_over_sets, ratio_over_sets
from harness.statistics.selection import best_of
from harness.verdicts import at_least

IMAGES = {"digits": digits, "mnist": mnist, "fashion_mnist": fashion_mnist}
DATA = {"smoke": ("digits",), "standard": tuple(IMAGES), "full": tuple(IMAGES)}
M = 16
SET_UPS = {
    "smoke": ("as published",),
    "standard": ("as published", "small logits"),
    "full": ("as published", "small logits"),
}
WIDTH, TEST, VALIDATION = 64, 64, 64
EPOCHS, EVERY = 200, 10
# On each training set; of random sampling, hidden draws that count, and the most rounds for them.
NETWORKS, EFFECTIVE, ROUNDS = 8, 100, 8
ADVANTAGE = "test error: random sampling − trained binary networks"
LEFT = "advantage of training that is left, over all of it"
PARTS = ("choice of the epoch", "training past the fit", "one-sided choice")


def the_network(set_up, sets):
    """The binary network and the rule that trains it."""
    network = FullyConnected((WIDTH,), sigma_b=0.0, distribution="binary")
    if set_up == "small logits":
        return network, Relative(BinaryConnect(Adam()), BELOW)
    # Weights are σ_w/√fan-in: with this σ_w the two layers together multiply by what ±1 would. The source's real
    # weights start within 1/√fan-in, here within σ_w/√fan-in.
    scale = float(np.prod([*sets.first.inputs.shape[1:], WIDTH]) ** 0.25)
    return replace(network, sigma_w=scale), BinaryConnect(Adam(1e-4 * scale))


def errors(lab, data, set_up, *stops):
    """Test errors on each training set: of random sampling, of its best draws, of training that ends at each stop."""
    sets = training_sets(IMAGES[data], M, TEST + VALIDATION, task="0/7")
    network, rule = the_network(set_up, sets)
    problems = lab.problems(sets)
    tested = [Problem.from_arrays(p.train_x, p.train_y, p.eval_x[:TEST], p.eval_y[:TEST]) for p in problems]

    def error(samples):
        return errors_on_sets([restricted(each, TEST) for each in samples], tested)

    by_volume = lab.gather_on_sets(lambda problem: RejectionUntil(network, problem, EFFECTIVE, rounds=ROUNDS), sets)
    if any(not each.functions.total for each in by_volume):
        raise NotAsked("On some training set no random network was found that fits.")
    looks = EPOCHS // EVERY + 1
    best = [best_of(each.functions, p, VALIDATION, looks) for each, p in zip(by_volume, problems, strict=True)]
    trained = [lab.train_on_sets(network, sets, rule, "cross-entropy", NETWORKS, batch=M, stop=stop) for stop in stops]
    return error(by_volume), best, *map(error, trained)


CHOSEN = BestValidation(EPOCHS, VALIDATION, EVERY)


@claim(
    kind="rival",
    speaks_for="optimiser",
    of=ADVANTAGE,
    predicts=at_least(
        0.02, because="the source finds training ahead with few points; 0.02 is more than one test image of 64"
    ),
    crux=lambda set_up, **_: set_up == "as published",
    excludes=("uniform guessing", "majority label", "untrained networks"),
    known="on training sets of another seed, 16 points of MNIST as published: 0.195 by random sampling, 0.147 at the "
    "first fit, 0.074 a hundred epochs later, 0.077 at the best validation in 1,000 epochs, one set of 12 networks; on "
    "digits it was behind by 0.017 over 16 sets when this grid was first run, with half as many epochs again",
)
@over(data=DATA, set_up=SET_UPS)
def test_ahead_as_published(lab, data, set_up):
    sampled, best, chosen = errors(lab, data, set_up, CHOSEN)
    check_learnt(sampled)
    of_best = mean_over_sets(np.subtract(best, chosen), f"{ADVANTAGE}, the best of as many draws as epochs")
    found = mean_over_sets(np.subtract(sampled, chosen), ADVANTAGE)
    return replace(found, details={**found.details, "secondary": [figure(of_best)]})


@claim(
    kind="rival",
    speaks_for="optimiser",
    of=LEFT,
    predicts=at_least(
        0.5, because="an advantage is the optimiser's, not the set-up's, if most of it is left without this part"
    ),
    crux=lambda set_up, without, **_: set_up == "as published" and without == "choice of the epoch",
    known="of the gap of 0.118 on the set named above, 0.048 was there at the first fit, and the choice of the epoch "
    "made none; over 8 sets of MNIST, seen once the bound stood, training past the fit makes 109 % of 0.069, the "
    "one-sided choice 119 %, the choice of the epoch none",
)
@over(data={**DATA, "smoke": ()}, set_up=SET_UPS, without=PARTS)
def test_not_made_by(lab, data, set_up, without):
    stops = {"choice of the epoch": After(EPOCHS), "training past the fit": FirstFit()}
    if without == "one-sided choice":
        sampled, other, chosen = errors(lab, data, set_up, CHOSEN)
        left = np.subtract(other, chosen)
    else:
        sampled, _, chosen, trained = errors(lab, data, set_up, CHOSEN, stops[without])
        left = np.subtract(sampled, trained)
    check_learnt(sampled)
    if np.mean(sampled) <= np.mean(chosen):
        raise NotAsked("Training is not ahead of random sampling here: there is no advantage to take apart.")
    ahead = np.subtract(sampled, chosen)
    found = ratio_over_sets(left, ahead, LEFT)
    both = {ADVANTAGE: ahead, f"{ADVANTAGE}, without the {without}": left}
    shown = [figure(mean_over_sets(values, name)) for name, values in both.items()]
    note = f"Of the published gap, {1 - found.value:.0%} comes from the {without}."
    return replace(found, details={**found.details, "secondary": shown, "notes": [note]})
