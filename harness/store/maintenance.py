"""Maintenance of a store: its contents, its integrity, and deletion. Links are left out."""

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from harness.reading import read_bytes
from harness.store import entries
from harness.store.entries import address, decode, described
from harness.store.store import Store, lock_of

# What a killed process left unfinished is deleted when it is older.
_UNFINISHED_DAYS = 1.0
# What runs of earlier versions kept beside their samples.
_DECISION = "decision"
_SET_ASIDE = re.compile(r"[0-9a-f]{64}\.entry\.[0-9a-f]+")


@dataclass
class Group:
    """The entries of one sampler.

    bytes: size of the files. seconds: time that computing them took. oldest, newest: when they were written, in seconds
    since 1970. outdated: number of entries of an older version of the samplers.
    """

    entries: int = 0
    bytes: int = 0
    seconds: float = 0.0
    oldest: float = float("inf")
    newest: float = float("-inf")
    outdated: int = 0


@dataclass
class Contents:
    """Contents of a store.

    groups: by sampler, of this layout. older_layout: number of entries that only older software finds. unreadable:
    number of files without a readable description. set_aside, unfinished: numbers of such files. bytes: size of
    everything.
    """

    groups: dict[str, Group] = field(default_factory=dict)
    older_layout: int = 0
    unreadable: int = 0
    set_aside: int = 0
    unfinished: int = 0
    bytes: int = 0

    @property
    def entries(self) -> int:
        """Entries of this layout, of any version of the samplers."""
        return sum(group.entries for group in self.groups.values())

    @property
    def outdated(self) -> int:
        """Entries of older versions of the samplers."""
        return sum(group.outdated for group in self.groups.values())


@dataclass
class Deleted:
    """Number of deleted entries; of deleted files that were set aside or unfinished; bytes of both."""

    entries: int = 0
    files: int = 0
    bytes: int = 0


def contents(store: Store, version: int) -> Contents:
    """Count the contents of a store, from the head of each file. version: version of the samplers now."""
    store.check_layout()
    found = Contents()
    for path in store.entries():
        try:
            status, said = path.stat(), described(path)
        except FileNotFoundError:
            continue
        found.bytes += status.st_size
        layout = layout_of(path, said[0]) if said else None
        if said is None or layout is None:
            found.unreadable += 1
        elif layout < entries.LAYOUT:
            found.older_layout += 1
        else:
            spec, facts = json.loads(said[0]), said[1]
            group = found.groups.setdefault(_sampler(spec), Group())
            group.entries += 1
            group.bytes += status.st_size
            group.seconds += facts.get("seconds", 0.0)
            group.oldest, group.newest = min(group.oldest, status.st_mtime), max(group.newest, status.st_mtime)
            group.outdated += _outdated(spec, version)
    aside, unfinished = list(_set_aside(store)), list(_unfinished(store))
    found.set_aside, found.unfinished = len(aside), len(unfinished)
    found.bytes += sum(map(_size, chain(aside, unfinished)))
    return found


def verify(store: Store) -> Iterator[tuple[Path, bool]]:
    """Check each entry's file in turn: whether it is whole and lies where it belongs, in this layout or an older one.

    One is in memory at a time; nothing is moved. An entry that is deleted meanwhile is left out.
    """
    store.check_layout()
    for path in store.entries():
        try:
            found = decode(read_bytes(path))
        except FileNotFoundError:
            continue
        except OSError:
            found = None
        yield path, found is not None and layout_of(path, found[0]) is not None


def prune(store: Store, version: int, older_than_days: float | None = None, stale: bool = False) -> Deleted:
    """Delete old entries, stale ones, or both; runs that use the store meanwhile draw again what they miss.

    Unfinished files are deleted after a day, if no process holds their lock.

    Args:
        store: the store.
        version: version of the samplers now.
        older_than_days: age in days, by this machine's clock, from which entries and set-aside files are deleted; None:
            none for their age.
        stale: whether to delete what no run can ask for: entries of older layouts, entries of samplers before
            `version`, decisions of earlier versions, unreadable files and all that are set aside.

    Returns:
        The numbers of deleted entries and files.
    """
    store.check_layout()
    deleted = Deleted()
    outdated = set(_stale(store, version)) if stale else set()
    with store.usable():
        for path in store.entries():
            if path in outdated or _older(path, older_than_days):
                deleted.entries += _delete(path, deleted)
        for path in _set_aside(store):
            if stale or _older(path, older_than_days):
                deleted.files += _delete(path, deleted)
        for path in _unfinished(store):
            if _older(path, _UNFINISHED_DAYS):
                deleted.files += _delete_unless_in_use(path, deleted)
    return deleted


def layout_of(path: Path, description: str) -> int | None:
    """The layout in which a file of this name has this description; None if there is none."""
    layouts = range(entries.LAYOUT, 0, -1)
    return next((each for each in layouts if address(description, each) == path.name.removesuffix(".entry")), None)


def _sampler(spec: dict[str, Any]) -> str:
    """Name of an entry's sampler, from its description."""
    if _DECISION in spec:
        return "decisions"
    kinds = (f"{kind} {spec[kind]}" for kind in ("kernel", "approximation", "spectrum") if kind in spec)
    return str(spec.get("sampler") or next(kinds, "other"))


def _outdated(spec: dict[str, Any], version: int) -> bool:
    """Newer ones are not: newer software may share the store."""
    return _DECISION in spec or spec.get("version", version) < version


def _stale(store: Store, version: int) -> Iterator[Path]:
    """Entries that nothing can ask for: see `prune`."""
    for path in store.entries():
        try:
            said = described(path)
        except OSError:
            continue
        if said is None or layout_of(path, said[0]) != entries.LAYOUT or _outdated(json.loads(said[0]), version):
            yield path


def _set_aside(store: Store) -> Iterator[Path]:
    folder = store.folder / "quarantine"
    found = () if folder.is_symlink() else folder.glob("*.entry.*")
    return (path for path in found if _SET_ASIDE.fullmatch(path.name))


def _unfinished(store: Store) -> Iterator[Path]:
    """Locks, and files that were being written; nothing else that begins with a dot."""
    yield from store.folder.glob(".probe.*")
    yield from store.folder.glob(".layout.json.*")
    for folder in store.folder.glob("[0-9a-f][0-9a-f]"):
        if not folder.is_symlink():
            yield from folder.glob(f".{folder.name}*.entry.*")


def _older(path: Path, days: float | None) -> bool:
    try:
        return days is not None and time.time() - path.lstat().st_mtime > days * 86400
    except FileNotFoundError:
        return False


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except FileNotFoundError:
        return 0


def _delete(path: Path, deleted: Deleted) -> bool:
    """Whether it was there; adds its bytes."""
    size = _size(path)
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    deleted.bytes += size
    return True


def _delete_unless_in_use(path: Path, deleted: Deleted) -> bool:
    """A lock that is held is left, however old the clock makes it look, and so is what its holder is writing."""
    name, of_entry, _ = path.name[1:].partition(".entry.")
    if not of_entry:
        return _delete(path, deleted)
    lock = FileLock(lock_of(path.with_name(f"{name}.entry")))
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return False
    try:
        return _delete(path, deleted)
    finally:
        Path(lock.lock_file).unlink(missing_ok=True)
        lock.release()
