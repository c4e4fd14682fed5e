"""What all tests share: hypothesis that repeats itself, one torch thread, a small project with claims of its own."""

import importlib
import json
import os
import pkgutil
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path

import distributed  # noqa: F401
import pytest
import torch._dynamo  # noqa: F401
from hypothesis import settings

import harness
from harness.execution.machine import one_thread, processes
from harness.lab import Lab
from harness.problems import datasets
from tests.support.processes import heeding_ctrl_c

pytest_plugins = ["pytester"]

# The package is imported before any run inside a test, which would else be the first to compute with its classes. What
# distributed imports takes Python's own finder of packages' metadata out for good.
for module in pkgutil.walk_packages(harness.__path__, "harness."):
    if module.name != "harness.__main__":
        importlib.import_module(module.name)
settings.register_profile("harness", deadline=None, derandomize=True)
# pytest tests/… --hypothesis-profile long: other values at every run, and thirty times as many.
settings.register_profile("long", deadline=None, max_examples=3000)
settings.load_profile("harness")
one_thread()

LATEST = "reports/latest/results.json"


# For -n auto. A process for each core also where there is a GPU, which few tests use; on one core none beside this one.
@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers():
    cores = processes("cpu")
    return cores if cores > 1 else 0


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    from tests.support.scheduling import ByGroup

    return ByGroup(config, log) if config.getvalue("dist") == "load" else None


# What a worker of xdist is told is not meant for the runs inside tests.
for name in ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_XDIST_TESTRUNUID"):
    os.environ.pop(name, None)

# Every shard that is computed, not read from the store, is a line of the file `computed`. Where a test will end the run
# in its midst, the run stands still after so many, or it might be over before the test gets its turn.
CONFTEST = """
import os, time
from pathlib import Path

from harness.lab import Lab
from harness.lab.request import request
from harness.samplers.prior import Prior

pytest_plugins = ["harness.run.plugin"]
log = Path(__file__).with_name("computed")


# Sent to workers as it stands here, which a patched method of the package's own class would not be.
class Noted(Prior):
    def draw(self, generator):
        stop = os.environ.get("STANDS_STILL_AFTER")
        if stop and len(log.read_text().splitlines() if log.exists() else ()) >= int(stop):
            log.with_name("standing").touch()
            time.sleep(float(os.environ.get("STANDS_STILL_SECONDS", "600")))
        found = super().draw(generator)
        time.sleep(float(os.environ.get("SECONDS_A_SHARD", "0")))
        with log.open("a") as file:
            file.write(f"{self.architecture.name} {self.problem.name} {self.draws} {generator.initial_seed()}\\n")
        return found


Lab.prior = request(Noted)
"""

# A claim whose estimates are given, so that every verdict is known beforehand.
GIVEN = '''
"""A number lies where it was predicted.

Source: nobody, 2026.

It is given.
"""
from harness.claim import claim, over
from harness.errors import BadInput, NotAsked, Unavailable
from harness.verdicts import Estimate, at_least


def given(value, half=0.1):
    return Estimate("number", value, lambda alpha: (value - half, value + half), 9, "draws", 9.0, "given")


@claim(kind="KIND", speaks_for="architecture", of="number", predicts=at_least(BOUND, because="it was given so"),
       excluded=lambda value: "it makes no sense" if value == "senseless" else None)
@over(value=VALUES)
def test_number(lab, value):
    if value == "missing":
        raise Unavailable("There is no oracle here; buy one.")
    if value == "moot":
        raise NotAsked("The oracle does not speak here: 12 % of its words fit.")
    if value == "mended":
        raise BadInput("The oracle is tired; let it sleep.")
    if value == "broken":
        raise ZeroDivisionError("a bug")
    return given(value)
'''

# A claim that draws: the share of ones of a perceptron's functions, by symmetry 1/2 over outcomes 0 and 2ⁿ − 1.
DRAWN = '''
"""A perceptron without threshold has half its ones in expectation.

Source: symmetry.
"""
import numpy as np

from harness.claim import claim, over
from harness.statistics.complexity import ones
from harness.verdicts.intervals import proportion
from harness.networks import perceptron
from harness.problems import boolean_cube
from harness.verdicts import within

DISTRIBUTIONS = ("gaussian", "uniform")


@claim(kind="empirical", speaks_for="instrument", of="share of all ones",
       predicts=within(CENTRE, MARGIN, because="each weight is symmetric"))
@over(problem=[boolean_cube(n) for n in BITS], architecture=[perceptron(distribution=d) for d in DISTRIBUTIONS])
def test_share(lab, problem, architecture):
    functions = lab.prior(architecture, problem, draws=500)
    many = int(functions.counts[ones(functions.bits()) >= problem.n / 2].sum())
    return proportion(many, functions.total, quantity="share of all ones", unit="networks drawn")
'''


@dataclass
class Ran:
    """A finished run of pytest."""

    code: int
    out: str
    err: str
    folder: Path
    results: dict = field(init=False)

    def __post_init__(self) -> None:
        # Read now: the next run replaces the file.
        latest = self.folder / LATEST
        self.results = json.loads(latest.read_text()) if latest.exists() else {}

    @property
    def outcomes(self) -> dict[str, str]:
        """Outcome by cell."""
        return {cell["id"]: cell["outcome"] for cell in self.results["cells"]}

    def junit(self, path: str = "junit.xml") -> dict[str, int]:
        suite = ElementTree.parse(self.folder / path).getroot().find("testsuite")
        return {name: int(suite.get(name)) for name in ("tests", "failures", "errors", "skipped")}

    def one_sentence(self, said: str, code: int = 4) -> None:
        """The run was refused as bad input should be."""
        assert self.code == code, self.out + self.err
        assert re.search(said, self.err), self.err
        assert len(self.err.strip().splitlines()) == 1, self.err
        assert "Traceback" not in self.out + self.err


class Project:
    """A folder with a claims folder."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.folder = folder = pytester.path
        (folder / "conftest.py").write_text(CONFTEST)
        (folder / "pytest.ini").write_text(
            "[pytest]\npython_files = test_*.py */claims/*/*.py\naddopts = -p no:cacheprovider -p no:hypothesispytest\n"
            # The tests' process has imported the package, whose plugin pytest would have liked to rewrite.
            "filterwarnings = ignore:Module already imported so cannot be rewritten\n"
        )

    def given(self, slug: str, *values: object, kind: str = "empirical", bound: float = 0.5) -> Path:
        text = GIVEN.replace("KIND", kind).replace("BOUND", str(bound)).replace("VALUES", repr(list(values)))
        return self.claim(slug, text)

    def drawn(self, slug: str = "drawn", bits: object = (2, 3), centre: float = 0.5, margin: float = 0.4) -> Path:
        text = DRAWN.replace("BITS", repr(bits)).replace("CENTRE", str(centre)).replace("MARGIN", str(margin))
        return self.claim(slug, text)

    def claim(self, slug: str, text: str) -> Path:
        path = self.folder / "claims" / "room" / f"{slug}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def start(self, *arguments: str, stands_still_after: int | None = None, seconds: int = 600) -> subprocess.Popen:
        """The same in a process of its own, in which each shard after so many perhaps stands still first."""
        with heeding_ctrl_c():
            return subprocess.Popen(
                [sys.executable, "-m", "pytest", "claims/", *arguments],
                cwd=self.folder,
                env={
                    **os.environ,
                    "STANDS_STILL_AFTER": "" if stands_still_after is None else str(stands_still_after),
                    "STANDS_STILL_SECONDS": str(seconds),
                },
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )

    def run(self, *arguments: str) -> Ran:
        """`pytest claims/` with more arguments, in this process, which has torch loaded already."""
        assert Path.cwd() == self.folder
        done = self.pytester.runpytest_inprocess("claims/", *arguments)
        return Ran(done.ret, done.stdout.str(), done.stderr.str(), self.folder)

    def finish(self, process: subprocess.Popen) -> Ran:
        out, err = process.communicate(timeout=300)
        return Ran(process.returncode, out, err, self.folder)

    def results(self, path: str = LATEST) -> dict:
        return json.loads((self.folder / path).read_text())

    @property
    def accepted(self) -> Path:
        return self.folder / "reports" / "accepted.json"

    @property
    def samples(self) -> int:
        """How many shards of samples its store has."""
        return sum(b"sampler" in path.read_bytes() for path in (self.folder / ".store").glob("??/*.entry"))

    @property
    def standing(self) -> bool:
        """Whether a shard has come to stand still."""
        return (self.folder / "standing").exists()

    @property
    def computed(self) -> list[str]:
        """A line for every shard that was computed."""
        log = self.folder / "computed"
        return log.read_text().splitlines() if log.exists() else []


class Imported:
    """What a run inside a test has imported, but for the files of its own folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.modules = folder, {}

    def pytest_unconfigure(self) -> None:
        for name, module in sys.modules.items():
            file = getattr(module, "__file__", None)
            if file and name.split(".")[0] != "claims" and self.folder not in Path(file).parents:
                self.modules[name] = module


@pytest.fixture
def pytester(pytester, monkeypatch):
    """Pytest's own, whose runs forget what they imported first; parts of numba and torch, which these import when they
    first compile, cannot be imported twice. Here they remain."""
    run = pytester.inline_run

    def inline_run(*arguments, plugins=(), **further):
        imported = Imported(pytester.path)
        found = run(*arguments, plugins=[*plugins, imported], **further)
        for name, module in imported.modules.items():
            sys.modules.setdefault(name, module)
        return found

    monkeypatch.setattr(pytester, "inline_run", inline_run)
    return pytester


@pytest.fixture
def project(pytester, monkeypatch):
    # The project's conftest wraps a sampler; and an edited claim may be as old and as long as its bytecode says.
    monkeypatch.setattr(Lab, "prior", Lab.prior)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    for name in ("HARNESS_STORE", "HARNESS_DATA"):
        # Set first, so that what a run with --data sets is unset again.
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    datasets._mnist_full.cache_clear()
    return Project(pytester)
