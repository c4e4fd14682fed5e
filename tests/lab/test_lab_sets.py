"""Requests on training sets: which shards, how looks double them, what they cost, and what refuses them."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from harness.claim import Scale
from harness.errors import BadInput, NotAsked, Undecided
from harness.execution.executor import InProcess
from harness.lab import Lab
from harness.lab.request import on_sets
from harness.networks import FullyConnected, perceptron
from harness.optimisers import SGD
from harness.problems import boolean_cube, digits, training_sets
from harness.samplers.features.least_width import LeastFrozenWidth
from harness.samplers.posterior.rejection_until import RejectionUntil, effective_size
from harness.samplers.prior import Prior
from harness.store import Store
from tests.support.every_request import same

NETWORK = FullyConnected((4,))
SETS = training_sets(boolean_cube, 3, 5, bits=3, target="majority")
TRAINING = {"networks": 4, "batch": 2, "max_epochs": 20}


class OnSets(Lab):
    prior_on_sets = on_sets(Prior)


@pytest.fixture
def lab(tmp_path):
    def make(name="store", seed=0, **options):
        scale = Scale("test", 100.0, effort=1, looks=3)
        return OnSets(scale, torch.device("cpu"), seed, Store(tmp_path / name), **options)

    return make


MANY = training_sets(digits, 2, 4)


def trained(lab, sets=SETS, **more):
    return lab.train_on_sets(NETWORK, sets, SGD(0.1), least_fitted=None, **{**TRAINING, **more})


def test_looks_double_the_sets_and_keep_those_of_before(lab):
    lab, looks = lab(), []
    for lab.look in range(3):
        looks.append(trained(lab))
        assert [p.fingerprint for p in lab.problems(SETS)] == [
            SETS.problem(number).fingerprint for number in range(8 * 2**lab.look)
        ]
    assert [len(look) for look in looks] == [8, 16, 32]
    for one, other in zip(looks[0], looks[2], strict=False):
        same(one, other)
    lab.look = 0
    assert len(trained(lab)) == 8


def test_the_seed_draws_other_sets(lab):
    one, two = lab("one"), lab("two", seed=1)
    assert not {p.fingerprint for p in one.problems(SETS)} >= {p.fingerprint for p in two.problems(SETS)}
    assert two.problems(SETS)[3].fingerprint == SETS.problem(3, 1).fingerprint


def test_a_set_has_the_first_shard_of_the_plain_request(lab, monkeypatch):
    first = lab()
    found = trained(first)
    monkeypatch.setattr("harness.lab.jobs.generator", None)
    again = lab()
    for number, each in enumerate(found):
        same(again.train(NETWORK, SETS.problem(number), SGD(0.1), **TRAINING), each)
    assert again.spent == first.spent > 0


def test_no_set_is_fetched_twice_at_later_looks(lab, monkeypatch):
    made, fetched = lab(), []
    original = Store.fetch
    monkeypatch.setattr(
        Store, "fetch", lambda self, spec, *a, **k: fetched.append(spec) or original(self, spec, *a, **k)
    )
    made.begin("a")
    for made.look in range(3):
        trained(made)
    made.begin("b")
    for made.look in range(3):
        trained(made)
    assert len(fetched) == 32
    assert len(made._merged) == 1


def test_seconds_are_charged_once_a_run_and_work_in_every_cell(lab):
    made = lab()
    made.begin("a")
    for made.look in range(2):
        trained(made, MANY)
    # As many sets again as there are, at their mean cost.
    assert made.ahead == made.work > 0
    work, made.look = made.work, 0
    made.begin("b")
    trained(made, MANY)
    # The seconds are not spent again; the work is that of a cell, whoever has asked before.
    assert (made.spent, made.work) == (0.0, work / 2)


def test_a_set_that_was_paid_for_by_a_plain_request_costs_nothing(lab):
    made = lab()
    made.begin("a")
    made.train(NETWORK, SETS.problem(2), SGD(0.1), **TRAINING)
    paid = made.spent
    made.begin("b")
    trained(made)
    everything = made.spent + paid
    other = lab()
    trained(other)
    assert everything == pytest.approx(other.spent)


def test_what_does_not_grow_has_the_sets_of_the_first_look(lab):
    made = lab()

    def sampler(problem):
        return LeastFrozenWidth(FullyConnected((8,)), problem, lambda w: FullyConnected((w,)), 8, 4, grows=False)

    made.begin()
    first = made.gather_on_sets(sampler, SETS)
    made.look = 2
    later = made.gather_on_sets(sampler, SETS)
    assert len(first) == len(later) == 8
    assert made.ahead == 0


def test_families_that_begin_alike_have_samples_of_their_own(lab):
    def every(m, n, split=0):
        return digits(m, n, split=split)

    def second(m, n, split=0):
        return digits(m, n, split=2 * split)

    def asked(made, data):
        return made.prior_on_sets(perceptron(), training_sets(data, 2, 4), draws=20)

    made, alone = lab("one"), lab("two")
    asked(made, every)
    for one, other in zip(asked(made, second), asked(alone, second), strict=True):
        same(one, other)


def test_progress_says_which_set(lab):
    said = []
    made = lab(progress=said.append)
    for made.look in range(2):
        made.prior_on_sets(perceptron(), SETS, draws=10)
    assert (said[0], said[-1], len(said)) == ("prior set 1/8", "prior set 16/16", 16)


def test_an_executor_computes_the_sets(lab):
    jobs = []

    class Counting(InProcess):
        def compute(self, job):
            jobs.append((job.number, job.sampler.problem.name))
            return super().compute(job)

    found = lab("one", executor=Counting(torch.device("cpu"))).prior_on_sets(perceptron(), SETS, draws=10)
    assert jobs == [(0, SETS.problem(number).name) for number in range(8)]
    for one, other in zip(found, lab("two").prior_on_sets(perceptron(), SETS, draws=10), strict=True):
        same(one, other)


def test_networks_that_do_not_fit_are_not_asked_about(lab):
    with pytest.raises(NotAsked, match=r"does not train here: 0% of the networks fit .* where at least 90% must"):
        lab().train_on_sets(NETWORK, training_sets(digits, 64, 8), SGD(1e-9), networks=4, max_epochs=1)


def test_sets_are_asked_of_training_sets(lab):
    with pytest.raises(BadInput, match=r"drawn by training_sets, .* not <?Problem"):
        lab().train_on_sets(NETWORK, digits(8, 8), SGD(0.1))
    with pytest.raises(BadInput, match="it takes architecture, problem, draws"):
        lab().prior_on_sets(NETWORK, SETS, drawings=3)


def test_rejection_goes_on_until_enough_is_kept():
    """Against the same draws kept by one call; and not further than it may."""
    problem = digits(4, 8)
    found = RejectionUntil(NETWORK, problem, effective=50, last_layers=4, draws=100).draw(
        torch.Generator().manual_seed(0)
    )
    rounds = found.clusters.units // 100
    assert effective_size(found.clusters) >= 50
    assert found.clusters.units == 100 * rounds > 100
    few = RejectionUntil(NETWORK, problem, effective=50, last_layers=4, draws=100, rounds=rounds - 1)
    assert effective_size(few.draw(torch.Generator().manual_seed(0)).clusters) < 50


def test_rejection_until_enough_is_kept_has_the_posterior_of_rejection(lab):
    """On average over many short samples, which is where stopping would show."""
    task = boolean_cube(3, "majority", train=3)
    generator = torch.Generator().manual_seed(1)
    short = RejectionUntil(NETWORK, task, effective=10, last_layers=1, draws=20)
    samples = [short.draw(generator).functions for _ in range(300)]
    long = lab().rejection_posterior(NETWORK, task, draws=40_000, last_layers=1).functions
    common = long.most_common(3)
    for words, expected in zip(common.words, common.counts / long.total, strict=True):
        shares = np.array([each.counts_of(words[None])[0] / each.total for each in samples])
        assert abs(shares.mean() - expected) < 4 * shares.std() / len(samples) ** 0.5


@pytest.mark.parametrize(("m", "kind", "units"), [(4, "RejectionPosterior", 300), (9, "RunsPosterior", 6)])
def test_the_posterior_on_sets_has_enough_units(lab, monkeypatch, m, kind, units):
    monkeypatch.setattr("harness.lab.shards.SETS", 2)
    made = lab()
    found = made.posterior_on_sets(FullyConnected((2,)), training_sets(digits, m, 8))
    assert {type(each).__name__ for each in found} == {kind}
    assert all(len(np.unique(each.clusters.unit)) >= units for each in found)


def test_runs_that_disagree_on_sets_leave_a_claim_undecided(lab, monkeypatch):
    monkeypatch.setattr("harness.lab.shards.SETS", 2)
    monkeypatch.setattr("harness.lab.posteriors.RUNS_ON_A_SET", {"runs": 4, "chains": 2, "steps": 1})
    with pytest.raises(Undecided, match=r"scatters by .* nats over the runs on one of 2 training sets"):
        lab().posterior_on_sets(FullyConnected((3, 3)), training_sets(digits, 24, 8))


def test_any_requests_on_each_set_keep_one_shard_and_are_foreseen(lab):
    made = lab()

    def drawn(number, problem):
        assert problem.fingerprint == MANY.problem(number).fingerprint
        return made.prior(NETWORK, problem, draws=10).total

    made.begin("a")
    for made.look in range(2):
        assert made.on_each(MANY, drawn) == [10] * (8 * 2**made.look)
    # As many sets again as there are, at their mean cost.
    assert made.ahead == pytest.approx(made.work)
    assert made.prior(NETWORK, MANY.problem(0), draws=10).total == 20
    made.begin("b")
    assert made.on_each(MANY, drawn) == [10] * 8
    assert made.spent == 0


class Threads(InProcess):
    """Two jobs at once."""

    def map(self, function, items):
        with ThreadPoolExecutor(2) as threads:
            yield from threads.map(function, items)


def test_samplers_of_each_set_are_computed_at_once_and_kept(lab):
    def asked(made):
        return made.gather_singly([Prior(NETWORK, each, draws=10 + k) for k, each in enumerate(made.problems(MANY))])

    made, plain = lab("one", executor=Threads(torch.device("cpu"))), lab("two")
    for each in (made, plain):
        each.begin("a")
    for made.look in range(2):
        found = asked(made)
        assert len(found) == 8 * 2**made.look
    for number, each in enumerate(found):
        same(each, plain.prior(NETWORK, MANY.problem(number), draws=10 + number))
    # As many sets again as there are, at their mean cost; each is paid for once.
    assert made.ahead == pytest.approx(made.work) != 0
    made.begin("b")
    for one, other in zip(asked(made), found[:8], strict=True):
        same(one, other)
    assert made.spent == 0
    made.look = 1
    # Where it is asked for alone there are this look's shards.
    assert made.prior(NETWORK, MANY.problem(0), draws=10).total == 20


def test_what_fails_on_a_set_leaves_later_requests_as_they_are(lab):
    made = lab()
    made.look = 1
    with pytest.raises(ZeroDivisionError):
        made.on_each(MANY, lambda number, _: 1 // number)
    assert made.prior(NETWORK, MANY.problem(0), draws=10).total == 20
