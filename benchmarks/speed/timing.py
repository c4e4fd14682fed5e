"""Timing side by side."""

import time
from collections.abc import Callable, Mapping


def least_seconds(
    works: Mapping[str, Callable[[], object]], repeats: int = 7, clock: Callable[[], float] = time.process_time
) -> dict[str, float]:
    """The least time of each over several rounds in which every one has its turn: what else the machine did only adds.

    clock: by default the processor's time of this process, which waiting for a busy core does not lengthen.
    """
    times = dict.fromkeys(works, float("inf"))
    for _ in range(repeats):
        for name, work in works.items():
            start = clock()
            work()
            times[name] = min(times[name], clock() - start)
    return times
