"""What one shard or one computation is, without the lab, so that any process may run it."""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from harness.execution.memory import with_smaller_blocks
from harness.samplers.sampler import Computation, Sampler


def generator(device: torch.device, seed: int, what: str, shard: int) -> torch.Generator:
    """Make the random stream of one shard of one computation.

    The shard is added to the computation's own 64-bit seed rather than hashed into it: torch's CPU generator uses 32
    bits of a seed, and the addition gives every two shards of a computation different seeds, while hashing would let
    two in 10,000 of them collide about once in a hundred times.

    Args:
        device: the device that draws.
        seed: seed of the run, not negative.
        what: name of the computation.
        shard: number of the shard.

    Returns:
        The generator, on the device.
    """
    entropy = [seed, int.from_bytes(hashlib.sha256(what.encode()).digest()[:16], "big")]
    base = int(np.random.SeedSequence(entropy).generate_state(1, np.uint64)[0])
    return torch.Generator(device).manual_seed((base + shard) % 2**64)


@dataclass(frozen=True)
class Shard:
    """The computation of one shard, without the lab, so that any process may run it."""

    sampler: Sampler[Any]
    seed: int
    name: str
    number: int

    @property
    def asked(self) -> Sampler[Any]:
        """What is drawn."""
        return self.sampler

    def __call__(self, device: torch.device) -> dict[str, np.ndarray]:
        """The shard's arrays."""

        def drawn() -> dict[str, np.ndarray]:
            return self.sampler.draw(generator(device, self.seed, self.name, self.number)).to_arrays()

        return with_smaller_blocks(drawn, device)


@dataclass(frozen=True)
class Once:
    """A computation without draws, in place of a shard."""

    asked: Computation

    def __call__(self, device: torch.device) -> dict[str, np.ndarray]:  # noqa: ARG002 — always on the CPU
        """The computation's arrays."""
        return self.asked.compute()
