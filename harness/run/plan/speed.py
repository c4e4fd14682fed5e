"""How fast a device multiplies matrices: what the costs of another machine are scaled by."""

import time
from collections.abc import Callable

import torch

_SIZE, _REPEATS = 512, 7


def multiplications(device: torch.device) -> float:
    """Multiplications a second in float32 matrix products, on one core or one GPU: the best of several."""
    if device.type == "cuda":
        return _fastest(device, 8 * _SIZE, time.perf_counter, lambda: torch.cuda.synchronize(device))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return _fastest(device, _SIZE, time.process_time, lambda: None)
    finally:
        torch.set_num_threads(threads)


def _fastest(device: torch.device, size: int, clock: Callable[[], float], wait: Callable[[], None]) -> float:
    a, b = torch.rand(2, size, size, device=device)
    product = a @ b
    best = float("inf")
    for _ in range(_REPEATS):
        wait()
        start = clock()
        torch.matmul(a, b, out=product)
        wait()
        best = min(best, clock() - start)
    return size**3 / max(best, 1e-9)
