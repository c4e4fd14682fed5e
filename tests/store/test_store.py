"""The store: round trips, addresses, damage, processes that share it. Faults are in test_faults.py."""

import errno
import hashlib
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from harness.errors import BadInput, StoreUnusable
from harness.store import Store, lock_of
from harness.store.entries import encode, key
from harness.store.maintenance import verify
from tests.support.processes import wait_for

ARRAYS = {"words": np.array([[1, 2**63]], dtype=np.uint64), "n": np.array(3), "none": np.zeros((0, 2))}
FACTS = {"seconds": 0.25}
SPEC = {"sampler": "prior", "seed": 0, "shard": 1}


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


def only_entry(store):
    (path,) = store.folder.glob("??/*.entry")
    return path


def damaged(store):
    return [path for path, whole in verify(store) if not whole]


def set_aside(store):
    return list(store.folder.glob("quarantine/*"))


def same(entry, arrays=ARRAYS, facts=FACTS):
    assert entry.facts == facts
    assert set(entry.arrays) == set(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(entry.arrays[name], array)
        assert entry.arrays[name].dtype == array.dtype
        assert entry.arrays[name].shape == array.shape


def test_round_trip_and_compute_once(store):
    calls = []

    def compute():
        calls.append(1)
        return ARRAYS, FACTS

    same(store.fetch(SPEC, compute))
    same(store.fetch(SPEC, compute))
    assert len(calls) == 1
    store.fetch(SPEC, compute, fresh=True)
    assert len(calls) == 2
    assert list(store.entries()) == [store._path(SPEC)]
    assert damaged(store) == []


def test_addresses():
    assert key({"a": 1, "b": [1, {"c": 2}]}) == key({"b": [1, {"c": 2}], "a": 1})
    assert key({"a": 1}) != key({"a": 1.0}) != key({"a": "1"})
    assert len(key({"../../": "/etc"})) == 64
    for spec in ({"a": float("nan")}, {"a": object()}, {"a": np.int64(1)}):
        with pytest.raises(BadInput, match="JSON values"):
            key(spec)


def test_damaged_entries_are_set_aside_and_computed_again(store, monkeypatch):
    """Under names of their own, though the clock stands still; that any damage is found is in test_entries.py."""
    monkeypatch.setattr(time, "time_ns", lambda: 0)
    monkeypatch.setattr(time, "time", lambda: 0.0)
    content = encode(SPEC, ARRAYS, FACTS)
    for length in range(0, len(content), 50):
        store.put(SPEC, ARRAYS, FACTS)
        only_entry(store).write_bytes(content[:length])
        assert damaged(store) == [only_entry(store)]
        with pytest.warns(UserWarning, match="damaged"):
            same(store.fetch(SPEC, lambda: (ARRAYS, FACTS)))
    assert len(set_aside(store)) == len(range(0, len(content), 50))
    assert damaged(store) == []


def test_a_good_entry_that_replaced_a_damaged_one_meanwhile_is_not_set_aside(store, monkeypatch):
    """Another process mends it between this one's look at it and its turn."""
    store.put(SPEC, ARRAYS, FACTS)
    path = only_entry(store)
    path.write_bytes(path.read_bytes()[:-1])
    make = Store._make

    def mended_meanwhile(self, folder):
        make(self, folder)
        path.write_bytes(encode(SPEC, ARRAYS, FACTS))

    monkeypatch.setattr(Store, "_make", mended_meanwhile)
    same(store.fetch(SPEC, lambda: pytest.fail("computed again")))
    assert set_aside(store) == []


def test_a_foreign_entry_is_set_aside(store):
    store.put(SPEC, ARRAYS, FACTS)
    other = {**SPEC, "seed": 1}
    store.put(other, ARRAYS, FACTS)
    store._path(SPEC).replace(store._path(other))
    assert damaged(store) == [store._path(other)]
    with pytest.warns(UserWarning, match="another computation"):
        assert store.get(other) is None
    assert len(set_aside(store)) == 1


@pytest.mark.parametrize(
    ("number", "said"),
    [(errno.ENOSPC, "no space left"), (errno.EROFS, "cannot be written"), (errno.EACCES, "--store")],
)
def test_a_full_or_read_only_store_is_said_in_one_sentence(store, monkeypatch, number, said):
    store.put(SPEC, ARRAYS, FACTS)

    def fail(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(BadInput, match=said):
        store.put({**SPEC, "seed": 1}, ARRAYS, FACTS)
    with pytest.raises(BadInput, match=said):
        Store(store.folder / "empty").check_writable()
    if number == errno.ENOSPC:
        with pytest.raises(BadInput, match=said):
            store.check_writable()
    else:
        # Its entries may be all that a run needs.
        store.check_writable()
    monkeypatch.undo()
    same(store.get(SPEC))
    assert not [path for path in store.folder.glob("**/.*") if path.is_file()]


def test_a_store_that_is_a_file(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(BadInput, match="make it a writable folder"):
        Store(tmp_path / "file").check_writable()


def test_an_entry_that_cannot_be_read(store):
    store.put(SPEC, ARRAYS, FACTS)
    path = only_entry(store)
    path.unlink()
    path.mkdir()
    with pytest.raises(StoreUnusable, match="cannot be read"):
        store.get(SPEC)


def test_a_whole_file_that_is_no_entry_is_set_aside(store):
    store.put(SPEC, ARRAYS, FACTS)
    for body in (
        b"",
        b"[]",
        len(b"[1]").to_bytes(8, "little") + b"[1]",
        len(b'{"a":1}').to_bytes(8, "little") + b'{"a":1}',
    ):
        only_entry(store).write_bytes(hashlib.sha256(body).digest() + body)
        with pytest.warns(UserWarning, match="damaged"):
            assert store.get(SPEC) is None
        store.put(SPEC, ARRAYS, FACTS)


WRITER = """
import sys, numpy as np
from pathlib import Path
from harness.store import Store, lock_of
store = Store(Path(sys.argv[1]))
print("ready", flush=True)
for shard in range(100_000):
    store.put({"shard": shard % 50}, {"a": np.full(2000, shard % 50)}, {"seconds": 1.0})
"""


def test_a_kill_at_any_moment_leaves_whole_entries(store):
    rng = np.random.default_rng(0)
    for _ in range(8):
        with subprocess.Popen([sys.executable, "-c", WRITER, store.folder], stdout=subprocess.PIPE) as child:
            child.stdout.readline()
            time.sleep(rng.uniform(0, 0.05))
            child.send_signal(signal.SIGKILL)
    assert next(store.entries())
    assert damaged(store) == []


def test_two_processes_may_write_the_same_entries(store):
    script = WRITER.replace("100_000", "200")
    children = [
        subprocess.Popen([sys.executable, "-c", script, store.folder], stdout=subprocess.DEVNULL) for _ in range(2)
    ]
    assert [child.wait() for child in children] == [0, 0]
    assert len(list(store.entries())) == 50
    assert set_aside(store) == []
    for shard in range(50):
        np.testing.assert_array_equal(store.get({"shard": shard}).arrays["a"], np.full(2000, shard))


def _slow_fetch(folder, log, seconds=0.5):
    def compute():
        with log.open("a") as file:
            file.write("computed\n")
        time.sleep(seconds)
        return ARRAYS, {"seconds": 0.5}

    Store(folder).fetch({"shared": 1}, compute)


def test_processes_that_need_one_entry_compute_it_once(tmp_path):
    log, spawn = tmp_path / "log", multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=_slow_fetch, args=(tmp_path / "store", log)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    assert log.read_text() == "computed\n"


def test_an_entry_may_need_others(tmp_path):
    """Whatever their addresses: of 31 entries that each need the next, some share a folder of the store."""
    store = Store(tmp_path)

    def compute(depth):
        def inner():
            if depth:
                store.fetch({"depth": depth - 1}, compute(depth - 1))
            return ARRAYS, FACTS

        return inner

    store.fetch({"depth": 30}, compute(30))
    assert len(list(store.entries())) == 31
    assert len({path.parent for path in store.entries()}) < 31
    assert list(tmp_path.glob("**/.*")) == []


def test_a_process_that_dies_while_computing_leaves_its_entry_to_the_others(tmp_path):
    log, spawn = tmp_path / "log", multiprocessing.get_context("spawn")
    process = spawn.Process(target=_slow_fetch, args=(tmp_path, log, 600))
    process.start()
    wait_for(log.exists)
    process.kill()
    process.join()
    _slow_fetch(tmp_path, log)
    assert log.read_text() == "computed\n" * 2


@pytest.mark.filterwarnings("ignore:flock not supported")
def test_who_waits_for_a_lock_of_another_machine_says_so(store, monkeypatch):
    """Where there is no flock, a lock is a file that outlives a machine; its user deletes it, and the run goes on."""

    def missing(_):
        raise OSError(errno.ENOSYS, "no flock")

    said = []

    def heed(sentence):
        said.append(sentence)
        lock.unlink()

    monkeypatch.setattr("filelock._unix.lock_fd_nonblocking", missing)
    monkeypatch.setattr("harness.store.store._PATIENCE_SECONDS", 0.1)
    lock = lock_of(store._path(SPEC))
    lock.parent.mkdir(parents=True)
    lock.write_text("4242\nnode-7.example\n")
    store.tell = heed
    same(store.fetch(SPEC, lambda: (ARRAYS, FACTS)))
    assert said == [
        f"Waiting for a sample that process '4242' on 'node-7.example' is drawing, as {lock} says; if it no longer "
        "runs there, delete that file."
    ]


def test_who_waits_for_a_lock_of_this_machine_says_so(store, monkeypatch):
    monkeypatch.setattr("harness.store.store._PATIENCE_SECONDS", 0.1)
    other = FileLock(lock_of(store._path(SPEC)))
    Path(other.lock_file).parent.mkdir(parents=True)
    other.acquire()
    said = []

    def end(sentence):
        said.append(sentence)
        other.release()

    store.tell = end
    same(store.fetch(SPEC, lambda: (ARRAYS, FACTS)))
    assert said == [f"Waiting for a sample that another process is drawing, which holds {other.lock_file}."]


def test_each_damaged_byte_is_drawn_anew_and_never_other_numbers(store):
    """Every third byte of an entry, so that none of its parts is left out, each in the store as a disk would leave it:
    the description, its digest, the facts, the arrays."""
    store.put(SPEC, ARRAYS, FACTS)
    content = only_entry(store).read_bytes()
    for place in range(0, len(content), 3):
        store.put(SPEC, ARRAYS, FACTS)
        only_entry(store).write_bytes(content[:place] + bytes([content[place] ^ 0x10]) + content[place + 1 :])
        drawn = []
        with pytest.warns(UserWarning, match="damaged"):
            same(store.fetch(SPEC, lambda drawn=drawn: drawn.append(1) or (ARRAYS, FACTS)))
        assert drawn == [1]
