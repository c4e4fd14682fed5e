"""What a value is, as text for an address in the store: its repr and, where it is not this package's, its content.

The repr of what is of this package says all. That of a class from outside does not say what its code does, and may
leave out or shorten what it holds: its code, with the functions and constants that the code uses, and its state are
hashed too, so that no sample of an earlier version is taken for one of the present version. Code is compared as byte
code: comments and places in a file make no difference, and a class of a notebook has it as any other.
"""

import dis
import hashlib
import re
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cached_property
from types import CodeType, FunctionType, ModuleType
from typing import Any, cast

import numpy as np
import torch

from harness.arguments import short_repr
from harness.errors import BadInput

# Code that is taken by its name: SAMPLERS_VERSION and pinned versions speak for it.
_GIVEN = sys.stdlib_module_names | {"harness", "numba", "numpy", "scipy", "torch"}
_PLAIN = (type(None), bool, int, float, complex, str, bytes, type(...))
# What descriptors, methods and wrapped or partial functions hold.
_HELD = ("fget", "fset", "func", "args", "keywords", "__func__", "__self__", "__wrapped__", "py_func")
# Of a class: what its code and bases say already, and what says nothing of what it does.
_NO_CONTENT = {
    *("__module__", "__doc__", "__dict__", "__weakref__", "__annotations__", "__dataclass_fields__", "_abc_impl"),
    *("__orig_bases__", "__parameters__", "__firstlineno__", "__static_attributes__"),
    # What pickle keeps in a class that it has seen an instance of.
    "__slotnames__",
    # From Python 3.14 on annotations are a function, and what it found once somebody has asked.
    *("__annotate__", "__annotate_func__", "__annotations_cache__", "__conditional_annotations__"),
}


def stated(thing: Any, kind: str) -> str:
    """What a value is, the same in every process.

    Args:
        thing: the value, such as an architecture or an optimiser.
        kind: what it is, with its article, for the sentence that refuses it.

    Returns:
        Its repr; of what is not of this package, or holds such things, with a digest of code and state.

    Raises:
        BadInput: if its repr has a place in memory, which another value may have next.
    """
    text = repr(thing)
    if re.search(r"\bat 0x[0-9a-fA-F]", text):
        name = type(thing).__name__
        remedy = f"make {name} a dataclass, or write its __repr__"
        if type(thing).__repr__ is not object.__repr__:
            remedy = f"{short_repr(thing)} holds what does not: give {name} numbers, texts and dataclasses to hold"
        raise BadInput(f"{kind}'s repr is its address in the store and must say what it is; {remedy}.")
    content = _Content(type(thing))
    digest = content.of(thing)
    return f"{text} {hashlib.sha256(digest.encode()).hexdigest()[:32]}" if content.from_outside else text


class _Content:
    """Digests of values by what they hold.

    from_outside: whether there was anything whose repr does not say all.
    """

    def __init__(self, kind: type) -> None:
        self.from_outside = False
        self._own = _root(kind)
        self._found: dict[int, tuple[str, Any]] = {}
        self._within: list[int] = []

    def of(self, thing: Any) -> str:
        """Digest of a value; of what lies around it, how far out that is."""
        if type(thing) in _PLAIN:
            return f"{type(thing).__name__} {thing!r}"
        place = id(thing)
        if place in self._within:
            return f"up {len(self._within) - self._within.index(place)}"
        if place not in self._found:
            self._within.append(place)
            digest = hashlib.sha256("\0".join(self._parts(thing)).encode()).hexdigest()
            self._within.pop()
            # Kept with the digest, so that no other value has its place.
            self._found[place] = digest, thing
        return self._found[place][0]

    def _parts(self, thing: Any) -> Iterator[str]:
        kind = type(thing)
        yield kind.__qualname__
        if isinstance(thing, tuple | list):
            yield from map(self.of, thing)
        elif isinstance(thing, set | frozenset):
            yield from sorted(map(self.of, thing))
        elif isinstance(thing, dict):
            yield from (self.of(each) for item in thing.items() for each in item)
        elif isinstance(thing, np.ndarray | torch.Tensor | torch.nn.Module):
            self.from_outside = True
            yield from self._of_arrays(thing)
        elif isinstance(thing, CodeType):
            yield from self._of_code(thing)
        elif isinstance(thing, ModuleType):
            yield thing.__name__
        elif isinstance(thing, type):
            yield from self._of_class(thing)
        elif isinstance(thing, FunctionType):
            yield from self._of_function(thing)
        elif self._is_given(kind):
            yield from self._of_given(thing)
        else:
            yield self.of(kind)
            yield from map(self.of, _state(thing).items())

    def _of_arrays(self, thing: np.ndarray | torch.Tensor | torch.nn.Module) -> Iterator[str]:
        if isinstance(thing, torch.nn.Module):
            yield repr(thing)
            yield self.of(dict(thing.state_dict()))
        elif isinstance(thing, torch.Tensor) or thing.dtype.hasobject:
            yield f"{thing.dtype} {tuple(thing.shape)}"
            yield self.of(thing.tolist())
        else:
            yield f"{thing.dtype.str} {thing.shape}"
            yield hashlib.sha256(np.ascontiguousarray(thing).tobytes()).hexdigest()

    def _of_code(self, code: CodeType) -> Iterator[str]:
        yield code.co_code.hex() + code.co_exceptiontable.hex()
        yield f"{code.co_argcount} {code.co_posonlyargcount} {code.co_kwonlyargcount} {code.co_flags}"
        yield f"{code.co_names} {code.co_varnames} {code.co_freevars} {code.co_cellvars}"
        yield self.of(code.co_consts)

    def _of_class(self, thing: type) -> Iterator[str]:
        yield thing.__qualname__
        if self._is_given(thing):
            yield thing.__module__
            return
        self.from_outside = True
        yield from map(self.of, thing.__bases__)
        for name, member in sorted(vars(thing).items()):
            if name not in _NO_CONTENT:
                yield name
                yield self.of(member)

    def _of_function(self, thing: FunctionType) -> Iterator[str]:
        yield thing.__qualname__
        if self._is_given(thing):
            yield thing.__module__
            return
        self.from_outside = True
        yield from map(self.of, (thing.__code__, thing.__defaults__, thing.__kwdefaults__))
        for cell in thing.__closure__ or ():
            try:
                yield self.of(cell.cell_contents)
            except ValueError:
                yield "an empty cell"
        if hasattr(thing, "__wrapped__"):
            yield self.of(thing.__wrapped__)
        every = list(_with_inner(thing.__code__))
        attributes = {name for code in every for name in code.co_names}
        for name in sorted(_names_read(every) & thing.__globals__.keys()):
            used = thing.__globals__[name]
            yield name
            yield self.of(used)
            if isinstance(used, ModuleType) and not self._is_given(used):
                for attribute in sorted(attributes & vars(used).keys()):
                    yield attribute
                    yield self.of(vars(used)[attribute])

    def _of_given(self, thing: Any) -> Iterator[str]:
        """Parts of an instance of a class that is taken by its name."""
        held = [name for name in _HELD if hasattr(thing, name)]
        if is_dataclass(thing) and cast(Any, type(thing)).__dataclass_params__.frozen:
            yield from (self.of(getattr(thing, field.name)) for field in fields(thing))
        elif held:
            yield getattr(thing, "__qualname__", "")
            yield from (self.of(getattr(thing, name)) for name in held)
        else:
            text = repr(thing)
            yield "" if " at 0x" in text else text

    def _is_given(self, thing: Any) -> bool:
        """Whether code is taken by its name: that of this package and of what it is made with, and of what is installed
        beside the value's own.
        """
        root = _root(thing)
        if root in _GIVEN:
            return True
        return root != self._own and "site-packages" in (getattr(sys.modules.get(root), "__file__", None) or "")


def _root(thing: Any) -> str:
    """The package that a class, function or module is of."""
    name = thing.__name__ if isinstance(thing, ModuleType) else thing.__module__
    return (name or "").partition(".")[0]


def _state(thing: Any) -> dict[str, Any]:
    """What an instance holds, without what it computed once and keeps."""
    kinds = type(thing).__mro__
    slots = [name for kind in kinds for name in _texts(vars(kind).get("__slots__", ()))]
    held = {name: getattr(thing, name) for name in slots if hasattr(thing, name) and name != "__dict__"}
    held |= getattr(thing, "__dict__", {})
    computed = {name for kind in kinds for name, member in vars(kind).items() if isinstance(member, cached_property)}
    return {name: value for name, value in sorted(held.items()) if name not in computed}


def _texts(names: Any) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def _with_inner(code: CodeType) -> Iterator[CodeType]:
    """The code of a function, and that of the functions in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _with_inner(constant)


def _names_read(every: list[CodeType]) -> set[str]:
    """Names of its module that code reads and does not set."""
    told = {(each.opname, each.argval) for code in every for each in dis.get_instructions(code)}
    read = {name for kind, name in told if kind in ("LOAD_GLOBAL", "LOAD_NAME")}
    return read - {name for kind, name in told if kind == "STORE_GLOBAL"}
