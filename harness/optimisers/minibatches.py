"""Each network's own order of the training points, and its own noise, from a counter-based generator.

The order is a pure function of (key, epoch), the noise of (key, update): neither depends on which networks happen to be
trained together, on their number, or on the device, and nothing has to be remembered when networks come and go.
"""

from math import pi

import numpy as np
import torch
from torch import Tensor

from harness.compiling import compiled

_GOLDEN = -7046029254386353131  # 0x9E3779B97F4A7C15 as a signed number
_MIX1 = -4658895280553007687  # 0xBF58476D1CE4E5B9
_MIX2 = -7723592293110705685  # 0x94D049BB133111EB
_UNSIGNED = np.array([_GOLDEN, _MIX1, _MIX2]).view(np.uint64)
_NOISE = 0x6E6F697365  # tells the keys of a network's noise from those of its orders
_START = 0x7374617274  # and those of what it starts with from both


def splitmix64(state: Tensor) -> Tensor:
    """The output function of SplitMix64 (Steele, Lea & Flood 2014) on int64 bit patterns."""
    z = state
    z = (z ^ _shift(z, 30)) * _MIX1
    z = (z ^ _shift(z, 27)) * _MIX2
    return z ^ _shift(z, 31)


def _shift(z: Tensor, places: int) -> Tensor:
    # torch shifts signed numbers arithmetically; the mask makes the shift logical.
    return (z >> places) & ((1 << (64 - places)) - 1)


def orders(keys: Tensor, epochs: Tensor, m: int) -> Tensor:
    """Random permutations of the training points, one per network.

    Args:
        keys: (networks,) int64, the networks' keys.
        epochs: (networks,) int64, the epoch that each network is in.
        m: number of training points.

    Returns:
        (networks, m) int64, each row a permutation of range(m).
    """
    # The points take the place of the numbers' lowest bits, so that sorting the numbers sorts the points.
    mask = (1 << (m - 1).bit_length()) - 1
    if keys.device.type == "cpu":
        found = np.empty((len(keys), m), dtype=np.int64)
        _fill(found.view(np.uint64), keys.numpy().view(np.uint64), epochs.numpy().view(np.uint64), np.uint64(mask))
        found.sort(axis=1)  # six times faster than torch's
        return torch.from_numpy(found).bitwise_and_(mask)
    points = torch.arange(m, device=keys.device)
    numbers = splitmix64(keys[:, None] + (epochs[:, None] * m + points + 1) * _GOLDEN)
    return (numbers & ~mask | points).sort(dim=1).values & mask


@compiled(nogil=True)
def _fill(numbers: np.ndarray, keys: np.ndarray, epochs: np.ndarray, mask: np.uint64) -> None:
    """Fill in the numbers that `orders` sorts, by `splitmix64`, in one pass through memory; all of it uint64."""
    networks, m = numbers.shape
    for n in range(networks):
        state = keys[n] + epochs[n] * np.uint64(m) * _UNSIGNED[0]
        for point in range(m):
            z = state + np.uint64(point + 1) * _UNSIGNED[0]
            z = (z ^ (z >> np.uint64(30))) * _UNSIGNED[1]
            z = (z ^ (z >> np.uint64(27))) * _UNSIGNED[2]
            z ^= z >> np.uint64(31)
            numbers[n, point] = z & ~mask | np.uint64(point)


def normal(keys: Tensor, updates: Tensor, size: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """Standard normal numbers of each network's own (Box & Muller 1958).

    Each half of a 64-bit number makes a uniform one, so that no normal number exceeds 6.7.

    Args:
        keys: (networks,) int64, the networks' keys; they may be those of `orders`.
        updates: (networks,) int64, the update that each network is at.
        size: numbers per network.
        dtype: type of the result.

    Returns:
        (networks, size).
    """
    pairs = -(-size // 2)
    counters = updates[:, None] * pairs + torch.arange(1, pairs + 1, device=keys.device)
    bits = splitmix64(splitmix64(keys ^ _NOISE)[:, None] + counters * _GOLDEN)
    # Halves of a step away from 0, whose logarithm is infinite.
    radius = ((_shift(bits, 32).to(dtype) + 0.5) * 2.0**-32).log_().mul_(-2).clamp_(min=0).sqrt_()
    angle = (bits & 0xFFFFFFFF).to(dtype) * (2 * pi * 2.0**-32)
    return torch.cat([radius * angle.cos(), radius * angle.sin()], dim=1)[:, :size]


def uniform(keys: Tensor, size: int) -> Tensor:
    """Numbers uniform in (0, 1) of each network's own: keys (networks,) as of `orders` -> (networks, size) float32."""
    bits = splitmix64(splitmix64(keys ^ _START)[:, None] + torch.arange(1, size + 1, device=keys.device) * _GOLDEN)
    # 23 bits and a half: float32 has all of these exactly, none of them 0 or 1.
    return (_shift(bits, 41).float() + 0.5) * 2.0**-23
