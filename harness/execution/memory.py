"""Blocks that fit: how many networks are held at a time, and fewer of them if memory runs out.

A sampler's draws come from the seed of its shard, so a shard can be begun again. The draws of P(f), rejection, tempered
posteriors, kernels and training do not depend on the block: with smaller blocks the same networks are drawn. Subset
simulation, densities of states and the evidence of hidden draws take their moves block by block: with smaller blocks
they are other draws of the same distribution.
"""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from harness.errors import Unavailable

if TYPE_CHECKING:
    import torch

T = TypeVar("T")

# What torch says in a RuntimeError of its own where the CPU has no memory left, or could never have so much.
_ON_A_CPU = ("can't allocate memory", "not enough memory", "Storage size calculation overflowed")


class _Blocks(threading.local):
    """How often the blocks of a thread's computation were halved, and the largest block that it was given."""

    halvings = 0
    largest = 0


_blocks = _Blocks()


def block_that_fits(networks: int) -> int:
    """A block of so many networks, halved as often as memory ran out in the computation in progress; at least 1."""
    block = max(networks >> _blocks.halvings, 1)
    _blocks.largest = max(_blocks.largest, block)
    return block


def ran_out(error: BaseException) -> bool:
    """Whether the exception says that a device, the CPU or numpy has no memory left."""
    import torch

    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _ON_A_CPU)


def with_smaller_blocks(compute: Callable[[], T], device: "torch.device") -> T:
    """Result of a computation, which is begun again with half the block each time that memory runs out.

    compute: makes its own random streams, and sizes its blocks by `block_that_fits`. Raises Unavailable if one network
    does not fit into memory, or if the computation cannot be split into blocks.
    """
    _blocks.halvings = 0
    try:
        while True:
            _blocks.largest = 0
            try:
                return compute()
            except (MemoryError, RuntimeError) as error:
                if not ran_out(error):
                    raise
            # Out of the handler the failed attempt's tensors are gone.
            if device.type == "cuda":
                import torch

                torch.cuda.empty_cache()
            if _blocks.largest <= 1:
                raise Unavailable(
                    f"The memory of {device} does not hold a single network with its inputs; ask for narrower networks "
                    "or fewer points, or name a device with more memory with --device."
                )
            _blocks.halvings += 1
    finally:
        _blocks.halvings = 0
