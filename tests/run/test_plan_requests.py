"""What cells ask for, found without drawing, against what real runs of them store; and the memory that takes."""

import json
import subprocess
import sys
from math import inf
from pathlib import Path

import pytest
import torch

from harness.claim import Scale
from harness.errors import BadInput
from harness.lab import Lab
from harness.networks import FullyConnected
from harness.optimisers import SGD
from harness.problems import digits, training_sets
from harness.run.plan.absent import ABSENT, skipping_absent
from harness.run.plan.forecast import memory
from harness.run.plan.recorder import Recorder
from harness.run.plan.requests import claims, dry_run, record
from harness.store import Store
from harness.store.entries import decode, key

# Cheap cells whose claims ask in different ways: once, in a comprehension, through helpers, for kernels, for several.
CHEAP = (
    ("perceptron_prefers_low_entropy", "cube4"),
    ("chaos_removes_the_bias", "order_is_biased"),
    ("deeper_relu_strengthens_the_entropy_bias", "cube5-centred"),
    ("several_complexities_agree", ""),
    ("narrow_networks_need_features", ""),
    ("architecture_only_bound_predicts_generalisation", "bound_holds: digits-relu-1-64"),
    ("kernel_spectrum_predicts_learning_curves", "8"),
)


# Their functions index and count what they got, which the absent does not bear; the plan says that there may be more.
GO_ON_WITH_RESULTS = {
    "agreement_follows_strength_of_bias",
    "agreement_holds_below_the_edge_of_stability",
    "hyperparameters_act_as_temperature",
    "large_volume_means_simple",
    "several_complexities_agree",
    "simple_does_not_mean_large_volume",
    "training_past_the_fit_leaves_the_posterior",
}


@pytest.mark.parametrize(("claim", "part"), CHEAP)
def test_requests_are_those_of_a_run(smoke, tmp_path, claim, part):
    cell = next(each for each in smoke if each.claim == claim and part in each.id)
    lab = Lab(Scale("smoke", 100.0, effort=1, looks=4), torch.device("cpu"), 0, Store(tmp_path))
    cell.ask(lab)
    stored = []
    for path in Store(tmp_path).entries():
        spec = json.loads(decode(path.read_bytes())[0])
        spec.pop("shard", None)
        stored.append(key(spec))
    # Of what is asked for on training sets, that on the first one has a name.
    assert {request.name for request in cell.requests} <= set(stored)
    assert sum(request.shards(1, 0) for request in cell.requests) == len(stored)


def test_every_cell_asks_for_something_or_says_why_not(smoke, full):
    for cells in (smoke, full):
        assert [cell.id for cell in cells if not cell.requests and cell.missing is None] == []
        assert {cell.claim for cell in cells if cell.stopped} <= GO_ON_WITH_RESULTS


def test_every_request_says_its_work(full):
    works = {request.name: request.asked.work for cell in full for request in cell.requests}
    assert len(full) > 1500
    assert len(works) > 1500
    assert all(0 < work < inf for work in works.values())


def test_recording_leaves_the_claims_as_they_were(modules):
    before = [dict(vars(module)) for module in modules]
    record(modules[:3], "smoke")
    assert [dict(vars(module)) for module in modules] == before


def test_shards_double_with_each_look_where_they_grow(smoke):
    grows = next(request for cell in smoke for request in cell.requests if request.drawn and request.grows)
    fixed = next(request for cell in smoke for request in cell.requests if request.drawn and not request.grows)
    once = next(request for cell in smoke for request in cell.requests if not request.drawn)
    assert [grows.shards(8, look) for look in range(3)] == [8, 16, 32]
    assert [fixed.shards(8, look) for look in range(3)] == [8, 8, 8]
    assert [once.shards(8, look) for look in range(3)] == [1, 1, 1]


def test_requests_on_training_sets_are_foreseen_at_every_look():
    """The first set by name, the others by their number; and a sample on the first alone is among them."""
    lab, sets = Recorder.at("smoke", "cpu", 0), training_sets(digits, 4, 8)
    with dry_run():
        trained = lab.train_on_sets(FullyConnected((4,)), sets, SGD(0.1))
        by_volume = lab.posterior_on_sets(FullyConnected((4,)), sets)
    assert [len(trained), len(by_volume), len(lab.problems(sets))] == [8, 8, 8]
    noted = lab.take()
    assert {request.problem.fingerprint for request in noted} == {sets.problem(0).fingerprint}
    assert [sum(each.shards(1, look) for each in noted) for look in range(4)] == [16, 32, 64, 128]
    lab.train_on_sets(FullyConnected((4,)), sets, SGD(0.1))
    lab.train(FullyConnected((4,)), sets.problem(0), SGD(0.1), networks=100)
    assert [each.shards(8, 0) for each in lab.take()] == [8]


def test_what_is_computed_from_the_absent_is_absent():
    total = skipping_absent(sum)
    assert total([1, 2]) == 3
    assert total([1, ABSENT]) is ABSENT
    assert total(each for each in [1, ABSENT]) is ABSENT
    assert ABSENT.functions[0].total * 2 + 1 is ABSENT
    first, second = ABSENT
    assert float(first) == int(second) == 1
    assert not ABSENT < 2


# One network first, so that libraries are loaded and their pages counted. The system's own figure of the process alone:
# what getrusage says is at least what its parent took.
_SHARD = """
import re, torch
from pathlib import Path
from harness.networks import FullyConnected
from harness.samplers.prior import prior
from harness.optimisers import SGD
from harness.problems import digits, training_sets
torch.set_num_threads(1)
generator, network, problem = torch.Generator(), FullyConnected((2000, 2000)), digits(8, 64)
peak = lambda: int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
prior(network, problem, 1, generator)
before = peak()
prior(network, problem, 12, generator)
print(peak() - before)
"""


def test_a_block_of_wide_networks_takes_what_is_planned():
    """Networks too wide for the cache are drawn four at a time, which costs three more than one does."""
    lab = Recorder.at("smoke", "cpu", 0)
    with dry_run():
        lab.prior(FullyConnected((2000, 2000)), digits(8, 64), draws=12)
    planned = memory(lab.take()[0])
    done = subprocess.run([sys.executable, "-c", _SHARD], capture_output=True, text=True, check=True, timeout=120)
    took = 1024 * int(done.stdout)
    assert took <= planned <= 6 * took


@pytest.mark.parametrize("text", ["from harness.clam import claim", "def (", "raise RuntimeError('no')"])
def test_a_claim_that_cannot_be_imported_is_one_sentence(tmp_path, monkeypatch, text):
    (tmp_path / "claims_of_mine").mkdir()
    (tmp_path / "claims_of_mine" / "typo.py").write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(BadInput, match=r"typo\.py cannot be imported \(\w+: .*\); mend it first\."):
        claims(Path("claims_of_mine"))
