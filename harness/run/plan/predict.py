"""The plan of a run: time, memory, networks and disk of each cell and claim, and what the budget will not decide."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import exp, inf, isfinite, log, sqrt
from typing import Any

from harness.claim import Scale
from harness.report.words import duration
from harness.run.plan.costs import Costs
from harness.run.plan.curves import Amount
from harness.run.plan.looks import looks_wanted, pursued, shards_needed
from harness.run.plan.quantities import Quantities, quantities
from harness.run.plan.requests import Cell, Request

# A stored entry is held a few times while it is merged and counted.
_COPIES = 4


@dataclass(frozen=True)
class Priced:
    """A request with what a shard of it costs."""

    request: Request
    parts: Quantities
    seconds: Amount
    bytes: Amount

    @property
    def memory(self) -> float:
        """Bytes at the peak of a shard."""
        return self.parts.memory + _COPIES * self.bytes.value


@dataclass(frozen=True)
class CellPlan:
    """Of one cell, were it alone: what it shares with others is in each of them.

    first, all: seconds of its first look, and of all looks. likely: of the looks that an earlier run lets expect; None
    where there was none. spread: the factor that the 95 % interval of these goes to either side. networks, disk: of its
    first look. undecided: why the budget or the looks will not decide it; None where they may.
    """

    claim: str
    id: str
    first: float
    all: float
    likely: float | None
    spread: float
    networks: float
    memory: float
    disk: float
    looks: int
    undecided: str | None
    missing: str | None


@dataclass(frozen=True)
class Total:
    """Of a whole run: seconds of computing in all its processes, and until the last has done; of each request once."""

    computed: float
    spread: float
    until: float
    networks: float
    disk: float
    memory: float
    looks: int


@dataclass(frozen=True)
class Plan:
    """first, likely, all: the run where each cell takes its first look only, whatever the budget; as many looks as an
    earlier run lets expect, None without one; and all that the budget allows."""

    scale: str
    device: str
    assumed: str | None
    budget: float
    processes: int
    cells: tuple[CellPlan, ...]
    first: Total
    likely: Total | None
    all: Total

    def to_json(self) -> str:
        """The same as data."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1, default=float) + "\n"


def plan(
    cells: Sequence[Cell],
    costs: Costs,
    scale: Scale,
    budget: float,
    processes: int,
    device: str,
    slower: float = 1.0,
    assumed: str | None = None,
    results: Mapping[str, Any] | None = None,
) -> Plan:
    """Of these cells, in the order of a run.

    slower: by what factor the device is slower than that of the cost curves. results: of an earlier run.
    """
    priced = price(cells, costs, slower)
    needs = shards_needed(results) if results is not None else {}
    known = {(cell["claim"], cell["id"]) for cell in results["cells"]} if results is not None else set()
    asked = [cell for cell in cells if cell.missing is None]
    wanted = [looks_wanted(needs.get((cell.claim, cell.id)), scale) for cell in asked]
    seconds = {name: each.seconds.value for name, each in priced.items()}
    overhead = costs.machine.look

    def run(looks: Iterable[int], budget: float = budget) -> tuple[Total, list[int]]:
        taken, shards, team = pursued(
            zip([cell.requests for cell in asked], looks, strict=True), scale, budget, processes, seconds
        )
        computed = sum(process.computed for process in team)
        return Total(
            computed,
            _spread((priced[name], count) for name, count in shards.items()),
            max(process.computed for process in team) + overhead * sum(taken) / processes,
            sum(priced[name].parts.networks * count for name, count in shards.items()),
            sum(priced[name].bytes.value * count for name, count in shards.items()),
            max((priced[name].memory for name in shards), default=0.0),
            sum(taken),
        ), taken

    first, _ = run([1] * len(asked), inf)
    everything, most = run([scale.looks] * len(asked))
    likely, taken = run(wanted) if results is not None else (None, most)
    looks = iter(zip(taken, wanted, strict=True))
    plans = []
    for cell in cells:
        if cell.missing is not None:
            plans.append(CellPlan(cell.claim, cell.id, 0, 0, 0, 1, 0, 0, 0, 0, None, cell.missing))
            continue
        took, wants = next(looks)
        known_need = needs.get((cell.claim, cell.id)) if (cell.claim, cell.id) in known else None
        plans.append(_cell(cell, priced, scale, took, wants, known_need, results is not None))
    return Plan(scale.name, device, assumed, budget, processes, tuple(plans), first, likely, everything)


def price(cells: Iterable[Cell], costs: Costs, slower: float = 1.0) -> dict[str, Priced]:
    """Every request of these cells, by its address."""
    found = {}
    for cell in cells:
        for request in cell.requests:
            if request.name not in found:
                parts = quantities(request)
                took = costs.seconds(request, parts)
                seconds = Amount(took.value * slower, took.scatter)
                found[request.name] = Priced(request, parts, seconds, costs.bytes(request, parts))
    return found


def alone(cell: Cell, priced: Mapping[str, Priced], effort: int, looks: int) -> list[tuple[Priced, int]]:
    """A cell's requests with their shards, were there no others."""
    return [(priced[each.name], each.shards(effort, looks - 1)) for each in cell.requests] if looks else []


def _cell(
    cell: Cell,
    priced: Mapping[str, Priced],
    scale: Scale,
    took: int,
    wants: int,
    need: float | None,
    foreseen: bool,
) -> CellPlan:
    def seconds(looks: int) -> float:
        return sum(each.seconds.value * shards for each, shards in alone(cell, priced, scale.effort, looks))

    shards = alone(cell, priced, scale.effort, 1)
    undecided, most = None, scale.effort * 2.0 ** (scale.looks - 1)
    if took < 1:
        undecided = "the budget is spent before it"
    elif need is not None and need > most:
        undecided = "no number of shards in sight would decide it"
        if isfinite(need):
            # The time of a first look, as many times as there are more shards.
            undecided = (
                f"would need {need / most:,.2g} times what all looks give, {duration(seconds(1) * need / scale.effort)}"
            )
    elif took < wants and need is not None:
        undecided = f"the budget ends at look {took} of the {wants} it needs, {duration(seconds(wants))}"
    return CellPlan(
        cell.claim,
        cell.id,
        seconds(1),
        seconds(scale.looks),
        seconds(took) if foreseen else None,
        _spread(shards),
        sum(each.parts.networks * count for each, count in shards),
        max((each.memory for each, _ in shards), default=0.0),
        sum(each.bytes.value * count for each, count in shards),
        took,
        undecided,
        None,
    )


def _spread(shards: Iterable[tuple[Priced, int]]) -> float:
    """Of a sum: errors of one family's curve go together, those of different families do not."""
    total, errors = 0.0, defaultdict[str, float](float)
    for each, count in shards:
        total += each.seconds.value * count
        errors[each.parts.family] += each.seconds.value * count * each.seconds.scatter
    if not total:
        return 1.0
    relative = sqrt(sum(error**2 for error in errors.values())) / total
    return exp(1.96 * min(relative, log(1e6)))
