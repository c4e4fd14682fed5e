"""Random streams are named by what is computed: by nothing else, and no two alike."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from harness.lab.jobs import generator

CPU = torch.device("cpu")


def numbers(seed, what, shard, n=8):
    return torch.randn(n, generator=generator(CPU, seed, what, shard)).tolist()


def test_a_stream_does_not_depend_on_what_was_asked_before():
    forwards = {shard: numbers(3, "a", shard) for shard in range(20)}
    torch.manual_seed(99)
    np.random.default_rng(1).random(5)
    backwards = {shard: numbers(3, "a", shard) for shard in reversed(range(20))}
    assert forwards == backwards


NAMES = st.tuples(st.integers(0, 2**40), st.text(max_size=20), st.integers(0, 2**20))


@given(st.lists(NAMES, min_size=2, max_size=6, unique=True))
def test_different_names_have_different_streams(names):
    streams = {tuple(numbers(*name)) for name in names}
    assert len(streams) == len(names)


def test_shards_never_collide_in_the_bits_that_torch_uses():
    # torch's CPU generator keeps the lowest 32 bits of its seed: two seeds equal in them are one stream.
    high = torch.Generator().manual_seed(2**40 + 7)
    assert torch.equal(torch.rand(4, generator=high), torch.rand(4, generator=torch.Generator().manual_seed(7)))
    seeds = [generator(CPU, 0, "a", shard).initial_seed() for shard in range(10_000)]
    assert len({seed % 2**32 for seed in seeds}) == 10_000


def test_streams_are_independent():
    """First numbers of 4000 shards, and of 4000 computations: uniform, and uncorrelated with the next stream's."""
    shards = np.array([torch.rand(2, generator=generator(CPU, 0, "a", k)).numpy() for k in range(4000)])
    names = np.array([torch.rand(2, generator=generator(CPU, 0, f"a{k}", 0)).numpy() for k in range(4000)])
    for first in (shards, names):
        assert stats.kstest(first[:, 0], "uniform").pvalue > 1e-7
        # Of uncorrelated pairs r√n is nearly standard normal: 5.3 is a chance of 1e-7.
        assert abs(np.corrcoef(first[:-1, 0], first[1:, 0])[0, 1]) * np.sqrt(3999) < 5.3
        assert abs(np.corrcoef(first.T)[0, 1]) * np.sqrt(4000) < 5.3


def test_seeds_of_a_run_are_kept():
    # The number is part of every stored result: a change here would make every store disagree with its seeds.
    assert generator(CPU, 0, "a", 0).initial_seed() == generator(CPU, 0, "a", 5).initial_seed() - 5
    with pytest.raises(ValueError, match="non-negative"):
        generator(CPU, -1, "a", 0)
