"""What a notebook shows of an object is short, however much it holds: every class of results, found by looking."""

import pkgutil
from dataclasses import fields, is_dataclass
from importlib import import_module
from inspect import isclass

import numpy as np
import pytest
import torch

import harness
from harness.functions import ClusteredCounts, FunctionCounts
from harness.functions.brief import Brief
from harness.functions.counts import Origin
from harness.functions.packing import pack
from harness.lab import Lab
from harness.lab.outside import Outside, outside
from harness.run.frames import Results
from harness.samplers.infinite_width import GaussianProcess
from harness.samplers.infinite_width.truncated_gaussian import ChainsPosterior
from harness.samplers.sampler import Sampler
from harness.store.identity import stated
from tests.support.report_documents import sample

MOST = 1200
RNG = np.random.default_rng(0)
# Just short of what numpy itself would leave out.
ARRAY = RNG.normal(size=(111, 9))
ORIGIN = Origin(tuple("x" * 64 for _ in range(500)), "p" * 64)
LABELS = RNG.integers(0, 2, (900, 3000))
COUNTS = FunctionCounts.from_labels(LABELS[:, :100], 2)
LARGE = {
    np.ndarray: ARRAY, int: 10**9, float: 1 / 3, str: "x" * 300, FunctionCounts: COUNTS, Origin | None: ORIGIN,
    ClusteredCounts: ClusteredCounts.from_words(pack(LABELS[:, :100], 2), np.arange(900) // 3, 100, 300),
    dict: {str(i): ARRAY for i in range(99)}, GaussianProcess: GaussianProcess(np.eye(30), np.zeros(29, dtype=int)),
}  # fmt: skip


def everything():
    """Every class of the package."""
    for module in pkgutil.walk_packages(harness.__path__, "harness."):
        if module.name != "harness.__main__":
            found = import_module(module.name)
            yield from (each for each in vars(found).values() if isclass(each) and each.__module__ == module.name)


EVERY = sorted(set(everything()), key=lambda each: (each.__module__, each.__qualname__))
# What a sampler gives, and so a request to a lab, and what says that it is brief.
GIVEN = {each.result for each in EVERY if issubclass(each, Sampler) and hasattr(each, "result")}
RESULTS = [each for each in EVERY if is_dataclass(each) and (each in GIVEN or issubclass(each, Brief))]


def filled(kind):
    """An instance with much in every field, whatever it would check."""
    made = object.__new__(kind)
    for each in fields(kind):
        value = next((large for name, large in LARGE.items() if each.type == name), (ARRAY,) * 30)
        object.__setattr__(made, each.name, value)
    return made


@pytest.mark.parametrize("kind", RESULTS, ids=lambda each: f"{each.__module__}.{each.__qualname__}")
def test_results_are_brief(kind):
    text = repr(filled(kind))
    assert text.startswith(f"{kind.__name__}(")
    assert len(text) < MOST, text
    assert all(each.name in text for each in fields(kind) if each.repr)


def test_results_are_found():
    assert {FunctionCounts, Outside, ChainsPosterior, GaussianProcess} <= {*RESULTS}
    assert len(GIVEN) > 20


def test_what_a_user_is_given_is_brief_and_so_are_its_tables():
    problem = harness.Problem.from_arrays([], [], RNG.normal(size=(3000, 1)), np.zeros(3000, dtype=int))
    elsewhere = outside(LABELS, problem, units=np.arange(900))
    lab = Lab(seed=1)
    lab.rates.noted.update({(str(i),): {"rate": i} for i in range(1000)})
    document = sample()
    document["cells"] = document["cells"] * 2000
    for each in (elsewhere, elsewhere.functions, elsewhere.sample, problem, lab):
        assert len(repr(each)) < MOST, repr(each)
    assert len(repr(Results(document))) < 10 * MOST
    assert f"… {len(document['cells']) - 40:,} more" in repr(Results(document))
    assert len(Results(document)._repr_html_()) < 30 * MOST
    assert len(elsewhere._repr_html_()) < 3 * MOST


def test_few_entries_are_written_out():
    few = FunctionCounts.from_labels(np.array([[0, 1], [0, 1], [1, 1]]), 2)
    assert repr(few).startswith("FunctionCounts(n=2, words=array([[2], [3]], dtype=uint64), counts=array([2, 1])")
    many = FunctionCounts.from_labels(LABELS[:50, :3], 2)
    assert f"words=uint64 ({many.distinct}, 1), counts=int64 ({many.distinct},)" in repr(many)


def test_what_a_repr_leaves_out_is_in_an_address():
    """Else two values that a network or a rule of one's own holds would have one sample."""
    other = FunctionCounts(100, COUNTS.words, COUNTS.counts + np.eye(len(COUNTS.counts), dtype=np.int64)[7])
    assert repr(other) == repr(COUNTS)
    assert stated(other, "A rule") != stated(COUNTS, "A rule")
    assert stated((torch.nn.ReLU, other), "A rule") != stated((torch.nn.ReLU, COUNTS), "A rule")
