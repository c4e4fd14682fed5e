"""Samples as frames, trees of ArviZ's shape and tables of a notebook."""

import sys
from types import SimpleNamespace

import arviz_stats
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
    found, unit = chains(RUNS)
    assert found.shape == (3, 20, 5)
    for chain in range(3):
        assert sorted_rows(found[chain]) == sorted_rows(LABELS[20 * chain : 20 * chain + 20])
        assert unit[chain].tolist() == [chain] * 20
    assert np.array_equal(found, chains(RUNS)[0])
    one, of_one = chains(FUNCTIONS)
    assert sorted_rows(one[0]) == sorted_rows(LABELS)
    assert not of_one.any()
    # Not in the order of the counts, in which neighbours are alike.
    assert one[0].tolist() != np.repeat(FUNCTIONS.labels(), FUNCTIONS.counts, axis=0).tolist()
    with pytest.raises(BadInput, match="holds no network"):
        chains(FunctionCounts.empty(5))


def test_units_of_different_size_are_one_chain_with_their_draws_together():
    of_unit = np.repeat([0, 2, 3, 5], [1, 3, 20, 36])
    found, unit = chains(ClusteredCounts.from_words(pack(LABELS, 2), of_unit, 5, 6))
    assert found.shape == (1, 60, 5)
    for each in (0, 2, 3, 5):
        assert sorted_rows(found[0][unit[0] == each]) == sorted_rows(LABELS[of_unit == each])
    assert np.count_nonzero(np.diff(unit[0])) == 3
    # Not in the order of the units, which may be that of their sizes.
    assert unit[0].tolist() != of_unit.tolist()


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
    assert np.array_equal(labels, chains(RUNS)[0])
    assert tree["sample_stats"]["unit"][1].tolist() == np.repeat([[0], [1], [2]], 20, axis=1).tolist()
    assert tree["sample_stats"]["ln_evidence"][1].tolist() == np.repeat([[-1], [-2], [-3]], 20, axis=1).tolist()
    assert list(RejectionPosterior(RUNS, 4).to_datatree()["sample_stats"]) == ["unit"]
    assert list(TRAINED.to_datatree()) == ["posterior"]


def test_trees_are_read_by_arviz():
    tree = POSTERIOR.to_datatree(observed=[0, 1])
    assert dict(tree["posterior"].sizes) == {"chain": 3, "draw": 20, "point": 5}
    assert np.array_equal(tree["posterior"]["label"].values, chains(RUNS)[0])
    assert tree["observed_data"]["label"].values.tolist() == [0, 1]
    assert dict(TRAINED.to_datatree()["posterior"].sizes) == {"chain": 1, "draw": 60, "point": 5}
    means = arviz_stats.mean(tree)["label"].values
    assert means == pytest.approx(chains(RUNS)[0].mean(axis=(0, 1)), abs=0.005)


def test_arviz_finds_the_dependence_of_the_draws_of_a_unit():
    """Twenty draws of each of 200 hidden layers, nearly alike: an effective size of about 200 and not 4,000."""
    rng = np.random.default_rng(1)
    sizes = rng.integers(10, 31, 200)
    labels = np.repeat(rng.integers(0, 2, (200, 5)), sizes, axis=0)
    units = ClusteredCounts.from_words(pack(labels, 2), np.repeat(np.arange(200), sizes), 5, 200)
    found = arviz_stats.ess(RejectionPosterior(units, 64).to_datatree())["label"].values
    assert (found > 100).all()
    assert (found < 400).all()


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
