"""Prints the table of docs/large_pairs.md: what each way of asking would cost for networks too large to run here.

python -m benchmarks.speed.large_pairs

All is arithmetic: published sizes of networks, ln P(S) as orthant probabilities grow with m, and a share of a GPU's
peak.
"""

from collections.abc import Iterator
from math import exp, log, log10
from typing import NamedTuple

import numpy as np

# −ln P(S) of infinitely wide networks of two hidden ReLU layers on digits, even against odd, by minimax tilting
# (`volume_estimates_agree` at smoke scale), by m.
NATS = {8: 6.452, 16: 11.289, 32: 14.92, 64: 25.145}
# Multiplications a second: an NVIDIA A100 in float32 at its peak (19.5 TFLOP/s, two operations each), and the share of
# it that large networks reach.
PEAK, UTILISATION = 9.75e12, 0.3
# Networks whose functions are compared; independent runs of subset simulation with their chains and steps; points and
# networks of a Monte-Carlo kernel; directions of a local volume (arXiv 2501.18812) with loss evaluations along each, on
# a part of the training set; forward passes that a gradient step costs.
NETWORKS = 500
RUNS, CHAINS, STEPS = 16, 64, 8
KERNEL_POINTS, KERNEL_NETWORKS = 10_000, 1000
DIRECTIONS, ALONG, LOSS_POINTS = 100, 20, 10_000
BACKWARD = 3


class Pair(NamedTuple):
    """A network and its training set; forward: multiplications for one input; features: of the last layer."""

    name: str
    forward: float
    features: int
    m: int
    classes: int
    epochs: int


PAIRS = (
    Pair("ResNet-18 on CIFAR-10", 0.56e9, 512, 50_000, 10, 200),
    Pair("ResNet-18 on ImageNet", 1.81e9, 512, 1_281_167, 1000, 90),
    Pair("ResNet-50 on ImageNet", 4.09e9, 2048, 1_281_167, 1000, 90),
    Pair("ViT-B/16 on ImageNet", 17.6e9, 768, 1_281_167, 1000, 300),
)


def power_law() -> tuple[float, float]:
    """(a, b) of −ln P(S) = a·mᵇ, by least squares of logarithms."""
    b, log_a = np.polyfit(np.log(list(NATS)), np.log(list(NATS.values())), 1)
    return exp(log_a), float(b)


def nats_of(pair: Pair) -> float:
    """−ln P(S) extrapolated; with C classes a label tells ln C where it told ln 2."""
    a, b = power_law()
    return a * pair.m**b * log(pair.classes) / log(2)


def ways(pair: Pair) -> Iterator[tuple[str, float, float]]:
    """Each way of asking: its name, log₁₀ of its forward passes, and multiplications besides."""
    nats = nats_of(pair)
    # Most draws fail within the first points, so one costs about one forward pass.
    yield "rejection", nats / log(10) + log10(NETWORKS), 0
    levels = nats / log(2)
    yield "subset simulation", log10(RUNS * CHAINS * STEPS * levels * pair.m / 2), 0
    yield "training", log10(NETWORKS * pair.epochs * pair.m * BACKWARD), 0
    yield "training to 10,000 points", log10(NETWORKS * pair.epochs * 10_000 * BACKWARD), 0
    gram = KERNEL_POINTS**2 * KERNEL_NETWORKS * pair.features + KERNEL_POINTS**3
    yield "Monte-Carlo kernel", log10(KERNEL_NETWORKS * KERNEL_POINTS), gram
    yield "local volumes", log10(NETWORKS * DIRECTIONS * ALONG * LOSS_POINTS), 0


def hours(pair: Pair, log10_forwards: float, more: float) -> str:
    """Of the GPU."""
    rate = 3600 * UTILISATION * PEAK
    log10_hours = log10_forwards + log10(pair.forward / rate)
    if log10_hours > 5.5:
        return f"10^{log10_hours:,.0f}"
    value = 10**log10_hours + more / rate
    return f"{float(f'{value:.2g}'):,g}"


def main() -> None:
    """Print it."""
    a, b = power_law()
    print(f"−ln P(S) = {a:.2f}·m^{b:.2f}\n")
    print("| pair | −ln P(S) | way | forward passes | GPU-hours |\n|---|--:|---|--:|--:|")
    for pair in PAIRS:
        head = f"{pair.name} | {nats_of(pair):,.0f} nats"
        for name, log10_forwards, more in ways(pair):
            print(f"| {head} | {name} | 10^{log10_forwards:,.1f} | {hours(pair, log10_forwards, more)} |")
            head = " | "


if __name__ == "__main__":
    main()
