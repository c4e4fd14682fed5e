"""What a user gives as a network: an architecture of this package, or a class or function that makes a module."""

from functools import partial
from types import FunctionType
from typing import Any

from torch import nn

from harness.networks.constructed import construct
from harness.networks.module import check_call, from_module

_ON_IMAGES = (nn.Conv2d, nn.LazyConv2d)
_ON_SEQUENCES = (nn.RNNBase, nn.MultiheadAttention, nn.Conv1d, nn.LazyConv1d)


def as_architecture(given: Any, vocabulary: int | None = None) -> Any:
    """Make an architecture of a class or function that makes a module, with the module's own initialisation.

    How its forward takes inputs is that of its first layer of a kind that tells: images for convolutions in two
    dimensions, sequences for recurrent ones and attention, and else flat. `from_module` takes what differs.

    Args:
        given: the network; what is no module comes back as it is.
        vocabulary: number of tokens of the problem's inputs; None: they are numbers.

    Returns:
        The architecture.

    Raises:
        BadInput: as of `from_module`, as where a module was made before.
    """
    if isinstance(given, nn.Module):
        return from_module(given)
    make, arguments = (given.func, given.keywords) if isinstance(given, partial) and not given.args else (given, {})
    if not (isinstance(make, type) and issubclass(make, nn.Module)) and not isinstance(make, FunctionType):
        return given
    check_call(make, arguments)
    if vocabulary is not None:
        return from_module(make, vocabulary=vocabulary, **arguments)
    module, _ = construct(partial(make, **arguments), 0)
    kinds = map(_kind, module.modules()) if isinstance(module, nn.Module) else ()
    return from_module(make, inputs=next(filter(None, kinds), "flat"), **arguments)


def _kind(layer: nn.Module) -> str | None:
    if isinstance(layer, _ON_IMAGES):
        return "images"
    return "sequences" if isinstance(layer, _ON_SEQUENCES) else None
