"""Arguments as they should be: whole numbers, numbers, one of several words; all else is refused in a sentence.

They come back as Python's own int and float, so that equal specifications have one representation, which is their
address in the store.
"""

import argparse
import os
from collections.abc import Collection
from math import inf
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np

from harness.errors import BadInput

# More units, channels, layers or tokens than any network here could have: a slip, not a wish.
MOST = 2**20
# float32 holds the squares of all numbers from 1/LARGEST to LARGEST.
LARGEST = 1e18
# Products of two of these are whole numbers that an array can hold.
_MOST_COUNTED = 2**31


def short_repr(value: Any) -> str:
    """A wrong value on one line, cut where it is long."""
    try:
        text = " ".join(repr(value).split())
    except ValueError:
        # Python does not write out whole numbers of more than 4,300 digits.
        return "a number of thousands of digits"
    return text if len(text) <= 60 else text[:57] + "…"


def _is_whole(value: Any) -> TypeGuard[int]:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _is_real(value: Any) -> TypeGuard[float]:
    return _is_whole(value) or isinstance(value, float | np.floating)


def whole(value: Any, what: str, least: int = 1, most: int = MOST) -> int:
    """The same as an int; BadInput unless it is a whole number in these bounds. 2.0 is none, nor is True."""
    if _is_whole(value) and least <= value <= most:
        return int(value)
    raise BadInput(f"{what} is a whole number of at least {least:,} and at most {most:,}, not {short_repr(value)}.")


def wholes(values: Any, what: str, least: int = 1, most: int = MOST) -> tuple[int, ...]:
    """The same as a tuple of ints; BadInput unless these are a list or tuple of whole numbers in these bounds."""
    given = values if isinstance(values, list | tuple) else ()
    if given is values and all(_is_whole(value) and least <= value <= most for value in given):
        return tuple(int(value) for value in given)
    raise BadInput(f"{what} are whole numbers of at least {least:,} and at most {most:,}, not {short_repr(values)}.")


def are_counts(*values: Any, least: int = 1) -> bool:
    """Whether all of these are whole numbers of at least so much."""
    return all(_is_whole(value) and least <= value < _MOST_COUNTED for value in values)


def is_number(value: Any) -> bool:
    """Whether it is a finite number; True is none, nor is what is not a number (NaN)."""
    return _is_real(value) and abs(value) < inf


def counts(what: str, least: int = 1, **numbers: Any) -> dict[str, int]:
    """The same as ints; BadInput unless all are whole numbers of at least so much. what: who takes them."""
    for name, value in numbers.items():
        if not are_counts(value, least=least):
            raise BadInput(f"{what} takes whole numbers of at least {least}, not {name} = {short_repr(value)}.")
    return {name: int(value) for name, value in numbers.items()}


def positive(value: Any, what: str) -> float:
    """The same as a float; BadInput unless it is a number above 0 that float32 can hold with its square."""
    return number(value, f"{what} is a positive number", 1 / LARGEST)


def not_negative(value: Any, what: str) -> float:
    """The same as a float; BadInput unless it is 0, or positive as above."""
    none = _is_real(value) and value == 0
    return 0.0 if none else number(value, f"{what} is 0 or a positive number", 1 / LARGEST)


def number(value: Any, what: str, least: float = 0.0, most: float = LARGEST) -> float:
    """The same as a float; BadInput unless it is a number in these bounds. True is none, nor are texts.

    what: the sentence until the bounds.
    """
    # What is not a number (NaN) lies in no bounds.
    if _is_real(value) and least <= value <= most:
        return float(value)
    raise BadInput(f"{what} from {least:g} to {most:g}, not {short_repr(value)}.")


def one_of(value: Any, allowed: Collection[str | None], what: str) -> None:
    """BadInput unless it is one of these; also where it is nothing that could be looked up."""
    if not isinstance(value, str | None) or value not in allowed:
        raise BadInput(f"{what} {short_repr(value)}; choose one of {', '.join(map(str, allowed))}.")


def switch(value: Any, what: str) -> None:
    """BadInput unless it is True or False."""
    if not isinstance(value, bool):
        raise BadInput(f"{what} is True or False, not {short_repr(value)}.")


def as_path(text: str) -> Path:
    """The path of this name; BadInput where no file can be called so."""
    try:
        parts = [os.fsencode(part) for part in Path(text).parts]
    except UnicodeEncodeError:
        parts = [b"\0"]
    if not text or any(b"\0" in part or len(part) > 255 for part in parts) or len(text) > 4000:
        raise BadInput(f"No file can be called {short_repr(text)}; give another path.")
    return Path(text)


def path_option(text: str) -> Path:
    """The same for an option of a command."""
    try:
        return as_path(text)
    except BadInput as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def set_fields(thing: Any, **values: Any) -> None:
    """Set fields of a frozen dataclass while it is made."""
    for name, value in values.items():
        object.__setattr__(thing, name, value)
