"""Results on disk, addressed by a full description of their computation.

An entry is written under another name, synchronised with the disk and renamed, and then the folder's list of names is
synchronised: a kill or a power cut at any moment leaves whole entries only, and every one that was finished. A process
that needs an entry which another one is computing waits for it; the lock ends with the process that holds it.

    layout.json                      the layout of the newest software that has written here
    3f/3f…a1.entry                   an entry, see entries.py; `.3f…a1.entry.…` beside it: its lock, or unfinished
    quarantine/3f…a1.entry.…         entries that were damaged

Nothing is written through a link inside of the folder. The folder itself may be one.
"""

import errno
import json
import os
import re
import secrets
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout

from harness.arguments import as_path, short_repr
from harness.errors import StoreUnusable
from harness.reading import read_bytes
from harness.store import entries
from harness.store.entries import Entry, canonical, decode, encode, key

__all__ = ["Entry", "Store", "key"]

_ENTRY = re.compile(r"[0-9a-f]{64}\.entry")
# A folder of entries without layout.json was written before there was one.
_FIRST_LAYOUT = 1
_FULL = (errno.ENOSPC, errno.EDQUOT)
_READ_ONLY = (errno.EROFS, errno.EACCES, errno.EPERM)
# Seconds of waiting for another process after which it is said for whom.
_PATIENCE_SECONDS = 60


class Store:
    """A folder of entries, which several processes may use at once.

    Every method raises StoreUnusable, in a sentence, if the folder has a newer layout than this software knows, is
    full, or cannot be read or written.

    tell: called with a sentence where a user may have to do something for the run to go on.
    """

    def __init__(self, folder: Path | str, tell: Callable[[str], None] = warnings.warn) -> None:
        self.folder = folder if isinstance(folder, Path) else as_path(folder)
        self.tell = tell
        self._layout: int | None = None

    def fetch(
        self,
        spec: Mapping[str, Any],
        compute: Callable[[], tuple[Mapping[str, np.ndarray], Mapping[str, Any]]],
        fresh: bool = False,
    ) -> Entry:
        """Return the stored entry, or compute it and store it.

        Processes that want the same entry at once compute it once, unless `fresh`. Nothing is computed if the folder is
        known to take no files.

        Args:
            spec: description of the computation, JSON-ready, which is its address.
            compute: returns the arrays and the facts.
            fresh: whether to compute even if the entry is there.

        Returns:
            The entry.
        """
        found = None if fresh else self._found(spec)
        if isinstance(found, Entry):
            return found
        path = self._path(spec)
        with self.usable():
            self._make(path.parent)
            lock = FileLock(lock_of(path))
            try:
                lock.acquire(timeout=_PATIENCE_SECONDS)
            except Timeout:
                self.tell(f"Waiting for a sample that {_holder(lock_of(path))}")
                lock.acquire()
        try:
            # Only now is a damaged entry set aside: a moment ago another process may have put a good one in its place.
            entry = None if fresh else self.get(spec)
            if entry is None:
                arrays, facts = compute()
                self.put(spec, arrays, facts)
                entry = Entry(dict(arrays), dict(facts))
            return entry
        finally:
            # Whoever waits for it, or makes another one meanwhile, finds the entry.
            with suppress(OSError):
                lock_of(path).unlink(missing_ok=True)
            with self.usable():
                lock.release()

    def get(self, spec: Mapping[str, Any]) -> Entry | None:
        """The entry, or None; a corrupt or foreign file is set aside with a warning and counts as absent."""
        found = self._found(spec)
        if isinstance(found, str):
            self._set_aside(self._path(spec), found)
            return None
        return found

    def put(self, spec: Mapping[str, Any], arrays: Mapping[str, np.ndarray], facts: Mapping[str, Any]) -> None:
        """Store an entry, whole or not at all.

        Args:
            spec: description of the computation, JSON-ready, which is its address.
            arrays: the results, by name.
            facts: facts about the computation, JSON-ready, such as the seconds it took.
        """
        content = encode(spec, arrays, facts)
        with self.usable():
            self._mark_layout()
            self._write(self._path(spec), content)

    def check_writable(self) -> None:
        """Raise StoreUnusable if nothing can be stored, before anything is computed.

        A read-only store with entries passes: a run whose samples are all there needs no more, and `fetch` refuses,
        before it computes anything, an entry that is missing.
        """
        self.check_layout()
        probe = self.folder / f".probe.{os.getpid()}.{secrets.token_hex(4)}"
        try:
            self._write(probe, b"x")
            probe.unlink()
        except OSError as error:
            if error.errno not in _READ_ONLY or next(self.entries(), None) is None:
                raise self._refusal(error) from None

    def entries(self) -> Iterator[Path]:
        """The file of every entry, in the order of addresses; links are left out."""
        for folder in sorted(self.folder.glob("[0-9a-f][0-9a-f]")):
            if not folder.is_symlink():
                found = (path for path in folder.glob("*.entry") if _ENTRY.fullmatch(path.name))
                yield from sorted(path for path in found if path.is_file() and not path.is_symlink())

    def check_layout(self) -> int:
        """The folder's layout, at most this software's; StoreUnusable if it is newer or unreadable."""
        if self._layout is None:
            path = self.folder / "layout.json"
            try:
                layout = json.loads(read_bytes(path))["layout"]
            except (FileNotFoundError, NotADirectoryError):
                layout = _FIRST_LAYOUT
            except (OSError, ValueError, KeyError, TypeError):
                layout = None
            if not isinstance(layout, int):
                raise StoreUnusable(
                    f"{path} does not say which layout the store has; name another store with --store, or delete the "
                    "file if no newer version of this software has written here."
                )
            if layout > entries.LAYOUT:
                raise StoreUnusable(
                    f"The store {self.folder} has layout {layout}, of a newer version of this software, which reads "
                    f"layouts up to {entries.LAYOUT}; use that version or name another store with --store."
                )
            self._layout = layout
        return self._layout

    def _mark_layout(self) -> None:
        """Say which layout the folder has, the first time that this layout is written to it."""
        path = self.folder / "layout.json"
        if self.check_layout() < entries.LAYOUT or not path.exists():
            self._write(path, json.dumps({"layout": entries.LAYOUT}).encode())
            self._layout = entries.LAYOUT

    def _path(self, spec: Mapping[str, Any]) -> Path:
        name = key(spec)
        return self.folder / name[:2] / f"{name}.entry"

    def _found(self, spec: Mapping[str, Any]) -> Entry | str | None:
        """The entry; or the problem with its file, in words; or None if there is none."""
        self.check_layout()
        path = self._path(spec)
        try:
            self._refuse_link(path.parent)
            found = decode(read_bytes(path))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise StoreUnusable(
                f"The stored entry {path} cannot be read ({error.strerror}); make it readable or name another store "
                "with --store."
            ) from None
        if found is None:
            return "is damaged"
        return found[1] if found[0] == canonical(spec) else "belongs to another computation"

    def _write(self, path: Path, content: bytes) -> None:
        """Replace a file at once, for good once this returns; OSError if that fails."""
        unfinished = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        self._make(path.parent)
        try:
            # x: a file of its own, whatever lies there.
            with unfinished.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
        except BaseException:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
            raise
        _synchronise(path.parent)

    def _make(self, folder: Path) -> None:
        self._refuse_link(folder)
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            _synchronise(folder.parent)

    def _refuse_link(self, folder: Path) -> None:
        if folder != self.folder and folder.is_symlink():
            raise StoreUnusable(
                f"{folder} is a link, and a store writes to no other folder; remove it or name another store with "
                "--store."
            )

    @contextmanager
    def usable(self) -> Iterator[None]:
        """Turn an error of the operating system while writing into StoreUnusable, in a sentence."""
        try:
            yield
        except OSError as error:
            raise self._refusal(error) from None

    def _refusal(self, error: OSError) -> StoreUnusable:
        if error.errno in _FULL:
            problem, remedy = "has no space left", "free some space"
        else:
            problem, remedy = f"cannot be written ({error.strerror})", "make it a writable folder"
        return StoreUnusable(
            f"The store {self.folder} {problem}; {remedy} or name another one with --store. What was stored stays."
        )

    def _set_aside(self, path: Path, why: str) -> None:
        quarantine = self.folder / "quarantine"
        warnings.warn(f"The stored entry {path.name} {why}; it is set aside and computed again.", stacklevel=3)
        # A store that can only be read keeps its bad entry; it is still not used.
        with suppress(OSError):
            self._refuse_link(quarantine)
            quarantine.mkdir(exist_ok=True)
            # No time in the name: clocks repeat.
            path.replace(quarantine / f"{path.name}.{secrets.token_hex(8)}")


def lock_of(entry: Path) -> Path:
    """The file whose lock is held by the process that computes an entry."""
    return entry.with_name(f".{entry.name}.lock")


def _holder(lock: Path) -> str:
    """Who holds a lock, as the end of a sentence. Where the file system has no locks that end with their process, the
    file says who made it, and stays if that one's machine died."""
    try:
        pid, host = read_bytes(lock).decode("ascii").split("\n")[:2]
    except (OSError, ValueError):
        return f"another process is drawing, which holds {lock}."
    return (
        f"process {short_repr(pid)} on {short_repr(host)} is drawing, as {lock} says; if it no longer runs there, "
        "delete that file."
    )


def _synchronise(folder: Path) -> None:
    """The names in a folder, onto the disk; a file system that cannot do this keeps them as long as it will."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
