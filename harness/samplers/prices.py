"""What samplers cost: work × a price that was measured once and comes with the package.

How far a cell goes is decided by these seconds and never by a clock, so that it is the same on every machine.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from statistics import median

from harness.samplers.sampler import Asked

FILE = "costs.json"


@dataclass(frozen=True)
class Prices:
    """What samplers cost on one machine; `benchmarks/speed/costs.py` measures it and writes `costs.json`.

    look: seconds of a look besides its shards. within: by share of the measured shards ("50 %"), the factor that the
    seconds of so many lay within of work × price. prices: mean seconds per unit of work and mean bytes per shard on
    disk, by sampler, and by "sampler, architecture class" where that differs.
    """

    machine: str
    look: float
    within: Mapping[str, float]
    prices: Mapping[str, Mapping[str, float]]

    def of(self, asked: Asked) -> tuple[float, float] | None:
        """Seconds and bytes of a shard; None for a sampler whose price is not known."""
        own = f"{asked.name}, {type(asked.architecture).__name__}"
        price = self.prices.get(own, self.prices.get(asked.name))
        return None if price is None else (price["seconds"] * asked.work, price["bytes"])

    def seconds(self, asked: Asked) -> float:
        """Seconds of a shard; a sampler whose price is not known has the median price."""
        priced = self.of(asked)
        return priced[0] if priced else asked.work * median(price["seconds"] for price in self.prices.values())


@cache
def packaged() -> Prices:
    """The prices that come with the package."""
    return Prices(**json.loads(files("harness.samplers").joinpath(FILE).read_text(encoding="utf-8")))
