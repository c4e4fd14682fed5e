"""What travels to workers, which of them can be used, and the options: or one sentence where they cannot be."""

import asyncio
import inspect
import os
import sys
from concurrent.futures import ThreadPoolExecutor

import cloudpickle
import pytest
import torch

from harness.errors import BadInput
from harness.execution import cluster, worker
from harness.execution.cluster import agreed
from harness.execution.executor import InProcess, timed
from harness.lab import Lab
from harness.lab.shards import Shards
from harness.problems import digits
from harness.run.session import parse_cluster
from harness.store import Store
from tests.support.every_request import CPU, REQUESTS, lab_of, same


class Travelling(InProcess):
    """This process, after each job has been pickled as for another one, which must not take anything else along."""

    def compute(self, job):
        return timed(cloudpickle.loads(cloudpickle.dumps(job)), self.device)


def test_there_is_a_request_of_every_kind():
    def methods(kind):
        return {name for name, _ in inspect.getmembers(kind, inspect.isfunction) if not name.startswith("_")}

    # On training sets requests draw the shards of the plain ones, as test_lab_sets shows;
    # log volumes and exact volumes are asked twice. What networks from elsewhere say is not drawn.
    missing = methods(Lab) - methods(Shards) - set(REQUESTS) - {"outside"}
    assert {name for name in missing if not name.endswith("_on_sets")} == set()
    assert set(REQUESTS) - methods(Lab) == {"log_volumes_of_kernels", "exact_volumes_of_clauses"}


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
    monkeypatch.setattr("harness.problems.datasets.digit_pool", None)
    unpacked = cloudpickle.loads(packed)
    assert unpacked.fingerprint == problem.fingerprint
    assert (unpacked.name, unpacked.facts) == (problem.name, problem.facts)
    assert not unpacked.train_x.flags.writeable


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


def test_workers_that_can_be_used():
    assert agreed({"tcp://a": FACTS, "tcp://b": FACTS}, {"torch": "2.13.0"}, "tcp://x:1") == FACTS


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


def test_nobody_answers_where_a_loop_is_running_already(monkeypatch):
    monkeypatch.setattr(cluster, "_CONNECT_SECONDS", 0.3)

    async def ask():
        cluster.greet("tcp://127.0.0.1:1")

    # On a thread of its own: the browser's tests leave a loop running on this one.
    with (
        ThreadPoolExecutor(1) as thread,
        pytest.raises(BadInput, match=r"No scheduler answers at tcp://127\.0\.0\.1:1 within"),
    ):
        thread.submit(asyncio.run, ask()).result()


def test_dask_is_imported_for_a_cluster_only(project, monkeypatch):
    project.given("figures", 0.9)
    (project.folder / "claims" / "conftest.py").write_text(
        "import sys\n\ndef pytest_unconfigure():\n    print('loaded', {'dask', 'distributed'} & {*sys.modules})\n"
    )
    assert "loaded set()" in project.finish(project.start()).out
    monkeypatch.setitem(sys.modules, "distributed", None)
    for options in (("--workers", "1"), ("--cluster", "tcp://127.0.0.1:1"), ("--workers", "1", "-n", "1")):
        project.run(*options).one_sentence(
            r"need the package distributed: pip install '\.\[cluster\]' in the project's folder"
        )
