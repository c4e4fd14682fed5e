"""Random sampling explains training well where the parameter-function map is strongly biased, and less as it weakens.

Source: C. Mingard, LessWrong, 12 May 2021.

The strength of the bias is how far the entropy of P(f) on 8 evaluation points lies below its maximum of 8 bits; it is
measured on 100,000 networks or more, with the entropy corrected for their number (Miller 1955), after which it is known
to about a hundredth of a bit, and is taken as known. Varied are the weight scale σ_w of two hidden tanh layers, from
ordered to chaotic, and the number of hidden ReLU layers, all of width 40. The slope is that of bias explained,
1 − D(P_OPT, P_B)/D(U, P_B) at 8 training points, over bits. Noise on the labels is not varied: it leaves P(f) as it is.
"""

from dataclasses import replace

from claims.grids import EVALUATION_POINTS, LOSSES, OPTIMISERS, WIDTH
from harness.claim import claim, over
from harness.networks import FullyConnected
from harness.problems import digits
from harness.statistics.distances import bias_explained
from harness.statistics.figures import curve
from harness.verdicts import increasing
from harness.verdicts.intervals import slope

PROBLEM = digits(8, EVALUATION_POINTS)
SCALES = {"smoke": (1.0, 2.0, 4.0), "standard": (0.5, 1.0, 2.0, 4.0), "full": (0.5, 1.0, 1.5, 2.0, 3.0, 4.0)}
DEPTHS = {"smoke": (1, 2, 4), "standard": (1, 2, 3, 4, 6), "full": (1, 2, 3, 4, 6, 8)}
ONE = {"smoke": OPTIMISERS[:1], "standard": OPTIMISERS, "full": OPTIMISERS}
SLOPE = "slope of bias explained over bits of bias"


def agreement(lab, architectures, optimiser, loss):
    """Slope of bias explained over the strength of the bias of these architectures."""
    strengths, explained = [], []
    for architecture in architectures:
        functions = lab.prior(architecture, PROBLEM)
        strengths.append(PROBLEM.n - functions.corrected_entropy())
        trained = lab.train(architecture, PROBLEM, optimiser, loss)
        explained.append(bias_explained(trained.functions, lab.rejection_posterior(architecture, PROBLEM).sample))
    shown = curve("bits of bias", strengths, {"trained": explained})
    return replace(slope(strengths, explained, quantity=SLOPE), details={"curve": shown})


STRONGER_IS_CLOSER = increasing(
    because="volumes that differ by orders of magnitude outweigh what an optimiser prefers, and volumes that hardly "
    "differ do not"
)


@claim(kind="empirical", speaks_for="architecture", holds="every", of=SLOPE, predicts=STRONGER_IS_CLOSER)
@over(optimiser=ONE, loss=LOSSES)
def test_over_weight_scales(lab, optimiser, loss):
    networks = [FullyConnected((WIDTH, WIDTH), "tanh", sigma_w, 0.2) for sigma_w in SCALES[lab.scale.name]]
    return agreement(lab, networks, optimiser, loss)


@claim(kind="empirical", speaks_for="architecture", holds="every", of=SLOPE, predicts=STRONGER_IS_CLOSER)
@over(optimiser=ONE, loss=LOSSES)
def test_over_depths(lab, optimiser, loss):
    networks = [FullyConnected((WIDTH,) * depth) for depth in DEPTHS[lab.scale.name]]
    return agreement(lab, networks, optimiser, loss)
