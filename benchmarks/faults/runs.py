"""Runs of a small set of claims that are killed and started again, and what must come of them.

The claims ask for some hundred small entries, so that a hundred kills fall between different ones. Which computations
began is logged by each process that begins one, so that what was computed twice can be counted. A process is forked
from one that has imported everything, or starting would take longer than running.

What disturbs a run must find it at the place that is meant, however busy the machine is: a run ends itself by the
signal that nobody can catch, and stands still where somebody else is to disturb it.
"""

import gc
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

# All that a run needs, so that forked ones need not load it.
import harness.lab
import harness.run.controller
import harness.run.plugin
import harness.run.recorder  # noqa: F401
from harness.report import results
from harness.store import Store
from harness.store.entries import decode

# Whether a cell goes on depends on the seconds it took; with this budget they never bind, and the results can be equal.
BUDGET = "1000h"

# The report is made of the results, and would take longer than all else.
_CONFTEST = """
import os
import signal
import threading
import time
from pathlib import Path

import harness.run.recorder
from harness.store import Store, key

pytest_plugins = ["harness.run.plugin"]
log, original = Path(__file__).with_name("computed"), Store.fetch
kill_at, kill_after = int(os.environ.get("KILL_AT", 0)), float(os.environ.get("KILL_AFTER", 0))
stand_still_at, go_on = int(os.environ.get("STAND_STILL_AT", 0)), Path(__file__).with_name("go on")


def fetch(self, spec, compute, fresh=False):
    def logged():
        with log.open("a") as file:
            file.write(f"{os.getpid()} {key(spec)}\\n")
        begun = len(log.read_text().splitlines())
        if begun >= kill_at > 0:
            killer = threading.Timer(kill_after, os.killpg, (0, signal.SIGKILL))
            killer.daemon = True
            killer.start()
        while begun >= stand_still_at > 0 and not go_on.exists():
            time.sleep(0.01)
        return compute()

    return original(self, spec, logged, fresh)


Store.fetch = fetch
harness.run.recorder.write_report = lambda *_: None
"""

# Every look at a clock finds it years earlier or later than the last one.
JUMPING_CLOCK = """
import itertools
import time

at, jumps = time.time, itertools.cycle([0.0, 4e8, -8e8])
time.time = lambda: at() + next(jumps)
time.time_ns = lambda: 0
"""

# Its interval is never finite, so that every cell takes all its looks and is then inconclusive.
_CLAIM = '''
"""Sampled functions have some share of ones.

Source: nobody; it is there to be disturbed.
"""
from math import inf

from harness.claim import claim, over
from harness.networks import FullyConnected
from harness.problems import boolean_cube
from harness.verdicts import Estimate, at_least

NETWORK = FullyConnected((8,))


@claim(kind="empirical", speaks_for="instrument", of="share of ones", predicts=at_least(0.5, because="one is needed"))
@over(problem=[boolean_cube(4, train=3, split=split) for split in range(CELLS)])
def test_share(lab, problem):
    functions = lab.prior(NETWORK, problem, draws=200)
    posterior = lab.rejection_posterior(NETWORK, problem, draws=200, last_layers=8)
    shares = {name: float(sample.counts @ sample.bits().mean(axis=1) / sample.total)
              for name, sample in (("prior", functions), ("posterior", posterior.functions))}
    return Estimate("share of ones", shares["prior"], lambda _: (-inf, inf), functions.total, "networks drawn",
                    float(functions.total), "counted", details=shares | {"evidence": posterior.evidence.value})
'''


@dataclass(frozen=True)
class Found:
    """What a run left: its cells without what a clock measured, and every entry's arrays by its description."""

    cells: list[dict[str, Any]]
    arrays: dict[str, dict[str, tuple[str, tuple[int, ...], bytes]]]


class Runs:
    """A folder with a claim of so many cells, and the runs of it.

    store: where the samples are kept; in the folder without it. more: of the runs' conftest.
    """

    def __init__(self, folder: Path, cells: int, store: Path | None = None, more: str = "") -> None:
        self.folder = folder
        self.store = Store(store or folder / "store")
        self.results = folder / "reports" / "results.json"
        self._go_on = folder / "go on"
        room = folder / "claims" / "room"
        room.mkdir(parents=True)
        (folder / "conftest.py").write_text(_CONFTEST + more)
        (folder / "pytest.ini").write_text("[pytest]\npython_files = */claims/*/*.py\naddopts = -p no:cacheprovider\n")
        (room / "shares.py").write_text(_CLAIM.replace("CELLS", str(cells)))
        self._forking = get_context("forkserver")
        self._forking.set_forkserver_preload([__name__])

    def start(self, *arguments: str, **disturbed: float) -> BaseProcess:
        """A run, in a process that leads a group of its own.

        stand_still_at: the number of a computation that waits, once it has begun, for `go_on`. kill_at: one at which it
        ends all its group, or 0 for its start; kill_after: so many seconds later.
        """
        report = str(self.results.with_name("report.html"))
        command = ["claims/", "--store", str(self.store.folder), "--report", report, "--budget", BUDGET]
        command += ["--device", "cpu", *arguments]
        self._go_on.unlink(missing_ok=True)
        process = self._forking.Process(target=_run, args=(self.folder, command, disturbed))
        process.start()
        return process

    def run(self, *arguments: str) -> int:
        """A run to its end; the exit code."""
        process = self.start(*arguments)
        process.join()
        assert process.exitcode is not None
        return process.exitcode

    @property
    def output(self) -> str:
        """What the last run printed."""
        return (self.folder / "output").read_text()

    @property
    def begun(self) -> Counter[str]:
        """How often each entry's computation began. A line that a kill cut short counts as well."""
        log = self.folder / "computed"
        return Counter(line.split()[-1] for line in log.read_text().splitlines()) if log.exists() else Counter()

    @property
    def twice(self) -> int:
        """Computations that had been begun before."""
        begun = self.begun
        return begun.total() - len(begun)

    def found(self) -> Found:
        """What is there now. AssertionError for an entry that is not whole."""
        document = results.read(self.results)
        cells = [{key: each for key, each in cell.items() if key != "seconds"} for cell in document["cells"]]
        arrays = {}
        for path in self.store.entries():
            entry = decode(path.read_bytes())
            assert entry is not None, path
            arrays[entry[0]] = {
                name: (str(array.dtype), array.shape, array.tobytes()) for name, array in entry[1].arrays.items()
            }
        return Found(cells, arrays)

    def wait(self, computations: int, process: BaseProcess) -> None:
        """Until so many computations have begun. AssertionError where the run ends before."""
        while self.begun.total() < computations:
            assert process.is_alive()
            time.sleep(0.01)

    def go_on(self) -> None:
        """Let a run that stands still go on."""
        self._go_on.touch()


def kill_a_worker(process: BaseProcess) -> bool:
    """End one of the processes among which a run with -n shares its cells; whether there was one."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    try:
        workers = [int(number) for number in children.read_text().split()]
        os.kill(workers[0], signal.SIGKILL)
    except (OSError, IndexError):
        return False
    return True


def killed_again_and_again(runs: Runs, rng: np.random.Generator, most: int, *arguments: str) -> int:
    """Start runs that kill themselves with all their processes, until one ends by itself; how many were killed.

    most: a run is killed when it has begun up to so many computations, and up to 50 ms later; one in eight, up to 50 ms
    after its start. What is left of the results by a kill is whole, or this fails.
    """
    kills = 0
    while True:
        place = runs.begun.total() + int(rng.integers(most)) + 1 if rng.random() > 1 / 8 else 0
        process = runs.start(*arguments, kill_at=place, kill_after=rng.uniform(0, 0.05))
        process.join()
        if process.exitcode != -signal.SIGKILL:
            assert process.exitcode == 0, runs.output
            return kills
        kills += 1
        if runs.results.exists():
            results.read(runs.results)


def _run(folder: Path, command: Sequence[str], disturbed: Mapping[str, float]) -> None:
    """A run in this process. What others may plug into pytest, and searching what is loaded for garbage, would take
    most of its time."""
    gc.freeze()
    os.setsid()
    # Whatever started the tests may have left them, and so this process, deaf to Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ |= {name.upper(): str(value) for name, value in disturbed.items()}
    if disturbed.get("kill_at") == 0:
        killer = threading.Timer(disturbed["kill_after"], os.killpg, (0, signal.SIGKILL))
        killer.daemon = True
        killer.start()
    os.chdir(folder)
    output = os.open("output", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, sys.stdout.fileno())
    os.dup2(output, sys.stderr.fileno())
    for plugin in ("hypothesispytest", "timeout", *(() if "-n" in command else ("xdist",))):
        command = ["-p", f"no:{plugin}", *command]
    sys.exit(pytest.main(list(command)))
