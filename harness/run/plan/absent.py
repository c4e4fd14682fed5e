"""The place of a result that is not there: a claim's function can go on with it to whatever it asks for next."""

from collections.abc import Callable, Iterator
from functools import wraps
from types import GeneratorType
from typing import Any

import numpy as np


class Absent:
    """Whatever is done with it gives it again; as a number it is 1, as a truth it is true, as a pair two of it."""

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
    """The function, but that it is not called with what is absent: then its result is absent, too."""

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
