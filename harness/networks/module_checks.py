"""Modules that no ensemble of networks can have, each with its sentence; and the name of a module's readout."""

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd

from harness.arguments import is_one_of, short_repr
from harness.errors import BadInput


def readout_of(module: nn.Module, readout: str | None) -> str:
    """The readout's name in the module: the one given, else the last nn.Linear.

    BadInput, too, for a module in a mode, or with parameters, that no ensemble of networks can have.
    """
    what = type(module).__name__
    for name, layer in module.named_modules():
        if isinstance(layer, _BatchNorm) and (layer.training or layer.running_mean is None):
            raise BadInput(
                f"{what} has batch normalisation in training mode ({name or what}), which makes one point's logit "
                "depend on the others; call .eval() on the module in the function that makes it, or take layer "
                "normalisation."
            )
        p = layer.p if isinstance(layer, _DropoutNd) else getattr(layer, "dropout", 0.0)
        if layer.training and isinstance(p, float) and p > 0:
            raise BadInput(
                f"{what} has active dropout ({name or what}), and a network would have no one function; set it to 0, "
                "or call .eval() on the module in the function that makes it."
            )
    for name, parameter in module.named_parameters():
        if not parameter.is_floating_point():
            raise BadInput(
                f"The parameter {name} of {what} is of type {parameter.dtype}, but networks here are rows of real "
                "numbers; make it of real numbers, or a buffer if it never changes."
            )
        if not parameter.requires_grad:
            raise BadInput(
                f"The parameter {name} of {what} is frozen, but every parameter of a network here is drawn and "
                "trained; register it as a buffer, or let it require a gradient."
            )
    linears = {name: layer for name, layer in module.named_modules() if type(layer) in (nn.Linear, nn.LazyLinear)}
    last = next(reversed(linears), None) if readout is None else readout
    if last is None or not is_one_of(last, linears):
        called = "" if readout is None else f" called {short_repr(readout)}"
        raise BadInput(
            f"{what} has no linear readout{called}: the last layer of a network here is an nn.Linear "
            "whose outputs forward returns; add one."
        )
    shared = [other for other, each in module.named_parameters(remove_duplicate=False) if each is linears[last].weight]
    if len(shared) > 1:
        raise BadInput(
            f"The readout of {what} shares its weight ({' and '.join(shared)}), but a readout here is drawn by itself; "
            "give it a weight of its own."
        )
    return last
