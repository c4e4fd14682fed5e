"""The forecast of a run: seconds, memory and disk of its requests, and how many cells its budget leaves unjudged."""

from collections.abc import Iterable, Sequence

from harness.claim import Scale
from harness.run.plan.recorder import Request
from harness.run.plan.requests import Cell
from harness.samplers.prices import Prices

# Bytes of a block of networks, as `block_size` has them: a share of a core's cache, or a quarter of an 80 GB GPU or of
# a Mac's 16 GB.
_ROOM = {"cpu": 6 * 2**20, "cuda": 20e9, "mps": 4e9}
# A block, a kernel and a stored entry are each held about so often while a shard is computed and merged.
_COPIES = 3


def memory(request: Request) -> float:
    """Bytes that a shard takes at its peak, for a block of networks or a kernel."""
    shape = request.asked.shape
    # Networks that are counted and not drawn hold no numbers of their own.
    one = max(4 * (shape.parameters + shape.p * shape.held), 1)
    networks = float(request.spec.get("draws", request.spec.get("networks", 2**16)))
    room = _ROOM[request.spec.get("device", "cpu")]
    return _COPIES * max(one * min(max(room / one, 4), networks), 8 * shape.p**2)


class Forecast:
    """What these cells cost at a scale; samplers without a price are in `unpriced` and cost nothing."""

    def __init__(self, cells: Sequence[Cell], prices: Prices, scale: Scale) -> None:
        self.cells, self.scale = [cell for cell in cells if cell.missing is None], scale
        requests = {request.name: request for cell in self.cells for request in cell.requests}
        found = {name: prices.of(request.asked) for name, request in requests.items()}
        self.unpriced = sorted({requests[name].sampler for name, price in found.items() if price is None})
        self._price = {name: price for name, price in found.items() if price is not None}
        self._memory = {name: memory(requests[name]) + _COPIES * price[1] for name, price in self._price.items()}

    def total(self, cells: Iterable[Cell]) -> dict[str, float]:
        """Seconds of the first and of all looks of these cells, bytes of memory at the peak, and bytes of first looks
        on disk; a request that several of them make counts once."""
        asked = {request.name: request for cell in cells for request in cell.requests if request.name in self._price}

        def summed(of: int, look: int) -> float:
            return sum(self._price[name][of] * each.shards(self.scale.effort, look) for name, each in asked.items())

        most = max((self._memory[name] for name in asked), default=0.0)
        return {"first": summed(0, 0), "all": summed(0, self.scale.looks - 1), "memory": most, "disk": summed(1, 0)}

    def first_looks(self, budget: float, processes: int) -> tuple[int, float]:
        """(cells that find no budget left, seconds that the last process samples for) if no cell takes a second look.

        As in a run, the process that is free first takes the next cell, and a cell that finds any budget is judged.
        """
        spent, drawn, unjudged = [0.0] * processes, set[str](), 0
        for cell in self.cells:
            free = spent.index(min(spent))
            if spent[free] >= budget:
                unjudged += 1
                continue
            new = [each for each in cell.requests if each.name in self._price and each.name not in drawn]
            spent[free] += sum(self._price[each.name][0] * each.shards(self.scale.effort, 0) for each in new)
            drawn |= {each.name for each in new}
        return unjudged, max(spent)
