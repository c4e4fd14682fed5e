"""Additions of outside files to the claims' grids: architectures, optimisers, sets of images.

A module that calls these when it is imported, and that `pytest claims/ -p that_module` or a conftest.py imports, needs
no change to this project: its additions are in every grid of images, at every scale.
"""

from collections.abc import Callable
from inspect import signature
from types import FunctionType
from typing import Any

from harness.arguments import short_repr
from harness.claim.declaration import label
from harness.errors import BadInput
from harness.networks import Architecture
from harness.optimisers import Optimiser
from harness.problems import Problem
from harness.source import outside
from harness.store.identity import stated

# Images that are in the grids whatever is added.
PACKAGED = ("digits", "mnist", "fashion_mnist")

architectures: list[Architecture] = []
optimisers: list[Optimiser] = []
data: dict[str, Callable[..., Problem]] = {}


def add_architecture(architecture: Architecture) -> None:
    """Add an architecture. Its repr is its address in the store, and its name the address of its verdicts."""
    _check(architecture, "architecture", Architecture)
    architectures.append(architecture)


def add_optimiser(optimiser: Optimiser) -> None:
    """Add an optimiser. Its repr is its address in the store, and its name the address of its verdicts."""
    _check(optimiser, "optimiser", Optimiser)
    optimisers.append(optimiser)


def add_data(name: str, problem: Callable[..., Problem]) -> None:
    """Add data. problem: (training points, evaluation points, split=0) -> a problem of two classes, for each split one
    with other points; smaller sets lie within larger ones.
    """
    if "split" not in signature(problem).parameters:
        raise BadInput(
            f"Claims draw many training sets: the function behind the data {name!r} needs an argument split, a number "
            "from 0 that chooses the points."
        )
    if not isinstance(name, str) or not name.isprintable() or not name:
        raise BadInput(f"Data are called by a text on one line, not {short_repr(name)}.")
    if name in data or name in PACKAGED:
        raise BadInput(f"There are data called {name!r} already; choose another name.")
    data[name] = problem


def modules() -> set[str]:
    """The names of the modules that define the added architectures and optimisers, or what these are made of."""
    added = (*architectures, *optimisers)
    made_of = [getattr(thing, "make", getattr(thing, "kind", None)) for thing in added]
    own = [each for each in made_of if isinstance(each, FunctionType | type) and outside(each)]
    return {type(thing).__module__ for thing in added} | {each.__module__ for each in own}


def _check(thing: Any, kind: str, protocol: type) -> None:
    needed = [attribute for attribute in vars(protocol) if not attribute.startswith("_")]
    missing = [attribute for attribute in needed if not hasattr(thing, attribute)]
    if missing:
        raise BadInput(f"An {kind} has {', '.join(needed)}; the {type(thing).__name__} added lacks {missing[0]}.")
    stated(thing, f"An {kind}")
    label(thing)
