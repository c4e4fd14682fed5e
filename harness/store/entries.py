"""The file of a stored entry: the sha256 of the rest, then safetensors bytes whose metadata hold the description of
the computation and the facts. Its name is the sha256 of the layout's number and the description. No pickle."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from harness.errors import BadInput

# Part of every address: raise it when the file's form changes, and entries of older layouts are not found.
LAYOUT = 1
_DIGEST_BYTES = 32
_LENGTH_BYTES = 8


@dataclass(frozen=True)
class Entry:
    """A stored result: arrays, and JSON-ready facts such as the seconds it took."""

    arrays: dict[str, np.ndarray]
    facts: dict[str, Any]


def canonical(spec: Mapping[str, Any]) -> str:
    """The one spelling of a description: JSON with sorted keys. 1 and 1.0 differ; BadInput for NaN and values outside
    JSON.
    """
    try:
        return json.dumps(spec, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise BadInput(f"A stored computation is described by JSON values, with no NaN: {error}.") from None


def address(description: str, layout: int) -> str:
    """sha256 of a layout's number and a description in canonical spelling, as 64 hexadecimal digits."""
    return hashlib.sha256(f"{layout}:{description}".encode()).hexdigest()


def key(spec: Mapping[str, Any]) -> str:
    """The address of a computation in this layout."""
    return address(canonical(spec), LAYOUT)


def encode(spec: Mapping[str, Any], arrays: Mapping[str, np.ndarray], facts: Mapping[str, Any]) -> bytes:
    """Content of an entry's file.

    Args:
        spec: description of the computation, JSON-ready.
        arrays: the results, by name.
        facts: facts about the computation, JSON-ready, such as the seconds it took.

    Returns:
        The sha256 of the rest, then safetensors bytes with the description and the facts in their metadata.
    """
    metadata = {"spec": canonical(spec), "facts": canonical(facts)}
    body = save({name: np.asarray(array, order="C") for name, array in arrays.items()}, metadata)
    return hashlib.sha256(body).digest() + body


def decode(content: bytes) -> tuple[str, Entry] | None:
    """(description, entry) of a file's content; None if it is damaged."""
    digest, body = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    if hashlib.sha256(body).digest() != digest:
        return None
    try:
        description, facts = _metadata(body[_LENGTH_BYTES : _LENGTH_BYTES + _length(body)])
        return description, Entry(load(body), facts)
    except (SafetensorError, KeyError, TypeError, ValueError, RecursionError):
        return None


def described(path: Path) -> tuple[str, dict[str, Any]] | None:
    """(description, facts) at the head of a file, unchecked; None if they are unreadable. OSError as of open."""
    with path.open("rb") as file:
        length = _length(file.read(_DIGEST_BYTES + _LENGTH_BYTES)[_DIGEST_BYTES:])
        # A damaged length may be anything.
        header = file.read(min(length, path.stat().st_size))
    try:
        return _metadata(header)
    except (KeyError, TypeError, ValueError, RecursionError):
        return None


def _length(body: bytes) -> int:
    return int.from_bytes(body[:_LENGTH_BYTES], "little")


def _metadata(header: bytes) -> tuple[str, dict[str, Any]]:
    metadata = json.loads(header)["__metadata__"]
    return metadata["spec"], json.loads(metadata["facts"])
