"""Training that ends elsewhere than at the first fit, and networks handed out with their parameters."""

from collections import Counter

import numpy as np
import pytest
import torch
from scipy import stats

from harness.errors import BadInput
from harness.functions import FunctionCounts
from harness.functions.packing import pack
from harness.networks import Convolutional, FullyConnected
from harness.optimisers import SGD, Adam, After, BestValidation, FirstFit
from harness.problems import digits
from harness.samplers.training import Trained, train, trained_networks
from tests.support.plain_training import OPTIMISERS, labels, plain_networks, two_clouds

# 40 points in 16s: three updates an epoch, the last one smaller. Points that overlap, so that fits are lost again.
PROBLEM = two_clouds(m=40, n=6, d=4, seed=1, apart=1.6)
ARCHITECTURE = FullyConnected((5,), "tanh")
FALSE_ALARM = 1e-7
each_optimiser = pytest.mark.parametrize("optimiser", list(OPTIMISERS)[:2], ids=repr)


def seeded(seed=1):
    return torch.Generator().manual_seed(seed)


def ours(stop, optimiser, networks=20, block=7, **arguments):
    return train(
        ARCHITECTURE,
        PROBLEM,
        optimiser,
        networks,
        seeded(),
        batch=16,
        max_epochs=12,
        block=block,
        stop=stop,
        **arguments,
    )


def plain(optimiser, networks=20):
    return plain_networks(ARCHITECTURE, PROBLEM, optimiser, networks, 1, loss="cross-entropy", batch=16)


def fits(module):
    return np.array_equal(labels(module, PROBLEM.train_x), PROBLEM.train_y)


def agree(trained, rows, allowed=1):
    """Functions, and epochs of those that fit, up to a network with a logit of nearly 0. rows: (fits, bits, epochs)."""

    def differing(first, second):
        return max((Counter(first) - Counter(second)).total(), (Counter(second) - Counter(first)).total())

    for counts, which in ((trained.functions, True), (trained.others, False)):
        expected = [int(pack(bits.astype(np.uint8)[None])[0, 0]) for fitted, bits, _ in rows if fitted == which]
        found = np.repeat(counts.words[:, 0], counts.counts).tolist()
        assert differing(found, expected) <= allowed
    assert differing(trained.epochs.tolist(), [epochs for fitted, _, epochs in rows if fitted]) <= allowed
    assert trained.stopped == trained.functions + trained.others


@each_optimiser
@pytest.mark.parametrize("updates", [0, 2, 3, 10])
def test_after_so_many_updates(optimiser, updates):
    trained, rows = ours(After(updates=updates), optimiser), []
    for module, epoch in plain(optimiser):
        for number in range(updates // 3):
            epoch(number)
        if updates % 3:
            epoch(updates // 3, updates % 3)
        rows.append((fits(module), labels(module, PROBLEM.eval_x), -(-updates // 3)))
    agree(trained, rows)
    assert trained.stopped.total == trained.networks == 20


def test_after_so_many_epochs_is_after_their_updates():
    one, other = ours(After(epochs=4), SGD(0.3)), ours(After(updates=12), SGD(0.3))
    assert (one.functions, one.others, one.epochs.tolist()) == (other.functions, other.others, other.epochs.tolist())
    assert 0 < one.functions.total < 20


@each_optimiser
def test_overtraining_goes_on_from_the_first_fit(optimiser):
    trained, rows = ours(FirstFit(further=3), optimiser), []
    for module, epoch in plain(optimiser):
        first = next((number for number in range(13) if fits(module) or (number < 12 and epoch(number))), None)
        for number in range(first or 0, (first or 0) + 3 * (first is not None)):
            epoch(number)
        rows.append((fits(module), labels(module, PROBLEM.eval_x), 0 if first is None else first + 3))
    agree(trained, rows)
    assert trained.networks == trained.stopped.total == 20
    assert 0 < trained.others.total < 20


@each_optimiser
@pytest.mark.parametrize("every", [1, 3])
def test_the_best_validation_is_that_of_the_last_of_the_best_fitting_epochs(optimiser, every):
    trained, rows, better_than_last = ours(BestValidation(epochs=14, points=3, every=every), optimiser), [], 0
    for module, epoch in plain(optimiser):
        found = []
        for number in range(15):
            if number:
                epoch(number - 1)
            if number % every == 0 and fits(module):
                now = labels(module, PROBLEM.eval_x)
                found.append(((now[-3:] == PROBLEM.eval_y[-3:]).sum(), number, now))
        if found:
            _, number, bits = max(found, key=lambda one: one[:2])
            rows.append((True, bits, number))
            better_than_last += number < found[-1][1]
        else:
            rows.append((False, labels(module, PROBLEM.eval_x), 14))
    agree(trained, rows)
    # There was a choice to make, and some networks never fit.
    assert better_than_last > 0
    assert 0 < trained.others.total < 20


def test_validation_points_leave_some_for_the_test_error():
    with pytest.raises(BadInput, match="leave none for the test error"):
        ours(BestValidation(epochs=2, points=6), SGD(0.3))


def test_a_fit_that_is_lost_again_does_not_count():
    first, later = ours(FirstFit(), SGD(0.3)), ours(FirstFit(further=3), SGD(0.3))
    assert 0 < first.others.total < later.others.total


@pytest.mark.parametrize("stop", [FirstFit(2), After(updates=7), BestValidation(7, 3, 2)], ids=repr)
def test_nothing_depends_on_the_block(stop):
    runs = [ours(stop, Adam(0.01), 30, block) for block in (1, 11, None)]
    for run in runs[1:]:
        assert run.stopped.total == 30
        words = [np.repeat(each.functions.words[:, 0], each.functions.counts).tolist() for each in (run, runs[0])]
        assert (Counter(words[0]) - Counter(words[1])).total() <= 1


def test_diverged_networks_are_in_neither():
    trained = ours(After(epochs=60), SGD(1e4), 50, loss="squared error")
    assert trained.networks == 50
    assert trained.stopped.total < 25


def test_others_merge_and_go_to_the_store():
    first, second = ours(After(epochs=2), SGD(0.3)), ours(After(epochs=3), SGD(0.3))
    both = first + second
    assert both.others == first.others + second.others
    again = Trained.from_arrays(both.to_arrays())
    assert (again.functions, again.others, again.networks) == (both.functions, both.others, 40)


@pytest.mark.parametrize("stop", [FirstFit(), FirstFit(2), After(epochs=3), BestValidation(5, 3)], ids=repr)
def test_the_networks_handed_out_are_those_that_are_trained(stop):
    trained = ours(stop, SGD(0.3), 30)
    arguments = {"batch": 16, "max_epochs": 12, "block": 7, "stop": stop}
    parts = list(trained_networks(ARCHITECTURE, PROBLEM, SGD(0.3), 30, seeded(), **arguments))
    assert len(parts) > 2
    words, which = [], []
    for part in parts:
        logits = ARCHITECTURE.readout(part.final, ARCHITECTURE.features(part.final, part.x))[..., 0].numpy()
        assert part.fits.tolist() == ((logits[:, :40] > 0) == PROBLEM.train_y).all(1).tolist()
        words.append(pack((logits[:, 40:] > 0).astype(np.uint8)))
        which.append(part.fits.numpy())
    words, which = np.concatenate(words), np.concatenate(which)
    assert FunctionCounts.from_words(words[which], 6) == trained.functions
    assert FunctionCounts.from_words(words[~which], 6) == trained.others


def test_networks_are_handed_out_with_their_own_initialisation():
    """Each, trained by torch from the initialisation it came with, becomes what it came with at the end."""
    plainly = {}
    for module, epoch in plain(SGD(0.3)):
        key = module[0].weight[0, 0].item()
        for number in range(5):
            epoch(number)
        plainly[key] = module[0].weight.detach().T
    found = 0
    arguments = {"batch": 16, "stop": After(epochs=5), "block": 7}
    for part in trained_networks(ARCHITECTURE, PROBLEM, SGD(0.3), 20, seeded(), **arguments):
        for initial, final in zip(part.initial["hidden0.weight"], part.final["hidden0.weight"], strict=True):
            torch.testing.assert_close(final.double(), plainly[initial[0, 0].item()], rtol=1e-3, atol=1e-4)
            found += 1
    assert found == 20


def test_features_move_alike_in_the_span_and_outside_it():
    """Descent moves first-layer weights along the inputs; `in_span` only changes the axes they are written in."""
    problem = two_clouds(m=6, n=2, d=40, seed=2, apart=0.3)
    moved = []
    for in_span in (True, False):
        arguments = {"batch": 2, "stop": After(epochs=5), "in_span": in_span}
        each = []
        for part in trained_networks(ARCHITECTURE, problem, SGD(0.2), 3000, seeded(int(in_span)), **arguments):
            assert part.x.shape == (8, 8 if in_span else 40)
            first, last = (ARCHITECTURE.features(when, part.x) for when in (part.initial, part.final))
            each.append((last - first).square().mean((1, 2)))
        moved.append(torch.cat(each).numpy())
    assert stats.ks_2samp(*moved).pvalue > FALSE_ALARM


@pytest.mark.parametrize("wrong", [{}, {"epochs": 1, "updates": 2}, {"epochs": -1}, {"updates": -1}])
def test_a_time_is_one_number_that_is_not_negative(wrong):
    with pytest.raises(BadInput, match="epochs or of updates"):
        After(**wrong)
    with pytest.raises(BadInput, match="-1"):
        FirstFit(-1)


@pytest.mark.parametrize("stop", [After(updates=7), FirstFit(further=3), FirstFit()], ids=repr)
def test_networks_that_all_diverge_are_none(stop):
    """Convolutions do not take an ensemble of no networks."""
    arguments = {"loss": "squared error", "batch": 3, "max_epochs": 3, "stop": stop}
    network, problem, optimiser = Convolutional((2, 3), (4,)), digits(8, 6), SGD(1e8)
    trained = train(network, problem, optimiser, 4, seeded(3), **arguments)
    assert (trained.networks, trained.unfitted, trained.stopped.total) == (4, 4, 0)
    assert list(trained_networks(network, problem, optimiser, 4, seeded(3), **arguments)) == []
