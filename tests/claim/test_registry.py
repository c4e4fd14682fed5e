"""What outside files add appears in the grids, and is refused in a sentence where it lacks something."""

import importlib
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from claims.grids import IMAGES
from harness.claim import registry
from harness.errors import BadInput
from harness.networks import FullyConnected
from harness.optimisers import SGD

ROOT = Path(__file__).parents[2]
KINDS = ("architectures", "optimisers", "data")


def imported():
    """The example's module and what it adds, which is left in no grid of tests that are collected later."""
    before = {kind: getattr(registry, kind).copy() for kind in KINDS}
    module = importlib.import_module("examples.additions")
    added = {kind: getattr(registry, kind).copy() for kind in KINDS}
    for kind in KINDS:
        getattr(registry, kind).clear()
    registry.architectures.extend(before["architectures"])
    registry.optimisers.extend(before["optimisers"])
    registry.data.update(before["data"])
    return module, added


ADDITIONS, ADDED = imported()
Gated, SignDescent, moons = ADDITIONS.Gated, ADDITIONS.SignDescent, ADDITIONS.moons


@pytest.fixture(autouse=True)
def with_additions(monkeypatch):
    for kind in KINDS:
        monkeypatch.setattr(registry, kind, ADDED[kind].copy())


def claims(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "pytest", *arguments, "-p", "examples.additions"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_additions_are_in_every_grid_of_images():
    listed = claims("claims/", "--collect-only", "-q").stdout
    for slug, cell in (
        ("optimisers_sample_by_volume", "moons-16-fcn-40-40-relu-sign-lr0.003-cross-entropy"),
        ("optimisers_sample_by_volume", "digits-16-gated-20-adam-rho0.3-cross-entropy"),
        ("volume_is_local_to_the_initialisation", "moons-1.0-3.0-sgd-rho0.3-cross-entropy"),
        ("finite_width_posteriors_match", "moons-sgd-rho0.3-cross-entropy-8"),
    ):
        assert any(f"{slug}.py" in line and f"[{cell}]" in line for line in listed.splitlines()), cell


def test_a_cell_of_additions_is_judged_like_any_other(tmp_path):
    cell = "moons-8-gated-20-gd-rho0.3-cross-entropy"
    path = f"claims/sampling/optimisers_sample_by_volume.py::test_other_optimisers[{cell}]"
    done = claims(path, "--budget", "5s", "--store", str(tmp_path / "store"), "--report", str(tmp_path / "report.html"))
    (found,) = json.loads((tmp_path / "results.json").read_text())["cells"]
    assert found["verdict"] in ("supported", "refuted", "inconclusive"), done.stdout
    assert found["estimate"]["n"] >= 8
    assert found["parameters"]["width"] == 20


def test_what_lacks_something_is_refused_in_a_sentence():
    with pytest.raises(BadInput, match=r"An architecture has name, .*; the SGD added lacks distribution"):
        registry.add_architecture(SGD(0.1))
    with pytest.raises(BadInput, match=r"An optimiser has .*; the FullyConnected added lacks rotation_equivariant"):
        registry.add_optimiser(FullyConnected((3,)))
    with pytest.raises(BadInput, match="There are data called 'moons' already"):
        registry.add_data("moons", moons)
    for name in IMAGES:
        with pytest.raises(BadInput, match=f"There are data called '{name}' already"):
            registry.add_data(name, moons)
    with pytest.raises(BadInput, match="called by a text"):
        registry.add_data(None, moons)
    with pytest.raises(BadInput, match="the function behind the data 'stars' needs an argument split"):
        registry.add_data("stars", lambda m, n: moons(m, n))

    class WithoutRepr(SignDescent):
        __repr__ = object.__repr__

    with pytest.raises(BadInput, match=r"repr is its address in the store .* make WithoutRepr a dataclass"):
        registry.add_optimiser(WithoutRepr())

    @dataclass(frozen=True)
    class Nameless(Gated):
        name = None

    with pytest.raises(BadInput, match="needs a stable name: a Nameless"):
        registry.add_architecture(Nameless())


def test_the_modules_that_define_additions_are_named(monkeypatch):
    monkeypatch.setattr(registry, "architectures", [Gated((20,)), FullyConnected((3,))])
    monkeypatch.setattr(registry, "optimisers", [SignDescent(0.003)])
    assert registry.modules() == {"examples.additions", "harness.networks.fully_connected"}
