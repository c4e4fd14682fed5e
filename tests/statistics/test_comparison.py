"""What a claim shows of an optimiser beside random sampling, on samples made by hand."""

import numpy as np
import pytest
import torch

from harness.claim import Scale
from harness.errors import BadInput, Undecided
from harness.functions import ClusteredCounts, FunctionCounts
from harness.lab import Lab
from harness.networks import FullyConnected
from harness.optimisers import SGD
from harness.problems import Problem, boolean_cube, digits
from harness.samplers.infinite_width import ChainsPosterior
from harness.samplers.posterior import RejectionPosterior, RunsPosterior
from harness.samplers.posterior.annealing import Annealing
from harness.samplers.training import Trained
from harness.statistics.comparison import compare, halves, restricted
from harness.statistics.distances import bias_explained, mmd_squared
from harness.statistics.figures import MOST_POINTS, SHOWN_ALPHA, curve, figure, scatter
from harness.statistics.generalisation import generalisation_error
from harness.store import Store
from harness.verdicts.intervals import clopper_pearson, proportion

CUBE = boolean_cube(3)
N = CUBE.n


def bits(rng, number, chance):
    return (rng.random((number, N)) < chance).astype(np.uint8)


def trained(rng, number, unfitted=0):
    return Trained(
        FunctionCounts.from_bits(bits(rng, number, 0.3)), number + unfitted, np.arange(number), FunctionCounts.empty(N)
    )


def volume(rng, kept, draws):
    words = FunctionCounts.from_bits(bits(rng, kept, 0.3))
    rows = np.repeat(words.words, words.counts, axis=0)
    return RejectionPosterior(ClusteredCounts.from_words(rows, np.arange(kept), N, draws), 1)


def test_the_estimate_is_bias_explained_with_the_rest_beside_it():
    rng = np.random.default_rng(0)
    by_training, by_volume = trained(rng, 300, unfitted=7), volume(rng, 400, 5000)
    found = compare(by_training, by_volume, CUBE)
    plain = bias_explained(by_training.functions, by_volume.sample)
    assert found.value == plain.value
    assert found.interval(0.01) == plain.interval(0.01)
    assert found.foreseen is not None
    assert [each["quantity"] for each in found.details["secondary"]] == [
        "squared MMD",
        "total variation",
        "mass within ten-fold",
        "rank agreement",
        "P(S)",
        "test error, trained",
        "test error, sampled",
    ]
    assert found.details["secondary"][-3]["low"] == clopper_pearson(400, 5000, SHOWN_ALPHA)[0]
    assert any("7 of 307" in note for note in found.details["notes"])
    assert any("median 149.5" in note for note in found.details["notes"])


def test_chains_of_infinite_width_have_no_evidence_of_their_own():
    rng = np.random.default_rng(1)
    words = np.repeat(np.arange(4, dtype=np.uint64), 50)[:, None]
    by_volume = ChainsPosterior(ClusteredCounts.from_words(words, np.tile(np.arange(10), 20), N, 10))
    found = compare(trained(rng, 300), by_volume, CUBE, 4)
    by_training = trained(np.random.default_rng(1), 300)
    plain = bias_explained(restricted(by_training, 4).functions, restricted(by_volume, 4).sample)
    assert "P(S)" not in [each["quantity"] for each in found.details["secondary"]]
    assert found.value == pytest.approx(plain.value)


def test_without_any_trained_network_nothing_is_compared():
    none = Trained(FunctionCounts.empty(N), 50, np.zeros(0, dtype=np.int64), FunctionCounts.empty(N))
    with pytest.raises(Undecided, match="None of 50 trained networks fitted"):
        compare(none, volume(np.random.default_rng(1), 40, 500), CUBE)


def test_too_few_networks_say_how_many_there_were():
    rng = np.random.default_rng(1)
    found = compare(trained(rng, 2), volume(rng, 400, 5000), CUBE)
    assert np.isnan(found.value)
    assert found.details["notes"] == ["2 trained and 400 sampled networks fit."]


def test_runs_of_a_sampler_are_compared_by_run():
    rng = np.random.default_rng(2)
    words = np.concatenate([FunctionCounts.from_bits(bits(rng, 1, 0.3)).words for _ in range(120)])
    clusters = ClusteredCounts.from_words(words, np.repeat(np.arange(6), 20), N, 6)
    evidence = rng.normal(-5, 0.2, (6, 4))
    posterior = RunsPosterior(clusters, evidence, np.ones(6))
    found = compare(trained(rng, 100), posterior, CUBE)
    assert found.details["secondary"][-3]["quantity"] == "ln P(S)"
    assert found.effective_n <= 120
    # A run counts by its evidence in the error, as it does in the distances.
    by_run = [(run.labels() != CUBE.eval_y).mean(axis=1) @ run.probabilities() for run in posterior.sample.runs]
    error = found.details["secondary"][-1]
    assert error["quantity"] == "test error, sampled"
    assert error["value"] == pytest.approx(np.average(by_run, weights=np.exp(evidence[:, -1])))


def test_functions_may_be_compared_on_fewer_points_than_errors():
    rng = np.random.default_rng(5)
    by_training, by_volume = trained(rng, 300), volume(rng, 400, 5000)
    found = compare(by_training, by_volume, CUBE, points=3)
    few = bias_explained(restricted(by_training, 3).functions, restricted(by_volume, 3).sample)
    assert found.value == few.value
    assert {len(point["function"]) for point in found.details["scatter"]} == {3}
    functions = by_training.functions
    error = (functions.labels() != CUBE.eval_y).mean(axis=1) @ functions.probabilities()
    assert found.details["secondary"][-2]["value"] == pytest.approx(error)


def test_a_curve_has_a_point_for_every_line_and_place():
    estimates = [proportion(k, 10, quantity="share", unit="draws") for k in (3, 5)]
    found = curve("m", [8, 16], {"sampled": estimates, "trained": estimates[::-1]})
    assert [(each["parameters"], each["value"]) for each in found] == [
        ({"m": 8, "sample": "sampled"}, 0.3),
        ({"m": 16, "sample": "sampled"}, 0.5),
        ({"m": 8, "sample": "trained"}, 0.5),
        ({"m": 16, "sample": "trained"}, 0.3),
    ]
    assert (found[0]["low"], found[0]["high"]) == clopper_pearson(3, 10, SHOWN_ALPHA)


def test_scatter_has_both_probabilities_of_the_functions_most_seen():
    rng = np.random.default_rng(3)
    first, second = (FunctionCounts.from_bits(bits(rng, 1000, chance)) for chance in (0.4, 0.5))
    points = scatter(first, second, CUBE)
    assert len(points) <= MOST_POINTS
    assert len({point["function"] for point in points}) == len(points)
    by_name = (
        dict(zip(first.strings(), first.counts, strict=True)),
        dict(zip(second.strings(), second.counts, strict=True)),
    )
    target = "".join(map(str, np.asarray(CUBE.eval_y).astype(int)))
    for point in points:
        k, j = (names.get(point["function"], 0) for names in by_name)
        assert (point["y"], point["x"]) == (k / 1000, j / 1000)
        assert point["y_interval"] == clopper_pearson(k, 1000, SHOWN_ALPHA)
        assert point["target"] == (point["function"] == target)
        assert point["error"] == pytest.approx(sum(a != b for a, b in zip(point["function"], target, strict=True)) / N)


def test_functions_of_three_classes_are_shown_and_compared_with_their_labels():
    rng = np.random.default_rng(4)
    labels = np.array([2, 0, 1, 2])
    problem = Problem.from_arrays(np.eye(4)[:1], [1], np.eye(4), labels, classes=3)
    near, far = labels.copy(), (labels + 1) % 3
    near[0] = 1
    rows = np.stack([labels, near, far])[rng.choice(3, 400, p=[0.5, 0.3, 0.2])]
    functions = FunctionCounts.from_labels(rows, 3)
    points = {point["function"]: point for point in scatter(functions, functions, problem)}
    assert {name: (point["error"], point["target"]) for name, point in points.items()} == {
        "2012": (0, True),
        "1012": (0.25, False),
        "0120": (1, False),
    }
    words = np.repeat(functions.words, functions.counts, axis=0)
    by_volume = RejectionPosterior(ClusteredCounts.from_words(words, np.arange(400), 4, 900, 3), 1)
    assert compare(
        Trained(functions, 400, np.arange(400), FunctionCounts.empty(N)), by_volume, problem
    ).value == pytest.approx(1, abs=0.02)


def test_a_secondary_figure_is_shown_at_one_level():
    found = figure(proportion(3, 10, quantity="share", unit="draws"))
    assert (found["low"], found["high"]) == clopper_pearson(3, 10, SHOWN_ALPHA)
    assert found["level"] == 1 - SHOWN_ALPHA


@pytest.fixture
def lab(tmp_path):
    return Lab(Scale("test", 100.0, effort=1, looks=3), torch.device("cpu"), 0, Store(tmp_path))


NETWORK, MINE, OTHER = FullyConnected((8,)), digits(4, 8), digits(4, 8, split=1)


def sampled(lab, problem):
    """Samples on a problem: prior, posteriors of every kind, trained networks."""
    return {
        "prior": lab.prior(NETWORK, problem, draws=200),
        "rejection": lab.rejection_posterior(NETWORK, problem, draws=400, last_layers=4).sample,
        "whole networks": lab.rejection_posterior(NETWORK, problem, draws=2000, last_layers=1).sample,
        "runs": lab.subset_posterior(NETWORK, problem, runs=4, chains=16, steps=4).sample,
        "annealed": lab.gather(Annealing(NETWORK, problem, 4, 32, 4), check=False).sample,
        "infinite width": lab.infinite_posterior(NETWORK, problem, chains=4, draws=4).sample,
        "trained": lab.train(NETWORK, problem, SGD(0.1), networks=20).functions,
    }


def test_samples_of_different_problems_are_not_compared(lab):
    mine, others = sampled(lab, MINE), sampled(lab, OTHER)
    assert all(sample.origin == MINE.origin for sample in mine.values())
    for sample in others.values():
        with pytest.raises(BadInput, match="use one problem for both"):
            mmd_squared(mine["trained"], sample)
        with pytest.raises(BadInput, match="use one problem for both"):
            generalisation_error(sample, MINE)
        generalisation_error(sample, OTHER)
    with pytest.raises(BadInput, match="use one problem for both"):
        mine["prior"] + others["prior"]


def test_a_comparison_is_on_the_problem_of_both(lab):
    posterior = {each: lab.rejection_posterior(NETWORK, each, draws=400, last_layers=4) for each in (MINE, OTHER)}
    trained = {each: lab.train(NETWORK, each, SGD(0.1), networks=20) for each in (MINE, OTHER)}
    compare(trained[MINE], posterior[MINE], MINE)
    for one, other, problem in ((MINE, OTHER, MINE), (OTHER, MINE, MINE), (MINE, MINE, OTHER)):
        with pytest.raises(BadInput, match="use one problem for all three"):
            compare(trained[one], posterior[other], problem)
    # The same evaluation inputs, and another training set.
    relabelled = Problem.from_arrays(MINE.train_x, 1 - MINE.train_y, MINE.eval_x, MINE.eval_y)
    with pytest.raises(BadInput, match="use one problem for all three"):
        compare(lab.train(NETWORK, relabelled, SGD(0.1), networks=20), posterior[MINE], MINE)


def test_the_first_points_of_two_problems_may_be_the_same(lab):
    fewer = Problem.from_arrays(MINE.train_x, MINE.train_y, MINE.eval_x[:5], MINE.eval_y[:5])
    whole, part = (lab.prior(NETWORK, each, draws=200) for each in (MINE, fewer))
    posterior = lab.rejection_posterior(NETWORK, MINE, draws=400, last_layers=4)
    mmd_squared(restricted(posterior, 5).sample, part)
    with pytest.raises(BadInput, match="use one problem for both"):
        mmd_squared(restricted(posterior, 5).sample, lab.prior(NETWORK, digits(4, 5, split=1), draws=200))
    assert whole.most_common(3).origin == whole.origin
    assert {each.origin for each in halves(whole)} == {whole.origin}
