"""The store's layout, and links in its folder: what belongs to newer software or lies elsewhere is left alone."""

import json

import numpy as np
import pytest

from harness.errors import StoreUnusable
from harness.store import Store, entries, lock_of
from harness.store.entries import LAYOUT
from harness.store.maintenance import contents, prune, verify

ARRAYS, FACTS = {"n": np.array([1, 2])}, {"seconds": 0.25}
SPEC = {"sampler": "prior", "seed": 0, "shard": 1}


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


def only_entry(store):
    (path,) = store.entries()
    return path


def same(entry):
    assert entry.facts == FACTS
    np.testing.assert_array_equal(entry.arrays["n"], ARRAYS["n"])


def test_the_layout_is_said_at_the_first_use(store):
    assert store.check_layout() == 1
    assert not store.folder.exists()
    store.put(SPEC, ARRAYS, FACTS)
    layout = store.folder / "layout.json"
    assert json.loads(layout.read_text()) == {"layout": LAYOUT}
    # A store from before there was such a file is one of the first layout.
    layout.unlink()
    same(Store(store.folder).get(SPEC))
    store.put(SPEC, ARRAYS, FACTS)
    assert layout.exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"layout": 2}', "has layout 2, of a newer version"),
        ('{"layout": "x"}', "does not say which layout"),
        ("[]", "does not say which layout"),
        ("", "does not say which layout"),
    ],
)
def test_a_newer_layout_is_refused_in_a_sentence_and_left_alone(store, text, said):
    store.put(SPEC, ARRAYS, FACTS)
    (store.folder / "layout.json").write_text(text)
    before = sorted(store.folder.rglob("*"))
    for use in (
        lambda store: store.get(SPEC),
        lambda store: store.put(SPEC, ARRAYS, FACTS),
        lambda store: store.fetch(SPEC, lambda: pytest.fail("computed")),
        lambda store: store.check_writable(),
        lambda store: list(verify(store)),
        lambda store: contents(store, 1),
        lambda store: prune(store, 1, 0.0, stale=True),
    ):
        with pytest.raises(StoreUnusable, match=said):
            use(Store(store.folder))
    assert sorted(store.folder.rglob("*")) == before


def test_entries_of_an_older_layout_are_left_alone(store, monkeypatch):
    store.put(SPEC, ARRAYS, FACTS)
    old = only_entry(store)
    monkeypatch.setattr(entries, "LAYOUT", 2)
    newer = Store(store.folder)
    assert newer.get(SPEC) is None
    assert json.loads((store.folder / "layout.json").read_text()) == {"layout": 1}
    newer.put(SPEC, ARRAYS, FACTS)
    assert json.loads((store.folder / "layout.json").read_text()) == {"layout": 2}
    assert old.exists()
    assert [whole for _, whole in verify(newer)] == [True, True]
    monkeypatch.undo()
    with pytest.raises(StoreUnusable, match="newer version"):
        Store(store.folder).get(SPEC)


@pytest.mark.filterwarnings("ignore:The stored entry")
@pytest.mark.parametrize("inside", ["??", "quarantine"])
def test_nothing_is_written_through_a_link_inside_of_the_store(store, tmp_path, inside):
    store.put(SPEC, ARRAYS, FACTS)
    path, outside = only_entry(store), tmp_path / "outside"
    path.write_bytes(b"damaged")
    folder = path.parent if inside == "??" else store.folder / inside
    if folder.exists():
        folder.rename(outside)
    else:
        outside.mkdir()
    folder.symlink_to(outside, target_is_directory=True)
    (outside / "file.entry.1").write_text("of somebody else")
    before = {each: each.read_bytes() for each in outside.iterdir()}
    with pytest.raises(StoreUnusable, match="is a link"):
        store.fetch(SPEC, lambda: (ARRAYS, FACTS))
    if inside == "??":
        with pytest.raises(StoreUnusable, match="is a link"):
            store.put(SPEC, ARRAYS, FACTS)
    prune(store, 1, 0.0, stale=True)
    assert {each: each.read_bytes() for each in outside.iterdir()} == before


def test_links_in_the_place_of_files_are_replaced_and_their_targets_left(store, tmp_path):
    target = tmp_path / "target"
    target.write_text("of somebody else")
    path = store._path(SPEC)
    path.parent.mkdir(parents=True)
    path.symlink_to(target)
    (store.folder / "layout.json").symlink_to(tmp_path / "nowhere")
    assert list(store.entries()) == []
    with pytest.warns(UserWarning, match="damaged"):
        same(store.fetch(SPEC, lambda: (ARRAYS, FACTS)))
    assert target.read_text() == "of somebody else"
    assert not (tmp_path / "nowhere").exists()
    assert not path.is_symlink()
    path.unlink()
    lock_of(path).symlink_to(target)
    with pytest.raises(StoreUnusable, match="cannot be written"):
        store.fetch(SPEC, lambda: pytest.fail("computed without its lock"))
    assert target.read_text() == "of somebody else"


def test_the_store_itself_may_be_a_link_but_no_dangling_one(store, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    store.folder.symlink_to(tmp_path / "elsewhere")
    store.put(SPEC, ARRAYS, FACTS)
    same(store.get(SPEC))
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    with pytest.raises(StoreUnusable, match="make it a writable folder"):
        Store(tmp_path / "dangling").check_writable()
