"""The store: round trips, addresses, damage, kills, a full disk."""

import errno
import hashlib
import multiprocessing
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from harness.errors import BadInput, StoreUnusable
from harness.store import Store, key

ARRAYS = {"words": np.array([[1, 2**63]], dtype=np.uint64), "n": np.array(3), "none": np.zeros((0, 2))}
FACTS = {"seconds": 0.25}
SPEC = {"sampler": "prior", "seed": 0, "shard": 1}


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


def only_entry(store):
    (path,) = store.folder.glob("??/*.entry")
    return path


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
    assert store.info()["entries"] == 1
    assert store.verify() == []


@given(
    hnp.arrays(
        st.sampled_from([np.uint64, np.int64, np.float32, np.float64, np.uint8, np.bool_]),
        hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
    ),
    st.dictionaries(
        st.text(), st.integers() | st.text() | st.none() | st.floats(allow_nan=False, allow_infinity=False)
    ),
)
def test_any_array_and_facts_round_trip(tmp_path_factory, array, facts):
    store = Store(tmp_path_factory.mktemp("store"))
    store.put(SPEC, {"a": array}, facts)
    entry = store.get(SPEC)
    assert entry.facts == facts
    np.testing.assert_array_equal(entry.arrays["a"], array)
    assert entry.arrays["a"].dtype == array.dtype


def test_addresses():
    assert key({"a": 1, "b": [1, {"c": 2}]}) == key({"b": [1, {"c": 2}], "a": 1})
    assert key({"a": 1}) != key({"a": 1.0}) != key({"a": "1"})
    assert len(key({"../../": "/etc"})) == 64
    for spec in ({"a": float("nan")}, {"a": object()}, {"a": np.int64(1)}):
        with pytest.raises(BadInput, match="JSON values"):
            key(spec)


def test_every_flipped_byte_is_found(store):
    store.put(SPEC, ARRAYS, FACTS)
    path = only_entry(store)
    content = path.read_bytes()
    for place in range(len(content)):
        damaged = bytearray(content)
        damaged[place] ^= 1 << (place % 8)
        path.write_bytes(damaged)
        with pytest.warns(UserWarning, match="damaged"):
            assert store.get(SPEC) is None
        assert not path.exists()
    assert store.info()["set aside"] == len(content)
    same(store.fetch(SPEC, lambda: (ARRAYS, FACTS)))


def test_every_truncation_is_found(store):
    store.put(SPEC, ARRAYS, FACTS)
    path = only_entry(store)
    content = path.read_bytes()
    for length in range(len(content)):
        path.write_bytes(content[:length])
        assert store.verify() == [path]
        with pytest.warns(UserWarning, match="damaged"):
            assert store.get(SPEC) is None


def test_a_foreign_entry_is_set_aside(store):
    store.put(SPEC, ARRAYS, FACTS)
    other = {**SPEC, "seed": 1}
    store.put(other, ARRAYS, FACTS)
    store._path(SPEC).replace(store._path(other))
    assert store.verify() == [store._path(other)]
    with pytest.warns(UserWarning, match="another computation"):
        assert store.get(other) is None
    assert store.info()["set aside"] == 1


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


def test_prune(store):
    store.put(SPEC, ARRAYS, FACTS)
    old = time.time() - 10 * 24 * 3600
    os.utime(only_entry(store), (old, old))
    stale = only_entry(store).with_name(".unfinished")
    stale.write_text("x")
    os.utime(stale, (old, old))
    store.put({**SPEC, "seed": 1}, ARRAYS, FACTS)
    assert store.prune(older_than_days=5) == 1
    assert not stale.exists()
    assert store.info()["entries"] == 1


WRITER = """
import sys, numpy as np
from pathlib import Path
from harness.store import Store
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
    assert store.info()["entries"] > 0
    assert store.verify() == []


def test_two_processes_may_write_the_same_entries(store):
    script = WRITER.replace("100_000", "200")
    children = [
        subprocess.Popen([sys.executable, "-c", script, store.folder], stdout=subprocess.DEVNULL) for _ in range(2)
    ]
    assert [child.wait() for child in children] == [0, 0]
    assert store.info() == {**store.info(), "entries": 50, "set aside": 0}
    for shard in range(50):
        np.testing.assert_array_equal(store.get({"shard": shard}).arrays["a"], np.full(2000, shard))


def _slow_fetch(folder, log):
    def compute():
        with log.open("a") as file:
            file.write("computed\n")
        time.sleep(0.5)
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
    """Whatever their addresses: of 101 entries that each need the next, some share a folder of the store."""
    store = Store(tmp_path)

    def compute(depth):
        def inner():
            if depth:
                store.fetch({"depth": depth - 1}, compute(depth - 1))
            return ARRAYS, FACTS

        return inner

    store.fetch({"depth": 100}, compute(100))
    assert store.info()["entries"] == 101
    assert list(tmp_path.glob("**/.*")) == []


def test_a_process_that_dies_while_computing_leaves_its_entry_to_the_others(tmp_path):
    log, spawn = tmp_path / "log", multiprocessing.get_context("spawn")
    process = spawn.Process(target=_slow_fetch, args=(tmp_path, log))
    process.start()
    while not log.exists():
        time.sleep(0.01)
    process.kill()
    process.join()
    _slow_fetch(tmp_path, log)
    assert log.read_text() == "computed\n" * 2
