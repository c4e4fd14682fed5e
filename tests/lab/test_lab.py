"""The lab: looks, seeds, the store behind it, and what it charges."""

import hashlib
from itertools import pairwise

import numpy as np
import pytest
import torch

import harness.samplers.prior
from harness.claim import Scale
from harness.errors import BadInput, NotAsked, Undecided
from harness.lab import SAMPLERS_VERSION, Lab
from harness.networks import FullyConnected, perceptron
from harness.optimisers import SGD
from harness.problems import Problem, boolean_cube, digits
from harness.samplers.prices import packaged
from harness.samplers.prior import Prior
from harness.store import Store

SCALE = Scale("test", 100.0, effort=1, looks=3)
CUBE, NETWORK = boolean_cube(3), perceptron()
TASK = boolean_cube(3, "majority", train=3)


@pytest.fixture
def lab(tmp_path):
    """lab(name=…, seed=…) -> a lab with a store of that name."""

    def make(name="store", seed=0, **options):
        return Lab(SCALE, torch.device("cpu"), seed, Store(tmp_path / name), **options)

    return make


@pytest.fixture
def computed(monkeypatch):
    """One entry for every shard of a prior that is computed."""
    calls, original = [], harness.samplers.prior.prior

    def counting(architecture, problem, draws, generator):
        calls.append((problem.name, draws))
        return original(architecture, problem, draws, generator)

    monkeypatch.setattr(harness.samplers.prior, "prior", counting)
    return calls


SAMPLERS = {
    "prior": lambda lab: lab.prior(NETWORK, CUBE, draws=100),
    "rejection_posterior": lambda lab: lab.rejection_posterior(NETWORK, TASK, draws=50, last_layers=4),
    "subset_posterior": lambda lab: lab.subset_posterior(FullyConnected((4,)), TASK, runs=2, chains=8, steps=2),
    "annealing": lambda lab: lab.annealed_posterior(FullyConnected((4,)), TASK, runs=2, particles=64, trajectories=16),
    "tempered": lambda lab: lab.tempered_posterior(NETWORK, TASK, 1.0, draws=50, last_layers=4),
    "density": lambda lab: lab.density_of_states(FullyConnected((4,)), TASK, runs=2, chains=8, steps=2),
    "train": lambda lab: lab.train(FullyConnected((4,)), TASK, SGD(0.1), networks=10, batch=2, max_epochs=50),
    "feasibility": lambda lab: lab.last_layer_feasibility(FullyConnected((4,)), TASK, draws=5),
}


def same(one, two):
    one, two = one.to_arrays(), two.to_arrays()
    assert set(one) == set(two)
    for name, array in one.items():
        np.testing.assert_array_equal(array, two[name])


def test_every_look_doubles_the_sample_and_contains_the_one_before(lab, computed):
    lab, looks = lab(), []
    for lab.look in range(3):
        looks.append(lab.prior(NETWORK, CUBE, draws=100))
    assert [found.total for found in looks] == [100, 200, 400]
    for before, after in pairwise(looks):
        assert (after.counts_of(before.words) >= before.counts).all()
    assert len(computed) == 4
    lab.look = 0
    same(lab.prior(NETWORK, CUBE, draws=100), looks[0])
    assert len(computed) == 4


@pytest.mark.parametrize("sample", SAMPLERS.values(), ids=SAMPLERS)
def test_what_is_stored_is_what_was_drawn(lab, monkeypatch, sample):
    first = lab()
    first.look = 1
    drawn = sample(first)

    def refuse(*_, **__):
        raise AssertionError("drawn again")

    monkeypatch.setattr("harness.lab.jobs.generator", refuse)
    second = lab()
    second.look = 1
    same(sample(second), drawn)
    assert second.spent == first.spent > 0


@pytest.mark.parametrize("sample", SAMPLERS.values(), ids=SAMPLERS)
def test_the_same_seed_draws_the_same_and_another_does_not(lab, sample):
    drawn = sample(lab("one"))
    same(sample(lab("two")), drawn)
    if sample is not SAMPLERS["feasibility"]:
        with pytest.raises(AssertionError):
            same(sample(lab("three", seed=1)), drawn)


def test_a_density_of_states_is_for_reading_and_does_not_grow_with_looks(lab):
    lab = lab()
    lab.begin()
    first, cost = SAMPLERS["density"](lab), lab.spent
    lab.look = 2
    same(SAMPLERS["density"](lab), first)
    assert len(first.by_run) == 2
    assert lab.spent == cost > 0
    assert lab.ahead == 0


def test_seconds_of_first_looks_are_kept_apart_and_are_those_of_the_run_that_drew_them(lab):
    def ask(lab):
        for bits in (3, 2):
            lab.begin()
            for lab.look in range(2):
                lab.prior(NETWORK, boolean_cube(bits), draws=100)
        return lab

    first, again = ask(lab()), ask(lab())
    assert 0 < first.first_looks < first.computed
    assert (again.first_looks, again.computed) == (first.first_looks, 0.0)


def test_draws_do_not_depend_on_order(lab):
    def ask(lab, order):
        found = {}
        for bits, sample in order:
            lab.begin()
            for lab.look in range(2):
                found[bits, sample] = lab.prior(NETWORK, boolean_cube(bits), draws=100, sample=sample)
        return found

    order = [(2, 0), (3, 0), (3, 1), (4, 0)]
    forward, backward = ask(lab("one"), order), ask(lab("two"), order[::-1])
    for cell in order:
        same(forward[cell], backward[cell])
    with pytest.raises(AssertionError):
        same(forward[3, 0], forward[3, 1])


@pytest.mark.parametrize("block", [1, 7, 1000])
def test_draws_do_not_depend_on_the_block(lab, monkeypatch, block):
    expected = [SAMPLERS[name](lab("one")) for name in ("prior", "rejection_posterior")]
    monkeypatch.setattr("harness.samplers.prior.block_size", lambda *_: block)
    for name, each in zip(("prior", "rejection_posterior"), expected, strict=True):
        same(SAMPLERS[name](lab("two")), each)


def test_a_sample_is_charged_once_a_run_and_as_when_it_was_computed(lab):
    def spent(lab):
        seconds = []
        for bits in (3, 3, 4):
            lab.begin()
            for lab.look in range(2):
                lab.prior(NETWORK, boolean_cube(bits), draws=100)
            seconds.append(lab.spent)
        return seconds

    first = spent(lab())
    assert first[0] > 0
    assert first[1] == 0
    assert first[2] > 0
    assert spent(lab()) == first


def test_fresh_draws_again_once_a_run_and_finds_the_same(lab, computed):
    expected = SAMPLERS["prior"](lab())
    fresh = lab(fresh=True)
    for _ in range(2):
        fresh.begin()
        same(SAMPLERS["prior"](fresh), expected)
    fresh.begin()
    fresh.begin()
    same(SAMPLERS["prior"](fresh), expected)
    assert len(computed) == 2


def test_only_the_samples_of_the_last_cell_are_kept_in_memory(lab):
    lab = lab()
    for bits in range(2, 7):
        lab.begin()
        lab.prior(NETWORK, boolean_cube(bits), draws=10)
    assert len(lab._merged) == 2


def test_a_problem_is_known_by_its_content(lab, computed):
    lab = lab()
    renamed = Problem.from_arrays(CUBE.train_x, CUBE.train_y, CUBE.eval_x, CUBE.eval_y, "renamed")
    other = Problem.from_arrays(CUBE.train_x, CUBE.train_y, CUBE.eval_x, 1 - CUBE.eval_y, CUBE.name)
    for problem in (CUBE, renamed, other):
        lab.begin()
        lab.prior(NETWORK, problem, draws=10)
    assert [name for name, _ in computed] == ["cube3", "cube3"]


def test_progress_says_what_is_drawn(lab):
    said = []
    lab = lab(progress=said.append)
    for lab.look in range(2):
        SAMPLERS["prior"](lab)
    assert said == ["prior 1/1", "prior 2/2"]


def test_work_is_priced_and_does_not_depend_on_the_clock_or_on_other_cells(lab):
    made = lab()
    made.prior(NETWORK, CUBE, draws=100)
    one = packaged().seconds(Prior(NETWORK, CUBE, 100))
    assert (made.work, made.ahead) == (one, one)
    made.look = 1
    made.prior(NETWORK, CUBE, draws=100)
    assert (made.work, made.ahead) == (2 * one, 2 * one)
    # A kernel is computed once.
    made.kernel(NETWORK, CUBE)
    assert made.ahead == 2 * one < made.work
    made.begin()
    assert (made.work, made.ahead) == (0.0, 0.0)
    made.prior(NETWORK, CUBE, draws=100)
    made.prior(NETWORK, CUBE, draws=100)
    assert (made.work, made.spent) == (one, 0.0)


def test_a_first_look_that_is_too_dear_is_not_asked_and_draws_nothing(lab, computed):
    one = packaged().seconds(Prior(NETWORK, CUBE, 100))
    made = lab()
    made.begin("dear", first=0.9 * one)
    with pytest.raises(
        NotAsked, match=r"^Beyond this scale: .* takes .* s of a core or more, and test gives it .* s\. A"
    ):
        made.prior(NETWORK, CUBE, draws=100)
    assert not computed
    # The sum of all its samples counts, and later looks are the allowance's.
    made.begin("two samples", first=1.1 * one)
    made.prior(NETWORK, CUBE, draws=100)
    with pytest.raises(NotAsked):
        made.prior(NETWORK, CUBE, draws=99)
    # What was refused is no work.
    assert made.work == one
    made.begin("a later look", first=1.1 * one)
    made.prior(NETWORK, CUBE, draws=100)
    made.look = 1
    made.prior(NETWORK, CUBE, draws=100)
    made.begin("the next cell")
    made.prior(NETWORK, CUBE, draws=1000)
    assert computed == [(CUBE.name, draws) for draws in (100, 100, 1000)]


def test_runs_that_disagree_leave_a_claim_undecided(lab):
    hard = digits(24, 8)
    with pytest.raises(Undecided, match=r"Runs of subset simulation disagree: .* over 4 of them"):
        lab().subset_posterior(FullyConnected((3, 3)), hard, runs=4, chains=2, steps=1)


def test_annealing_that_lags_leaves_a_claim_undecided_but_has_an_evidence(lab):
    hard = boolean_cube(4, "parity", train=14)
    with pytest.raises(Undecided, match=r"on the way there and -\d+\.\d+ on the way back, though trajectories were"):
        lab().annealed_posterior(FullyConnected((8,)), hard, particles=64, trajectories=1, max_doublings=0)
    found = lab().annealed_evidence(FullyConnected((8,)), hard, particles=64, trajectories=1)
    low, high = found.interval(0.05)
    assert low < found.value < high
    assert found.n == 4


def test_the_version_is_raised_when_a_sampler_draws_otherwise(lab):
    """Entries of an older sampler would be taken for this one's: raise SAMPLERS_VERSION, then renew these digests.

    Not annealing's: sharpnesses and steps are settled by sums that another kind of processor rounds otherwise.
    """
    digests = {
        name: hashlib.sha256(
            b"".join(np.ascontiguousarray(array).tobytes() for array in sample(lab()).to_arrays().values())
        )
        for name, sample in SAMPLERS.items()
        if name != "annealing"
    }
    assert {"version": SAMPLERS_VERSION} | {name: digest.hexdigest()[:12] for name, digest in digests.items()} == {
        "version": 7,
        "prior": "34ca1deeef53",
        "rejection_posterior": "70ef8d60e033",
        "subset_posterior": "909ce47a0ffe",
        "density": "df49e8fc18bc",
        "train": "566f4305cfda",
        "feasibility": "83b4202652da",
        "tempered": "7803b1ee52e0",
    }


class Unsaid(FullyConnected):
    """An architecture whose repr is a place in memory."""

    __repr__ = object.__repr__


class Said(Unsaid):
    """The same with a repr that says nothing of its numbers, and a bias that it does not list."""

    bias = 0.0

    def __repr__(self):
        return "Said()"

    def readout(self, parameters, features):
        return super().readout(parameters, features) + self.bias


def test_what_has_no_repr_of_its_own_is_refused_where_an_address_is_made(lab):
    with pytest.raises(BadInput, match="repr is its address in the store and must say what it is"):
        lab().prior(Unsaid((4,)), CUBE, draws=10)

    class Descent(SGD):
        __repr__ = object.__repr__

    for ask in (
        lambda: lab().train(NETWORK, TASK, Descent(0.1), networks=4),
        lambda: lab().trained_features(FullyConnected((4,)), TASK, Descent(0.1), ("weight norm",), networks=4),
    ):
        with pytest.raises(BadInput, match="optimiser's repr"):
            ask()


def test_edited_code_is_not_answered_by_samples_of_the_code_before(lab, monkeypatch):
    one, network = lab(), Said((4,))
    before = one.prior(network, CUBE, draws=200)
    monkeypatch.setattr(Said, "bias", 1e9)
    assert one.prior(network, CUBE, draws=200).distinct == 1 < before.distinct
    monkeypatch.setattr(Said, "bias", 0.0)
    np.testing.assert_array_equal(one.prior(network, CUBE, draws=200).counts, before.counts)
