"""Faults that are really injected, each against a run that nothing disturbs: nothing is lost, the numbers are equal.

`python -m benchmarks.faults` does the same a hundred times and more.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pytest

from benchmarks.faults.runs import JUMPING_CLOCK, Runs, kill_a_worker, killed_again_and_again
from harness.report import results
from harness.store.maintenance import contents, verify

CELLS = 2
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    runs = Runs(tmp_path_factory.mktemp("undisturbed") / "runs", CELLS)
    assert runs.run() == 0, runs.output
    assert runs.twice == 0
    return runs


@pytest.fixture
def runs(tmp_path):
    return Runs(tmp_path / "runs", CELLS)


def whole(store):
    return all(each for _, each in verify(store))


def refused(runs, code, said):
    """One sentence, no traceback."""
    assert code == pytest.ExitCode.USAGE_ERROR, runs.output
    assert "Traceback" not in runs.output
    lines = [line for line in runs.output.splitlines() if line.startswith("ERROR:")]
    assert len(lines) == 1
    assert said in lines[0]


@contextmanager
def mounted(*arguments):
    """A file system of these arguments of mount, the last of which is its folder."""
    if subprocess.run(["mount", *arguments], capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a file system, and not everywhere")
    try:
        yield Path(arguments[-1])
    finally:
        subprocess.run(["umount", "--lazy", arguments[-1]], check=True)


def test_a_fetch_killed_or_refused_at_any_call_to_the_system():
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None) as folder:
        command = [sys.executable, "-W", "ignore", "-m", "benchmarks.faults.calls", folder]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for found in json.loads(done.stdout).values():
        assert found["killed"]["kills"] > 50
        # Some of these kills come while the entry is computed or written, and others after that.
        assert 0 < found["killed"]["computed twice"] < found["killed"]["kills"]
        for refusal in ("ENOSPC", "EIO"):
            assert 10 < found[refusal]["sentences"] < found[refusal]["refusals"]


def test_runs_that_are_killed_lose_a_shard_each_and_find_the_same(runs, undisturbed):
    kills = killed_again_and_again(runs, np.random.default_rng(0), 8)
    assert kills > 2
    assert runs.twice <= kills
    assert runs.found() == undisturbed.found()
    assert not contents(runs.store, 0).set_aside


@pytest.mark.slow
def test_a_worker_that_is_killed_loses_a_shard(runs, undisturbed):
    process = runs.start("-n", "2", stand_still_at=5)
    runs.wait(5, process)
    assert kill_a_worker(process)
    runs.go_on()
    process.join()
    assert "Traceback" not in runs.output
    # The cell that it was at is missing; the next run has it.
    assert not results.read(runs.results)["run"]["complete"]
    assert runs.run() == 0
    assert runs.twice <= 1
    assert runs.found() == undisturbed.found()


def test_a_full_disk_is_said_and_the_run_goes_on_from_there(tmp_path, undisturbed):
    disk = tmp_path / "disk"
    disk.mkdir()
    with mounted("-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)):
        runs = Runs(tmp_path / "runs", CELLS, store=disk / "store")
        filler = disk / "filler"
        filler.write_bytes(bytes(960 * 1024))
        refused(runs, runs.run(), "has no space left; free some space")
        assert next(runs.store.entries())
        assert whole(runs.store)
        filler.unlink()
        assert runs.run() == 0
        assert runs.twice <= 1
        assert runs.found() == undisturbed.found()


def test_a_disk_too_full_for_the_results_leaves_those_of_before_beside_them(tmp_path, undisturbed):
    disk = tmp_path / "disk"
    disk.mkdir()
    with mounted("-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)):
        runs = Runs(tmp_path / "runs", CELLS)
        runs.results = disk / "results.json"
        assert runs.run() == 0
        before = runs.results.read_bytes()
        with (disk / "filler").open("wb") as filler, pytest.raises(OSError, match="No space"):
            filler.write(bytes(2**20))
        refused(runs, runs.run(), "results.json cannot be written (No space left on device)")
        assert not runs.results.exists()
        assert runs.results.with_name("previous.json").read_bytes() == before
        (disk / "filler").unlink()
        assert runs.run() == 0
        assert runs.found() == undisturbed.found()


@contextmanager
def read_only(folder):
    if os.geteuid():
        paths = [folder, *folder.rglob("*")]
        for path in paths:
            path.chmod(path.stat().st_mode & ~0o222)
        try:
            yield
        finally:
            for path in paths:
                path.chmod(path.stat().st_mode | 0o200)
    else:
        with mounted("--bind", "-o", "ro", str(folder), str(folder)):
            yield


def test_a_store_that_can_only_be_read_serves_a_run_that_needs_no_more(runs, undisturbed):
    found = undisturbed.found()
    with read_only(undisturbed.store.folder):
        assert undisturbed.run() == 0, undisturbed.output
        assert undisturbed.found() == found
        # Another seed needs other entries, and is told before any is computed.
        runs.store = undisturbed.store
        refused(runs, runs.run("--seed", "1"), "cannot be written")
        assert not runs.begun


def test_runs_that_share_a_store_compute_everything_once_and_survive_each_other(tmp_path, undisturbed):
    both = [Runs(tmp_path / name, CELLS, store=tmp_path / "store") for name in ("one", "other")]
    # It ends while it computes an entry, for which the other one perhaps waits.
    first, second = both[0].start(kill_at=5), both[1].start()
    first.join()
    second.join()
    assert second.exitcode == 0
    begun = both[0].begun + both[1].begun
    assert begun.total() - len(begun) <= 1
    assert both[0].run() == 0
    assert [runs.found() for runs in both] == [undisturbed.found()] * 2


def test_runs_that_share_a_store_undisturbed(tmp_path, undisturbed):
    both = [Runs(tmp_path / name, CELLS, store=tmp_path / "store") for name in ("one", "other")]
    for process in [runs.start() for runs in both]:
        process.join()
        assert process.exitcode == 0
    begun = both[0].begun + both[1].begun
    assert set(begun.values()) == {1}
    assert begun == undisturbed.begun
    assert [runs.found() for runs in both] == [undisturbed.found()] * 2


def test_a_clock_that_jumps_by_years_changes_nothing(tmp_path, undisturbed):
    runs = Runs(tmp_path / "runs", CELLS, more=JUMPING_CLOCK)
    assert runs.run() == 0, runs.output
    assert runs.found() == undisturbed.found()
    document = results.read(runs.results)
    assert 0 < document["run"]["seconds"] < 600
    assert all(0 <= cell["seconds"] < 600 for cell in document["cells"])


@pytest.mark.parametrize("gap", [0.0, 0.1])
def test_ctrl_c_twice_ends_a_run_at_once(runs, undisturbed, gap):
    process = runs.start(stand_still_at=25)
    runs.wait(25, process)
    os.killpg(process.pid, signal.SIGINT)
    time.sleep(gap)
    # It may be over by now.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGINT)
    process.join()
    assert process.exitcode in (pytest.ExitCode.INTERRUPTED, -signal.SIGINT)
    assert "Traceback" not in runs.output
    partial = results.read(runs.results)
    assert not partial["run"]["complete"]
    assert len(partial["cells"]) == 1
    assert whole(runs.store)
    assert runs.run() == 0
    assert runs.twice <= 1
    assert runs.found() == undisturbed.found()
