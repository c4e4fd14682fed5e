"""Samples as frames, trees of ArviZ's shape and tables of a notebook."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from harness.errors import BadInput, Unavailable
from harness.functions import ClusteredCounts, FunctionCounts
from harness.functions.packing import pack
from harness.functions.shown import chains, columns
from harness.samplers.posterior import RejectionPosterior, RunsPosterior
from harness.samplers.training import Trained

RNG = np.random.default_rng(0)
LABELS = RNG.integers(0, 2, (60, 5))
FUNCTIONS = FunctionCounts.from_bits(LABELS)
TRAINED = Trained(FUNCTIONS, 70, np.ones(60, dtype=np.int64), FunctionCounts.empty(5))
RUNS = ClusteredCounts.from_words(pack(LABELS, 2), np.arange(60) // 20, 5, 3)
CURVE = np.array([[0.0, -1.0], [0.0, -2.0], [0.0, -3.0]])
POSTERIOR = RunsPosterior(RUNS, CURVE, np.ones(3))


def sorted_rows(array):
    return sorted(map(tuple, array.tolist()))


def test_columns_hold_every_function_with_its_count():
    found = columns(FUNCTIONS)
    assert found["count"].tolist() == sorted(found["count"], reverse=True)
    assert dict(zip(found["function"], found["count"], strict=True)) == {
        "".join(map(str, row)): int((row == LABELS).all(axis=1).sum()) for row in LABELS
    }
    assert found["probability"].sum() == pytest.approx(1)
    of_runs = columns(RUNS)
    assert np.bincount(of_runs["unit"], of_runs["count"]).tolist() == [20, 20, 20]


def test_chains_are_units_and_lose_no_draw():
    found = chains(RUNS)
    assert found.shape == (3, 20, 5)
    for chain in range(3):
        assert sorted_rows(found[chain]) == sorted_rows(LABELS[20 * chain : 20 * chain + 20])
    assert np.array_equal(found, chains(RUNS))
    one = chains(FUNCTIONS)
    assert sorted_rows(one[0]) == sorted_rows(LABELS)
    # Not in the order of the counts, in which neighbours are alike.
    assert one[0].tolist() != np.repeat(FUNCTIONS.labels(), FUNCTIONS.counts, axis=0).tolist()
    with pytest.raises(BadInput, match="have 1 to 3 draws, but chains of a tree have equally many"):
        chains(ClusteredCounts.from_words(pack(LABELS[:4], 2), np.array([0, 1, 1, 1]), 5, 2))
    with pytest.raises(BadInput, match="holds no network"):
        chains(FunctionCounts.empty(5))


def test_frames_are_those_columns():
    frame = TRAINED.frame()
    assert list(frame.columns) == ["function", "count", "probability"]
    assert frame["count"].sum() == 60
    assert list(POSTERIOR.frame().columns) == ["unit", "function", "count"]
    whole = RejectionPosterior(RUNS, 1)
    assert list(whole.frame().columns) == ["function", "count", "probability"]
    assert "unit" in RejectionPosterior(RUNS, 4).frame()


def test_what_a_tree_is_made_of(monkeypatch):
    stand_in = SimpleNamespace(Dataset=dict, DataTree=SimpleNamespace(from_dict=dict))
    monkeypatch.setitem(sys.modules, "xarray", stand_in)
    tree = POSTERIOR.to_datatree(observed=[0, 1])
    dims, labels = tree["posterior"]["label"]
    assert dims == ("chain", "draw", "point")
    assert np.array_equal(labels, chains(RUNS))
    assert tree["sample_stats"]["ln_evidence"][1].tolist() == [-1, -2, -3]
    assert list(TRAINED.to_datatree()) == ["posterior"]


def test_trees_of_xarray_have_a_chain_a_run():
    pytest.importorskip("xarray", reason="xarray is not installed.")
    tree = POSTERIOR.to_datatree(observed=[0, 1])
    assert dict(tree["posterior"].sizes) == {"chain": 3, "draw": 20, "point": 5}
    assert np.array_equal(tree["posterior"]["label"].values, chains(RUNS))
    assert tree["sample_stats"]["ln_evidence"].values.tolist() == [-1, -2, -3]
    assert tree["observed_data"]["label"].values.tolist() == [0, 1]
    assert dict(TRAINED.to_datatree()["posterior"].sizes) == {"chain": 1, "draw": 60, "point": 5}


def test_a_package_that_is_missing_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "xarray", None)
    with pytest.raises(Unavailable, match="Trees need the package xarray, which is not installed; run pip install"):
        POSTERIOR.to_datatree()


def test_a_notebook_shows_the_most_frequent_functions():
    shown = TRAINED._repr_html_()
    assert shown.count("<tr>") == 1 + 8
    assert "60 networks" in shown
    first = columns(FUNCTIONS)["function"][0]
    assert shown.index(first) < shown.index(columns(FUNCTIONS)["function"][7])
    assert "3 units" in POSTERIOR._repr_html_()
