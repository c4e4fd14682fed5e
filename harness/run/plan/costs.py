"""Seconds and bytes of a shard from those that were measured: one curve for each sampler.

What was itself measured is taken as it was, whatever the seed; the curve has the rest.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from harness.run.plan.curves import Amount, Cost, Curve
from harness.run.plan.quantities import Quantities
from harness.run.plan.requests import Request
from harness.store.entries import key

# The standard deviation of the logarithm of what a shard takes that was measured before.
_REPEATED = 0.1
_LEFT_OUT = ("seed", "device", "dtype", "version")
PACKAGED = "costs.json"


@dataclass(frozen=True)
class Measured:
    """What shards of one description took on the mean: seconds and bytes in the store.

    identity: of the description, without seed, device and version of the samplers. shards: how many were measured.
    """

    identity: str
    family: str
    work: dict[str, float]
    sizes: dict[str, float]
    kinds: tuple[str, ...]
    seconds: float
    bytes: float
    shards: int

    @classmethod
    def of(cls, request: Request, quantities: Quantities, seconds: float, size: float, shards: int) -> "Measured":
        """With what the cost is made of."""
        work = {name: float(f"{amount:.6g}") for name, amount in quantities.work.items()}
        parts = work, quantities.sizes, quantities.kinds
        return cls(identity(request), quantities.family, *parts, float(f"{seconds:.4g}"), round(size), shards)


def identity(request: Request) -> str:
    """The description's address in the cost curves."""
    return identity_of(request.spec)


def identity_of(spec: Mapping[str, Any]) -> str:
    """Of a description without the shard: its address but for what costs do not depend on."""
    return key({name: value for name, value in spec.items() if name not in _LEFT_OUT})[:16]


@dataclass(frozen=True)
class Machine:
    """Where costs were measured.

    multiplications: a second, of float32 matrix products, on one core or GPU. look: seconds that a look at a cell takes
    besides its shards: reading the store, statistics, and the run's own beginning and end, shared out.
    """

    name: str
    device: str
    multiplications: float
    look: float


class Costs:
    """What shards cost on one kind of device."""

    def __init__(self, machine: Machine, measured: Iterable[Measured]) -> None:
        self.machine, self.measured = machine, {each.identity: each for each in measured}
        by_family: dict[str, list[Measured]] = defaultdict(list)
        for each in self.measured.values():
            by_family[each.family].append(each)
        self._of = by_family
        self._curves: dict[tuple[str, str], Curve] = {}

    def seconds(self, request: Request, quantities: Quantities) -> Amount:
        """Of a shard, or of what is computed once."""
        found = self.measured.get(identity(request))
        return Amount(found.seconds, _REPEATED) if found else self._curve(quantities.family, "seconds")(quantities)

    def bytes(self, request: Request, quantities: Quantities) -> Amount:
        """In the store, alike."""
        found = self.measured.get(identity(request))
        return Amount(found.bytes, _REPEATED) if found else self._curve(quantities.family, "bytes")(quantities)

    def _curve(self, name: str, of: str) -> Curve:
        if (name, of) not in self._curves:
            self._curves[name, of] = Curve([Cost(each, getattr(each, of)) for each in self._of[name]])
        return self._curves[name, of]


def read(path: Path | None = None) -> Costs:
    """Costs as `write` has written them; None: those that are packaged, measured on a CPU."""
    text = files("harness.run.plan").joinpath(PACKAGED).read_text() if path is None else path.read_text()
    document = json.loads(text)
    rows = [Measured(**{**row, "kinds": tuple(row["kinds"])}) for row in document["measured"]]
    return Costs(Machine(**document["machine"]), rows)


def write(path: Path, machine: Machine, measured: Iterable[Measured]) -> None:
    """One line for each of them, in the order of families."""
    rows = sorted(map(asdict, measured), key=lambda row: (row["family"], row["identity"]))
    lines = ",\n".join(json.dumps(row, ensure_ascii=False, sort_keys=True) for row in rows)
    head = json.dumps(asdict(machine), ensure_ascii=False)
    path.write_text(f'{{"machine": {head},\n"measured": [\n{lines}\n]}}\n', encoding="utf-8")
