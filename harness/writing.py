"""Files that are written beside the store: replaced at once, and only where a regular file or nothing is.

Another name is written first, which nobody can foresee, and renamed; a kill or a power cut leaves the old or the new.
"""

import os
import secrets
import stat
import time
from collections.abc import Iterable
from contextlib import suppress
from glob import escape
from pathlib import Path

from harness.errors import BadInput
from harness.reading import kind

# What a power cut has left unfinished for so long is nobody's.
_ABANDONED_SECONDS = 86_400


def write_text(path: Path, text: str, advice: str) -> None:
    """Replace a file by a text, as `write_bytes` does.

    Args:
        path: the file.
        text: its new content; what UTF-8 has no place for is escaped.
        advice: as of `write_bytes`.

    Raises:
        BadInput: as of `write_bytes`.
    """
    write_bytes(path, text.encode("utf-8", "backslashreplace"), advice)


def write_bytes(path: Path, content: bytes, advice: str) -> None:
    """Replace a file at once, and make the folders that it lies in; if it cannot be written, the old one stays.

    Args:
        path: the file.
        content: its new content.
        advice: end of the sentence that says that it cannot be written.

    Raises:
        BadInput: the file cannot be written, or something other than a regular file is there.
    """
    refuse_others(path, advice)
    try:
        unfinished = _written(path, content)
        try:
            unfinished.replace(path)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise BadInput(f"{path} cannot be written ({error.strerror}); {advice}") from None


def check_writable(path: Path, advice: str = "name another place with --report.") -> None:
    """Raise BadInput if a file cannot be written there, before anything is computed; no trace of this is left.

    Args:
        path: the file.
        advice: end of the sentence that says so.
    """
    refuse_others(path, advice)
    missing = [each for each in path.parents if not os.path.lexists(each)]
    try:
        _written(path, b"").unlink()
        for each in path.parent.glob(f".{escape(path.name)}.*.unfinished"):
            with suppress(OSError):
                if each.lstat().st_mtime < time.time() - _ABANDONED_SECONDS:
                    each.unlink()
    except OSError as error:
        raise BadInput(f"{path} cannot be written ({error.strerror}); {advice}") from None
    finally:
        for each in missing:
            with suppress(OSError):
                each.rmdir()


def refuse_inputs(path: Path, inputs: Iterable[Path | None], advice: str) -> None:
    """Refuse to write a file that is read, and would be lost.

    Args:
        path: the file that would be written.
        inputs: the files that are read; None for one that is not asked for.
        advice: end of the sentence that says so.

    Raises:
        BadInput: it is one of them.
    """
    for each in inputs:
        with suppress(OSError):
            if each is not None and path.samefile(each):
                raise BadInput(f"{path} is what is read here, and would be lost; {advice}")


def _written(path: Path, content: bytes) -> Path:
    """A new file beside it with this content, on the disk; none if that fails."""
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(8)}.unfinished")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        # x: a file of its own, whatever lies there.
        with unfinished.open("xb") as file:
            file.write(content)
            file.flush()
            # Or a power cut might leave the new name and nothing in it.
            os.fsync(file.fileno())
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    return unfinished


def refuse_others(path: Path, advice: str) -> None:
    """Raise BadInput if there is a folder, a link, a device or the like, which would be lost; advice: its end."""
    try:
        mode = path.lstat().st_mode
    except OSError:
        # It is not there; or it cannot be looked at, and then not be written either.
        return
    if not stat.S_ISREG(mode):
        raise BadInput(f"{path} is a {kind(mode)}; {advice}")
