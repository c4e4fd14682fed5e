"""Whole runs on workers: a scheduler that goes away, several processes that share them, Ctrl-C."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from tests.support.processes import wait_for

SCHEDULER = """
import time
from distributed import LocalCluster

if __name__ == "__main__":
    cluster = LocalCluster(n_workers=1, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0")
    print(cluster.scheduler_address, flush=True)
    time.sleep(600)
"""


@pytest.mark.slow
def test_a_scheduler_that_goes_away_ends_the_run_and_keeps_what_was_found(project, monkeypatch):
    project.drawn(bits=(2, 3, 4))
    (project.folder / "scheduler.py").write_text(SCHEDULER)
    scheduler = subprocess.Popen(
        [sys.executable, "scheduler.py"],
        cwd=project.folder,
        env={**os.environ, "STANDS_STILL_AFTER": "3"},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        address = scheduler.stdout.readline().strip()

        def kill():
            wait_for(lambda: len(project.computed) == 3)
            scheduler.kill()

        threading.Thread(target=kill).start()
        ran = project.run("--cluster", address)
    finally:
        os.killpg(scheduler.pid, signal.SIGKILL)
        scheduler.communicate()
    ran.one_sentence(f"The scheduler {address} does not answer any more. What was stored stays; run again once it is")
    assert not ran.results["run"]["complete"]
    assert 2 <= len(ran.results["cells"]) == project.samples <= 3
    assert (project.folder / "reports" / "latest" / "report.html").exists()
    drawn = len(project.computed)
    assert project.run().results["run"]["complete"]
    assert len(project.computed) - drawn == 6 - len(ran.results["cells"])


@pytest.mark.slow
def test_processes_that_share_workers_find_what_one_process_finds(project):
    project.drawn(bits=(2, 3, 4), margin=0.08)
    one = project.run("--store", "one")
    shared = project.run("--store", "two", "--workers", "2", "-n", "2")
    assert one.code == shared.code == 0
    for cell in (*one.results["cells"], *shared.results["cells"]):
        del cell["seconds"]
    assert one.results["cells"] == shared.results["cells"]
    assert max(cell["estimate"]["looks"] for cell in one.results["cells"]) > 1
    # Every shard once in each of the two stores, by the same streams.
    assert len(project.computed) == 2 * len(set(project.computed))


@pytest.mark.slow
def test_ctrl_c_ends_the_workers_too(project):
    project.drawn(bits=(2, 3, 4))
    # Dask lets a worker finish its shard first: each of the last four takes a while, but ends.
    process = project.start("--workers", "1", stands_still_after=2, seconds=8)
    wait_for(lambda: len(project.computed) >= 2 and project.samples >= 2)
    os.killpg(process.pid, signal.SIGINT)
    ran = project.finish(process)
    assert ran.code == pytest.ExitCode.INTERRUPTED, ran.out + ran.err
    assert ran.err == ""
    assert 1 <= len(ran.outcomes) < 6
    assert set(ran.outcomes.values()) == {"supported"}

    def gone():
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            return True
        return False

    wait_for(gone)
