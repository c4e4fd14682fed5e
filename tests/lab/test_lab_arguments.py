"""What a notebook gives a lab is taken as it is meant, or refused in a sentence."""

import copy
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from harness.errors import BadInput
from harness.lab import SCALES, Lab
from harness.networks import FullyConnected
from harness.optimisers import SGD, Relative
from harness.problems import Problem, digits
from harness.statistics.comparison import compare
from harness.store import Store
from harness.verdicts import Estimate

NETWORK, PROBLEM = FullyConnected((4,)), digits(4, 8)
NO_TRAINING = Problem.from_arrays([], [], np.eye(3), [0, 1, 0])
MODULE = torch.nn.Linear(2, 2)


@pytest.fixture
def lab(tmp_path):
    return Lab("smoke", "cpu", 0, str(tmp_path / "store"))


def test_names_and_paths_stand_for_what_they_name(lab, tmp_path):
    same = Lab(SCALES["smoke"], torch.device("cpu"), np.int64(0), Store(tmp_path / "store"))
    assert (lab.scale, lab.device, lab.seed, lab.store.folder) == (same.scale, same.device, 0, same.store.folder)
    drawn = lab.prior(NETWORK, PROBLEM, draws=50)
    assert np.array_equal(drawn.words, same.prior(NETWORK, PROBLEM, draws=50).words)
    assert same.computed == 0
    assert isinstance(Lab("smoke", "cpu", 0, tmp_path).store, Store)


def test_the_home_of_a_user_is_written_as_a_wave(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Store("~/samples").folder == tmp_path / "samples"
    assert Store("./~").folder == Path("~")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("smok", "cpu", 0, "store"), "There is no scale 'smok'; choose one of smoke, standard, full"),
        ((None, "cpu", 0, "store"), "A lab takes a scale, such as 'smoke' or .* not None"),
        (("smoke", "gpu", 0, "store"), "takes auto, cpu, mps, cuda.* not 'gpu'"),
        (("smoke", 0, 0, "store"), 'A lab takes a device, such as "cpu", not 0'),
        (("smoke", "cpu", -1, "store"), "The seed of a lab is a whole number of at least 0 .* not -1"),
        (("smoke", "cpu", None, "store"), "The seed of a lab is a whole number of at least 0 .* not None"),
        (("smoke", "cpu", 1.5, "store"), "The seed of a lab is a whole number"),
        (("smoke", "cpu", 0, 7), "A lab takes a store or the path of its folder, not 7"),
        (("smoke", "cpu", 0, ""), "No file can be called ''"),
    ],
)
def test_what_makes_no_lab_is_one_sentence(arguments, said):
    with pytest.raises(BadInput, match=said):
        Lab(*arguments)


@pytest.mark.parametrize("optimiser", ["sgd", torch.nn.Linear, SGD])
def test_what_is_no_optimiser_is_one_sentence(lab, optimiser):
    with pytest.raises(BadInput, match=r"An optimiser is one of `harness.optimisers` such as SGD\(0.1\), not"):
        lab.train(NETWORK, PROBLEM, optimiser)


REQUESTS = {
    "prior": (),
    "posterior": (),
    "posterior_by_runs": (),
    "subset_posterior": (),
    "annealed_posterior": (),
    "exact_volumes": (),
    "train": (SGD(0.1),),
    "train relative": (Relative(SGD(), 0.3),),
    "kernel": (),
    "gaussian_process": (),
    "jittered_process": (),
    "infinite_prior": (),
    "infinite_posterior": (),
    "infinite_evidence": (),
}


@pytest.mark.parametrize("request_", REQUESTS)
def test_what_is_no_architecture_or_no_problem_is_one_sentence(lab, request_):
    ask = getattr(lab, request_.split()[0])
    for architecture, problem in ((NETWORK, np.eye(3)), (PROBLEM, NETWORK), (NETWORK, None), (MODULE, PROBLEM)):
        with pytest.raises(BadInput):
            ask(architecture, problem, *REQUESTS[request_])


@pytest.mark.parametrize(
    "ask",
    [
        lambda lab, problem: lab.posterior_on_sets(NETWORK, problem),
        lambda lab, problem: lab.train_on_sets(NETWORK, problem, SGD(0.1)),
        lambda lab, problem: lab.prior_on_sets(NETWORK, problem),
    ],
)
@pytest.mark.parametrize("sets", [PROBLEM, None])
def test_what_are_no_training_sets_is_one_sentence(lab, ask, sets):
    with pytest.raises(BadInput, match="Training sets are drawn by training_sets"):
        ask(lab, sets)


@pytest.mark.parametrize("name", ["chains", "draws", "kernels", "networks"])
def test_an_argument_that_a_method_does_without_is_checked_too(lab, name):
    for wrong in ("x", 0, 1.5):
        with pytest.raises(BadInput, match=rf"takes whole numbers of at least 1, not {name} = "):
            lab.infinite_posterior(NETWORK, PROBLEM, **{name: wrong})


@pytest.mark.parametrize("name", ["runs", "points", "networks"])
def test_so_is_one_of_an_evidence(lab, name):
    with pytest.raises(BadInput, match=f"takes whole numbers of at least 1, not {name} = "):
        lab.infinite_evidence(NETWORK, PROBLEM, **{name: "x"})


@pytest.mark.parametrize("statistics", [(), [], "x", ("x",), ([],), None])
def test_statistics_are_names(lab, statistics):
    with pytest.raises(BadInput, match=r"[Ss]tatistic"):
        lab.hidden_draws(NETWORK, PROBLEM, statistics)


@pytest.mark.parametrize(
    "ask",
    [
        lambda lab: lab.infinite_posterior(NETWORK, NO_TRAINING),
        lambda lab: lab.infinite_evidence(NETWORK, NO_TRAINING),
        lambda lab: lab.gaussian_process(NETWORK, NO_TRAINING),
        lambda lab: lab.jittered_process(NETWORK, NO_TRAINING),
        lambda lab: lab.last_layer_feasibility(NETWORK, NO_TRAINING),
        lambda lab: lab.subset_posterior(NETWORK, NO_TRAINING),
        lambda lab: lab.annealed_posterior(NETWORK, NO_TRAINING),
        lambda lab: lab.density_of_states(NETWORK, NO_TRAINING),
        lambda lab: lab.train(NETWORK, NO_TRAINING, SGD(0.1)),
    ],
)
def test_a_training_set_without_points_is_one_sentence(lab, ask):
    with pytest.raises(BadInput, match="at least 1 training point"):
        ask(lab)


def test_without_training_points_rejection_is_the_prior(lab):
    found = lab.rejection_posterior(NETWORK, NO_TRAINING, draws=200, last_layers=1)
    assert found.functions.total == 200
    assert found.evidence.value == 1


@pytest.mark.parametrize("whole", [int, np.int64, np.int32, np.uint8])
def test_whole_numbers_of_any_type_have_one_address(lab, whole):
    lab.prior(NETWORK, PROBLEM, draws=whole(100))
    lab.train(NETWORK, PROBLEM, SGD(0.1), networks=whole(10), batch=whole(4), max_epochs=whole(3))
    lab.infinite_posterior(NETWORK, PROBLEM, chains=whole(4), draws=whole(2))
    before = lab.computed
    assert before > 0
    again = Lab("smoke", "cpu", whole(0), lab.store)
    again.prior(NETWORK, digits(whole(4), whole(8), split=whole(0)), draws=100)
    again.train(FullyConnected((whole(4),)), PROBLEM, SGD(0.1), networks=10, batch=4, max_epochs=3)
    again.infinite_posterior(NETWORK, PROBLEM, chains=4, draws=2)
    assert again.computed == 0


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    lab = Lab("smoke", "cpu", 0, tmp_path_factory.mktemp("store"))
    return lab.train(NETWORK, PROBLEM, SGD(0.1), networks=200), lab.rejection_posterior(NETWORK, PROBLEM, draws=2000)


def test_a_comparison_says_what_it_takes(samples):
    trained, posterior = samples
    for one, other in ((posterior, trained), (trained, trained), (trained, None)):
        with pytest.raises(BadInput, match=r"compare takes trained networks and then a posterior, as compare\("):
            compare(one, other, PROBLEM)
    with pytest.raises(BadInput, match="A problem is one of"):
        compare(trained, posterior, None)
    for points in ("3", 0, 9, 2.0):
        with pytest.raises(BadInput, match="restricted to 1 to 8 of them, not to"):
            compare(trained, posterior, PROBLEM, points=points)


def test_an_estimate_and_a_lab_travel_to_other_processes(lab, samples):
    found = compare(*samples, PROBLEM)
    there = pickle.loads(pickle.dumps(found))
    assert (there.quantity, there.value, there.n, there.unit) == (found.quantity, found.value, found.n, found.unit)
    assert repr(there.details) == repr(found.details)
    assert there.interval(0.05) == found.interval(0.05)
    # Of a level that did not travel, that of a higher one.
    low, high = there.interval(0.04)
    assert low <= found.interval(0.04)[0] <= found.interval(0.04)[1] <= high
    assert there.interval(1e-9) == (-np.inf, np.inf)
    assert repr(there) == repr(found)
    assert copy.deepcopy(found) is found
    again = pickle.loads(pickle.dumps(lab))
    again.prior(NETWORK, PROBLEM, draws=50)
    lab.prior(NETWORK, PROBLEM, draws=50)
    assert lab.computed == 0


def test_an_estimate_is_shown_with_its_interval():
    made = Estimate(
        "share", 0.25, lambda alpha: (0.25 - alpha, 0.25 + alpha), 1500, "networks", 9.0, "m", None, {"a": [1] * 999}
    )
    assert repr(made) == "Estimate(share 0.25, 95 % interval [0.20, 0.30]; 1,500 networks)"
    beyond = Estimate("bias explained", 1.07, lambda _: (0.83, 1.0), 200, "networks", 9.0, "m")
    assert repr(beyond) == (
        "Estimate(bias explained 1.00▸, 95 % interval [0.83, 1.00], which ends where the quantity does; 200 networks)"
    )
