"""Whatever is given to a call of the front door: it is taken, or refused in one sentence, and leaves no file.

The calls and their parameters are those that `harness` has, so that a new one is tried without further ado; one whose
parameter needs a value of its own is given it in `GIVEN` or `OF_CALL`.
"""

import os
import signal
from fractions import Fraction
from functools import partial
from inspect import Parameter, isfunction, signature
from pathlib import Path
from random import Random

import numpy as np
import pytest
import torch

import harness
from harness.arguments import is_number, is_whole
from harness.claim import Scale
from harness.errors import NotAsked, Undecided
from harness.execution.executor import InProcess
from harness.functions import FunctionCounts
from harness.lab import Lab
from harness.report import results
from harness.run.compare import comparison
from harness.store import Store
from tests.support.any_values import refusal, switch
from tests.support.every_request import BINARY, CPU, CUBE, NETWORK, POOL, SETS, TASK
from tests.support.report_documents import sample

# What is larger is not drawn here: it was taken.
MOST_WORK = 1e5
# Seconds after which a call is taken to wait for ever, as for a pipe; compiling takes some of them.
WAITS = 300


class Taken(Exception):
    """Everything was checked, and would now be drawn."""


class Brief(InProcess):
    """Draws what is drawn at once."""

    def compute(self, job):
        if not job.asked.work <= MOST_WORK:
            raise Taken
        return super().compute(job)


class Untold:
    """Its repr fails, as that of a half-made object may."""

    def __repr__(self):
        raise AttributeError("none")


def itself():
    found = []
    found.append(found)
    return found


def narrow(width):
    return harness.FullyConnected((width,))


THREE = harness.digits(m=3, n=6, task="3/8/1")
EMPTY = harness.Problem.from_arrays([], [], np.eye(3), [0, 1, 0])
SOME, OTHERS = (FunctionCounts.from_labels(np.random.default_rng(i).integers(0, 2, (30, 4)), 2) for i in range(2))
ODD = {
    "None": None, "True": True, "0": 0, "-1": -1, "2.5": 2.5, "NaN": np.nan, "inf": np.inf, "10^30": 10**30,
    "1e308": 1e308, "complex": 1j, "Fraction": Fraction(1, 3), "thousands of digits": 10**5000, "empty": "",
    "word": "x", "NUL": "a\0b", "ESC": "\x1b[31mred\n::error::", "half a character": "\ud800", "pattern": "**[",
    "long": "x" * 5000, "bytes": b"x", "()": (), "[]": [], "{}": {}, "set": {1}, "list of None": [None],
    "list of words": ["x", "\x1b"], "list of itself": itself(), "mixed": [1, "x", [2]], "object": object(),
    "untold": Untold(), "int": int, "function": lambda *_, **__: None, "np -1": np.int64(-1),
    "np NaN": np.float32(np.nan), "np True": np.bool_(True), "np empty": np.array([]), "np 0 axes": np.array(3),
    "np": np.full((2, 3), 7), "np NaNs": np.full((2, 3), np.nan), "masked": np.ma.masked_all((2, 3)),
    "objects": np.array([None, "x"], dtype=object), "range": range(3), "times": np.array(["2020-01-01"], "M8[D]"),
    "tensor": torch.tensor(1.0), "iterator": iter([1]), "gradient": torch.ones(2, requires_grad=True),
    "module": torch.nn.Linear(2, 2), "class": torch.nn.Linear, "optimiser": torch.optim.SGD, "three classes": THREE,
    "no S": EMPTY, "network": NETWORK, "sets": SETS, "folder": Path(), "file in none": Path("none", "x"),
    "pipe": Path("pipe"), "link": Path("link"), "loop": Path("loop"), "code": "text.py:Net",
}  # fmt: skip
# What is right for some parameters, and an end of what is right for others.
EDGES = {
    "False": False, "1": 1, "2": 2, "3": 3, "8": 8, "64": 64, "2^31": 2**31, "0.0": 0.0, "0.5": 0.5, "1.0": 1.0,
    "1e-300": 1e-300, "1e18": 1e18, "np 2": np.int64(2), "np 0.5": np.float32(0.5), "exact": "exact", "own": "own",
}  # fmt: skip
PAIRS = 16
COUNTS = {
    "draws": 4, "runs": 2, "points": 8, "steps": 2, "chains": 8, "particles": 64, "trajectories": 2, "networks": 2,
    "last_layers": 2, "kernels": 2, "rounds": 2, "effective": 2, "max_epochs": 2, "max_doublings": 0, "highest": 2,
}  # fmt: skip
GIVEN = COUNTS | {
    "architecture": NETWORK, "problem": TASK, "sets": SETS, "optimiser": harness.SGD(0.1), "rule": harness.SGD(),
    "m": 4, "n": 4, "bits": 3, "ratio": 0.3, "first": TASK, "second": TASK, "pool": POOL, "kind": "nngp", "power": 2,
    "statistics": ("weight norm",), "values": np.zeros((3, TASK.n)), "method": "Laplace", "temperature": 1.0,
    "functions": np.eye(TASK.n), "data": harness.digits, "target": "majority", "train": 3, "ridge": 0.1,
    "train_x": np.eye(3), "train_y": [0, 1, 0], "eval_x": np.eye(3), "eval_y": [0, 1, 0], "network": narrow,
}  # fmt: skip
OF_CALL = {
    "Lab.drawn_volumes": {"problem": CUBE},
    "Lab.exact_volumes": {"architecture": BINARY},
    "Lab.hidden_patterns": {"points": 2},
    "Lab.hidden_patterns_on_sets": {"points": 2},
    "Lab.infinite_evidence": {"method": "exact"},
    "Lab.infinite_posterior": {"method": "exact"},
    "Lab.log_volumes_by_runs_on_sets": {"functions": 8 * [np.eye(5)]},
    "Lab.log_volumes_on_sets": {"functions": 8 * [np.eye(5)]},
    "Lab.named_volumes": {"functions": ("01010101",), "problem": CUBE},
    "Lab.observed_runs_on_sets": {"observe": ("weight norm",)},
    "Lab.regression_errors": {"sets": 2},
    "Lab.transfer_on_sets": {"first": lambda problem: problem},
    "Problem.from_dataset": {"data": (np.random.default_rng(0).normal(size=(40, 3)), [0, 1] * 20)},
    "bias_explained": {"by_training": SOME, "by_volume": OTHERS},
    "compare": {"network": NETWORK},
    "from_module": {"make": partial(torch.nn.LazyLinear, 1)},
    "from_optim": {"kind": torch.optim.SGD},
    "load_problem": {"path": "good.npz"},
    "read": {"path": "good.json"},
    "save_labels": {"path": "new.npz"},
    "save_problem": {"path": "new.npz"},
}
# What claims and samplers call; and what needs no check, as it is made by others.
INNER = {"begin", "gather", "gather_on_sets", "gather_singly", "on_each", "once", "spec", "progress"}
MADE_ELSEWHERE = {"BadInput", "Problem", "Problem.later", "TrainingSets"}


def calls():
    """What the front door has, by name: functions, classes and what makes their instances, requests to a lab."""
    found = {name: getattr(harness, name) for name in harness.__all__}
    for name, kind in [*found.items()]:
        makes = vars(kind).items() if isinstance(kind, type) else ()
        makes = [each for each, member in makes if isinstance(member, classmethod) and not each.startswith("_")]
        found |= {f"{name}.{each}": getattr(kind, each) for each in makes}
    asked = {name for kind in Lab.__mro__ for name, each in vars(kind).items() if isfunction(each) and name[0] != "_"}
    found |= {f"Lab.{name}": getattr(Lab, name) for name in asked - INNER}
    return {name: found[name] for name in sorted(found.keys() - MADE_ELSEWHERE)}


CALLS = calls()
PLAIN = {"int": is_whole, "float": is_number, "bool": switch, "str": lambda value: isinstance(value, str)}


def takes(name):
    """The parameters of a call, without those that stand for any further ones."""
    parameters = [each for each in signature(CALLS[name]).parameters.values() if each.name != "self"]
    return [each for each in parameters if each.kind is not Parameter.VAR_KEYWORD]


def what_is_right(name):
    values = GIVEN | OF_CALL.get(name, {})
    if name.endswith("_on_sets"):
        values["problem"] = SETS
    return {each.name: values[each.name] for each in takes(name) if each.name in values}


def may_be(parameter, value):
    """False where the parameter is declared as a number, a switch or a text, which the value is not."""
    kind = parameter.annotation
    kinds = (kind if isinstance(kind, str) else getattr(kind, "__name__", str(kind))).split(" | ")
    if not {*kinds} <= {*PLAIN, "None"} or (value is None and "None" in kinds):
        return True
    return any(PLAIN[each](value) for each in kinds if each in PLAIN)


def ask(name, values, lab):
    """Call it by place as far as no argument is left out, and else by name."""
    places = []
    for each in takes(name):
        if each.kind is Parameter.KEYWORD_ONLY or each.name not in values:
            break
        places.append(each.name)
    named = {key: value for key, value in values.items() if key not in places}
    own = (lab,) if name.startswith("Lab.") else ()
    return CALLS[name](*own, *(values[key] for key in places), **named)


def refused(name, values, lab):
    """The sentence that refuses it; None if it is taken."""
    signal.setitimer(signal.ITIMER_REAL, WAITS, 1)
    try:
        return refusal(lambda: ask(name, values, lab))[1]
    except Taken:
        return None
    except (NotAsked, Undecided) as why:
        return str(why).isprintable() and str(why)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def fault(name, given, lab):
    """What is wrong with how it is taken or refused; None if nothing is. given: [(parameter, value)]."""
    before = {"store", *map(str, Path().iterdir())}
    try:
        sentence = refused(name, what_is_right(name) | {parameter.name: value for parameter, value in given}, lab)
    except Exception as error:
        return f"{type(error).__name__} {error}"[:200]
    if sentence is None:
        return None if all(may_be(*each) for each in given) else "it is taken"
    return "it leaves a file" if {*map(str, Path().iterdir())} - before else None


def taken(*_, **__):
    raise Taken


def too_long(*_):
    raise AssertionError("it waits for ever")


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """A lab in a folder with files of every kind; a call that waits for ever is ended."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("HARNESS_STORE", raising=False)
    monkeypatch.setattr(comparison, "_run", taken)
    os.mkfifo("pipe")
    Path("link").symlink_to("none at all")
    Path("loop").symlink_to("loop")
    Path("text.py").write_text("raise ZeroDivisionError")
    harness.save_problem(TASK, "good.npz")
    results.write(Path("good.json"), sample())
    before = signal.signal(signal.SIGALRM, too_long)
    yield Lab(Scale("test", 100.0, effort=1, looks=2), CPU, 0, Store("store"), executor=Brief(CPU))
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("name", CALLS)
def test_what_is_right_is_taken(lab, name):
    assert refused(name, what_is_right(name), lab) is None


@pytest.mark.parametrize("name", CALLS)
def test_anything_is_taken_or_refused_in_a_sentence(lab, name):
    tried = [(each, odd, fault(name, [(each, value)], lab)) for each in takes(name) for odd, value in ODD.items()]
    wrong = [f"{parameter.name}={odd}: {said}" for parameter, odd, said in tried if said]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", [name for name in CALLS if len(takes(name)) > 1])
def test_pairs_are_taken_or_refused_in_a_sentence(lab, name):
    """Some pairs, always the same, mostly of what either parameter alone might take: they meet in what follows."""
    random, wrong = Random(name), []
    for _ in range(PAIRS):
        two = random.sample(takes(name), 2)
        kinds = [{odd: value for odd, value in (ODD | EDGES).items() if may_be(each, value)} for each in two]
        odd = [random.choice([*(kind if random.random() < 0.9 else ODD)]) for kind in kinds]
        said = fault(name, [(each, (ODD | EDGES)[value]) for each, value in zip(two, odd, strict=True)], lab)
        if said:
            wrong.append(f"{two[0].name}={odd[0]}, {two[1].name}={odd[1]}: {said}")
    assert not wrong, "\n".join(wrong)


FURTHER = [name for name in CALLS if len(takes(name)) < len(signature(CALLS[name]).parameters.keys() - {"self"})]


@pytest.mark.parametrize("name", FURTHER)
def test_a_further_argument_that_nothing_takes_is_refused(lab, name):
    assert "nonsense" in refused(name, what_is_right(name) | {"nonsense": 1}, lab)
