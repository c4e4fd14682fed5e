"""Orders of minibatches: permutations, uniform, independent from epoch to epoch and network to network."""

from itertools import permutations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from harness.optimisers.minibatches import orders, splitmix64

# Chance that one check of a right program fails on keys not yet tried.
FALSE_ALARM = 1e-7


def test_the_published_numbers():
    # The generator's first numbers from seed 1234567, as its authors' reference code gives them: its state grows by
    # the golden ratio before each.
    unsigned = np.uint64(1234567) + np.arange(1, 6, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    numbers = splitmix64(torch.from_numpy(unsigned.view(np.int64))).numpy().view(np.uint64)
    assert numbers.tolist() == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]


@given(st.lists(st.tuples(st.integers(-(2**63), 2**63 - 1), st.integers(0, 10**6)), min_size=1), st.integers(1, 70))
def test_every_order_is_a_permutation_and_its_own(named, m):
    keys, epochs = (torch.tensor(column) for column in zip(*named, strict=True))
    found = orders(keys, epochs, m)
    assert (found.sort(dim=1).values == torch.arange(m)).all()
    for i in range(len(named)):
        assert torch.equal(orders(keys[i : i + 1], epochs[i : i + 1], m)[0], found[i])


def test_an_order_sorts_the_generators_numbers():
    # Each point's number by the definition, in whole numbers of any length; equal high bits are ordered by the points.
    def number(state):
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            state = (state ^ state >> shift) * factor % 2**64
        return state ^ state >> 31

    keys, epochs, m = splitmix64(torch.arange(40)), torch.arange(40) ** 3, 37
    for key, epoch, order in zip(keys.tolist(), epochs.tolist(), orders(keys, epochs, m).tolist(), strict=True):
        numbers = [number((key + (epoch * m + i + 1) * 0x9E3779B97F4A7C15) % 2**64) for i in range(m)]
        signed = [(each + 2**63) % 2**64 >> 6 for each in numbers]
        assert order == sorted(range(m), key=lambda i: (signed[i], i))


@pytest.mark.parametrize("m", [2, 3, 4, 5])
def test_all_permutations_are_alike(m):
    keys = splitmix64(torch.arange(60_000))
    for epoch in (0, 1, 17):
        found = orders(keys, torch.full_like(keys, epoch), m).numpy() @ m ** np.arange(m)
        codes = sorted(np.array(list(permutations(range(m)))) @ m ** np.arange(m))
        seen = [(found == code).sum() for code in codes]
        assert sum(seen) == len(keys)
        assert stats.chisquare(seen).pvalue > FALSE_ALARM


@pytest.mark.parametrize("step", ["epoch", "network"])
def test_orders_are_independent_of_those_before(step):
    keys, epochs = splitmix64(torch.arange(40_000)), torch.arange(40_000) % 50
    first = orders(keys, epochs, 3)
    second = orders(keys, epochs + 1, 3) if step == "epoch" else orders(splitmix64(torch.arange(40_000) + 1), epochs, 3)
    table = np.zeros((27, 27))
    np.add.at(table, tuple((each @ torch.tensor([1, 3, 9])).numpy() for each in (first, second)), 1)
    table = table[table.sum(1) > 0][:, table.sum(0) > 0]
    assert table.shape == (6, 6)
    assert stats.chi2_contingency(table).pvalue > FALSE_ALARM


def test_every_point_is_as_likely_at_every_place():
    m = 128
    found = orders(splitmix64(torch.arange(20_000)), torch.zeros(20_000, dtype=torch.int64), m)
    seen = np.stack([np.bincount(found[:, place], minlength=m) for place in range(m)])
    # Each place's counts are multinomial; rows add up, hence (m − 1)² degrees of freedom as in a Latin square.
    expected = len(found) / m
    statistic = ((seen - expected) ** 2 / expected).sum() * (m - 1) / m
    assert FALSE_ALARM < stats.chi2.sf(statistic, (m - 1) ** 2) < 1 - FALSE_ALARM


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_orders_are_the_same_on_every_device():
    keys, epochs = splitmix64(torch.arange(1000)), torch.arange(1000)
    assert torch.equal(orders(keys.cuda(), epochs.cuda(), 100).cpu(), orders(keys, epochs, 100))
