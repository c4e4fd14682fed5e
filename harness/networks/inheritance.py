"""Whether an architecture that inherits from another one still computes what that one says.

Compiled passes, gradients by hand, kernels in closed form and moves of units are made for the forward pass of one
class. A class that inherits from it and overrides a part of that has none of them, and takes the ways that are open to
all.
"""

from types import FunctionType
from typing import Any, TypeGuard, TypeVar

T = TypeVar("T")

# What a class may say anew without computing something else.
_DESCRIPTIVE = {"name", "facts"}


def computes(architecture: object, kind: type[T]) -> TypeGuard[T]:
    """Say whether an architecture is of a class and computes what it says.

    Args:
        architecture: any object.
        kind: the class.

    Returns:
        True if the object is of the class, and no class between overrides a method or property of it.
    """
    order = type(architecture).__mro__
    if kind not in order:
        return False
    said = {name for each in kind.__mro__ for name, value in vars(each).items() if _is_computed(name, value)}
    return not any(said & vars(each).keys() for each in order[: order.index(kind)])


def own(architecture: object, name: str) -> bool:
    """Say whether an architecture has something that speaks for its own forward pass.

    Args:
        architecture: any object.
        name: of a method or an attribute.

    Returns:
        True if it is there, and no class overrides a part of the one that says it.
    """
    if not hasattr(architecture, name):
        return False
    says = next((each for each in type(architecture).__mro__ if name in vars(each)), None)
    return says is None or computes(architecture, says)


def _is_computed(name: str, value: Any) -> bool:
    plain = not name.startswith("__") and name not in _DESCRIPTIVE
    return plain and (isinstance(value, FunctionType | property) or hasattr(value, "func"))


def is_rotation_invariant(architecture: Any) -> bool:
    """Whether functions have the same distribution on rotated inputs, as is said of this forward pass."""
    return bool(architecture.rotation_invariant) and own(architecture, "rotation_invariant")
