"""Training to the first fit: against torch.optim, and against what is known of who fits and when."""

from collections import Counter

import numpy as np
import pytest
import torch
from scipy import stats

from harness.errors import BadInput
from harness.networks import FullyConnected, perceptron
from harness.optimisers import SGD, Adam
from harness.problems import Problem, boolean_cube
from harness.samplers.training import Trained, train
from tests.support.plain_training import LOSSES, OPTIMISERS, trained_one_by_one, two_clouds

# Chance that one check of a right program fails on a seed not yet tried.
FALSE_ALARM = 1e-7
CONTRADICTION = Problem.from_arrays([[1.0, 0.0], [1.0, 0.0]], [0, 1], [[1.0, 1.0]], [0])


def differing(first, second):
    """How many entries of two collections find no equal in the other: of epochs, or of functions."""
    first, second = (Counter(each) for each in (first, second))
    return max((first - second).total(), (second - first).total())


def drawn(counts):
    """Each function as often as it was counted."""
    return np.repeat(counts.words[:, 0], counts.counts).tolist()


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("optimiser", list(OPTIMISERS)[:2], ids=repr)
@pytest.mark.parametrize("loss", LOSSES)
def test_each_network_stops_at_its_own_first_fit(optimiser, loss):
    # 40 points, more than one check takes at a time; a limit that some networks reach; no span smaller than the inputs.
    architecture, problem = FullyConnected((5,), "tanh"), two_clouds(m=40, n=6, d=4, seed=1, apart=1.6)
    arguments = {"loss": loss, "batch": 16, "max_epochs": 12}
    epochs, functions = trained_one_by_one(architecture, problem, optimiser, 30, seed=1, **arguments)
    trained = train(architecture, problem, optimiser, 30, seeded(1), block=7, **arguments)
    assert 0 < trained.unfitted < 30
    assert trained.unfitted == 30 - trained.functions.total == 30 - len(trained.epochs)
    assert len(set(epochs)) > 3
    assert functions.distinct > 3
    # Logits are rounded differently here and there: one that is nearly 0 may move one network.
    assert differing(trained.epochs.tolist(), epochs) <= 1
    assert differing(drawn(trained.functions), drawn(functions)) <= 1


@pytest.mark.parametrize("optimiser", [SGD(0.1), Adam(0.01)], ids=repr)
def test_nothing_depends_on_the_block(optimiser):
    problem = two_clouds(m=12, n=6, d=4, seed=3)
    runs = [
        train(FullyConnected((6,)), problem, optimiser, 60, seeded(), batch=5, block=block) for block in (1, 13, None)
    ]
    for run in runs[1:]:
        assert differing(run.epochs.tolist(), runs[0].epochs.tolist()) <= 1
        assert differing(drawn(run.functions), drawn(runs[0].functions)) <= 1


def test_seeds_tell_runs_apart():
    problem = two_clouds(m=12, n=6, d=4)
    first, second, other = (train(FullyConnected((6,)), problem, SGD(0.1), 50, seeded(s)) for s in (1, 1, 2))
    assert first.functions == second.functions
    assert first.epochs.tolist() == second.epochs.tolist()
    assert first.functions != other.functions


def test_what_cannot_be_fitted_is_counted():
    trained = train(FullyConnected((4,)), CONTRADICTION, Adam(0.01), 9, seeded(), max_epochs=6)
    assert (trained.networks, trained.unfitted, trained.functions.total, trained.functions.n) == (9, 9, 0, 1)
    assert trained.epochs.shape == (0,)


def test_a_perceptron_never_learns_parity():
    problem = boolean_cube(2, "parity")
    everything = Problem.from_arrays(problem.eval_x, problem.eval_y, problem.eval_x, problem.eval_y)
    assert train(perceptron(threshold=True), everything, SGD(0.1), 20, seeded(), max_epochs=50).unfitted == 20
    hidden = train(FullyConnected((16,)), everything, Adam(0.02), 20, seeded(), max_epochs=3000)
    assert hidden.unfitted == 0
    assert hidden.functions.strings() == ["0110"]


def test_networks_that_diverge_are_given_up_and_counted():
    problem = two_clouds(m=12, n=6, d=4, apart=0.5)
    # Would take minutes if networks without finite logits were trained to the last epoch.
    trained = train(
        FullyConnected((8,)), problem, SGD(1e4), 500, seeded(), loss="squared error", max_epochs=10**6, batch=12
    )
    assert trained.unfitted > 400
    assert trained.functions.total == 500 - trained.unfitted


def test_networks_that_fit_at_the_start_take_no_epoch():
    # One point: a network without biases gives it label 1 with chance 1/2 by symmetry, and may do so without training.
    problem = Problem.from_arrays([[1.0, 2.0]], [1], [[1.0, 0.0]], [0])
    architecture = FullyConnected((5,), "tanh", sigma_b=0.0)
    untrained = train(architecture, problem, SGD(0.1), 4000, seeded(), max_epochs=0)
    assert stats.binomtest(untrained.functions.total, 4000, 0.5).pvalue > FALSE_ALARM
    assert set(untrained.epochs) == {0}
    trained = train(architecture, problem, SGD(0.1), 4000, seeded())
    assert trained.unfitted == 0
    assert (trained.epochs == 0).sum() == untrained.functions.total


class SGDOnAllPixels(SGD):
    rotation_equivariant = False


@pytest.mark.parametrize("parametrisation", ["standard", "ntk"])
def test_descent_in_the_inputs_span_finds_functions_as_often(parametrisation):
    """χ² of homogeneity, of functions and of epochs, between training on all 40 pixels and in the span of 9 inputs."""
    problem = two_clouds(m=6, n=3, d=40, seed=2, apart=0.3)
    architecture = FullyConnected((5,), parametrisation=parametrisation)
    functions, epochs = [], []
    for seed, optimiser in enumerate((SGD(0.2), SGDOnAllPixels(0.2))):
        trained = train(architecture, problem, optimiser, 4000, seeded(seed), batch=2, max_epochs=200)
        functions.append(np.bincount(trained.functions.words[:, 0].astype(int), trained.functions.counts, 8))
        epochs.append(np.bincount(trained.epochs, minlength=201))
    for table in map(np.array, (functions, epochs)):
        seen = table[:, table.sum(0) >= 40]
        assert seen.shape[1] > 3
        assert stats.chi2_contingency(seen).pvalue > FALSE_ALARM


def test_merging_and_arrays():
    problem = two_clouds(m=12, n=6, d=4)
    first, second = (train(FullyConnected((4,)), problem, SGD(0.1), 20, seeded(s), max_epochs=9) for s in (1, 2))
    both = first + second
    assert (both.networks, both.unfitted) == (40, first.unfitted + second.unfitted)
    assert both.functions == first.functions + second.functions
    assert both.epochs.tolist() == [*first.epochs, *second.epochs]
    again = Trained.from_arrays(both.to_arrays())
    assert (again.functions, again.networks, again.epochs.tolist()) == (both.functions, 40, both.epochs.tolist())


def test_no_warnings(recwarn):
    torch.set_warn_always(True)
    try:
        for optimiser in (SGD(0.1), Adam(0.01)):
            train(FullyConnected((4,)), two_clouds(), optimiser, 5, seeded(), batch=3)
    finally:
        torch.set_warn_always(False)
    assert not recwarn.list


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"loss": "hinge"}, "no loss 'hinge'; choose one of cross-entropy, squared error"),
        ({"networks": 0}, "networks = 0"),
        ({"batch": 0}, "batch = 0"),
        ({"max_epochs": -1}, "max_epochs = -1"),
        ({"problem": boolean_cube(2)}, "m = 0"),
    ],
)
def test_what_makes_no_sense_is_said_in_one_sentence(arguments, said):
    arguments = {"problem": two_clouds(), "networks": 2, **arguments}
    with pytest.raises(BadInput, match=said):
        train(perceptron(), optimiser=SGD(), generator=seeded(), **arguments)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("optimiser", [SGD(0.3), Adam(0.02)], ids=repr)
def test_a_gpu_trains_to_the_same_distribution(optimiser):
    problem = two_clouds(m=12, n=3, d=4)
    tables = []
    for device in ("cpu", "cuda"):
        trained = train(FullyConnected((5,)), problem, optimiser, 3000, torch.Generator(device).manual_seed(0))
        tables.append(np.bincount(trained.functions.words[:, 0].astype(int), trained.functions.counts, 8))
    seen = np.array(tables)[:, np.sum(tables, axis=0) >= 20]
    assert stats.chi2_contingency(seen).pvalue > FALSE_ALARM
