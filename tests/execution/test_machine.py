"""Devices, versions and the commit."""

import os
import subprocess
import sys

import numpy
import pytest
import torch

from harness.errors import BadInput
from harness.execution import machine, worker
from harness.run.session import parse_cluster


def test_devices_that_are_here():
    assert machine.resolve_device("cpu") == torch.device("cpu")
    assert machine.resolve_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
    assert machine.describe(torch.device("cpu"))
    assert machine.memory_bytes(torch.device("cpu")) > 2**20


@pytest.mark.parametrize("name", ["gpu", "mps:0", "cuda:", "cuda:0,", "cuda:a", "cuda:-1", "cpu:0", "CPU", ""])
def test_names_that_are_no_devices(name):
    for check in (machine.check_device_name, machine.resolve_device):
        with pytest.raises(BadInput, match="--device takes auto, cpu, mps, cuda"):
            check(name)


def test_an_apple_gpu_is_taken_where_there_is_one_and_refused_where_not(monkeypatch):
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    machine.check_device_name("mps")
    assert machine.resolve_device("mps", worker=1, workers=2) == torch.device("mps")
    assert machine.processes("mps") == 1
    assert machine.memory_bytes(torch.device("mps")) > 2**20
    assert machine.describe(torch.device("mps"))
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: False)
    with pytest.raises(BadInput, match="no Apple GPU that torch can use on this machine, which has cpu; choose one"):
        machine.resolve_device("mps")


def test_cores_are_counted_where_a_process_has_no_affinity(monkeypatch):
    """As on macOS."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2})
    assert machine.cores() == 3
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    monkeypatch.setattr(os, "sysconf", {"SC_PHYS_PAGES": 2**24, "SC_PAGE_SIZE": 4096}.get)
    assert machine.cores() == machine.processes("cpu") == 8
    assert parse_cluster(None, "64", "cpu") == 64
    with pytest.raises(BadInput, match="at most 64 processes here"):
        parse_cluster(None, "65", "cpu")


@pytest.fixture
def three_gpus(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)


@pytest.mark.usefixtures("three_gpus")
@pytest.mark.parametrize(
    ("name", "workers", "devices"),
    [
        ("auto", 2, ["cuda:0", "cuda:0"]),
        ("cpu", 2, ["cpu", "cpu"]),
        ("cuda", 1, ["cuda:0"]),
        ("cuda:2", 2, ["cuda:2", "cuda:2"]),
        ("cuda:0,2", 5, ["cuda:0", "cuda:2", "cuda:0", "cuda:2", "cuda:0"]),
    ],
)
def test_workers_share_the_gpus(name, workers, devices):
    machine.check_device_name(name)
    assert [str(machine.resolve_device(name, i, workers)) for i in range(workers)] == devices


@pytest.mark.usefixtures("three_gpus")
@pytest.mark.parametrize(
    ("name", "workers", "said"),
    [
        ("cuda:3", 1, "There is no GPU cuda:3 on this machine, which has cpu, cuda:0, cuda:1, cuda:2; choose"),
        ("cuda:0,7", 2, "There is no GPU cuda:7"),
        ("cuda:0,1", 1, r"--device cuda:0,1 names 2 GPUs for 1 process\(es\); add -n 2"),
    ],
)
def test_gpus_that_are_not_here_or_too_many(name, workers, said):
    with pytest.raises(BadInput, match=said):
        machine.resolve_device(name, 0, workers)


@pytest.mark.parametrize(
    ("cores", "gigabytes", "gpus", "device", "count"),
    [
        (8, 64, 0, "auto", 8),
        (8, 6, 0, "cpu", 3),
        (1, 1, 0, "auto", 1),
        (8, 64, 2, "auto", 1),
        (8, 64, 2, "cuda:0,1", 2),
    ],
)
def test_a_process_for_each_gpu_or_each_core_with_memory(monkeypatch, cores, gigabytes, gpus, device, count):
    pages = {"SC_PHYS_PAGES": gigabytes * 2**18, "SC_PAGE_SIZE": 4096}
    monkeypatch.setattr("os.sysconf", pages.get)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(cores)))
    monkeypatch.setattr("torch.cuda.is_available", lambda: gpus > 0)
    monkeypatch.setattr("torch.cuda.device_count", lambda: gpus)
    monkeypatch.setattr(machine, "version", lambda _: "2.13.0" if gpus else "2.13.0+cpu")
    assert machine.processes(device) == count


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu():
    device = machine.resolve_device("cuda")
    assert machine.describe(device) == torch.cuda.get_device_name(0)
    assert machine.memory_bytes(device) > 2**20
    machine.reproducible(device)
    assert not torch.backends.cuda.matmul.allow_tf32
    assert torch.are_deterministic_algorithms_enabled()
    # 1 + 2⁻¹² has no such form in TensorFloat-32: a product that is exact shows that it was not used.
    x = torch.full((64, 64), 1 + 2.0**-12, device=device)
    assert ((x @ torch.eye(64, device=device)) == x).all()
    large = torch.randn(1000, 1000, device=device)
    assert torch.equal(large @ large, large @ large)


def test_how_numbers_are_computed_is_said_and_so_it_is():
    for device in ("cpu", "cuda:0"):
        found = machine.settings(torch.device(device))
        assert found["dtype"] == found["products"] == "float32"
        assert found.get("TF32", False) is False
    machine.reproducible(torch.device("cpu"))
    assert torch.get_float32_matmul_precision() == "highest"
    assert torch.get_num_threads() == 1
    assert torch.get_default_dtype() == torch.float32


def test_settings_of_a_gpu_are_made(monkeypatch):
    """On any machine: they are flags of the process."""
    asked = []
    # It imports compilers, which takes seconds.
    monkeypatch.setattr(torch, "use_deterministic_algorithms", lambda mode, warn_only: asked.append((mode, warn_only)))
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", "")
    places = (torch.backends.cuda.matmul, "allow_tf32"), (torch.backends.cudnn, "allow_tf32")
    places += (torch.backends.cudnn, "benchmark"), (torch.backends.cudnn, "deterministic")
    before = [getattr(place, name) for place, name in places]
    try:
        for place, name in places[:3]:
            setattr(place, name, True)
        machine.reproducible(torch.device("cuda:0"))
        assert [getattr(place, name) for place, name in places] == [False, False, False, True]
    finally:
        for (place, name), value in zip(places, before, strict=True):
            setattr(place, name, value)
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"
    assert asked == [(True, True)]


def test_versions():
    assert machine.versions()["numpy"] == numpy.__version__


@pytest.mark.skipif("CS_GNU_LIBC_VERSION" not in os.confstr_names, reason="the C library is not glibc")
def test_the_c_library_is_among_what_a_run_records_and_workers_compare():
    asked = os.confstr("CS_GNU_LIBC_VERSION")
    assert machine.versions()["C library"] == worker.software(1)["C library"] == asked


def test_commit(tmp_path):
    assert machine.commit(tmp_path / "none") is None
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b"]
    (tmp_path / "file").write_text("1")
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "file"], check=True)
    subprocess.run([*git, "commit", "-qm", "one"], check=True)
    head = machine.commit(tmp_path)
    assert len(head) == 40
    (tmp_path / "file").write_text("2")
    assert machine.commit(tmp_path) == head + "+changes"


def test_importing_the_harness_does_not_import_torch():
    modules = "harness, harness.run.plugin, harness.run.controller, harness.claim, harness.execution.machine"
    modules += ", harness.__main__"
    code = f"import sys, {modules}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
