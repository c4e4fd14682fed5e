"""What the entries of a store took: seconds, and bytes on the disk."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from harness.run.plan.costs import Measured, identity, identity_of
from harness.run.plan.quantities import quantities
from harness.run.plan.requests import Request
from harness.store import Store
from harness.store.entries import decode, key


class Taken(NamedTuple):
    """By one entry; shard: its number, None for what is computed once; name: its description's address, as a request
    has it."""

    shard: int | None
    seconds: float
    bytes: int
    name: str = ""


def taken(folder: Path, since: float = 0.0) -> Mapping[str, list[Taken]]:
    """By the description's identity in the cost curves; damaged entries and decisions are passed over.

    since: only what was written from then on, in seconds of `time.time`.
    """
    found: dict[str, list[Taken]] = defaultdict(list)
    for path in Store(folder).entries():
        if path.stat().st_mtime < since:
            continue
        content = path.read_bytes()
        entry = decode(content)
        if entry is None or "seconds" not in entry[1].facts:
            continue
        spec = json.loads(entry[0])
        shard = spec.pop("shard", None)
        found[identity_of(spec)].append(Taken(shard, float(entry[1].facts["seconds"]), len(content), key(spec)))
    return found


def measured(requests: Iterable[Request], entries: Mapping[str, list[Taken]]) -> list[Measured]:
    """Of those requests that have entries, what a shard took on the mean."""
    rows = {}
    for request in requests:
        name = identity(request)
        if name in entries and name not in rows:
            seconds, sizes = (np.mean([getattr(each, of) for each in entries[name]]) for of in ("seconds", "bytes"))
            rows[name] = Measured.of(request, quantities(request), float(seconds), float(sizes), len(entries[name]))
    return list(rows.values())
