"""A soak: the same small runs again and again, in one process and on one store; neither grows.

python -m benchmarks.soak --minutes 30 [--json PATH]

A round is a run of `pytest` over a claim, with its page; requests of every kind to a lab, drawn afresh; the same, read
from the store by another lab; and an interrupted one. All rounds find the same bits and leave the same store, or this
ends with an AssertionError. Memory is measured after the first quarter of the time, in which caches fill, and at the
end; so are open files and threads.
"""

import argparse
import contextlib
import gc
import hashlib
import io
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pytest
import torch

from benchmarks.speed.report import Row, write
from harness.claim import Scale
from harness.lab import SAMPLERS_VERSION, Lab
from harness.networks import FullyConnected
from harness.optimisers import SGD
from harness.problems import boolean_cube, training_sets
from harness.store import Store
from harness.store.maintenance import contents, verify

NETWORK, TASK = FullyConnected((8,)), boolean_cube(3, "majority", train=3)
SETS = training_sets(boolean_cube, 3, 5, bits=3, target="majority")
TRAINING: dict[str, Any] = {"networks": 8, "batch": 2, "max_epochs": 50}
REQUESTS: dict[str, Callable[[Lab], Any]] = {
    "prior": lambda lab: lab.prior(NETWORK, TASK, draws=200),
    "rejection": lambda lab: lab.rejection_posterior(NETWORK, TASK, draws=100, last_layers=4),
    "subset simulation": lambda lab: lab.subset_posterior(NETWORK, TASK, runs=2, chains=8, steps=2),
    "training": lambda lab: lab.train(NETWORK, TASK, SGD(0.1), **TRAINING),
    "training sets": lambda lab: lab.train_on_sets(NETWORK, SETS, SGD(0.1), least_fitted=None, **TRAINING)[0],
    "infinite prior": lambda lab: lab.infinite_prior(NETWORK, TASK, draws=50),
    "log volumes": lambda lab: lab.log_volumes(NETWORK, TASK, np.eye(TASK.n), runs=2, points=16),
}
_CLAIM = '''
"""Sampled functions have some share of ones.

Source: nobody; it is there to be run again and again.
"""
from harness.claim import claim, over
from harness.networks import FullyConnected
from harness.problems import boolean_cube
from harness.verdicts import at_least
from harness.verdicts.intervals import proportion


@claim(kind="empirical", speaks_for="instrument", of="share of ones", predicts=at_least(0.01, because="one is needed"))
@over(bits=[2, 3])
def test_share(lab, bits):
    functions = lab.prior(FullyConnected((4,)), boolean_cube(bits), draws=200)
    ones = int(functions.counts @ (functions.bits().any(axis=1)))
    return proportion(ones, functions.total, quantity="share of ones", unit="networks drawn")
'''


class Interrupted(BaseException):
    """Ctrl-C."""


@dataclass(frozen=True)
class Measured:
    """What a round leaves: megabytes of memory, open files, threads, entries and megabytes of the store."""

    memory: float
    files: int
    threads: int
    entries: int
    stored: float


def digest(sample: Any) -> str:
    """The bits of a sample."""
    found = hashlib.sha256()
    for name, array in sorted(sample.to_arrays().items()):
        found.update(f"{name} {array.dtype} {array.shape}".encode() + array.tobytes())
    return found.hexdigest()


def run_of_a_claim(folder: Path, store: Path) -> None:
    """A run of the claim in this process, from the store but for the first time, with its page."""
    before = set(sys.modules)
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said), contextlib.chdir(folder):
        code = pytest.main(["claims/", "--store", str(store), "--device", "cpu", "-p", "no:hypothesispytest"])
    assert code == 0, said.getvalue()
    assert (folder / "reports" / "latest" / "report.html").stat().st_size > 10_000
    for name in set(sys.modules) - before:
        if name.startswith(("claims", "conftest")):
            del sys.modules[name]


def interrupt(lab: Lab) -> None:
    """A request that is interrupted when it has been drawn and is not stored yet."""

    def compute() -> Any:
        raise Interrupted

    with contextlib.suppress(Interrupted):
        lab.store.fetch({"sampler": "interrupted", "shard": 0}, compute)


def measured(store: Path) -> Measured:
    """What there is now."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    found = contents(Store(store), SAMPLERS_VERSION)
    assert found.set_aside == found.unfinished == 0
    return Measured(
        pages * os.sysconf("SC_PAGE_SIZE") / 1e6,
        sum(1 for _ in Path("/proc/self/fd").iterdir()),
        threading.active_count(),
        found.entries,
        found.bytes / 1e6,
    )


def soak(folder: Path, minutes: float) -> list[Row]:
    """Rounds for so many minutes, at least 8."""
    torch.set_num_threads(1)
    store, scale = folder / "store", Scale("soak", 1e9, effort=1, looks=1)
    claims = folder / "claims" / "room"
    claims.mkdir(parents=True)
    (folder / "conftest.py").write_text('pytest_plugins = ["harness.run.plugin"]\n')
    (folder / "pytest.ini").write_text("[pytest]\npython_files = */claims/*/*.py\naddopts = -p no:cacheprovider\n")
    (claims / "shares.py").write_text(_CLAIM)
    rounds: list[tuple[float, Measured]] = []
    first: list[str] | None = None
    start = time.monotonic()
    while (now := time.monotonic() - start) < 60 * minutes or len(rounds) < 8:
        run_of_a_claim(folder, store)
        for fresh in (True, False):
            lab = Lab(scale, "cpu", 0, store, fresh=fresh)
            found = [digest(ask(lab)) for ask in REQUESTS.values()]
            first = first or found
            assert found == first
        interrupt(lab)
        rounds.append((now, measured(store)))
    assert all(whole for _, whole in verify(Store(store)))
    warm = [each for at, each in rounds if at >= rounds[-1][0] / 4]
    early, late = warm[: len(warm) // 3 or 1], warm[-(len(warm) // 3 or 1) :]
    before, after = (median(each.memory for each in part) for part in (early, late))
    stores = {(each.entries, round(each.stored, 6)) for _, each in rounds}
    assert len({entries for entries, _ in stores}) == 1, stores
    return [
        Row("rounds", len(rounds), "rounds", f"{minutes:g} minutes; every one with the bits of the first"),
        Row("memory after the first quarter", before, "MB", "resident; median of a third of the rounds since"),
        Row("memory at the end", after, "MB", "median of the last third of these rounds"),
        Row("— grown", 1e3 * (after - before) / max(len(warm) * 2 / 3, 1), "kB a round", "between the two"),
        Row("open files", warm[-1].files - warm[0].files, "more", "since the first quarter"),
        Row("threads", warm[-1].threads - warm[0].threads, "more", "since the first quarter"),
        Row("entries of the store", warm[-1].entries, "entries", "after every round the same"),
        Row("store", warm[-1].stored, "MB", f"{min(s for _, s in stores):.3f} to {max(s for _, s in stores):.3f}"),
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=30, help="how long (default 30)")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        write(soak(Path(place), options.minutes), options.json)
