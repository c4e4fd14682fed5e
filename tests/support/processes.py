"""Processes that tests start, and waiting for what they do."""

import signal
import time
from contextlib import contextmanager


@contextmanager
def heeding_ctrl_c():
    """What is started within heeds Ctrl-C, also where this process does not: a shell starts what it puts into the
    background deaf to it, and whoever is deaf has deaf children."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def wait_for(condition, seconds=300.0):
    """Until it holds. The limit is for a machine on which much else is running."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)
