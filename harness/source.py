"""The code behind a function or a class, as a digest: what is stored under it is not used once the code has changed."""

import hashlib
import inspect
import sys
import sysconfig
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from tokenize import TokenError
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

# Python's own library, installed packages and this one are told apart by their versions, not by their text.
_PACKAGES = [Path(sysconfig.get_path(each)).resolve() for each in ("stdlib", "purelib", "platlib")]
_HERE = Path(__file__).resolve().parent


def source_digest(*things: Any) -> str:
    """Digest the code of functions and classes, and of all of an outside file's own that they name, however far.

    Args:
        things: functions, classes, bound or partial functions; those of Python, of installed packages and of this
            project count by their names only.

    Returns:
        16 hexadecimal digits, the same in every process.
    """
    seen: dict[str, str] = {}
    for thing in things:
        _walk(thing, seen)
    found = sorted(name for name in seen if not name.startswith("id "))
    return hashlib.sha256("\0".join(f"{name}\0{seen[name]}" for name in found).encode()).hexdigest()[:16]


def named(thing: Callable[..., Any]) -> str:
    """A function's or class's module and name."""
    return f"{thing.__module__}.{getattr(thing, '__qualname__', type(thing).__qualname__)}"


def _walk(thing: Any, seen: dict[str, str]) -> None:
    if isinstance(thing, partial):
        for each in (thing.func, *thing.args, *thing.keywords.values()):
            _walk(each, seen)
        return
    if isinstance(thing, MethodType):
        thing = thing.__func__
    if isinstance(thing, ModuleType):
        _walk_file(thing, seen)
        return
    if isinstance(thing, list | tuple | dict):
        # Looked into once: a list may hold itself.
        if f"id {id(thing)}" not in seen:
            seen[f"id {id(thing)}"] = ""
            for each in (*thing.keys(), *thing.values()) if isinstance(thing, dict) else thing:
                _walk(each, seen)
        return
    if not isinstance(thing, FunctionType | type):
        # A number that a function finds in its file is part of what it computes.
        if isinstance(thing, int | float | str | None):
            seen.setdefault(f"value {thing!r}", "")
        return
    name = named(thing)
    if name in seen:
        return
    seen[name] = ""
    if outside(thing):
        seen[name] = _text(thing)
        for each in _mentioned(thing):
            _walk(each, seen)


def _walk_file(module: ModuleType, seen: dict[str, str]) -> None:
    """All of an outside file that is imported as a whole: what of it is used, only running would tell."""
    path = Path(getattr(module, "__file__", None) or _HERE).resolve()
    if _is_outside(path) and path.suffix == ".py":
        seen[f"module {module.__name__}"] = path.read_text(encoding="utf-8")


def _is_outside(path: Path) -> bool:
    return not any(path.is_relative_to(folder) for folder in (*_PACKAGES, _HERE))


def outside(thing: FunctionType | type) -> bool:
    """Whether it is of neither Python, an installed package nor this one."""
    module = sys.modules.get(thing.__module__)
    file = thing.__code__.co_filename if isinstance(thing, FunctionType) else getattr(module, "__file__", None)
    if file is None:
        # Typed in, in a notebook or at a prompt; or built in.
        return thing.__module__ == "__main__"
    return _is_outside(Path(file).resolve())


def _text(thing: FunctionType | type) -> str:
    """Its source; where there is none, its compiled code, also where it was compiled in the name of another text."""
    with suppress(OSError, TypeError, SyntaxError, TokenError):
        file = Path(inspect.getfile(thing))
        if file.suffix == ".py" or not file.exists():
            return inspect.getsource(thing)
    return "\0".join(map(_compiled, _codes(thing)))


def _compiled(code: CodeType) -> str:
    return f"{code.co_code.hex()} {list(map(_constant, code.co_consts))} {code.co_names}"


def _constant(value: Any) -> str:
    """A set's members in an order that is the same in every process."""
    if isinstance(value, CodeType):
        return _compiled(value)
    return repr(sorted(map(repr, value)) if isinstance(value, frozenset) else value)


def _functions(thing: FunctionType | type) -> Iterator[FunctionType]:
    if isinstance(thing, FunctionType):
        yield thing
        return
    for member in vars(thing).values():
        for each in (member, getattr(member, "__func__", None), getattr(member, "fget", None)):
            if isinstance(each, FunctionType):
                yield each


def _codes(thing: FunctionType | type) -> list[CodeType]:
    return [each.__code__ for each in _functions(thing)]


def _mentioned(thing: FunctionType | type) -> Iterator[Any]:
    """What its code names in its file, and what it has from around it; a class's bases."""
    if isinstance(thing, type):
        yield from thing.__mro__[1:]
    for function in _functions(thing):
        for cell in function.__closure__ or ():
            try:
                yield cell.cell_contents
            except ValueError:
                continue
        yield from (function.__defaults__ or ())
        codes = [function.__code__]
        while codes:
            code = codes.pop()
            codes += [each for each in code.co_consts if isinstance(each, CodeType)]
            yield from (function.__globals__[name] for name in code.co_names if name in function.__globals__)
