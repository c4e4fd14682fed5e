"""Samples drawn by the workers of a cluster: the same bits, or one sentence where they cannot be."""

import inspect
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import cloudpickle
import numpy as np
import pytest
import torch

from harness.errors import BadInput, ClusterLost
from harness.execution import Here, cluster, timed, worker
from harness.execution.cluster import Cluster, agreed, start_workers
from harness.functions import FunctionCounts
from harness.lab import Lab, Scale
from harness.lab.shards import Shard, Shards
from harness.networks import FullyConnected, perceptron
from harness.problems import boolean_cube, digits
from harness.session import parse_cluster
from harness.store import Store
from harness.training import SGD

CPU = torch.device("cpu")
SCALE = Scale("test", 100.0, effort=1, looks=3)
NETWORK, CUBE, TASK = FullyConnected((4,)), boolean_cube(3), boolean_cube(3, "majority", train=3)
POOL = boolean_cube(3, "majority", train=4)
TRAINING = {"networks": 4, "batch": 2, "max_epochs": 20}

# One request of every kind that a claim can make.
REQUESTS = {
    "prior": lambda lab: lab.prior(perceptron(), CUBE, draws=50),
    "posterior": lambda lab: lab.posterior(NETWORK, TASK, draws=20, last_layers=4),
    "tempered_posterior": lambda lab: lab.tempered_posterior(NETWORK, TASK, 1.0, draws=20, last_layers=4),
    "deep_posterior": lambda lab: lab.deep_posterior(NETWORK, TASK, runs=2, chains=8, steps=2),
    "density_of_states": lambda lab: lab.density_of_states(NETWORK, TASK, runs=2, chains=4, steps=2),
    "train": lambda lab: lab.train(NETWORK, TASK, SGD(0.1), **TRAINING),
    "kernel": lambda lab: lab.kernel(NETWORK, TASK),
    "empirical_kernel": lambda lab: lab.empirical_kernel(NETWORK, TASK, networks=10),
    "gaussian_process": lambda lab: lab.gaussian_process(NETWORK, TASK),
    "infinite_prior": lambda lab: lab.infinite_prior(NETWORK, TASK, draws=20),
    "infinite_posterior": lambda lab: lab.infinite_posterior(NETWORK, TASK, chains=2, draws=4),
    "infinite_evidence": lambda lab: lab.infinite_evidence(NETWORK, TASK, runs=2, points=16),
    "approximation": lambda lab: lab.approximation(NETWORK, TASK, "Laplace"),
    "one_point_posteriors": lambda lab: lab.one_point_posteriors(NETWORK, TASK, networks=4),
    "departures": lambda lab: lab.departures(NETWORK, TASK, steps=2, networks=2),
    "spectrum": lambda lab: lab.spectrum(NETWORK, POOL, "nngp"),
    "regression_errors": lambda lab: lab.regression_errors(NETWORK, POOL, "ntk", 2, 0.1, sets=2),
    "last_layer_feasibility": lambda lab: lab.last_layer_feasibility(NETWORK, TASK, draws=3),
    "least_frozen_width": lambda lab: lab.least_frozen_width(lambda width: FullyConnected((width,)), TASK, 4, draws=4),
    "least_trained_width": lambda lab: lab.least_trained_width(
        lambda width: FullyConnected((width,)), TASK, SGD(0.1), 4, **TRAINING
    ),
    "transfer": lambda lab: lab.transfer(NETWORK, TASK, boolean_cube(3, "parity", train=3), draws=20),
    "hidden_draws": lambda lab: lab.hidden_draws(NETWORK, TASK, ("weight norm",), draws=10),
    "hidden_patterns": lambda lab: lab.hidden_patterns(NETWORK, digits(8, 8), draws=10),
    "trained_features": lambda lab: lab.trained_features(NETWORK, TASK, SGD(0.1), ("weight norm",), **TRAINING),
    "trained_patterns": lambda lab: lab.trained_patterns(NETWORK, digits(8, 8), SGD(0.1), **TRAINING),
}


class Travelling(Here):
    """This process, after each job has been pickled as for another one, which must not take anything else along."""

    def compute(self, job):
        return timed(cloudpickle.loads(cloudpickle.dumps(job)), self.device)


def lab_of(folder, executor=None, look=0, device=CPU):
    made = Lab(SCALE, device, 0, Store(folder), executor=executor)
    made.look = look
    return made


def arrays(found):
    if isinstance(found, np.ndarray):
        return {"array": found}
    return found.to_arrays() if hasattr(found, "to_arrays") else {}


def same(one, other):
    one, other = arrays(one), arrays(other)
    assert set(one) == set(other)
    for name, array in one.items():
        np.testing.assert_array_equal(array, other[name])


def test_there_is_a_request_of_every_kind():
    def methods(kind):
        return {name for name, _ in inspect.getmembers(kind, inspect.isfunction) if not name.startswith("_")}

    assert methods(Lab) - methods(Shards) == set(REQUESTS)


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
def test_a_shard_takes_nothing_of_the_lab_along(tmp_path, monkeypatch, request_):
    here = request_(lab_of(tmp_path / "here"))

    def refuse(self, *_):
        raise AssertionError(f"a {type(self).__name__} would travel")

    for kind in (Lab, Store, pytest.Session, pytest.Config):
        monkeypatch.setattr(kind, "__reduce_ex__", refuse)
    same(request_(lab_of(tmp_path / "there", Travelling(CPU))), here)


def test_a_problem_travels_as_its_arrays(monkeypatch):
    problem = digits(8, 8)
    packed = cloudpickle.dumps(problem)
    monkeypatch.setattr("harness.problems.datasets._digits", None)
    unpacked = cloudpickle.loads(packed)
    assert unpacked.fingerprint == problem.fingerprint
    assert (unpacked.name, unpacked.facts) == (problem.name, problem.facts)
    assert not unpacked.train_x.flags.writeable


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
    used = Cluster(workers.scheduler_address, "auto", Path(__file__).parent, started=2)
    yield used
    used.close()


@pytest.mark.skipif("MALLOC_TRIM_THRESHOLD_" in os.environ, reason="the user's own choice, which workers take over")
def test_workers_keep_freed_memory_for_the_next_sample(two):
    told = two._client.run(os.environ.get, "MALLOC_TRIM_THRESHOLD_")
    assert set(told.values()) == {None}


@pytest.mark.parametrize(
    "name", ["prior", "train", "deep_posterior", "kernel", "least_trained_width", "hidden_patterns"]
)
def test_workers_draw_the_bits_that_one_process_draws(tmp_path, two, name):
    here, there = lab_of(tmp_path / "here", look=1), lab_of(tmp_path / "there", two, look=1)
    same(REQUESTS[name](there), REQUESTS[name](here))
    assert {path.name for path in there.store.entries()} == {path.name for path in here.store.entries()}
    # Each process finds in the store what the other one has put there.
    same(REQUESTS[name](lab_of(tmp_path / "there", look=1)), REQUESTS[name](lab_of(tmp_path / "here", two, look=1)))


def wait_for(condition, seconds=60.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def one_function(_):
    return FunctionCounts.from_bits(np.ones((1, 3), dtype=np.uint8))


def nothing(_):
    return {}


def test_a_slow_shard_holds_up_no_other_and_its_workers_time_is_charged(tmp_path, two):
    streams, spec = [], {"sampler": "waits"}

    def note(generator):
        streams.append(generator.initial_seed())
        return one_function(generator)

    lab_of(tmp_path / "dry", look=1).gather(FunctionCounts, spec, note)
    go, slow = tmp_path / "go", streams[0]

    def compute(generator):
        while generator.initial_seed() == slow and not go.exists():
            time.sleep(0.02)
        return one_function(generator)

    lab = lab_of(tmp_path / "store", two, look=1)

    def let_go():
        wait_for(lambda: len(list(lab.store.entries())) == 1)
        time.sleep(0.2)
        go.touch()

    threading.Thread(target=let_go).start()
    start = time.perf_counter()
    assert lab.gather(FunctionCounts, spec, compute).total == 2
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
            time.sleep(60)
        return Numbers(torch.rand(5, generator=generator).numpy())

    return Shard(compute, 0, "killed", 3)


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
    thread.join(60)
    (found, seconds), (expected, _) = done[0], Here(CPU).compute(stream(tmp_path, fatal=False))
    np.testing.assert_array_equal(found["found"], expected["found"])
    # What the worker that died spent is not known and not charged.
    assert seconds < 30


def test_a_shard_that_ends_every_worker_is_given_up_and_the_rest_goes_on(tmp_path, two):
    with pytest.raises(BadInput, match="A sample ended the worker that computed it 2 times; most likely"):
        two.compute(stream(tmp_path, fatal=True))
    assert two.compute(Shard(lambda _: Numbers(np.zeros(1)), 0, "calm", 0))[0] == {"found": np.zeros(1)}


def test_what_a_sampler_raises_arrives_and_leaves_the_others(two):
    def fails(device):
        raise BadInput("A worker says no.")

    def sleeps(device):
        time.sleep(6)
        return {}

    start = time.monotonic()
    with pytest.raises(BadInput, match=r"^A worker says no\.$"):
        list(two.map(two.compute, [fails, sleeps, sleeps, sleeps]))
    assert time.monotonic() - start < 6


def test_a_worker_that_is_another_one_is_refused_when_it_is_given_a_shard(two, monkeypatch):
    monkeypatch.setitem(two._facts, "torch", "1.0")
    with pytest.raises(ClusterLost, match=r"has joined with another torch, 2.* instead of 1\.0; start alike workers"):
        two.compute(nothing)


def test_workers_end_and_the_scheduler_too(tmp_path, monkeypatch):
    own = start_workers(1, "cpu")
    used = Cluster(own.scheduler_address, "cpu", tmp_path, started=1)
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


FACTS = {"torch": "2.13.0", "device": "cpu"}


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({}, "has no workers; start some .dask worker tcp://x:1. and run again"),
        ({"tcp://a": ModuleNotFoundError("No module named 'harness'")}, "tcp://a lacks this software .No module named"),
        ({"tcp://a": BadInput("There is no GPU cuda:0.")}, "The worker tcp://a cannot take part: There is no GPU"),
        ({"tcp://a": FACTS | {"torch": "2.12.0"}}, "torch is 2.12.0 on tcp://a, but 2.13.0 here"),
        ({"tcp://a": FACTS, "tcp://b": FACTS | {"device": "cuda"}}, "device is cuda on tcp://b, but cpu on tcp://a"),
    ],
)
def test_workers_that_cannot_be_used(found, said):
    with pytest.raises(BadInput, match=said):
        agreed(found, {"torch": "2.13.0"}, "tcp://x:1")


def test_workers_that_can(two):
    assert agreed({"tcp://a": FACTS, "tcp://b": FACTS}, {"torch": "2.13.0"}, "tcp://x:1") == FACTS
    assert (two.workers, two.device) == (2, CPU)


@pytest.mark.parametrize("device", ["cuda:0,2", "cuda:1", "cuda"])
def test_workers_share_out_the_gpus_that_are_shown(monkeypatch, device):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,5,6")
    of = {"cuda:0,2": ["cuda:0", "cuda:2", "cuda:0"], "cuda:1": ["cuda:1"] * 3, "cuda": ["cuda:0"] * 3}
    worker._device.cache_clear()
    assert [str(worker._device(device, 3, number)) for number in range(3)] == of[device]
    # A worker that was there already takes the first that it sees, whatever it is called.
    assert str(worker._device("cuda", 0, 7)) == "cuda:0"
    worker._device.cache_clear()
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "4,5,6"


@pytest.mark.parametrize(
    ("address", "count", "device", "said"),
    [
        ("tcp://a:1", "2", "auto", "choose one of the two"),
        (None, "0", "auto", "how many worker processes to start, from 1, not '0'"),
        (None, "x", "auto", "from 1, not 'x'"),
        ("a:8786", None, "auto", "an address such as|address such as tcp://host:8786, not 'a:8786'"),
        ("tcp://a", None, "auto", "address such as tcp://host:8786"),
        ("tcp://a:1", None, "cuda:1", "With --cluster, --device takes auto, cpu or cuda, not 'cuda:1'"),
    ],
)
def test_options_that_cannot_be(address, count, device, said):
    with pytest.raises(BadInput, match=said):
        parse_cluster(address, count, device)


def test_options_that_can():
    assert parse_cluster(None, None, "cuda:1") == 0
    assert parse_cluster(None, "3", "cuda:0,1") == 3
    assert parse_cluster("tcp://[::1]:8786", None, "cuda") == parse_cluster("tls://node-1.x:1", None, "cpu") == 0


def test_nobody_answers(project, monkeypatch):
    project.drawn()
    monkeypatch.setattr(cluster, "_CONNECT_SECONDS", 0.3)
    project.run("--cluster", "tcp://127.0.0.1:1").one_sentence("No scheduler answers at tcp://127.0.0.1:1 within")
    assert project.computed == []


def test_dask_is_imported_for_a_cluster_only(project, monkeypatch):
    project.given("figures", 0.9)
    (project.folder / "claims" / "conftest.py").write_text(
        "import sys\n\ndef pytest_unconfigure():\n    print('loaded', {'dask', 'distributed'} & {*sys.modules})\n"
    )
    assert "loaded set()" in project.finish(project.start()).out
    monkeypatch.setitem(sys.modules, "distributed", None)
    for options in (("--workers", "1"), ("--cluster", "tcp://127.0.0.1:1"), ("--workers", "1", "-n", "1")):
        project.run(*options).one_sentence(
            "need the package distributed; pip install 'inductive-bias-harness.cluster.'"
        )


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
    ran = project.run("--cluster", workers.scheduler_address)
    assert (ran.code, set(ran.outcomes.values())) == (0, {"supported"}), ran.out
    assert [line.split()[0] for line in project.computed] == ["mine", "mine"]
    cells = ran.results["cells"]
    assert [cell["estimate"] for cell in project.run("--store", "here").results["cells"]] == [
        cell["estimate"] for cell in cells
    ]


SCHEDULER = """
import time
from harness.execution.cluster import start_workers

if __name__ == "__main__":
    print(start_workers(1, "cpu").scheduler_address, flush=True)
    time.sleep(120)
"""


@pytest.mark.slow
def test_a_scheduler_that_goes_away_ends_the_run_and_keeps_what_was_found(project, monkeypatch):
    project.drawn(bits=(2, 3, 4))
    (project.folder / "scheduler.py").write_text(SCHEDULER)
    scheduler = subprocess.Popen(
        [sys.executable, "scheduler.py"],
        cwd=project.folder,
        env={**os.environ, "SECONDS_A_SHARD": "0.4"},
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
    process = project.start("--workers", "1", seconds_a_shard=0.5)
    wait_for(lambda: len(project.computed) >= 2)
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

    wait_for(gone, 10)
