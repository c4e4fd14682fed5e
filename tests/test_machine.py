"""Devices, versions and the commit."""

import subprocess
import sys

import numpy
import pytest
import torch

from harness import machine
from harness.errors import BadInput


def test_devices_that_are_here():
    assert machine.resolve_device("cpu") == torch.device("cpu")
    assert machine.resolve_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
    assert machine.describe(torch.device("cpu"))
    assert machine.free_bytes(torch.device("cpu")) > 2**20


@pytest.mark.parametrize(("name", "said"), [("gpu", "auto, cpu, cuda or cuda:N"), ("cuda:99", "no GPU cuda:99")])
def test_devices_that_are_not(name, said):
    with pytest.raises(BadInput, match=said):
        machine.resolve_device(name)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu():
    device = machine.resolve_device("cuda")
    assert machine.describe(device) == torch.cuda.get_device_name(0)
    assert machine.free_bytes(device) > 0


def test_versions():
    assert machine.versions()["numpy"] == numpy.__version__


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
    code = "import sys, harness, harness.pytest_plugin, harness.machine; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
