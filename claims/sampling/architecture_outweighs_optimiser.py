"""Changing the architecture changes how networks generalise more than changing the optimiser does.

Source: C. Mingard, LessWrong, 11 and 12 May 2021.

Networks of several architectures are trained by several optimisers to their first fit. Of the test error, the share of
64 evaluation points that a network gets wrong, the variance over architectures (of their means over optimisers) and
that over optimisers (of their means over architectures) are estimated without bias; the share of the architectures is
the first over the sum of both, and intervals count networks. Then two architectures of which one is made for the data
are compared, optimiser by optimiser: the error of a fully connected network less that of a convolutional one on images,
and that of an LSTM less that of a transformer on sentences.
"""

from dataclasses import replace

from claims.grids import (
    ATTENTIVE,
    EVERY_OPTIMISER,
    LOSSES,
    ON_IMAGES,
    OPTIMISERS,
    RECURRENT,
    WIDTH,
    M,
    image_problem,
    two_layers,
)
from harness.claim import claim, over
from harness.errors import Undecided
from harness.networks import Convolutional, Transformer
from harness.problems import sentences
from harness.statistics.figures import figure
from harness.statistics.generalisation import generalisation_error, network_errors
from harness.statistics.variance_components import variance_components
from harness.verdicts import at_least
from harness.verdicts.intervals import difference

CONVOLUTIONAL = {"smoke": Convolutional((4,), (8,)), "standard": Convolutional(), "full": Convolutional()}
ARCHITECTURES = {
    "smoke": [two_layers(WIDTH), CONVOLUTIONAL["smoke"], Transformer(8, 2, 16, 1)],
    "standard": [two_layers(WIDTH), *ON_IMAGES["standard"]],
    "full": [two_layers(WIDTH), *ON_IMAGES["standard"]],
}
ALL = {"smoke": OPTIMISERS[:2], "standard": EVERY_OPTIMISER, "full": EVERY_OPTIMISER}
# On images of 28×28 pixels, convolutions take a GPU.
DATA = {"smoke": ("digits",), "standard": ("digits",), "full": ("digits", "mnist", "fashion_mnist")}
SIZES = {"smoke": (M,), "standard": (16, 64), "full": (16, 64, 256)}
SHARE = "share of architectures in the variance over architectures and optimisers"
NETWORKS = 100


def fitted(lab, architecture, problem, optimiser, loss):
    """Functions of the trained networks that fit; Undecided where there are fewer than two."""
    functions = lab.train(architecture, problem, optimiser, loss, NETWORKS).functions
    if functions.total < 2:
        raise Undecided(f"Fewer than 2 networks of {architecture.name} fit under {optimiser.name}.")
    return functions


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    crux=lambda loss, **_: loss == "cross-entropy",
    known="with fully connected networks alone the share was 0.95 on digits and 0.18 on Fashion-MNIST",
    of=SHARE,
    predicts=at_least(0.5, because="to outweigh the optimiser is to have more than half of the variance"),
)
@over(data=DATA, m=SIZES, loss=LOSSES)
def test_architecture_has_most_of_the_variance(lab, data, m, loss):
    problem = image_problem(data, m)
    errors = [
        [
            network_errors(fitted(lab, architecture, problem, optimiser, loss), problem)
            for optimiser in ALL[lab.scale.name]
        ]
        for architecture in ARCHITECTURES[lab.scale.name]
    ]
    found = variance_components(errors, "architectures", "optimisers")
    return replace(found["share"], details={"secondary": [figure(found[each]) for each in ("rows", "columns")]})


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    of="test error, fully connected less convolutional",
    predicts=at_least(0.0, because="convolutions and pooling know of images what full connections have to learn"),
)
@over(data=DATA, m=SIZES, optimiser=ALL, loss=LOSSES)
def test_convolutions_are_ahead_on_images(lab, data, m, optimiser, loss):
    problem = image_problem(data, m)
    connected, convolutional = (
        generalisation_error(fitted(lab, architecture, problem, optimiser, loss), problem)
        for architecture in (two_layers(WIDTH), CONVOLUTIONAL[lab.scale.name])
    )
    return difference(connected, convolutional, "test error, fully connected less convolutional")


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    of="test error, LSTM less transformer",
    predicts=at_least(0.0, because="the discussion names transformers as what replaced LSTMs on language"),
)
@over(
    m={"smoke": (M,), "standard": (16, 64), "full": (16, 64, 256)},
    optimiser={"smoke": OPTIMISERS[1:2], "standard": EVERY_OPTIMISER, "full": EVERY_OPTIMISER},
    loss=LOSSES,
)
def test_transformers_are_ahead_on_sentences(lab, m, optimiser, loss):
    problem = sentences(m, 64)
    recurrent, attentive = (
        generalisation_error(fitted(lab, architecture, problem, optimiser, loss), problem)
        for architecture in (RECURRENT, ATTENTIVE)
    )
    return difference(recurrent, attentive, "test error, LSTM less transformer")
