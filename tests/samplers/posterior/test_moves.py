"""Moves keep every network fitted, and the two ways to turn units are one."""

import numpy as np
import pytest
import torch
from scipy import stats

from harness.networks import FullyConnected
from harness.networks.ensemble import draw, views
from harness.samplers.posterior.moves.constraint import Constraint
from harness.samplers.posterior.moves.elliptical_slice import MOST_SHRINKS
from harness.samplers.posterior.moves.last_layer import move_last_layer
from harness.samplers.posterior.moves.units import move_all, move_units, slice_units
from harness.samplers.posterior.moves.units_compiled import slice_units_compiled
from harness.samplers.posterior.splitting import Survivors
from tests.support.architectures import ARCHITECTURES

CPU = torch.device("cpu")
# Units move only where the last layer has a bias.
DEEP = [a for a in ARCHITECTURES if a.hidden and a.sigma_b and a.units_apart and a.distribution == "gaussian"] + [
    FullyConnected((4, 5, 3, 6), "tanh")
]

deep = pytest.mark.parametrize("architecture", DEEP, ids=lambda a: a.name)
classes_too = pytest.mark.parametrize("classes", [2, 3])


def fitting(architecture, classes, points=4, networks=400, seed=0):
    """A constraint and networks that satisfy it; labels that many networks agree with are found by asking one."""
    g = torch.Generator().manual_seed(seed)
    x = torch.randn(points, 5, generator=g)
    table = architecture.parameters((5,), outputs=1 if classes == 2 else classes)
    everything = Constraint(architecture, table, x, torch.zeros(points, dtype=torch.int64), classes)
    rows = draw(table, "gaussian", 20_000, g)
    logits = everything.logits(rows)
    said = (logits[..., 0] > 0).long() if classes == 2 else logits.argmax(2)
    constraint = Constraint(architecture, table, x, said[0], classes)
    fits = (said == said[0]).all(1)
    assert torch.equal(constraint.fits(logits), fits)
    return constraint, rows[fits][:networks], g


@deep
@classes_too
def test_a_network_at_a_time_turns_as_all_together_do(architecture, classes):
    constraint, rows, g = fitting(architecture, classes)
    parameters = views(constraint.table, rows)
    h = constraint.x
    for layer, units in enumerate(architecture.hidden):
        z = architecture.linear(parameters, h, layer)
        dz = torch.randn(z.shape, generator=g)
        h = architecture.activate(z.clone())
        upper = architecture.linear(parameters, h, layer + 1)
        for edges in (list(range(units + 1)), [0, units], [0, units // 2, units][units < 2 :]):
            uniform = torch.rand(len(edges) - 1, MOST_SHRINKS, len(rows), generator=g)
            one, other = (
                each(constraint, layer, parameters, z.clone(), dz, upper.clone(), edges, uniform)
                for each in (slice_units, slice_units_compiled)
            )
            assert one.shape == (len(rows), len(edges) - 1)
            # A point within rounding of the boundary may send the two to different angles: once in some 10^4 moves.
            assert ((one - other).abs() < 1e-3).float().mean() > 0.99


@deep
@classes_too
def test_moved_networks_fit_and_have_moved(architecture, classes):
    constraint, rows, g = fitting(architecture, classes)
    moves = (
        lambda: move_all(rows, constraint, g),
        lambda: move_units(rows, 3, constraint, g),
        lambda: move_last_layer(rows, 3, constraint, g),
    )
    for move in moves:
        before = rows.clone()
        moved = move()
        assert torch.equal(rows, before)
        assert constraint.fits(constraint.logits(moved)).all()
        assert ((moved - rows).abs().amax(1) > 1e-6).float().mean() > 0.95


@deep
def test_units_of_every_hidden_layer_move_and_the_last_layer_on_its_own(architecture):
    constraint, rows, g = fitting(architecture, 2)
    by_units, last = (
        views(constraint.table, moved)
        for moved in (move_units(rows, 2, constraint, g), move_last_layer(rows, 2, constraint, g))
    )
    for name, tensor in views(constraint.table, rows).items():
        assert torch.equal(by_units[name], tensor) == name.startswith("readout.")
        assert torch.equal(last[name], tensor) != name.startswith("readout.")


@pytest.mark.parametrize("classes", [2, 4])
def test_margins_say_whether_the_label_has_the_largest_logit(classes):
    g = torch.Generator().manual_seed(1)
    labels = torch.arange(8) % classes
    constraint = Constraint(FullyConnected((2,)), {}, torch.zeros(8, 1), labels, classes)
    logits = torch.randn(500, 8, 1 if classes == 2 else classes, generator=g)
    said = (logits[..., 0] > 0).long() if classes == 2 else logits.argmax(2)
    margins = constraint.margins(logits)
    assert margins.shape == (500, 8, classes - 1)
    assert torch.equal((margins > 0).all(2), said == labels)
    # Linear in the logits.
    torch.testing.assert_close(constraint.margins(2 * logits - logits.flip(0)), 2 * margins - margins.flip(0))


def test_a_dead_point_does_not_hold_the_last_layer():
    # Without biases a point whose features are all 0 has the label 0 whatever the last layer; the others still decide.
    architecture = FullyConnected((2,), sigma_b=0.0)
    table = architecture.parameters((2,))
    constraint = Constraint(architecture, table, torch.eye(2), torch.tensor([0, 1]), 2)
    hidden = torch.tensor([-1.0, -1.0, 1.0, 1.0])
    rows = torch.cat([hidden, torch.tensor([1.0, 1.0])]).repeat(4000, 1)
    assert (constraint.margins(constraint.logits(rows))[:, 0] == 0).all()
    moved = move_last_layer(rows, 30, constraint, torch.Generator().manual_seed(3))
    assert constraint.fits(constraint.logits(moved)).all()
    # Standard normal weights w1 + w2 > 0: the sum is half-normal.
    total = moved[:, 4:].sum(1) / torch.tensor(2.0).sqrt()
    assert stats.kstest(total.numpy(), stats.halfnorm.cdf).pvalue > 1e-6


def test_survivors_are_a_random_choice_of_those_that_fit():
    g = torch.Generator().manual_seed(2)
    times = np.zeros(300)
    for _ in range(400):
        survivors = Survivors(20, 3, CPU)
        for start in range(0, 300, 50):
            number = torch.arange(start, start + 50)
            fitted = number % 4
            survivors.add(number[:, None].float(), number, fitted, torch.rand(50, generator=g))
        np.testing.assert_allclose(survivors.shares(), [3 / 4, 1 / 2, 1 / 4])
        rows, ancestor = survivors.of(3)
        assert torch.equal(rows[:, 0].long(), ancestor)
        assert len(set(ancestor.tolist())) == 20
        times += np.bincount(ancestor, minlength=300)
    fit = np.arange(300) % 4 == 3
    assert (times[~fit] == 0).all()
    assert stats.chisquare(times[fit]).pvalue > 1e-6


def test_few_survivors_begin_several_chains_each():
    survivors = Survivors(7, 2, CPU)
    fitted = torch.tensor([0, 2, 1, 2, 0, 1, 2])
    survivors.add(torch.arange(7.0)[:, None], torch.arange(7), fitted, torch.rand(7))
    _, ancestor = survivors.of(2)
    assert sorted(np.bincount(ancestor, minlength=7)[[1, 3, 6]]) == [2, 2, 3]
    assert survivors.of(3) is None
