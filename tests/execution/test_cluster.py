"""Samples drawn by the workers of a cluster: the same bits, whichever workers die; added code need not be on them."""

import asyncio
import os
import signal
import threading
import time
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import numpy as np
import pytest
import torch
from dask import config
from distributed.comm import connect
from distributed.comm.core import CommClosedError
from distributed.core import send_recv
from distributed.security import Security

from harness.errors import BadInput, ClusterLost
from harness.execution import cluster
from harness.execution.cluster import Cluster, keys_of, start_workers
from harness.execution.executor import InProcess
from harness.functions import FunctionCounts
from harness.lab.jobs import Shard
from tests.support.every_request import CPU, REQUESTS, lab_of, same
from tests.support.given import given
from tests.support.processes import wait_for


@pytest.fixture(scope="module")
def workers():
    """Two workers; a shard that has ended two of them is given up."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cluster, "_ALLOWED_FAILURES", 1)
        own = start_workers(2, "cpu")
    yield own
    own.close()


@pytest.fixture(scope="module")
def two(workers):
    used = Cluster(workers.scheduler_address, "auto", Path(__file__).parent, started=2, keys=keys_of(workers))
    yield used
    used.close()


@pytest.mark.skipif("MALLOC_TRIM_THRESHOLD_" in os.environ, reason="the user's own choice, which workers take over")
def test_workers_keep_freed_memory_for_the_next_sample(two):
    told = two._client.run(os.environ.get, "MALLOC_TRIM_THRESHOLD_")
    assert set(told.values()) == {None}


@pytest.mark.parametrize(
    "name", ["prior", "train", "subset_posterior", "kernel", "least_trained_width", "hidden_patterns"]
)
def test_workers_draw_the_bits_that_one_process_draws(tmp_path, two, name):
    here, there = lab_of(tmp_path / "here", look=1), lab_of(tmp_path / "there", two, look=1)
    same(REQUESTS[name](there), REQUESTS[name](here))
    assert {path.name for path in there.store.entries()} == {path.name for path in here.store.entries()}
    # Each process finds in the store what the other one has put there.
    same(REQUESTS[name](lab_of(tmp_path / "there", look=1)), REQUESTS[name](lab_of(tmp_path / "here", two, look=1)))


def one_function(_):
    return FunctionCounts.from_bits(np.ones((1, 3), dtype=np.uint8))


def nothing(_):
    return {}


def test_a_slow_shard_holds_up_no_other_and_its_workers_time_is_charged(tmp_path, two):
    streams = []

    def note(generator):
        streams.append(generator.initial_seed())
        return one_function(generator)

    lab_of(tmp_path / "dry", look=1).gather(given(note, "waits", FunctionCounts))
    begun, go, slow = tmp_path / "begun", tmp_path / "go", streams[0]

    def compute(generator):
        if generator.initial_seed() == slow:
            begun.touch()
        while generator.initial_seed() == slow and not go.exists():
            time.sleep(0.02)
        return one_function(generator)

    lab = lab_of(tmp_path / "store", two, look=1)

    def let_go():
        wait_for(lambda: begun.exists() and len(list(lab.store.entries())) == 1)
        time.sleep(0.2)
        go.touch()

    threading.Thread(target=let_go).start()
    start = time.perf_counter()
    assert lab.gather(given(compute, "waits", FunctionCounts)).total == 2
    assert 0.2 <= lab.computed == lab.spent <= time.perf_counter() - start


def stream(folder, fatal):
    """A shard of random numbers that waits to be killed the first time, or kills its process each time."""

    def compute(generator):
        marker = folder / "pid"
        if fatal:
            os.kill(os.getpid(), signal.SIGKILL)
        if not marker.exists():
            (folder / "writing").write_text(str(os.getpid()))
            (folder / "writing").rename(marker)
            time.sleep(600)
        return Numbers(torch.rand(5, generator=generator).numpy())

    return Shard(given(compute), 0, "killed", 3)


class Numbers:
    def __init__(self, found):
        self.found = found

    def to_arrays(self):
        return {"found": self.found}


def test_a_killed_worker_is_replaced_and_its_shard_drawn_again(tmp_path, two):
    done = []
    thread = threading.Thread(target=lambda: done.append(two.compute(stream(tmp_path, fatal=False))))
    thread.start()
    wait_for((tmp_path / "pid").exists)
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)
    thread.join(300)
    (found, seconds), (expected, _) = done[0], InProcess(CPU).compute(stream(tmp_path, fatal=False))
    np.testing.assert_array_equal(found["found"], expected["found"])
    # What the worker that died spent is not known and not charged.
    assert seconds < 300


def test_a_shard_that_ends_every_worker_is_given_up_and_the_rest_goes_on(tmp_path, two):
    with pytest.raises(BadInput, match="A sample ended the worker that computed it 2 times; most likely"):
        two.compute(stream(tmp_path, fatal=True))
    assert two.compute(Shard(given(lambda _: Numbers(np.zeros(1))), 0, "calm", 0))[0] == {"found": np.zeros(1)}


def test_what_a_sampler_raises_arrives_and_leaves_the_others(tmp_path, two):
    def fails(device):
        (tmp_path / "failed").touch()
        raise BadInput("A worker says no.")

    def waits(device):
        # Jobs reach the scheduler in any order: one that came first must not keep the worker of the one that fails.
        for _ in range(50):
            if (tmp_path / "failed").exists():
                break
            time.sleep(0.02)
        else:
            return {}
        while not (tmp_path / "go").exists():
            time.sleep(0.02)
        (tmp_path / "waited").touch()
        return {}

    with pytest.raises(BadInput, match=r"^A worker says no\.$"):
        list(two.map(two.compute, [fails, waits, waits, waits]))
    assert not (tmp_path / "waited").exists()
    (tmp_path / "go").touch()


def test_a_worker_that_is_another_one_is_refused_when_it_is_given_a_shard(two, monkeypatch):
    monkeypatch.setitem(two._facts, "torch", "1.0")
    with pytest.raises(ClusterLost, match=r"has joined with another torch, 2.* instead of 1\.0; start alike workers"):
        two.compute(nothing)


def test_workers_end_and_the_scheduler_too(tmp_path, monkeypatch):
    own = start_workers(1, "cpu")
    used = Cluster(own.scheduler_address, "cpu", tmp_path, started=1, keys=keys_of(own))
    own.scale(0)
    wait_for(lambda: not used._client.nthreads())
    monkeypatch.setattr(cluster, "_LOOK_EVERY_SECONDS", 0.1)
    monkeypatch.setattr(cluster, "_PATIENCE_SECONDS", 0.2)
    with pytest.raises(ClusterLost, match="has had no workers for"):
        used.compute(nothing)
    threading.Timer(0.3, own.close).start()
    monkeypatch.setattr(cluster, "_PATIENCE_SECONDS", 60)
    with pytest.raises(ClusterLost, match="does not answer any more"):
        used.compute(nothing)
    used.close()


class BreaksOff:
    """A client whose connection breaks before it takes notice; asked to cancel, it would wait for the scheduler."""

    status = "running"

    def submit(self, *_arguments, **_options):
        return self

    def done(self):
        return True

    def result(self):
        raise CommClosedError("in <TCP (closed)>: Stream is closed")

    def cancel(self, _):
        pytest.fail("The scheduler is gone.")

    def close(self, timeout=None):
        assert timeout is not None


def test_a_connection_that_breaks_off_is_a_lost_cluster_only_if_the_scheduler_is_gone(two, monkeypatch):
    broken = Cluster.__new__(Cluster)
    broken.address, broken._asked, broken._started, broken._facts = two.address, "auto", 2, two._facts
    broken._keys = two._keys
    broken._client, broken._waiting, broken._lost, broken.workers = BreaksOff(), set(), False, 2
    with pytest.raises(CommClosedError):
        broken.compute(nothing)
    monkeypatch.setattr(cluster, "_CONNECT_SECONDS", 1)
    broken.address = "tcp://127.0.0.1:9"
    with pytest.raises(ClusterLost, match=r"The scheduler tcp://127\.0\.0\.1:9 does not answer any more"):
        list(broken.map(broken.compute, [nothing] * 2))
    broken.close()


def test_workers_that_can_be_used(two):
    assert (two.workers, two.device) == (2, CPU)


@pytest.fixture
def untouched():
    """A worker that no test has killed."""
    own = start_workers(1, "cpu")
    yield own
    own.close()


def test_workers_are_reached_by_their_owner_only(untouched):
    """Scheduler, worker and nanny: not without keys, nor with those of another run; and Dask shows no page."""
    own = Security(require_encryption=True, **keys_of(untouched))
    found = asyncio.run(asked(untouched.scheduler_address, own, timeout=60))["workers"]
    places = [untouched.scheduler_address, *found, *(each["nanny"] for each in found.values())]
    assert len(places) == 3
    assert all(place.startswith("tls://127.0.0.1:") for place in places)
    for security in (Security(), Security.temporary()):
        for place in places:
            with pytest.raises((OSError, TypeError)):
                asyncio.run(asked(place, security))
            with pytest.raises((OSError, RuntimeError)):
                asyncio.run(asked(place.replace("tls:", "tcp:"), security))
    assert {asyncio.run(asked(place, own, timeout=60))["status"] for place in places} == {"OK"}
    pages = [untouched.scheduler.http_server.port, *(each["services"]["dashboard"] for each in found.values())]
    for port in pages:
        for page in ("status", "info/main/workers.html", "metrics", "json/identity.json", "api/v1/retire_workers", ""):
            with pytest.raises(HTTPError, match="404"):
                urlopen(f"http://127.0.0.1:{port}/{page}", timeout=60)


async def asked(place, security, timeout=5):
    """What is there says to a ping, by these keys."""
    comm = await connect(place, timeout=timeout, **security.get_connection_args("client"))
    try:
        return await send_recv(comm, op="identity") | {"status": "OK"}
    finally:
        comm.abort()


# In the order of `keys_of`, as Dask's configuration names them.
TLS = ("ca-file", "client.cert", "client.key")

ADDED = """
from dataclasses import dataclass

from harness.networks import FullyConnected


@dataclass(frozen=True)
class Mine(FullyConnected):
    hidden: tuple[int, ...] = (3,)
    name = "mine"
"""


def test_what_is_added_from_outside_need_not_be_on_the_workers(project, workers):
    path = project.drawn()
    (project.folder / "mine.py").write_text(ADDED)
    old = "[perceptron(distribution=d) for d in DISTRIBUTIONS]"
    assert old in path.read_text()
    path.write_text(
        path.read_text().replace(old, "[Mine()]").replace("import numpy", "from mine import Mine\nimport numpy")
    )
    keys = {f"distributed.comm.tls.{field}": own for field, own in zip(TLS, keys_of(workers).values(), strict=True)}
    with config.set(keys):
        ran = project.run("--cluster", workers.scheduler_address)
    assert (ran.code, set(ran.outcomes.values())) == (0, {"supported"}), ran.out
    assert [line.split()[0] for line in project.computed] == ["mine", "mine"]
    cells = ran.results["cells"]
    assert [cell["estimate"] for cell in project.run("--store", "here").results["cells"]] == [
        cell["estimate"] for cell in cells
    ]
