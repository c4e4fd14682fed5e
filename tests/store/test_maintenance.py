"""What a store holds, whether it is whole, and what may go; also while a run uses it."""

import os
import threading
import time

import numpy as np
import pytest
from filelock import FileLock

from harness.errors import StoreUnusable
from harness.store import Store, entries, lock_of
from harness.store.maintenance import contents, prune, verify

ARRAYS, FACTS, NOW = {"a": np.arange(10)}, {"seconds": 2.0}, 7
DAY = 86400.0


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


def add(store, **spec):
    """An entry of this description; its file."""
    store.put(spec, ARRAYS, FACTS)
    return store._path(spec)


def age(path, days):
    written = time.time() - days * DAY
    os.utime(path, (written, written))


def sample(shard, version=NOW, sampler="prior"):
    return {"sampler": sampler, "version": version, "seed": 0, "shard": shard}


# As earlier versions kept them.
DECISION = {"decision": "goes on", "look": 1, "samples": []}


def test_contents_by_sampler(store):
    first, last = add(store, **sample(0)), add(store, **sample(1))
    age(first, 3)
    age(last, 1)
    add(store, **sample(2, version=NOW - 1))
    add(store, **sample(0, sampler="training", version=NOW + 1))
    add(store, kernel="nngp", version=NOW)
    add(store, **DECISION)
    found = contents(store, NOW)
    assert {name: (group.entries, group.outdated) for name, group in found.groups.items()} == {
        "prior": (3, 1),
        "training": (1, 0),
        "kernel nngp": (1, 0),
        "decisions": (1, 1),
    }
    prior = found.groups["prior"]
    assert prior.seconds == 6.0
    assert prior.bytes == sum(path.stat().st_size for path in (first, last, store._path(sample(2, NOW - 1))))
    assert prior.oldest == pytest.approx(time.time() - 3 * DAY, abs=60)
    assert prior.newest == pytest.approx(time.time(), abs=60)
    assert (found.entries, found.outdated, found.unreadable, found.older_layout) == (6, 2, 0, 0)
    assert found.bytes == sum(path.stat().st_size for path in store.folder.glob("*/*"))


def test_stale_is_what_nothing_can_ask_for(store):
    kept = {add(store, **sample(0)), add(store, **sample(0, NOW + 1))}
    add(store, **sample(0, NOW - 1))
    add(store, **DECISION)
    (store.folder / "ab").mkdir(exist_ok=True)
    (store.folder / "ab" / f"ab{0:062}.entry").write_bytes(b"nothing")
    moved = store.folder / "cd" / f"cd{0:062}.entry"
    moved.parent.mkdir(exist_ok=True)
    add(store, **sample(9)).replace(moved)
    add(store, **sample(5)).write_bytes(b"damaged")
    with pytest.warns(UserWarning, match="damaged"):
        assert store.get(sample(5)) is None
    assert contents(store, NOW).set_aside == 1
    deleted = prune(store, NOW, stale=True)
    assert set(store.entries()) == kept
    assert (deleted.entries, deleted.files) == (4, 1)
    found = contents(store, NOW)
    assert (found.set_aside, found.outdated, found.unreadable) == (0, 0, 0)
    again = prune(store, NOW, stale=True)
    assert (again.entries, again.files, again.bytes) == (0, 0, 0)


def test_entries_of_an_older_layout_are_counted_left_whole_and_pruned_as_stale(store, monkeypatch):
    add(store, **sample(0))
    monkeypatch.setattr(entries, "LAYOUT", 2)
    newer = Store(store.folder)
    kept = add(newer, **sample(0))
    assert (contents(newer, NOW).entries, contents(newer, NOW).older_layout) == (1, 1)
    assert [whole for _, whole in verify(newer)] == [True, True]
    assert prune(newer, NOW, stale=True).entries == 1
    assert list(newer.entries()) == [kept]


def test_prune_by_age(store):
    old, new = add(store, **sample(0)), add(store, **sample(1))
    age(old, 10)
    aside = store.folder / "quarantine" / f"{old.name}.0"
    aside.parent.mkdir()
    aside.write_text("x")
    age(aside, 10)
    assert prune(store, NOW, older_than_days=11).entries == 0
    deleted = prune(store, NOW, older_than_days=5)
    assert (deleted.entries, deleted.files) == (1, 1)
    assert list(store.entries()) == [new]


def test_unfinished_files_go_after_a_day_where_no_process_is_at_them(store):
    path = add(store, **sample(0))
    left = [
        path.with_name(f".{path.name}.123.abc"),
        lock_of(path),
        store.folder / ".probe.9.abc",
        store.folder / ".layout.json.9.abc",
    ]
    for each in left:
        each.write_text("x")
    assert contents(store, NOW).unfinished == 4
    assert prune(store, NOW, stale=True).files == 0
    for each in left:
        age(each, 2)
    with FileLock(lock_of(path)):
        age(lock_of(path), 2)
        assert prune(store, NOW, stale=True).files == 2
        assert left[0].exists()
        assert lock_of(path).exists()
    prune(store, NOW, stale=True)
    assert contents(store, NOW).unfinished == 0
    assert list(store.entries()) == [path]


def test_nothing_else_is_deleted(store, tmp_path):
    """A folder of other things that is taken for a store, as with --store . in a checkout."""
    others = [store.folder / name for name in (".gitignore", ".git/.x", "ab/notes.entry", "ab/.hidden", "quarantine/y")]
    for path in others:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("of somebody else")
        age(path, 1000)
    (tmp_path / "outside").mkdir()
    outside = tmp_path / "outside" / f"{0:064}.entry"
    outside.write_text("of somebody else")
    age(outside, 1000)
    (store.folder / "00").symlink_to(outside.parent)
    (store.folder / "ab" / f"ab{0:062}.entry").symlink_to(outside)
    assert prune(store, NOW, 0.0, stale=True).entries == 0
    assert all(path.exists() for path in [*others, outside])
    assert list(verify(store)) == []


@pytest.mark.parametrize(("jump", "entries_left"), [(-4000 * DAY, 2), (4000 * DAY, 0)])
def test_a_clock_that_jumps(store, monkeypatch, jump, entries_left):
    """Backwards, nothing is old; forwards, entries are as old as the clock says, and what is in use stays in use."""
    path = add(store, **sample(0))
    add(store, **sample(1))
    unfinished = path.with_name(f".{path.name}.123.abc")
    unfinished.write_text("x")
    now = time.time() + jump
    with FileLock(lock_of(path)):
        monkeypatch.setattr(time, "time", lambda: now)
        prune(store, NOW, older_than_days=90)
        assert unfinished.exists()
        assert lock_of(path).exists()
    assert len(list(store.entries())) == entries_left


def test_a_run_goes_on_while_its_store_is_pruned_and_looked_at(store):
    """It draws again what has gone; neither side fails, and what it gets is right."""
    done = threading.Event()
    failed = []

    def run():
        try:
            for turn in range(40):
                entry = store.fetch(sample(turn % 5), lambda n=turn % 5: ({"a": np.full(5, n)}, FACTS))
                np.testing.assert_array_equal(entry.arrays["a"], np.full(5, turn % 5))
        except BaseException as error:
            failed.append(error)
        finally:
            done.set()

    user = threading.Thread(target=run)
    user.start()
    pruned = 0
    while not done.is_set():
        pruned += prune(store, NOW + 1, 0.0, stale=True).entries
        contents(store, NOW)
        assert all(whole for _, whole in verify(store))
    user.join()
    assert failed == []
    assert pruned > 5


def test_a_store_that_may_not_be_written_is_said(store, monkeypatch):
    add(store, **sample(0))

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.unlink", refuse)
    with pytest.raises(StoreUnusable, match="cannot be written"):
        prune(store, NOW, older_than_days=0.0)
