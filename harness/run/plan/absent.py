"""A null object in the place of a result, with which a claim's function goes on to what it asks for next."""

from collections.abc import Callable, Iterator
from functools import wraps
from types import GeneratorType
from typing import Any

import numpy as np


class Absent:
    """Null object: every operation returns it; it converts to 1 and True, and unpacks into two copies of itself."""

    def _itself(self, *_: Any, **__: Any) -> "Absent":
        return self

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __pow__ = __rpow__ = (
        _itself
    )
    __neg__ = __abs__ = __call__ = __getitem__ = __array_ufunc__ = __array_function__ = _itself

    def __getattr__(self, name: str) -> "Absent":
        # Protocols of Python and numpy that are not defined here are not had.
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.ones((), dtype)

    def __iter__(self) -> Iterator["Absent"]:
        return iter((self, self))

    def _number(self) -> int:
        return 1

    __int__ = __index__ = __len__ = _number

    def __float__(self) -> float:
        return 1.0

    def _no(self, _: Any) -> bool:
        return False

    # Fewer than needed is what a claim gives up at.
    __lt__ = __gt__ = __le__ = _no

    def __ge__(self, _: Any) -> bool:
        return True

    def __bool__(self) -> bool:
        return True

    def __format__(self, _: str) -> str:
        return "absent"


ABSENT = Absent()


def skipping_absent(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, whose result is absent if one of its arguments is: it is not called then."""

    @wraps(function)
    def called(*arguments: Any, **named: Any) -> Any:
        arguments = tuple(list(each) if isinstance(each, GeneratorType) else each for each in arguments)
        if _absent(arguments) or _absent(named):
            return ABSENT
        return function(*arguments, **named)

    return called


def _absent(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_absent, value.values()))
    if isinstance(value, list | tuple):
        return any(map(_absent, value))
    return value is ABSENT
