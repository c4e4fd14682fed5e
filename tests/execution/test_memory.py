"""Where memory runs out, blocks are halved and the numbers stay as they are."""

import numpy as np
import pytest
import torch

from harness.errors import Unavailable
from harness.execution.memory import block_that_fits, ran_out, with_smaller_blocks
from harness.networks import FullyConnected
from harness.networks.ensemble import Draws, block_size
from harness.optimisers import SGD, Adam, After
from harness.problems import boolean_cube
from harness.samplers.infinite_width.kernels import empirical_nngp, empirical_ntk
from harness.samplers.infinite_width.linearised import linearisation_gap
from harness.samplers.posterior import rejection, tempered
from harness.samplers.prior import branching_prior, prior
from harness.samplers.training import train

CPU = torch.device("cpu")
PROBLEM = boolean_cube(4, "majority", 6)
SMOOTH = FullyConnected((100, 40), "tanh")
# Seen to ask for blocks of about a hundred networks; in training, of eight times as many.
WIDE = FullyConnected((300, 40))


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


SAMPLERS = {
    "prior": lambda: prior(WIDE, PROBLEM, 700, seeded()),
    "branching": lambda: branching_prior(WIDE, PROBLEM, 300, seeded(), last_layers=7),
    "rejection": lambda: rejection(WIDE, PROBLEM, 700, seeded(), last_layers=5),
    "tempered": lambda: tempered(WIDE, PROBLEM, 2.0, 700, seeded(), last_layers=5),
    "training": lambda: train(WIDE, PROBLEM, SGD(), 3000, seeded(), batch=4, max_epochs=3),
    "training for a time": lambda: train(SMOOTH, PROBLEM, Adam(), 1500, seeded(), batch=4, stop=After(epochs=1)),
    "NNGP": lambda: empirical_nngp(WIDE, PROBLEM.inputs, 300, seeded()),
    "NTK": lambda: empirical_ntk(WIDE, PROBLEM.inputs, 40, seeded()),
    "linearisation": lambda: linearisation_gap(SMOOTH, PROBLEM, 0.01, 3, 400, seeded()),
}


class RunsOut:
    """Memory that runs out at the calls of these numbers."""

    def __init__(self, monkeypatch, error, at):
        self.calls, self.sizes = 0, []
        original = Draws.take

        def take(stream, networks):
            self.calls += 1
            self.sizes.append(networks)
            rows = original(stream, networks)
            if self.calls - 1 in at:
                raise error
            return rows

        monkeypatch.setattr(Draws, "take", take)


ON_A_GPU = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
ON_A_CPU = RuntimeError("[enforce fail at alloc_cpu.cpp:118] . DefaultCPUAllocator: can't allocate memory: you tried")


@pytest.mark.parametrize("name", SAMPLERS)
@pytest.mark.parametrize("at", [(0,), (1, 3)], ids=["at first", "later, and again"])
def test_halving_the_block_does_not_change_the_numbers(monkeypatch, name, at):
    whole = SAMPLERS[name]().to_arrays()
    memory = RunsOut(monkeypatch, ON_A_GPU, at)
    parts = with_smaller_blocks(lambda: SAMPLERS[name]().to_arrays(), CPU)
    assert memory.calls > len(at)
    assert memory.sizes[-1] < memory.sizes[0]
    assert whole.keys() == parts.keys()
    for key, array in whole.items():
        if array.dtype.kind == "f" and name != "training":
            # Sums over blocks are rounded in another order.
            np.testing.assert_allclose(parts[key], array, rtol=1e-4, atol=1e-6)
        elif key in ("words", "counts", "epochs", "unit", "other_words", "other_counts"):
            # Networks leave training in another order.
            np.testing.assert_array_equal(np.sort(parts[key], axis=0), np.sort(array, axis=0))
        else:
            np.testing.assert_array_equal(parts[key], array)


@pytest.mark.parametrize("error", [ON_A_GPU, ON_A_CPU, MemoryError("Unable to allocate 8.00 EiB")], ids=["a", "b", "c"])
def test_where_one_network_does_not_fit_that_is_one_sentence(monkeypatch, error):
    memory = RunsOut(monkeypatch, error, range(10**6))
    with pytest.raises(Unavailable, match=r"memory of cpu does not hold a single network .* --device\.$") as refused:
        with_smaller_blocks(SAMPLERS["prior"], CPU)
    assert memory.sizes[-1] == 1
    assert refused.value.__cause__ is None
    monkeypatch.undo()
    # The next computation has its whole blocks again.
    assert block_size({}, 1, CPU, 1) > 1000


def test_what_has_no_blocks_is_not_tried_again():
    tries = []

    def compute():
        tries.append(1)
        return torch.empty(2**60)

    with pytest.raises(Unavailable):
        with_smaller_blocks(compute, CPU)
    assert len(tries) == 1


def test_what_allocators_really_say():
    for impossible in (lambda: torch.empty(2**58), lambda: torch.empty(2**62, 2), lambda: np.empty(2**58)):
        with pytest.raises((RuntimeError, MemoryError)) as refused:
            impossible()
        assert ran_out(refused.value)


def test_other_errors_are_what_they_are():
    def wrong():
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="mat1"):
        with_smaller_blocks(wrong, CPU)
    assert not ran_out(ValueError("can't allocate memory"))


def test_a_block_is_at_least_one_network():
    assert block_that_fits(0) == 1
    assert block_that_fits(5) == 5


@pytest.mark.parametrize("piece", [1, 3, 64])
@pytest.mark.parametrize("distribution", ["gaussian", "uniform", "binary"])
def test_in_pieces_who_takes_how_many_does_not_matter(piece, distribution):
    """As on a GPU, where it is the size of a piece that what is drawn depends on."""
    table = SMOOTH.parameters((4,))
    for takes in ((20,), (1, 5, 14), (7, 7, 6), (0, 19, 1)):
        stream = Draws(table, distribution, seeded(), piece)
        rows = torch.cat([stream.take(networks) for networks in takes])
        whole = Draws(table, distribution, seeded(), piece).take(20)
        assert torch.equal(rows, whole)
        # On a CPU pieces are the one stream that they are cut from.
        assert torch.equal(whole, Draws(table, distribution, seeded()).take(20))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("block", [1, 100, None])
def test_on_a_gpu_nothing_depends_on_the_block(block):
    device = torch.device("cuda:0")
    found = [prior(WIDE, PROBLEM, 5000, torch.Generator(device).manual_seed(1), block=each) for each in (block, 4096)]
    # Logits near zero may be rounded to another sign: of 80,000 labels a few at most.
    common = np.minimum(found[0].counts, found[1].counts_of(found[0].words)).sum()
    assert common >= 0.999 * found[0].total


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_that_is_full_halves_the_block():
    device, sizes = torch.device("cuda:0"), []

    def compute():
        sizes.append(block_that_fits(2**45))
        torch.empty(sizes[-1], device=device)
        return sizes[-1]

    assert with_smaller_blocks(compute, device) == sizes[-1] < sizes[0]
