"""What the claims about infinite width share: networks by depth and activation, training sets, figures."""

from collections.abc import Mapping, Sequence

from harness.networks import FullyConnected
from harness.statistics.figures import figure
from harness.verdicts import Estimate

# A distance below this share of what separates random sampling from uniform guessing is none to a reader.
NO_DISTANCE = 0.01


def wide(depth: int, activation: str = "relu", width: int = 40) -> FullyConnected:
    """Hidden layers of one width, which only counts where it is not taken to infinity."""
    return FullyConnected((width,) * depth, activation)


def side_by_side(estimates: Mapping[str, Estimate]) -> list[dict]:
    """Secondary figures of one quantity, by what gave each."""
    return [{**figure(each), "quantity": f"{each.quantity}, {name}"} for name, each in estimates.items()]


def by_scale(smoke: Sequence[int], standard: Sequence[int], full: Sequence[int]) -> dict[str, Sequence[int]]:
    """The values of an axis."""
    return {"smoke": smoke, "standard": standard, "full": full}
