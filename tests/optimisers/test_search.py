"""Searches without gradients: the invariants of their moves, and guess-and-check against rejection."""

import numpy as np
import pytest
import torch
from scipy import stats

from harness.errors import BadInput
from harness.networks import FullyConnected, perceptron
from harness.optimisers import After, FirstFit, GreedyRandomSearch, GuessAndCheck, PatternSearch
from harness.optimisers.minibatches import splitmix64
from harness.optimisers.search import PROPOSALS, fresh
from harness.problems import Problem, boolean_cube
from harness.samplers.posterior import rejection
from harness.samplers.training import train
from tests.samplers.training.test_trainer import a_trainer, modules_of
from tests.samplers.training.test_training import differing, drawn
from tests.support.plain_training import LOSSES, two_clouds

FALSE_ALARM = 1e-7
ARCHITECTURE = FullyConnected((4,), "tanh")
GREEDY = [GreedyRandomSearch(), GreedyRandomSearch(0.3, 60), PatternSearch(), PatternSearch(0.3)]
each_greedy = pytest.mark.parametrize("searcher", GREEDY, ids=repr)
each_search = pytest.mark.parametrize("searcher", [*GREEDY, GuessAndCheck()], ids=repr)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@each_search
def test_they_end_with_all_of_s_fitted(searcher):
    problem = two_clouds(m=8, n=3, d=4)
    trained = train(ARCHITECTURE, problem, searcher, 50, seeded(), max_epochs=3000)
    assert (trained.networks, trained.unfitted) == (50, 0)
    assert trained.epochs.max() > 1


def test_a_greedy_search_learns_parity():
    cube = boolean_cube(2, "parity")
    problem = Problem.from_arrays(cube.eval_x, cube.eval_y, cube.eval_x, cube.eval_y)
    for searcher in GREEDY[:1] + GREEDY[2:3]:
        trained = train(FullyConnected((8,)), problem, searcher, 20, seeded(), max_epochs=2000)
        assert trained.functions.strings() == ["0110"]
        assert trained.functions.total > 10


@each_greedy
@pytest.mark.parametrize("loss", LOSSES)
def test_the_loss_falls_at_every_move_and_is_torchs(searcher, loss):
    problem = two_clouds(m=10, d=4, apart=0.5)
    trainer, block = a_trainer(ARCHITECTURE, problem, searcher, loss, networks=30)
    labels, last, moves = torch.tensor(problem.train_y).double(), None, 0
    for _ in range(6):
        before = block.rows.clone()
        trainer.epoch(block)
        modules = modules_of(trainer, block)
        now = torch.stack([LOSSES[loss](module(trainer.task.inputs)[:, 0], labels) for module in modules]).detach()
        torch.testing.assert_close(block.state[0], now)
        moved = (block.rows != before).any(1)
        if last is not None:
            assert (now[moved] < last[moved]).all()
            assert torch.equal(now[~moved], last[~moved])
        last, moves = now, moves + int(moved.sum())
    assert moves > 20


def proposals(searcher, rows, count, spread, state=None):
    """Displacements (count, networks, size) that it proposes from one place when all are refused."""
    state = searcher.start(rows) if state is None else state
    keys = splitmix64(torch.arange(len(rows)))
    return torch.stack(
        [searcher.propose(rows, state, keys, torch.full_like(keys, i), spread) - rows for i in range(count)]
    )


def test_random_search_moves_all_numbers_by_its_radius():
    spread = torch.tensor([0.5, 1.0, 3.0], dtype=torch.float64)
    rows = torch.ones(500, 3, dtype=torch.float64)
    found = (proposals(GreedyRandomSearch(0.7), rows, 40, spread) / (0.7 * spread)).flatten()
    assert stats.kstest(found.numpy(), "norm").pvalue > FALSE_ALARM


def test_pattern_search_tries_every_direction_once_in_random_order():
    spread = torch.tensor([0.5, 1.0, 3.0], dtype=torch.float64)
    rows = torch.zeros(6000, 3, dtype=torch.float64)
    moves = proposals(PatternSearch(0.5), rows, 12, spread)
    assert ((moves != 0).sum(2) == 1).all()
    torch.testing.assert_close(moves.abs().amax(0), (0.5 * spread).expand(6000, -1))
    direction = (moves != 0).long().argmax(2) * 2 + (moves.sum(2) > 0)
    for turn in (direction[:6], direction[6:]):
        assert (turn.sort(0).values == torch.arange(6)[:, None]).all()
    first_two = np.bincount((direction[0] * 6 + direction[1]).numpy(), minlength=36).reshape(6, 6)
    pairs = first_two[~np.eye(6, dtype=bool)]
    assert stats.chisquare(pairs).pvalue > FALSE_ALARM


@pytest.mark.parametrize(("searcher", "patience"), [(GreedyRandomSearch(2.0, 20), 20), (PatternSearch(2.0), 6)])
def test_the_radius_halves_when_it_ought_to(searcher, patience):
    """Inputs of 0 and no bias: every loss is the same, and nothing is ever better."""
    problem = Problem.from_arrays(np.zeros((2, 3)), [1, 0], np.ones((1, 3)), [0])
    trainer, block = a_trainer(perceptron(), problem, searcher, networks=3)
    start = block.rows.clone()
    for epoch in range(1, 6):
        trainer.epoch(block)
        halvings = epoch * PROPOSALS // patience
        assert block.state[2].tolist() == [2.0 * 0.5**halvings] * 3
        assert block.state[3].tolist() == [epoch * PROPOSALS % patience] * 3
    assert torch.equal(block.rows, start)


@each_search
def test_a_network_that_fits_moves_no_more(searcher):
    problem = two_clouds(m=8, n=3, d=4)
    first = train(ARCHITECTURE, problem, searcher, 30, seeded(), max_epochs=3000)
    later = train(ARCHITECTURE, problem, searcher, 30, seeded(), max_epochs=3000, stop=FirstFit(further=4))
    assert first.functions == later.functions
    assert sorted(first.epochs + 4) == sorted(later.epochs)


@each_search
def test_nothing_depends_on_the_block(searcher):
    problem = two_clouds(m=8, n=6, d=4, seed=3)
    runs = [train(ARCHITECTURE, problem, searcher, 40, seeded(), block=block) for block in (5, 13, None)]
    for run in runs[1:]:
        assert differing(run.epochs.tolist(), runs[0].epochs.tolist()) <= 1
        assert differing(drawn(run.functions), drawn(runs[0].functions)) <= 1


def test_guess_and_check_is_rejection():
    problem = two_clouds(m=5, n=3, d=12, seed=2, apart=0.3)
    guesses, networks = 37, 6000
    kept = rejection(ARCHITECTURE, problem, 200_000, seeded(1))
    found = train(ARCHITECTURE, problem, GuessAndCheck(), networks, seeded(2), stop=After(updates=guesses))
    # The initialisation is the first guess. Both numbers are estimates; the chance's error comes from that of P(S).
    p, tries = kept.evidence.value, guesses + 1
    chance = 1 - (1 - p) ** tries
    assert 0.2 < chance < 0.9
    variance = chance * (1 - chance) / networks + (tries * (1 - p) ** guesses) ** 2 * p * (1 - p) / kept.draws
    assert 2 * stats.norm.sf(abs(found.functions.total / networks - chance) / variance**0.5) > FALSE_ALARM
    table = np.array(
        [np.bincount(each.functions.words[:, 0].astype(int), each.functions.counts, 8) for each in (kept, found)]
    )
    seen = table[:, table.sum(0) >= 40]
    assert seen.shape[1] > 3
    assert stats.chi2_contingency(seen).pvalue > FALSE_ALARM


def test_a_search_in_the_inputs_span_finds_functions_as_often():
    class OnAllPixels(GreedyRandomSearch):
        rotation_equivariant = False

    problem, table = two_clouds(m=6, n=3, d=40, seed=2, apart=0.3), []
    for seed, kind in enumerate((GreedyRandomSearch, OnAllPixels)):
        trained = train(ARCHITECTURE, problem, kind(0.5), 3000, seeded(seed), max_epochs=500)
        table.append(np.bincount(trained.functions.words[:, 0].astype(int), trained.functions.counts, 8))
    seen = np.array(table)[:, np.sum(table, axis=0) >= 40]
    assert stats.chi2_contingency(seen).pvalue > FALSE_ALARM


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: GreedyRandomSearch(0.0), "radius is a positive number"),
        (lambda: PatternSearch(float("nan")), "radius is a positive number"),
        (lambda: GreedyRandomSearch(tries=0), "at least 1, not tries = 0"),
        (
            lambda: train(FullyConnected((3,), distribution="uniform"), two_clouds(), GuessAndCheck(), 2, seeded()),
            "draws Gaussian networks",
        ),
    ],
)
def test_what_makes_no_sense_is_said_in_one_sentence(make, said):
    with pytest.raises(BadInput, match=said):
        make()


def test_names_and_reprs():
    everything = [*GREEDY, GuessAndCheck()]
    assert len({each.name for each in everything}) == len({repr(each) for each in everything}) == len(everything)
    for each in everything:
        assert eval(repr(each)) == each
    assert fresh(torch.zeros(2, 3), 1.0)[0].isinf().all()
