"""The wheel has all that runs, the claims, and pytest's entry; and what it needs is said."""

import shutil
import subprocess
import sys
import tomllib
from email.parser import Parser
from importlib import import_module
from pathlib import Path, PurePosixPath
from zipfile import ZipFile

import pytest

from harness.run import new_folder

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
SHARED = PurePosixPath("share/inductive-bias-harness")
# Without pip, whose environment of its own would be installed anew.
BUILD = "from setuptools.build_meta import build_wheel; build_wheel('dist')"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built from a copy, as what setuptools leaves behind lies beside its sources."""
    folder = tmp_path_factory.mktemp("source")
    for name in ("harness", "claims", "examples"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "reports/accepted.json"):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    subprocess.run([sys.executable, "-c", BUILD], cwd=folder, check=True, capture_output=True)
    (built,) = (folder / "dist").glob("*.whl")
    with ZipFile(built) as found:
        yield found


def files(folder):
    return {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith("compiled-")
    }


def test_every_file_of_the_package_is_in_it_and_no_other(wheel):
    assert {name for name in wheel.namelist() if name.startswith("harness/")} == files("harness")
    assert {PurePosixPath(name).parts[0].partition("-")[0] for name in wheel.namelist()} == {
        "harness",
        "inductive_bias_harness",
    }


def test_every_claim_and_example_is_in_it(wheel):
    (data,) = {PurePosixPath(name).parts[0] for name in wheel.namelist() if ".data/" in name}
    found = {name.removeprefix(f"{data}/data/{SHARED}/") for name in wheel.namelist() if name.startswith(data)}
    assert found == files("claims") | files("examples") | {"reports/accepted.json"}
    assert all(any(name.startswith(part) for part in new_folder._PARTS) for name in found)


def test_pytest_finds_an_entry_that_is_there(wheel):
    (name,) = (name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    assert wheel.read(name).decode() == "[pytest11]\nharness.run.entry = harness.run.entry\n"
    assert import_module("harness.run.entry")


def test_nothing_in_it_is_compiled_when_it_is_installed(wheel):
    (name,) = (name for name in wheel.namelist() if name.endswith("/WHEEL"))
    facts = Parser().parsestr(wheel.read(name).decode())
    assert (facts["Root-Is-Purelib"], facts["Tag"]) == ("true", "py3-none-any")


def test_what_it_says_of_itself(wheel):
    (name,) = (name for name in wheel.namelist() if name.endswith("/METADATA"))
    facts = Parser().parsestr(wheel.read(name).decode())
    assert facts["Name"] == PROJECT["name"]
    assert facts["Requires-Python"] == PROJECT["requires-python"]
    pythons = [each for each in facts.get_all("Classifier") if each.startswith("Programming Language :: Python :: 3.")]
    assert [each.rpartition(".")[2] for each in pythons] == ["11", "12", "13", "14"]
    needed = {each for each in facts.get_all("Requires-Dist") if "extra ==" not in each}
    assert needed == set(PROJECT["dependencies"])
