"""Tuning the learning rate or the batch size moves the distribution of trained networks as a temperature would.

Source: C. Mingard, LessWrong, 11 May 2021; openreview cu6zDHCfhZx, equation 1.

The tempered posteriors are P_T ∝ exp(−Σ cross-entropy/T)·P(θ), the sum over 8 training points: T = 1 is Bayes'
posterior, T → ∞ the initialisation. They are drawn exactly, by keeping a drawn network with the chance exp(−Σ/T), for T
from 0.7, below which too few are kept. Networks are trained by SGD to their first fit, or for an equal time, learning
rate × updates = 2, whether or not they fit, as networks of a tempered posterior need not; distances are squared MMDs
over functions on 8 evaluation points. Asked is first whether the best of the temperatures explains training better
than T = 1: it is chosen on half of the trained networks, and D(P_SGD, P_1) − D(P_SGD, P_T) is of the other half and of
other draws. Then, whether larger learning rates and smaller batches are hotter: D(P_SGD, P_1) − D(P_SGD, P_4), how much
nearer training is to the hotter of two posteriors, has a slope over ln learning rate or ln batch size.
"""

from dataclasses import replace
from math import log

from claims.grids import EVALUATION_POINTS, WIDTH, two_layers
from harness.claim import claim, over
from harness.optimisers import SGD, After, FirstFit
from harness.problems import digits
from harness.statistics.comparison import best_temperature
from harness.statistics.distances import mmd_difference
from harness.statistics.figures import curve
from harness.verdicts import at_least, decreasing, increasing
from harness.verdicts.intervals import slope

PROBLEM = digits(8, EVALUATION_POINTS)
NETWORK = two_layers(WIDTH)
TEMPERATURES = (0.7, 1.0, 1.4, 2.0, 4.0, 8.0)
COLD, HOT = 1.0, 4.0
RATES = {"smoke": (0.01, 0.03, 0.1), "standard": (0.003, 0.01, 0.03, 0.1), "full": (0.003, 0.01, 0.03, 0.1)}
BATCHES = (1, 2, 4, 8)
FIRST_FIT, EQUAL_TIME = "first fit", "equal time"
STOPS = (FIRST_FIT, EQUAL_TIME)
TIME = 2.0
GAIN = "squared MMD to the T = 1 posterior less that to the best-fitting one"
HEAT = "squared MMD to the T = 1 posterior less that to the T = 4 one"


def exact(lab, temperature, sample):
    """Networks of the tempered posterior."""
    return lab.tempered_posterior(NETWORK, PROBLEM, temperature, draws=5000, sample=sample).sample


def trained(lab, rate, batch, stop):
    """Functions of SGD's networks: of those that fit for the first time, or of all when their time is over."""
    at_first_fit = stop == FIRST_FIT
    until = FirstFit() if at_first_fit else After(updates=round(TIME / rate))
    found = lab.train(NETWORK, PROBLEM, SGD(rate), networks=1000, batch=batch, stop=until)
    return found.functions if at_first_fit else found.stopped


def heat(lab, rates, batches, stop):
    """How much nearer trained networks are to the hotter posterior, at each pair of a rate and a batch."""
    return [
        mmd_difference(
            trained(lab, rate, batch, stop), exact(lab, HOT, sample), exact(lab, COLD, sample), quantity=HEAT
        )
        for sample, (rate, batch) in enumerate(zip(rates, batches, strict=True))
    ]


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    control=lambda **_: True,
    of=GAIN,
    predicts=at_least(
        0.0, because="were the hyperparameters a temperature, some temperature other than 1 would be theirs"
    ),
)
@over(rate={"smoke": (0.1,), "standard": (0.01, 0.1), "full": (0.01, 0.1)}, batch=(1, 8), stop=STOPS)
def test_some_temperature_explains_more(lab, rate, batch, stop):
    functions = trained(lab, rate, batch, stop)
    best, others = best_temperature(functions, {each: exact(lab, each, sample=0) for each in TEMPERATURES})
    # Two samples of their own, should T = 1 be the best one.
    gain = mmd_difference(others, exact(lab, best, sample=1), exact(lab, 1.0, sample=2), quantity=GAIN)
    return replace(gain, details={"notes": [f"The best-fitting of the temperatures is T = {best:g}."]})


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    of=f"slope of the {HEAT} over ln learning rate",
    predicts=increasing(because="the noise of minibatch steps grows with the learning rate, as with a temperature"),
)
@over(batch=(1, 4), stop=STOPS)
def test_larger_rates_are_hotter(lab, batch, stop):
    rates = RATES[lab.scale.name]
    found = heat(lab, rates, [batch] * len(rates), stop)
    line = slope([log(rate) for rate in rates], found, quantity=f"slope of the {HEAT} over ln learning rate")
    return replace(line, details={"curve": curve("learning rate", rates, {"trained": found})})


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    of=f"slope of the {HEAT} over ln batch size",
    predicts=decreasing(because="the noise of minibatch steps falls with the size of the batch"),
)
@over(rate={"smoke": (0.1,), "standard": (0.01, 0.1), "full": (0.01, 0.03, 0.1)}, stop=STOPS)
def test_larger_batches_are_colder(lab, rate, stop):
    found = heat(lab, [rate] * len(BATCHES), BATCHES, stop)
    line = slope([log(batch) for batch in BATCHES], found, quantity=f"slope of the {HEAT} over ln batch size")
    return replace(line, details={"curve": curve("batch size", BATCHES, {"trained": found})})
