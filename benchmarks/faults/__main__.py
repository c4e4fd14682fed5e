"""Nothing is lost: faults injected into runs and into the store, and what was computed twice for them.

python -m benchmarks.faults --json PATH [--kills N]

Each disturbed run ends with the estimates and the stored arrays of a run that was not disturbed, bit for bit, or this
ends with an AssertionError instead of figures. The runs have a budget that never binds: see runs.py.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from time import perf_counter

import numpy as np

from benchmarks.faults import costs
from benchmarks.faults.runs import JUMPING_CLOCK, Found, Runs, kill_a_worker, killed_again_and_again
from benchmarks.speed.report import Row, write
from harness.report import results

# There are 20 entries in a cell, and one to three computations from one kill to the next.
CELLS = 14
MOST = 3
FEW_CELLS = 2
# With two processes every start takes seconds, so that there are fewer.
WORKERS = 2
CELLS_OF_WORKERS = 6
MOST_OF_WORKERS = 40
INTERRUPTIONS = (0.0, 0.02, 0.05, 0.1, 0.2)


def undisturbed(folder: Path, cells: int) -> Found:
    """What a run of so many cells finds."""
    runs = Runs(folder, cells)
    assert runs.run() == 0, runs.output
    assert runs.twice == 0
    return runs.found()


def killed(folder: Path, expected: Found, kills: int) -> list[Row]:
    """A process killed at random moments, in as many runs as make so many kills."""
    rng = np.random.default_rng(0)
    done = twice = series = 0
    while done < kills:
        runs = Runs(folder / str(series), CELLS)
        more = killed_again_and_again(runs, rng, MOST)
        assert runs.found() == expected
        assert runs.twice <= more
        done, twice, series = done + more, twice + runs.twice, series + 1
    return [
        Row("SIGKILL of a run", done, "kills", f"{series} series, each equal to the undisturbed run"),
        Row("— computed twice", twice / done, "entries a kill", "at most 1"),
    ]


def workers_killed(folder: Path, expected: Found, few: Found) -> list[Row]:
    """Runs on two processes killed with both of them; then one worker only, whose place xdist fills."""
    workers = ("-n", str(WORKERS))
    runs = Runs(folder / "all", CELLS_OF_WORKERS)
    kills = killed_again_and_again(runs, np.random.default_rng(1), MOST_OF_WORKERS, *workers)
    assert runs.found() == expected
    assert runs.twice <= WORKERS * kills
    table = [
        Row(f"SIGKILL of a run with -n {WORKERS}", kills, "kills", "all its processes"),
        Row("— computed twice", runs.twice / max(kills, 1), "entries a kill", "at most one a process"),
    ]
    kills = twice = 0
    for begun in (1, 10, 20):
        runs = Runs(folder / str(begun), FEW_CELLS)
        process = runs.start(*workers, stand_still_at=begun)
        runs.wait(begun, process)
        kills += kill_a_worker(process)
        runs.go_on()
        process.join()
        assert runs.run() == 0
        assert runs.found() == few
        twice += runs.twice
    assert twice <= kills
    return [
        *table,
        Row("SIGKILL of one worker", kills, "kills", "the next run has the cell it was at"),
        Row("— computed twice", twice / max(kills, 1), "entries a kill", "at most 1"),
    ]


def interrupted(folder: Path, expected: Found) -> list[Row]:
    """Ctrl-C twice, so many seconds apart."""
    slowest, twice = 0.0, 0
    for gap in INTERRUPTIONS:
        runs = Runs(folder / str(gap), FEW_CELLS)
        process = runs.start(stand_still_at=25)
        runs.wait(25, process)
        assert process.pid is not None
        os.killpg(process.pid, signal.SIGINT)
        process.join(gap)
        start = perf_counter()
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
        process.join()
        slowest = max(slowest, perf_counter() - start)
        assert "Traceback" not in runs.output
        assert not results.read(runs.results)["run"]["complete"]
        assert runs.run() == 0
        assert runs.found() == expected
        twice += runs.twice
    assert twice <= len(INTERRUPTIONS)
    return [
        Row("Ctrl-C twice", len(INTERRUPTIONS), "runs", f"0 to {1e3 * INTERRUPTIONS[-1]:.0f} ms apart"),
        Row("— ends after the second", slowest, "s", "the slowest"),
        Row("— computed twice", twice / len(INTERRUPTIONS), "entries a run", "at most 1"),
    ]


def shared(folder: Path, expected: Found) -> list[Row]:
    """Two runs on one store, undisturbed; then one killed."""
    table = []
    for kills in (0, 1):
        both = [Runs(folder / f"{kills} {name}", FEW_CELLS, store=folder / f"store {kills}") for name in "ab"]
        first, second = both[0].start(**({"kill_at": 5} if kills else {})), both[1].start()
        first.join()
        second.join()
        begun = both[0].begun + both[1].begun
        twice = begun.total() - len(begun)
        assert twice <= kills
        assert both[1].found() == expected
        what = "two runs on one store" + (", one killed" if kills else "")
        table.append(Row(f"{what}: computed twice", twice, "entries", f"at most {kills}"))
    return table


def clock_jumps(folder: Path, expected: Found) -> list[Row]:
    """A system clock that jumps by years at every look."""
    runs = Runs(folder, FEW_CELLS, more=JUMPING_CLOCK)
    assert runs.run() == 0
    assert runs.found() == expected
    assert results.read(runs.results)["run"]["seconds"] > 0
    return [Row("clock that jumps by years", 1, "runs", "equal to the undisturbed run")]


def calls(folder: Path) -> list[Row]:
    """Kills and refusals at every call to the system of one fetch."""
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.faults.calls", str(folder)]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    kills = sum(each["killed"]["kills"] for each in found.values())
    twice = sum(each["killed"]["computed twice"] for each in found.values())
    refusals = [value for each in found.values() for name, value in each.items() if name != "killed"]
    total, said = (sum(each[name] for each in refusals) for name in ("refusals", "sentences"))
    return [
        Row("SIGKILL at every call of a fetch", kills, "kills", "before and after; a new and a damaged entry"),
        Row("— computed twice", twice / kills, "entries a kill", "at most 1"),
        Row("calls of a fetch refused", total, "refusals", "no space left, input/output error"),
        Row("— that end the run", said, "sentences", "the others do not matter"),
    ]


def rows(folder: Path, kills: int) -> list[Row]:
    """All figures."""
    expected = undisturbed(folder / "undisturbed", CELLS)
    few = undisturbed(folder / "few", FEW_CELLS)
    middle = undisturbed(folder / "middle", CELLS_OF_WORKERS)
    return [
        *killed(folder / "killed", expected, kills),
        *calls(folder),
        *interrupted(folder / "interrupted", few),
        *shared(folder / "shared", few),
        *clock_jumps(folder / "clock", few),
        *workers_killed(folder / "workers", middle, few),
        *costs.rows(folder / "costs"),
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    parser.add_argument("--kills", type=int, default=100, help="at least so many of a run (default 100)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        write(rows(Path(folder), options.kills), options.json)
