"""Texts as a terminal can show them, and as a job's log takes them for text."""

import re
import unicodedata
from typing import Any, TextIO

# What Unicode does not take apart into plain letters by itself.
_PLAIN = dict(zip("✓✗–·●─░−×≈’◂▸", "vx-.o-.-x~'<>", strict=True)) | {
    "⊗": "(x)", "→": "->", "≤": "<=", "≥": ">=", "∞": "inf", "√": "sqrt",
}  # fmt: skip
# Services that run jobs obey lines such as ::error::… and ##[command]…; no own text looks so.
_OBEYED = re.compile(r"(?m)^([^\S\n]*):(?=:)|#(?=#\w*\[)")


class Screen:
    """A stream to which every text can be written, whatever its encoding, and whoever wrote the text.

    stream: where it is written; all but `write` is the stream's own.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write a text, in plain letters where the encoding has no others."""
        text = _OBEYED.sub(lambda found: f"{found[0]} ", text)
        encoding = getattr(self._stream, "encoding", None) or "utf-8"
        try:
            text.encode(encoding)
        except UnicodeEncodeError:
            text = "".join(_in(each, encoding) for each in text)
        return self._stream.write(text)


def _in(character: str, encoding: str) -> str:
    """The character, or plain letters for it; ? where there are none."""
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return "".join(map(_letters, unicodedata.normalize("NFKD", character)))
    return character


def _letters(character: str) -> str:
    name = unicodedata.name(character, "")
    if character.isascii() or unicodedata.combining(character):
        return character if character.isascii() else ""
    return name.split()[-1].lower() if name.startswith("GREEK") else _PLAIN.get(character, "?")
