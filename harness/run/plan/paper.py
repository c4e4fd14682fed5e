"""Pairs of networks and data that are not run here: what each way of asking would cost, and which comes within reach.

All is arithmetic from stated assumptions: the networks' published sizes, ln P(S) as our own orthant probabilities grow
with m, and a device's multiplications at a share of their peak.
"""

from dataclasses import dataclass
from math import inf, log, log10

from harness.run.plan.evidence import evidence_curve

# What is asked: networks whose functions are compared, independent runs of subset simulation with their chains and
# steps as in `Lab.deep_posterior`, points that a Monte-Carlo kernel is restricted to, directions of a local volume
# (arXiv 2501.18812) with loss evaluations along each, on a part of the training set.
NETWORKS = 500
RUNS, CHAINS, STEPS = 16, 64, 8
KERNEL_POINTS, KERNEL_NETWORKS = 10_000, 1000
DIRECTIONS, ALONG, LOSS_POINTS = 100, 20, 10_000
# A gradient step costs about three forward passes; of a device's peak, large networks reach about this share.
BACKWARD, UTILISATION = 3.0, 0.3


@dataclass(frozen=True)
class Pair:
    """A network and its training set, in published figures.

    forward: multiplications for one input. features: of the last layer. epochs: of its usual training.
    """

    name: str
    parameters: float
    forward: float
    features: int
    m: float
    classes: int
    epochs: float
    source: str


PAIRS = (
    Pair("ResNet-18 on CIFAR-10", 11.2e6, 0.56e9, 512, 50_000, 10, 200, "He et al. 2016, 3×3 stem"),
    Pair("ResNet-18 on ImageNet", 11.7e6, 1.81e9, 512, 1_281_167, 1000, 90, "He et al. 2016"),
    Pair("ResNet-50 on ImageNet", 25.6e6, 4.09e9, 2048, 1_281_167, 1000, 90, "He et al. 2016"),
    Pair("ViT-B/16 on ImageNet", 86.6e6, 17.6e9, 768, 1_281_167, 1000, 300, "Dosovitskiy et al. 2021"),
)


@dataclass(frozen=True)
class Way:
    """One way of asking. log10_forwards: of its forward passes; hours: of the device; tells: what one then knows."""

    name: str
    log10_forwards: float
    hours: float
    tells: str


@dataclass(frozen=True)
class Case:
    """A pair with −ln P(S) in nats and all ways of asking; reach: the way that would bring it into reach, in words."""

    pair: Pair
    nats: float
    ways: tuple[Way, ...]
    reach: str


def nats_of(pair: Pair) -> float:
    """−ln P(S) extrapolated; with C classes a label tells ln C where it told ln 2."""
    a, b = evidence_curve()
    return a * pair.m**b * log(pair.classes) / log(2)


def cases(multiplications: float, within_hours: float) -> list[Case]:
    """On one device of so many multiplications a second at its peak; within: the hours that count as in reach."""
    return [_case(pair, UTILISATION * multiplications, within_hours) for pair in PAIRS]


def _case(pair: Pair, rate: float, within_hours: float) -> Case:
    nats = nats_of(pair)

    def way(name: str, log10_forwards: float, tells: str, more: float = 0.0) -> Way:
        log10_hours = log10_forwards + log10(pair.forward / rate / 3600)
        hours = 10**log10_hours if log10_hours < 300 else inf
        return Way(name, log10_forwards, hours + more / rate / 3600, tells)

    levels = nats / log(2)
    states = RUNS * CHAINS * STEPS * levels
    gram = KERNEL_POINTS**2 * KERNEL_NETWORKS * pair.features + KERNEL_POINTS**3
    ways = (
        # Most draws fail within the first points, so one costs about one forward pass.
        way("rejection", nats / log(10) + log10(NETWORKS), "P_B of the network itself, exactly"),
        way("subset simulation", log10(states * pair.m / 2), "P_B and ln P(S) of the network, if chains mix"),
        way("training", log10(NETWORKS * pair.epochs * pair.m * BACKWARD), "P_OPT"),
        way(
            f"training to {KERNEL_POINTS:,} points",
            log10(NETWORKS * pair.epochs * KERNEL_POINTS * BACKWARD),
            "P_OPT on a part of the training set",
        ),
        way(
            "Monte-Carlo kernel",
            log10(KERNEL_NETWORKS * KERNEL_POINTS),
            f"ln P(S) and P_B of the Gaussian process with the network's kernel, on {KERNEL_POINTS:,} points",
            more=gram,
        ),
        way(
            "local volumes",
            log10(NETWORKS * DIRECTIONS * ALONG * LOSS_POINTS),
            "the volume around each trained network, a lower bound of ln P(f) (arXiv 2501.18812)",
        ),
    )
    near = [each for each in ways if each.hours <= within_hours]
    ours = [each for each in near if each.name in ("rejection", "subset simulation")]
    if ours:
        reach = f"{ours[0].name}, as in the claims"
    else:
        approximations = [each for each in near if each.name in ("Monte-Carlo kernel", "local volumes")]
        if approximations:
            reach = "no sample of its P_B; " + " and ".join(each.name for each in approximations) + " instead"
        else:
            cheapest = min(ways, key=lambda each: each.hours)
            reach = f"none; the nearest is {cheapest.name}"
    return Case(pair, nats, ways, reach)
