"""Networks struggle to learn simple functions of small volume, such as the identity.

Source: C. Mingard, LessWrong, 11 May 2021: because their volume is small.

The identity copies the last of five bits, 0101…. It is compared with a function of exactly its LZ76 complexity and some
forty times its volume, which is 0 on 10000 alone: in 100,000 networks that no test here uses, none of the identity's
complexity was likelier. Both are learnt from m of the 32 inputs and tested on the others. Optimisers: the test error of
networks trained to their first perfect fit, that of the identity less that of the other. Random sampling: the share of
P_B(f|S), by rejection, that is exactly the target, that of the identity less that of the other.
"""

from dataclasses import replace

from harness.claim import claim, over
from harness.functions.packing import pack
from harness.networks import FullyConnected
from harness.optimisers import SGD, Adam
from harness.problems import boolean_cube
from harness.statistics.figures import curve
from harness.statistics.generalisation import generalisation_error
from harness.verdicts import decreasing, increasing
from harness.verdicts.intervals import difference, proportion

NETWORK = FullyConnected((40, 40))
OTHER = "1" * 16 + "0" + "1" * 15
SIZES = {"smoke": (8, 16), "standard": (8, 16, 24), "full": (8, 16, 24)}


def targets(m):
    """The identity and the function of larger volume, to be learnt from m inputs."""
    return boolean_cube(5, "identity", train=m), boolean_cube(5, OTHER, train=m)


def shown(found, m, of_both):
    """With what the difference rests on, for the report's curves over m."""
    lines = zip(("identity", "likelier function"), of_both, strict=True)
    return replace(found, details={"curve": curve("m", [m], {name: [estimate] for name, estimate in lines})})


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    of="test error of the identity less that of a likelier function as complex",
    predicts=increasing(because="of two functions of equal complexity the one of larger volume is to be found sooner"),
)
@over(optimiser=[SGD(0.1), Adam(0.003)], m=SIZES)
def test_optimisers(lab, optimiser, m):
    errors = [generalisation_error(lab.train(NETWORK, problem, optimiser).functions, problem) for problem in targets(m)]
    return shown(
        difference(*errors, "test error of the identity less that of a likelier function as complex"), m, errors
    )


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    of="P_B's share of the identity less that of a likelier function as complex",
    predicts=decreasing(because="P_B(f|S) is P(f)/P(S), and the identity's P(f) is small"),
)
@over(m=SIZES)
def test_random_sampling(lab, m):
    shares = []
    for problem in targets(m):
        kept = lab.rejection_posterior(NETWORK, problem, draws=100_000, last_layers=1).functions
        found = int(kept.counts_of(pack(problem.eval_y[None]))[0])
        shares.append(proportion(found, kept.total, quantity="share of P_B", unit="networks kept"))
    return shown(
        difference(*shares, "P_B's share of the identity less that of a likelier function as complex"), m, shares
    )
