"""What the claims about infinite width share: networks by depth and activation, and figures for the report."""

from collections.abc import Mapping, Sequence

from claims.grids import EVALUATION_POINTS
from harness.lab import Lab
from harness.networks import Architecture, FullyConnected
from harness.problems import Problem
from harness.statistics.comparison import restricted
from harness.statistics.distances import relative_distance
from harness.statistics.figures import figure
from harness.verdicts import Estimate

# A distance below this share of what separates random sampling from uniform guessing is none to a reader.
NO_DISTANCE = 0.01


def wide(depth: int, activation: str = "relu", width: int = 40) -> FullyConnected:
    """Hidden layers of one width, which only counts where it is not taken to infinity."""
    return FullyConnected((width,) * depth, activation)


def distance_to_infinite_width(lab: Lab, architecture: Architecture, problem: Problem) -> Estimate:
    """Relative distance of P_B of a network from that of infinite width, on the first evaluation points."""
    finite = restricted(lab.posterior(architecture, problem), EVALUATION_POINTS)
    infinite = restricted(lab.infinite_posterior(architecture, problem), EVALUATION_POINTS)
    return relative_distance(finite.sample, infinite.sample)


def side_by_side(estimates: Mapping[str, Estimate]) -> list[dict]:
    """Secondary figures of one quantity, by what gave each."""
    return [{**figure(each), "quantity": f"{each.quantity}, {name}"} for name, each in estimates.items()]


def by_scale(smoke: Sequence[int], standard: Sequence[int], full: Sequence[int]) -> dict[str, Sequence[int]]:
    """The values of an axis."""
    return {"smoke": smoke, "standard": standard, "full": full}
