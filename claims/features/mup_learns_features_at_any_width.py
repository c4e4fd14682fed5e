"""With the maximal-update parametrisation features are learned however wide the network.

In words: Is there a parametrisation in which hidden layers move at any width?

Source: C. Mingard, LessWrong, 13 and 15 May 2021; Yang & Hu 2021, arXiv 2011.14522.

Networks and training as in `kernels_learn_no_features`, in maximal-update parametrisation with its learning rates, at
0.3 times their own edge of stability. The estimates are the exponents over the width of the change of each hidden
kernel in training, ‖K − K₀‖/‖K₀‖ on the training points, and of the growth of its centred alignment with the labels:
about 0 where features are learned alike at every width.

Objection: kernels that change need not have learned anything, and a change at one width says nothing of wider ones. The
alignment with the labels is asked for its own exponent, and the NTK parametrisation under the same test must be
refuted.
"""

from claims.features.kernels_learn_no_features import LAYERS, LOSSES, exponent_of
from harness.claim import claim, over
from harness.verdicts import power_law

KNOWN = (
    "over widths 32 to 512, cross-entropy, three training sets: kernel about −0.05 and −0.07, alignment −0.03 to −0.07"
)


@claim(
    kind="empirical",
    of="exponent of the kernel change over width",
    predicts=power_law(
        0.0, 0.15, because="the parametrisation is the one in which hidden units move alike at every width"
    ),
    speaks_for="optimiser",
    holds="every",
    crux=lambda **_: True,
    known=KNOWN,
)
@over(loss=LOSSES, layer=LAYERS)
def test_kernels_go_on_moving(lab, loss, layer):
    return exponent_of(lab, "mup", loss, layer, "kernel change")


@claim(
    kind="empirical",
    of="exponent of the training alignment over width",
    predicts=power_law(
        0.0, 0.15, because="features are learned where the kernel moves towards the labels, at every width alike"
    ),
    speaks_for="optimiser",
    holds="every",
    known=KNOWN,
)
@over(loss=LOSSES, layer=LAYERS)
def test_kernels_go_on_moving_towards_the_labels(lab, loss, layer):
    return exponent_of(lab, "mup", loss, layer, "training alignment")
