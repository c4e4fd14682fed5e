"""Files that a user names, or that lie where he names a folder: read if they are regular, refused at once if not."""

import errno
import stat
import zlib
from pathlib import Path

# A packed file of a few bytes may have no end.
_MOST_UNPACKED = 2**30


def kind(mode: int) -> str:
    """What a file is that is not regular, in words; mode: its `st_mode`."""
    return "folder" if stat.S_ISDIR(mode) else "link" if stat.S_ISLNK(mode) else "device, pipe or socket"


def read_bytes(path: Path) -> bytes:
    """The content of a regular file, or of one that a link leads to; OSError, at once, for anything else.

    Reading a pipe would wait until somebody writes to it, and reading a device may never end.
    """
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, f"it is a {kind(mode)}", str(path))
    return path.read_bytes()


def gunzipped(content: bytes) -> bytes:
    """What is packed with gzip; ValueError if it is damaged, or larger than a gigabyte."""
    unpack = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        found = unpack.decompress(content, _MOST_UNPACKED)
    except zlib.error as error:
        raise ValueError(str(error)) from None
    if not unpack.eof:
        raise ValueError("it has no end, or none within a gigabyte")
    return found
