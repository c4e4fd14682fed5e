"""Results on disk, addressed by a full description of their computation.

An entry is one file: the sha256 of the rest, then safetensors bytes whose metadata hold the description and the facts.
It is written under another name and renamed, so that a kill at any moment leaves whole entries only. A process that
needs an entry which another one is computing waits for it; the lock ends with the process that holds it.
"""

import errno
import hashlib
import json
import os
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock
from safetensors import SafetensorError
from safetensors.numpy import load, save

from harness.errors import BadInput, StoreUnusable

# Part of every address: entries of another layout are simply not found.
LAYOUT = 1
_DIGEST_BYTES = 32
_STALE_SECONDS = 24 * 3600


@dataclass(frozen=True)
class Entry:
    """What was stored: arrays, and JSON-ready facts such as the seconds it took."""

    arrays: dict[str, np.ndarray]
    facts: dict[str, Any]


def canonical(spec: Mapping[str, Any]) -> str:
    """One spelling of a description: JSON with sorted keys; 1 and 1.0 differ, NaN and non-JSON values are refused."""
    try:
        return json.dumps(spec, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise BadInput(f"A stored computation is described by JSON values, with no NaN: {error}.") from None


def key(spec: Mapping[str, Any]) -> str:
    """The address of a computation: sha256 of its description, as 64 hexadecimal digits."""
    return hashlib.sha256(f"{LAYOUT}:{canonical(spec)}".encode()).hexdigest()


class Store:
    """A folder of entries, which several processes may use at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fetch(
        self,
        spec: Mapping[str, Any],
        compute: Callable[[], tuple[Mapping[str, np.ndarray], Mapping[str, Any]]],
        fresh: bool = False,
    ) -> Entry:
        """The stored entry, or compute it and store it; `fresh`: compute in any case."""
        entry = None if fresh else self.get(spec)
        if entry is not None:
            return entry
        path = self._path(spec)
        with self._usable():
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = FileLock(path.with_name(f".{path.name}.lock"))
            lock.acquire()
        try:
            entry = None if fresh else self.get(spec)
            if entry is None:
                arrays, facts = compute()
                self.put(spec, arrays, facts)
                entry = Entry(dict(arrays), dict(facts))
            return entry
        finally:
            # Whoever waits for it, or makes another one meanwhile, finds the entry.
            Path(lock.lock_file).unlink(missing_ok=True)
            lock.release()

    def get(self, spec: Mapping[str, Any]) -> Entry | None:
        """The entry, or None; a corrupt or foreign file is set aside with a warning and counts as absent."""
        path = self._path(spec)
        try:
            content = path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise StoreUnusable(
                f"The stored entry {path} cannot be read ({error.strerror}); make it readable or name another store "
                "with --store."
            ) from None
        found = _parse(content)
        if found is None or found[0] != canonical(spec):
            self._set_aside(path, "is damaged" if found is None else "belongs to another computation")
            return None
        return found[1]

    def put(self, spec: Mapping[str, Any], arrays: Mapping[str, np.ndarray], facts: Mapping[str, Any]) -> None:
        """Store an entry, whole or not at all. StoreUnusable where the folder is full or cannot be written."""
        metadata = {"spec": canonical(spec), "facts": canonical(facts)}
        body = save({name: np.asarray(array, order="C") for name, array in arrays.items()}, metadata)
        self._write(self._path(spec), hashlib.sha256(body).digest() + body)

    def check_writable(self) -> None:
        """StoreUnusable where nothing can be stored, before anything is computed."""
        probe = self.folder / f".probe.{os.getpid()}"
        self._write(probe, b"x")
        probe.unlink()

    def info(self) -> dict[str, int]:
        """How many entries there are, their bytes, and how many files were set aside."""
        sizes = [path.stat().st_size for path in self._entries()]
        return {
            "entries": len(sizes),
            "bytes": sum(sizes),
            "set aside": len(list((self.folder / "quarantine").glob("*"))),
        }

    def verify(self) -> list[Path]:
        """Every entry that is damaged, or lies where another one belongs; nothing is moved."""
        bad = []
        for path in self._entries():
            found = _parse(path.read_bytes())
            if found is None or self._path(json.loads(found[0])) != path:
                bad.append(path)
        return bad

    def prune(self, older_than_days: float) -> int:
        """Delete entries written longer ago, and unfinished files older than a day; how many entries went."""
        deleted = 0
        for path in list(self._entries()):
            if time.time() - path.stat().st_mtime > older_than_days * 24 * 3600:
                path.unlink()
                deleted += 1
        for path in self.folder.glob("**/.*"):
            if path.is_file() and time.time() - path.stat().st_mtime > _STALE_SECONDS:
                path.unlink()
        return deleted

    def _path(self, spec: Mapping[str, Any]) -> Path:
        name = key(spec)
        return self.folder / name[:2] / f"{name}.entry"

    def _entries(self) -> Iterator[Path]:
        return self.folder.glob("[0-9a-f][0-9a-f]/*.entry")

    def _write(self, path: Path, content: bytes) -> None:
        unfinished = path.with_name(f".{path.name}.{os.getpid()}")
        with self._usable():
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                with unfinished.open("wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                unfinished.replace(path)
            except BaseException:
                unfinished.unlink(missing_ok=True)
                raise

    @contextmanager
    def _usable(self) -> Iterator[None]:
        """What the system refuses while writing, as a sentence."""
        try:
            yield
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                problem, remedy = "has no space left", "free some space"
            else:
                problem, remedy = f"cannot be written ({error.strerror})", "make it a writable folder"
            raise StoreUnusable(
                f"The store {self.folder} {problem}; {remedy} or name another one with --store. What was stored stays."
            ) from None

    def _set_aside(self, path: Path, why: str) -> None:
        quarantine = self.folder / "quarantine"
        warnings.warn(f"The stored entry {path.name} {why}; it is set aside and computed again.", stacklevel=3)
        try:
            quarantine.mkdir(exist_ok=True)
            path.replace(quarantine / f"{path.name}.{time.time_ns()}")
        except OSError:
            # A store that can only be read keeps its bad entry; it is still not used.
            return


def _parse(content: bytes) -> tuple[str, Entry] | None:
    """(description, entry) of a file's content; None where it is damaged."""
    digest, body = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    if hashlib.sha256(body).digest() != digest:
        return None
    try:
        header = json.loads(body[8 : 8 + int.from_bytes(body[:8], "little")])
        metadata = header["__metadata__"]
        return metadata["spec"], Entry(load(body), json.loads(metadata["facts"]))
    except (SafetensorError, KeyError, TypeError, ValueError):
        return None
