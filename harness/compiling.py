"""Compiled functions whose machine code is kept from process to process, where it can be.

Machine code has the functions that it calls, and constants, of other files in it. So the folder that it is kept in is
named by a digest of all files of this package that have compiled functions.
"""

import hashlib
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from numba import njit
from numba.core.caching import CompileResultCacheImpl, FunctionCache, IndexDataCacheFile, _CacheLocator

_PACKAGE = Path(__file__).parent
# A file with compiled functions imports one of these.
_COMPILE = (b"numba", b"harness.compiling")
_DIGEST_BYTES = 32


def compiled(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Compile a function when it is first called, and keep its machine code for other processes.

    A cache that is damaged or cannot be written costs the time of compiling, and never more.

    Args:
        **options: numba's, without `cache`.

    Returns:
        The decorator.
    """

    def decorate(function: Callable[..., Any]) -> Any:
        found = njit(**options)(function)
        if folder() is not None:
            found._cache = _Cache(function)
        return found

    return decorate


@cache
def folder() -> Path | None:
    """The folder of machine code made of these sources; None, with a warning, if there is no place for it."""
    places = [place / f"compiled-{digest(_PACKAGE)}" for place in _places()]
    for place in places:
        with suppress(OSError):
            _locator(place).ensure_cache_path()
            return place
    warnings.warn(
        f"Compiled functions cannot be kept in {' or '.join(map(str, places))}, so that every process compiles them "
        "anew; name a writable folder with the environment variable NUMBA_CACHE_DIR.",
        stacklevel=2,
    )
    return None


def digest(package: Path) -> str:
    """Digest of a package's files with compiled functions, by name and content, as 16 hexadecimal digits."""
    found = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        content = path.read_bytes()
        if any(source in content for source in _COMPILE):
            found.update(f"{path.relative_to(package)} {len(content)} ".encode() + content)
    return found.hexdigest()[:16]


def _places() -> Iterator[Path]:
    if named := os.environ.get("NUMBA_CACHE_DIR"):
        yield Path(named)
    yield _PACKAGE / "__pycache__"
    # A user without a home has no such folder.
    with suppress(RuntimeError):
        yield Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "inductive-bias-harness"


def _locator(place: Path) -> "_Locator":
    return _Locator(place, "")


class _Locator(_CacheLocator):
    def __init__(self, place: Path, module: str) -> None:
        self._place, self._module = place, module

    @classmethod
    def from_function(cls, py_func: Callable[..., Any], py_file: str) -> "_Locator":  # noqa: ARG003 — numba's signature
        place = folder()
        assert place is not None
        return cls(place, py_func.__module__)

    def get_cache_path(self) -> str:
        return str(self._place)

    def get_source_stamp(self) -> str:
        return self._place.name

    def get_disambiguator(self) -> str:
        return self._module


class _Result(CompileResultCacheImpl):
    _locator_classes = [_Locator]  # noqa: RUF012 — numba's


class _Files(IndexDataCacheFile):
    """Every file ends with the sha256 of what it holds, which what reads it need not know."""

    def _dump(self, obj: Any) -> bytes:
        content = super()._dump(obj)
        return content + hashlib.sha256(content).digest()

    def _load_data(self, name: str) -> Any:
        content = Path(self._data_path(name)).read_bytes()
        if hashlib.sha256(content[:-_DIGEST_BYTES]).digest() != content[-_DIGEST_BYTES:]:
            raise ValueError(f"{name} is damaged")
        return super()._load_data(name)


class _Cache(FunctionCache):
    _impl_class = _Result

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        stamp = self._impl.locator.get_source_stamp()
        self._cache_file = _Files(self._cache_path, self._impl.filename_base, stamp)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        try:
            return super().load_overload(sig, target_context)
        except Exception:
            # Whatever a damaged file raises: what cannot be loaded is compiled again, and then kept again.
            for path in Path(self._cache_path).glob(f"{self._impl.filename_base}.*"):
                with suppress(OSError):
                    path.unlink()
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        # A full disk, or a folder that went away.
        with suppress(OSError):
            super().save_overload(sig, data)
