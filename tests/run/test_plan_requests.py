"""What cells ask for, found without drawing, against what real runs of them store."""

import json
import time
from collections import Counter

import pytest
import torch

from harness.claim import Scale
from harness.lab import Lab
from harness.networks import Convolutional, FullyConnected
from harness.problems import boolean_cube, digits
from harness.run.plan.absent import ABSENT, skipping_absent
from harness.run.plan.quantities import of_network, quantities
from harness.run.plan.requests import claims, record
from harness.store import Store
from harness.store.entries import decode, key


@pytest.fixture(scope="module")
def modules():
    return claims()


@pytest.fixture(scope="module")
def smoke(modules):
    return record(modules, "smoke")


@pytest.fixture(scope="module")
def full(modules):
    start = time.process_time()
    cells = record(modules, "full")
    names = {request.name: quantities(request) for cell in cells for request in cell.requests}
    return cells, names, time.process_time() - start


# Cheap cells whose claims ask in different ways: once, in a comprehension, through helpers, for kernels, for several.
CHEAP = (
    ("perceptron_prefers_low_entropy", "cube4"),
    ("chaos_removes_the_bias", "order_is_biased"),
    ("deeper_relu_strengthens_the_entropy_bias", "cube5-centred"),
    ("several_complexities_agree", ""),
    ("narrow_networks_need_features", ""),
    ("architecture_only_bound_predicts_generalisation", "bound_holds: digits-relu-1-16"),
    ("kernel_spectrum_predicts_learning_curves", "8"),
)


@pytest.mark.parametrize(("claim", "part"), CHEAP)
def test_requests_are_those_of_a_run(smoke, tmp_path, claim, part):
    cell = next(each for each in smoke if each.claim == claim and part in each.id)
    lab = Lab(Scale("smoke", 100.0, effort=1, looks=4), torch.device("cpu"), 0, Store(tmp_path))
    cell.ask(lab)
    stored = set()
    for path in Store(tmp_path).entries():
        spec = json.loads(decode(path.read_bytes())[0])
        spec.pop("shard", None)
        stored.add(key(spec))
    assert {request.name for request in cell.requests} == stored


def test_every_cell_asks_for_something_or_says_why_not(smoke, full):
    for cells in (smoke, full[0]):
        assert [cell.id for cell in cells if not cell.requests and cell.missing is None] == []
        assert Counter(cell.claim for cell in cells if cell.stopped) == {}


def test_every_request_knows_its_network_and_problem(full):
    for cell in full[0]:
        for request in cell.requests:
            assert request.architecture is not None
            assert request.problem is not None


def test_planning_thousands_of_cells_takes_seconds(full):
    cells, names, seconds = full
    assert len(cells) > 3000
    assert len(names) > 3000
    assert seconds < 30


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


def test_what_is_computed_from_the_absent_is_absent():
    total = skipping_absent(sum)
    assert total([1, 2]) == 3
    assert total([1, ABSENT]) is ABSENT
    assert total(each for each in [1, ABSENT]) is ABSENT
    assert ABSENT.functions[0].total * 2 + 1 is ABSENT
    first, second = ABSENT
    assert float(first) == int(second) == 1
    assert not ABSENT < 2


def test_multiplications_are_those_of_the_layers():
    # 8×8 images: five points span five dimensions, and these are the first layer's inputs.
    dense = of_network(FullyConnected((40, 30)), digits(3, 2))
    assert dense.forward == 5 * 40 + 40 * 30 + 30
    assert dense.parameters == dense.forward + 40 + 30 + 1
    cube = of_network(FullyConnected((7,)), boolean_cube(3))
    assert cube.forward == 3 * 7 + 7
    # A 3×3 convolution of 4 channels on 8×8 pixels, then dense layers on 4·8·8 numbers.
    convolution = of_network(Convolutional((4,), (8,), pooling=None), digits(3, 2))
    assert convolution.forward == 9 * 4 * 64 + 4 * 64 * 8 + 8
