"""Seeds from a counter-based scheme: a stream is named by what is computed, not by when or by whom."""

import hashlib

import numpy as np
import torch


def generator(device: torch.device, seed: int, what: str, shard: int) -> torch.Generator:
    """The random stream of one shard of one computation, on the device it is for.

    seed: the run's, not negative. what: names the computation. The shard is added to the computation's own 64-bit
    seed rather than hashed into it: torch's CPU generator uses 32 bits of a seed, and adding keeps every two shards
    of a computation apart, where hashing would let two in 10,000 of them collide about once in a hundred times.
    """
    entropy = [seed, int.from_bytes(hashlib.sha256(what.encode()).digest()[:16], "big")]
    base = int(np.random.SeedSequence(entropy).generate_state(1, np.uint64)[0])
    return torch.Generator(device).manual_seed((base + shard) % 2**64)
