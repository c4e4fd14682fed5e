"""Claims that are asked about null learners: some say too little, one trains nothing, one has no cells at smoke."""

from harness.claim import claim, over
from harness.networks import FullyConnected
from harness.optimisers import SGD, Adam
from harness.problems import digits
from harness.statistics.distances import bias_explained, relative_distance
from harness.statistics.generalisation import generalisation_error
from harness.verdicts import at_least, at_most
from harness.verdicts.intervals import difference

NETWORK, PROBLEM = FullyConnected((5,)), digits(6, 8)
ALL_ALIKE = {"kind": "empirical", "speaks_for": "architecture"}


@claim(of="test error", predicts=at_most(0.6, because="anything"), **ALL_ALIKE, excludes=("truth", "uniform guessing"))
@over()
def test_anything(lab):
    return generalisation_error(lab.train(NETWORK, PROBLEM, SGD(0.1)).functions, PROBLEM)


@claim(of="bias explained", predicts=at_least(0.5, because="volume"), **ALL_ALIKE, excludes=("truth",))
@over(problem=[digits(7, 8), digits(6, 8), digits(8, 8)])
def test_volume(lab, problem):
    trained = lab.train(NETWORK, problem, SGD(0.1)).functions
    return bias_explained(trained, lab.posterior(NETWORK, problem).sample)


@claim(
    of="bias explained",
    predicts=at_least(0.5, because="volume"),
    **ALL_ALIKE,
    crux=lambda draws: draws > 1000,
    control=lambda draws: draws < 100,
)
@over(draws=[50, 500, 3000, 2000])
def test_frozen(lab, draws):
    frozen = lab.rejection_posterior(NETWORK, PROBLEM, draws=draws)
    return bias_explained(frozen.sample, lab.posterior(NETWORK, PROBLEM).sample)


@claim(of="gap", predicts=at_most(0.05, because="alike"), **ALL_ALIKE)
@over()
def test_alike(lab):
    found = [lab.train(NETWORK, PROBLEM, optimiser, networks=1000) for optimiser in (SGD(0.1), Adam(0.01))]
    errors = [generalisation_error(each.functions, PROBLEM) for each in found]
    return difference(*errors, "gap")


@claim(of="nothing", predicts=at_least(0, because="none"), **ALL_ALIKE)
@over(width={"smoke": (), "standard": (1,), "full": (1,)})
def test_later(lab, width):
    raise AssertionError("not at smoke")


@claim(of="distance", predicts=at_most(0.1, because="x"), **ALL_ALIKE)
@over()
def test_layers(lab):
    return relative_distance(
        lab.trained_patterns(NETWORK, PROBLEM, SGD(0.1)).layers[0],
        lab.hidden_patterns(NETWORK, PROBLEM).layers[0],
    )


def error_at_most(bound):
    """A region for each cell."""
    return at_most(bound, because="given")


@claim(of="test error", predicts=error_at_most, **ALL_ALIKE, control=lambda **_: True)
@over(bound=[0.1])
def test_controls(lab, bound):
    return generalisation_error(lab.train(NETWORK, PROBLEM, SGD(0.1)).functions, PROBLEM)


@claim(of="test error", predicts=error_at_most, **ALL_ALIKE)
@over(bound=[0.5, 0.4, -1])
def test_everywhere(lab, bound):
    return generalisation_error(lab.train(NETWORK, PROBLEM, SGD(0.1)).functions, PROBLEM)


@claim(of="test error", predicts=error_at_most, **ALL_ALIKE, holds="some")
@over(bound=[0.5, -1])
def test_somewhere(lab, bound):
    return generalisation_error(lab.train(NETWORK, PROBLEM, SGD(0.1)).functions, PROBLEM)
