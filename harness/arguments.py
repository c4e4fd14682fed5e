"""Arguments as they should be: whole numbers, numbers, one of several words; all else is refused in a sentence.

They come back as Python's own int and float, so that equal specifications have one representation, which is their
address in the store.
"""

import argparse
import os
import re
from collections.abc import Collection
from dataclasses import fields
from importlib import import_module
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np

from harness.errors import BadInput, Unavailable

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

# More units, channels, layers or tokens than any network here could have: a slip, not a wish.
MOST = 2**20
# float32 holds the squares of all numbers from 1/LARGEST to LARGEST.
LARGEST = 1e18
# Controls, and what turns the direction of writing: paths are repeated in what is printed.
_STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
# Products of two of these are whole numbers that an array can hold.
_MOST_COUNTED = 2**31


def short_repr(value: Any) -> str:
    """The repr of a wrong value on one line, cut to 60 characters."""
    try:
        text = " ".join(repr(value).split())
    except Exception:
        # Python does not write out whole numbers of more than 4,300 digits; of others, the repr may fail.
        return "a number of thousands of digits" if is_whole(value) else f"a {type(value).__name__} without a repr"
    return text if len(text) <= 60 else text[:57] + "…"


def is_whole(value: Any) -> TypeGuard[int]:
    """Whether it is a whole number of any size; 2.0 and True are none."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _is_real(value: Any) -> TypeGuard[float]:
    return is_whole(value) or isinstance(value, float | np.floating)


def whole(value: Any, what: str, least: int = 1, most: int = MOST) -> int:
    """Check a whole number. 2.0 and True are none.

    Args:
        value: the argument.
        what: its name, which begins the sentence that refuses it.
        least: smallest number allowed.
        most: largest number allowed.

    Returns:
        The number as an int.

    Raises:
        BadInput: the value is no whole number within the bounds.
    """
    if is_whole(value) and least <= value <= most:
        return int(value)
    raise BadInput(f"{what} is a whole number of at least {least:,} and at most {most:,}, not {short_repr(value)}.")


def wholes(values: Any, what: str, least: int = 1, most: int = MOST) -> tuple[int, ...]:
    """Check a list or tuple of whole numbers.

    Args:
        values: the argument.
        what: its name in the plural, which begins the sentence that refuses it.
        least: smallest number allowed.
        most: largest number allowed.

    Returns:
        The numbers as a tuple of ints.

    Raises:
        BadInput: it is no list or tuple, or an element is no whole number within the bounds.
    """
    given = values if isinstance(values, list | tuple) else ()
    if given is values and all(is_whole(value) and least <= value <= most for value in given):
        return tuple(int(value) for value in given)
    raise BadInput(f"{what} are whole numbers of at least {least:,} and at most {most:,}, not {short_repr(values)}.")


def unmasked(values: Any, what: str = "Numbers", dtype: type | None = None) -> np.ndarray:
    """Make an array, of which no entry is masked.

    Args:
        values: array, or what makes one; a sequence of arrays too.
        what: what they are, in the plural, which begins the sentence that refuses a mask.
        dtype: type of the entries; None for their own.

    Returns:
        The array, which may share memory with the values.

    Raises:
        BadInput: an entry is masked, as plain numbers of which what lies beneath the mask would count; or they make no
            array of that type, such as tensors with a gradient, or complex numbers where real ones are wanted.
    """
    try:
        if _has_mask(values):
            raise BadInput(f"{what} hold masked entries; remove or fill them.")
        array = np.asarray(values)
        if dtype is float and np.iscomplexobj(array):
            raise TypeError("they are complex")
        return array if dtype is None else array.astype(dtype, copy=False)
    except BadInput:
        raise
    except (TypeError, ValueError, RuntimeError, OverflowError) as error:
        reason = str(error).partition("\n")[0].rstrip(".")[:120]
        raise BadInput(f"{what} cannot be read as an array ({reason}); give numbers, all rows of one shape.") from None


def _has_mask(values: Any) -> bool:
    if isinstance(values, list | tuple):
        return any(map(_has_mask, values))
    return isinstance(values, np.ma.MaskedArray) and bool(np.ma.is_masked(values))


def are_counts(*values: Any, least: int = 1) -> bool:
    """Whether all of these are whole numbers of at least `least`."""
    return all(is_whole(value) and least <= value < _MOST_COUNTED for value in values)


def is_number(value: Any) -> bool:
    """Whether it is a finite number; True and NaN are none."""
    return _is_real(value) and abs(value) < inf


def counts(what: str, least: int = 1, **numbers: Any) -> dict[str, int]:
    """Check several whole numbers that have one lower bound.

    Args:
        what: the function or class that takes them, which begins the sentence that refuses one.
        least: smallest number allowed.
        **numbers: the arguments by name.

    Returns:
        The same names with the numbers as ints.

    Raises:
        BadInput: one of them is no whole number of at least `least`.
    """
    for name, value in numbers.items():
        if not are_counts(value, least=least):
            raise BadInput(f"{what} takes whole numbers of at least {least}, not {name} = {short_repr(value)}.")
    return {name: int(value) for name, value in numbers.items()}


def positive(value: Any, what: str) -> float:
    """Check a number above 0 that float32 can hold with its square, and return it as a float; else raise BadInput."""
    return number(value, f"{what} is a positive number", 1 / LARGEST)


def not_negative(value: Any, what: str) -> float:
    """Check a number that is 0 or positive as above, and return it as a float; else raise BadInput."""
    none = _is_real(value) and value == 0
    return 0.0 if none else number(value, f"{what} is 0 or a positive number", 1 / LARGEST)


def number(value: Any, what: str, least: float = 0.0, most: float = LARGEST) -> float:
    """Check a number. True and texts are none.

    Args:
        value: the argument.
        what: beginning of the sentence that refuses it, up to the bounds.
        least: smallest number allowed.
        most: largest number allowed.

    Returns:
        The number as a float.

    Raises:
        BadInput: the value is no number within the bounds.
    """
    # What is not a number (NaN) lies in no bounds.
    if _is_real(value) and least <= value <= most:
        return float(value)
    raise BadInput(f"{what} from {least:g} to {most:g}, not {short_repr(value)}.")


def is_one_of(value: Any, allowed: Collection[str | None]) -> bool:
    """Whether a value of any type, also one that cannot be looked up, is one of these words."""
    return isinstance(value, str | None) and value in allowed


def one_of(value: Any, allowed: Collection[str | None], what: str) -> None:
    """Check that a value is one of those allowed.

    Args:
        value: the argument; of any type, also one that cannot be looked up.
        allowed: the values allowed.
        what: beginning of the sentence that refuses it, up to the value.

    Raises:
        BadInput: the value is none of those allowed.
    """
    if not is_one_of(value, allowed):
        raise BadInput(f"{what} {short_repr(value)}; choose one of {', '.join(map(str, allowed))}.")


def listed(values: Any, what: str) -> list[Any]:
    """Check a list, a tuple or an array with an axis, and return its elements; else raise BadInput.

    what: beginning of the sentence that refuses it, up to the value.
    """
    if isinstance(values, list | tuple) or (isinstance(values, np.ndarray) and values.ndim):
        return list(values)
    raise BadInput(f"{what} are a list, not {short_repr(values)}.")


def switch(value: Any, what: str) -> None:
    """Raise BadInput unless a value is True or False."""
    if not isinstance(value, bool):
        raise BadInput(f"{what} is True or False, not {short_repr(value)}.")


def as_path(path: Any) -> Path:
    """The path with this name, or this path, ~ being the home of a user; BadInput if it is neither, no file can be
    called so, or UTF-8 cannot write it.

    As an environment variable or after an equals sign, ~ comes as it stands, which a shell would have expanded.
    """
    if not isinstance(path, str | Path):
        raise BadInput(f"A path is a text or a pathlib.Path, not {short_repr(path)}.")
    text = str(path)
    named = os.path.expanduser(text)  # noqa: PTH111 — Path would take ./~ for ~
    try:
        parts = [part.encode("utf-8") for part in Path(named).parts]
    except UnicodeEncodeError:
        raise BadInput(
            f"The path {short_repr(text)} cannot be written in UTF-8, as reports are; name another."
        ) from None
    if not text or any(b"\0" in part or len(part) > 255 for part in parts) or len(text) > 4000:
        raise BadInput(f"No file can be called {short_repr(text)}; give another path.")
    if _STEERING.search(text):
        raise BadInput(f"The path {short_repr(text)} has characters that a terminal would obey; name another.")
    if named.startswith("~"):
        raise BadInput(f"There is no home for {short_repr(text)}; write the path out, or ./~ for a file of that name.")
    return Path(named)


def path_option(text: str) -> Path:
    """The path with this name, for an option of a command; argparse's error if no file can have it."""
    try:
        return as_path(text)
    except BadInput as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def repr_without(thing: "DataclassInstance", *added: str) -> str:
    """A dataclass's repr without fields that were added later, where they are at their default.

    Addresses in the store from before they were added stay as they are.

    Args:
        thing: the dataclass.
        added: names of the fields.

    Returns:
        The repr, from which the same value can be made.
    """
    shown = [f for f in fields(thing) if f.name not in added or getattr(thing, f.name) != f.default]
    return f"{type(thing).__qualname__}({', '.join(f'{f.name}={getattr(thing, f.name)!r}' for f in shown)})"


def package(name: str, what: str) -> Any:
    """Import an optional package; Unavailable if it is not installed.

    Args:
        name: of the module.
        what: what it is needed for, which begins the sentence.

    Returns:
        The module.
    """
    try:
        return import_module(name)
    except ImportError:
        owner = name.split(".")[0]
        raise Unavailable(
            f"{what} need the package {owner}, which is not installed; run pip install {owner}."
        ) from None


def set_fields(thing: Any, **values: Any) -> None:
    """Set fields of a frozen dataclass while it is made."""
    for name, value in values.items():
        object.__setattr__(thing, name, value)
