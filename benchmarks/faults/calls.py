"""One entry fetched, with a fault at every call on the way that asks something of the system: killed before and after
it, or refused by it.

python -m benchmarks.faults.calls FOLDER prints what was tried, as JSON. It is a process of its own, small enough to be
forked a thousand times.
"""

import errno
import json
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

from harness.errors import StoreUnusable
from harness.store import Store
from harness.store.maintenance import verify

SPEC = {"sampler": "counting", "shard": 0}
ARRAYS = {"numbers": np.arange(1000)}
# Calls that ask the system for something it can refuse.
SYSTEM = {
    *("open", "read", "readall", "readinto", "write", "flush", "fsync", "close", "mkdir", "scandir"),
    *("rename", "replace", "unlink", "stat", "lstat", "fstat", "flock", "open_code"),
}
REFUSALS = (errno.ENOSPC, errno.EIO)
_UNFORESEEN = 3


def fetch(folder: Path, log: Path) -> None:
    """Fetch the entry as a lab does; each computation is a line of the log. AssertionError for a wrong one."""

    def compute() -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        # The log is ours and no part of what is disturbed.
        profile = sys.getprofile()
        sys.setprofile(None)
        with log.open("a") as file:
            file.write("computed\n")
        sys.setprofile(profile)
        return ARRAYS, {"seconds": 0.0}

    entry = Store(folder).fetch(SPEC, compute)
    assert entry.arrays.keys() == ARRAYS.keys()
    assert np.array_equal(entry.arrays["numbers"], ARRAYS["numbers"])


def at_call(number: int, fault: Callable[[], None], events: tuple[str, ...]) -> Any:
    """A profiler that does this at the number-th of these events, from 0, of calls to the system."""
    left = number

    def profile(_: FrameType, event: str, function: Any) -> None:
        nonlocal left
        if event in events and getattr(function, "__name__", "") in SYSTEM:
            left -= 1
            if left < 0:
                sys.setprofile(None)
                fault()

    return profile


def end(status: int) -> None:
    """Leave a forked process at once."""
    os._exit(status)


def forked(work: Callable[[], None]) -> int:
    """Do this in a forked process; its exit code, negative for a signal. StoreUnusable is foreseen, and 4."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except StoreUnusable:
            end(4)
        except BaseException:
            traceback.print_exc()
            end(_UNFORESEEN)
        end(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def disturbed(folder: Path, profile: Any, given: Callable[[Path], None]) -> tuple[int, int]:
    """(exit code of a disturbed fetch, computations in it and in the undisturbed one after it).

    given: makes what is there before. AssertionError where the store is not whole afterwards, or gives a wrong entry.
    """
    shutil.rmtree(folder, ignore_errors=True)
    store, log = folder / "store", folder / "log"
    folder.mkdir()
    given(store)

    def work() -> None:
        sys.setprofile(profile)
        try:
            fetch(store, log)
        finally:
            sys.setprofile(None)

    code = forked(work)
    damaged = [path for path, whole in verify(Store(store)) if not whole]
    assert not damaged or given is with_damage
    fetch(store, log)
    assert all(whole for _, whole in verify(Store(store)))
    return code, len(log.read_text().splitlines()) if log.exists() else 0


def with_nothing(store: Path) -> None:
    """No store yet."""


def with_damage(store: Path) -> None:
    """The entry is there and damaged."""
    Store(store).put(SPEC, ARRAYS, {"seconds": 0.0})
    path = next(Store(store).entries())
    path.write_bytes(path.read_bytes()[:-1])


def killed_at_every_call(folder: Path, given: Callable[[Path], None]) -> dict[str, int]:
    """Kill the fetch before the first call, after it, before the second …; how often, and what was computed twice."""
    kills = twice = 0
    while True:
        profile = at_call(kills, lambda: os.kill(os.getpid(), signal.SIGKILL), ("c_call", "c_return"))
        code, computed = disturbed(folder, profile, given)
        assert computed in (1, 2), computed
        if code == 0:
            assert computed == 1
            return {"kills": kills, "computed twice": twice}
        assert code == -signal.SIGKILL, code
        kills += 1
        twice += computed - 1


def refused_at_every_call(folder: Path, given: Callable[[Path], None], number: int) -> dict[str, int]:
    """Let the system refuse the first call, then the second …: each ends in a sentence, or does not matter."""
    tried = sentences = 0
    while True:

        def refuse() -> None:
            (folder / "reached").touch()
            raise OSError(number, os.strerror(number))

        code, _ = disturbed(folder, at_call(tried, refuse, ("c_call",)), given)
        reached = (folder / "reached").exists()
        assert code in (0, 4), code
        if not reached:
            return {"refusals": tried, "sentences": sentences}
        tried += 1
        sentences += code == 4


def tried(folder: Path) -> dict[str, Any]:
    """All of it."""
    os.environ["PYTHONWARNINGS"] = "ignore"
    found: dict[str, Any] = {}
    for given in (with_nothing, with_damage):
        found[given.__name__] = {"killed": killed_at_every_call(folder / "calls", given)} | {
            errno.errorcode[number]: refused_at_every_call(folder / "calls", given, number) for number in REFUSALS
        }
    return found


if __name__ == "__main__":
    print(json.dumps(tried(Path(sys.argv[1]))))
