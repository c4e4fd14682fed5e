"""How far a cell will be pursued: by an earlier run's results where there are some, and by the budget in any case.

The rules are those of `judging.judge_cell`, `Shards.goes_on` and `Session.allowance`; here seconds are predicted.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Any

from harness.claim import SCALES, Scale
from harness.claim.scales import allowance
from harness.run.judging import HOPELESS
from harness.run.plan.requests import Request

_MORE = re.compile(r"would need about ([0-9,]+) more")


def shards_needed(results: Mapping[str, Any]) -> dict[tuple[str, str], float]:
    """(claim, cell) -> the shards of each sample that an earlier run found to decide the cell, or to be needed for it.

    inf where no number would do; a cell of which nothing can be foreseen is left out. It holds at every scale, since
    the same shards are drawn at each.
    """
    effort = SCALES[results["run"]["scale"]].effort
    found = {}
    for cell in results["cells"]:
        estimate = cell["estimate"]
        if estimate is None:
            continue
        shards, said = effort * 2.0 ** (estimate["looks"] - 1), estimate["needed"] or ""
        if cell["verdict"] != "inconclusive":
            found[cell["claim"], cell["id"]] = shards
        elif more := _MORE.match(said):
            count = float(more[1].replace(",", ""))
            found[cell["claim"], cell["id"]] = shards * (1 + count / max(estimate["n"], 1))
        elif said.startswith("no sample size") or "infinitely many" in said:
            found[cell["claim"], cell["id"]] = inf
    return found


def looks_wanted(needed: float | None, scale: Scale) -> int:
    """Looks that a cell takes where nothing but its need stops it; None: it is not known, so all of them."""
    if needed is None:
        return scale.looks
    if needed > HOPELESS * scale.effort * 2.0 ** (scale.looks - 1):
        return 1
    looks = 1
    while looks < scale.looks and scale.effort * 2.0 ** (looks - 1) < needed:
        looks += 1
    return looks


@dataclass
class Process:
    """One of a run's processes, and how far it has come.

    seconds: of a shard of a request, by its address. computed: seconds spent on computing. judged: cells.
    """

    computed: float = 0.0
    judged: int = 0
    _charged: dict[str, int] = field(default_factory=dict)

    def pursue(
        self,
        requests: Iterable[Request],
        looks: int,
        scale: Scale,
        allowance: float,
        seconds: Mapping[str, float],
        stored: dict[str, int],
    ) -> int:
        """Judge a cell of these requests: how many looks it takes, none where no budget is left.

        looks: that it would take. stored: shards of each request that some process has drawn; added to.
        """
        requests, before = tuple(requests), self.computed
        self.judged += 1
        if allowance <= 0:
            return 0
        for look in range(looks):
            if look:
                ahead = sum(self._missing(each, scale.effort, look) * seconds[each.name] for each in requests)
                if allowance < self.computed - before + ahead:
                    return look
            for each in requests:
                shards = each.shards(scale.effort, look)
                self.computed += max(shards - stored.get(each.name, 0), 0) * seconds[each.name]
                stored[each.name] = max(stored.get(each.name, 0), shards)
                self._charged[each.name] = max(self._charged.get(each.name, 0), shards)
        return looks

    def _missing(self, request: Request, effort: int, look: int) -> int:
        """Shards of a look that the process has not been charged for; what does not grow costs it nothing."""
        if not (request.drawn and request.grows):
            return 0
        return max(request.shards(effort, look) - self._charged.get(request.name, 0), 0)


def pursued(
    cells: Iterable[tuple[Iterable[Request], int]],
    scale: Scale,
    budget: float,
    processes: int,
    seconds: Mapping[str, float],
) -> tuple[list[int], dict[str, int], list[Process]]:
    """A whole run: looks of each cell, shards of each request, and the processes at its end.

    cells: the requests of each, with the looks it would take, in the order of the run; each goes to the process that is
    free first.
    """
    todo = list(cells)
    team = [Process() for _ in range(processes)]
    stored: dict[str, int] = {}
    taken = []
    for requests, looks in todo:
        free = min(team, key=lambda process: process.computed)
        spend = allowance(budget, free.computed, len(todo) / processes, free.judged)
        taken.append(free.pursue(requests, looks, scale, spend, seconds, stored))
    return taken, stored, team
