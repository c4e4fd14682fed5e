"""What keeping an entry costs, beside what the disk makes it wait for."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from unittest.mock import patch

import numpy as np

from benchmarks.speed.report import Row
from benchmarks.speed.timing import least_seconds
from harness.store import Store

SIZES = {"10 kB": 10_000, "1 MB": 1_000_000}
ENTRIES = 20


def rows(folder: Path) -> list[Row]:
    """Processor's time of a put and a get, the disk's of a put as it is, and as it would be with the file alone."""
    table = []
    for name, size in SIZES.items():
        store, arrays = Store(folder / name), {"bytes": np.random.default_rng(0).integers(0, 256, size, np.uint8)}

        def put(store: Store = store, arrays: dict[str, np.ndarray] = arrays) -> None:
            for shard in range(ENTRIES):
                store.put({"shard": shard}, arrays, {"seconds": 0.0})

        def get(store: Store = store) -> None:
            for shard in range(ENTRIES):
                store.get({"shard": shard})

        put()
        least = least_seconds({"put": put, "get": get})
        put_and_get = (least["put"] + least["get"]) / ENTRIES
        table.append(Row(f"{name}: put and get", 1e3 * put_and_get, "ms of processor", "least of 7 rounds"))
        for note, folders in (("as it is: the file, then its folder", True), ("were it the file alone", False)):
            waited = synchronising(put, folders)
            table.append(Row(f"{name}: fsync, {note}", 1e3 * waited, "ms of the clock", "median entry"))
    return table


def synchronising(put: Callable[[], None], folders: bool) -> float:
    """Seconds of the clock that an entry waits for the disk, a median over the entries of one put."""
    waits: list[float] = []
    fsync = os.fsync

    def timed(descriptor: int) -> None:
        start = time.perf_counter()
        fsync(descriptor)
        waits.append(time.perf_counter() - start)

    with patch("os.fsync", timed):
        if folders:
            put()
        else:
            with patch("harness.store.store._synchronise", lambda _: None):
                put()
    return median(np.array(waits).reshape(ENTRIES, -1).sum(axis=1))
