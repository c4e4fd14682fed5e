"""Any module of torch.nn as an architecture: `from_module`.

The module's last layer is its linear readout. All before it, its body, is computed for many networks at once by
`torch.func`, or for one after the other where that has no rule for a layer, as for LSTM and GRU.
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from inspect import signature
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import vmap
from torch.nn.parameter import is_lazy

from harness.arguments import one_of, short_repr
from harness.errors import BadInput
from harness.networks.constructed import construct
from harness.networks.convolutional import images
from harness.networks.ensemble import Parameter
from harness.networks.initial import ByName, Constant, Law, Own, Rule, Seen, Uniform, owners, rule_of, same
from harness.networks.layers import linear
from harness.networks.module_body import Body, body_of, drawn_once
from harness.networks.module_checks import readout_of
from harness.networks.module_identity import described, structure
from harness.networks.sequences import checked_vocabulary, sequences
from harness.source import source_digest

# How many axes one input has, as the module takes it.
INPUTS = {"flat": 1, "images": 3, "sequences": 2}


def from_module(
    make: Callable[..., nn.Module] | nn.Module,
    *,
    initial: Any = "module",
    inputs: str = "flat",
    vocabulary: int | None = None,
    readout: str | None = None,
    name: str | None = None,
    **arguments: Any,
) -> "ModuleNetwork":
    """Make an architecture of a module of torch.nn, whose forward returns what its last nn.Linear returns.

    Each network is drawn, and trained, by itself; weight decay pulls a parameter that starts at a constant back to it,
    not to 0. The module's own number of outputs has no meaning: a problem has its own. Sizes that follow from the
    inputs are those of lazy layers such as nn.LazyLinear.

    Args:
        make: the class of the module or a function that makes it; a module, if `initial` is not "module".
        initial: "module" for what the constructor does, "he", "ntk", a rule such as He(1.0, 0.0) or Normal(0.1), or a
            mapping of patterns of parameter names to these, of which the first that fits holds.
        inputs: how forward takes a batch: "flat" (points, d), "images" (points, channels, height, width) or "sequences"
            (points, time, numbers).
        vocabulary: number of tokens, for a module that takes (points, time) of them; None: it takes numbers.
        readout: name of the last layer in the module; None: the last nn.Linear.
        name: in ids and reports; None: made of the function's name, its arguments and the initialisation.
        **arguments: for `make`.

    Returns:
        The architecture. Its repr, and with it the address of its samples, holds structure, initialisation and code.

    Raises:
        BadInput: it is no module, or one that no ensemble of networks can have.
    """
    rule, vocabulary = rule_of(initial), checked_vocabulary(vocabulary)
    one_of(inputs, tuple(INPUTS), "A module takes no inputs that are")
    if name is not None and not (isinstance(name, str) and name and name.isprintable()):
        raise BadInput(f"A network's name is a text on one line, not {short_repr(name)}.")
    if isinstance(make, nn.Module):
        if arguments or any(isinstance(each, Own) for each in _rules(rule)):
            raise BadInput(
                "Of a module that was made before, it is not known how its parameters were drawn; give the class or "
                'function that makes it, or initial="he", "ntk" or rules by name.'
            )
        make = _Copies(make)
    if not callable(make):
        raise BadInput(
            f"A network is made of a torch.nn.Module or a function that makes one, not a {type(make).__name__}."
        )
    check_call(make, arguments)
    (module, constructor), (again, _) = (construct(lambda: make(**arguments), seed) for seed in (0, 1))
    if not isinstance(module, nn.Module):
        raise BadInput(f"{_called(make)} makes a {type(module).__name__}, not a torch.nn.Module.")
    last = readout_of(module, readout)
    others = dict(again.named_parameters())
    laws: dict[str, Law | None] = {}
    for parameter, (owner, leaf) in owners(module).items():
        value = owner.get_parameter(leaf)
        if is_lazy(value):
            laws[parameter] = None
            continue
        constant = same(value, others[parameter]) and not drawn_once(make, owner)
        laws[parameter] = rule.law(Seen(parameter, owner, leaf, value, constant, constructor.law(value)))
    bias = laws.get(f"{last}.bias" if last else "bias")
    own = "-".join([_called(make), *(f"{key}{_short(value)}" for key, value in arguments.items()), rule.name])
    identity = ", ".join(
        (
            f"make={described(make)}",
            *(f"{key}={described(value)}" for key, value in arguments.items()),
            f"initial={rule!r}, inputs={inputs!r}, vocabulary={vocabulary}, readout={last!r}",
            f"structure={structure(module, {key: law.offset for key, law in laws.items() if law and not law.std})}",
            f"code={source_digest(make, *arguments.values(), *(type(each) for each in module.modules()))!r}",
        )
    )
    return ModuleNetwork(
        make,
        arguments,
        rule,
        inputs,
        vocabulary,
        last,
        own if name is None else name,
        identity,
        _distribution(rule, laws),
        bias is None or not bias.std,
    )


def check_call(make: Callable[..., Any], arguments: Mapping[str, Any]) -> None:
    """Raise BadInput if a class or function does not take these arguments, or needs others."""
    try:
        takes = signature(make)
    except ValueError:
        # One of compiled code does not say what it takes.
        return
    try:
        takes.bind(**arguments)
    except TypeError as why:
        raise BadInput(
            f"{_called(make)} cannot be called so ({why}); give functools.partial({_called(make)}, …) with its "
            "arguments by name, or from_module, which takes them."
        ) from None


@dataclass(frozen=True, eq=False, repr=False)
class ModuleNetwork:
    """An architecture made by `from_module`, whose arguments these are.

    rule: how parameters start. identity: everything that its numbers depend on, in words and digests. distribution:
    that of all parameters that are drawn; "mixed" if some are Gaussian and some uniform. ties: whether a logit may be
    exactly 0, as without a bias of the readout that is drawn.
    """

    make: Callable[..., nn.Module]
    arguments: Mapping[str, Any]
    rule: Rule
    inputs: str
    vocabulary: int | None
    last: str
    name: str
    identity: str
    distribution: str
    ties: bool

    # Nothing here knows whether a rotation of the inputs leaves the first layer as it is.
    rotation_invariant = False
    # Matrices are (fan-out, fan-in), but for the readout's.
    torchs_shapes = True

    def __repr__(self) -> str:
        """Everything that its numbers depend on; no place in memory."""
        return f"from_module({self.identity})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ModuleNetwork) and (other.identity, other.name) == (self.identity, self.name)

    def __hash__(self) -> int:
        return hash(self.identity)

    @property
    def facts(self) -> dict[str, str | int | float]:
        """Facts by which the report groups cells: the name, and the arguments that are numbers or words."""
        own = {name: value for name, value in self.arguments.items() if isinstance(value, str | int | float)}
        return {**own, "architecture": self.name}

    def prepare(self, inputs: np.ndarray) -> np.ndarray:
        """(points, ...) as problems hold them -> (points, d), (points, channels, height, width), (points, time,
        numbers) or tokens (points, time).
        """
        if self.vocabulary is not None or self.inputs == "sequences":
            return sequences(inputs, self.vocabulary, self.name)
        if self.inputs == "images":
            return np.ascontiguousarray(np.moveaxis(images(inputs, f"network such as {self.name}"), 3, 1))
        if inputs.dtype.kind in "iu":
            raise BadInput(f"{self.name} takes numbers, not tokens ({inputs.dtype}); give from_module a vocabulary.")
        return inputs.reshape(len(inputs), -1)

    def parameters(self, input_shape: tuple[int, ...], outputs: int = 1) -> dict[str, Parameter]:
        """The body's parameters in torch's shapes, then the readout's weight (features, outputs) and bias (1, outputs),
        whatever number of outputs the module itself has.
        """
        body = _body(self, tuple(input_shape))
        table = {f"body.{name}": Parameter(shape, law.std, law.distribution) for name, shape, law in body.laws}
        for leaf, law in body.readout.items():
            shape = (body.features if leaf == "weight" else 1, outputs)
            table[f"readout.{leaf}"] = Parameter(shape, law.std, law.distribution)
        return table

    def activations(self, input_shape: tuple[int, ...]) -> int:
        """Numbers a network holds for one point; see `SharesWeights`."""
        return _body(self, tuple(input_shape)).held

    def features(self, parameters: Mapping[str, Tensor], x: Tensor) -> Tensor:
        """x: (points, ...), or with a leading axis "networks" -> what the readout takes, (networks, points, features).

        A parameter of the module is `Law.of` that of a row: the two differ by the constant that it starts from.
        """
        shared = x.ndim == (1 if self.vocabulary is not None else INPUTS[self.inputs]) + 1
        body, networks = _body(self, tuple(x.shape[1 if shared else 2 :])), len(parameters["readout.weight"])
        own = {name: law.of(parameters[f"body.{name}"]) for name, _, law in body.laws}
        if not own:
            h = body({}, x if shared else x.flatten(0, 1))
            return h.expand(networks, *h.shape) if shared else h.unflatten(0, x.shape[:2])
        if body.batched:
            together: Tensor = vmap(body, in_dims=(0, None if shared else 0))(own, x)
            return together
        each = ({name: tensor[i] for name, tensor in own.items()} for i in range(networks))
        return torch.stack([body(one, x if shared else x[i]) for i, one in enumerate(each)])

    def readout(self, parameters: Mapping[str, Tensor], features: Tensor) -> Tensor:
        """(networks, points, features) -> logits (networks, points, outputs)."""
        own = {}
        for name in ("readout.weight", "readout.bias"):
            if name in parameters:
                factor = _factor(self, name.removeprefix("readout."), features.shape[-1])
                own[name] = parameters[name] * factor if factor != 1 else parameters[name]
        return linear(own, "readout", features)


class _Copies:
    """Makes copies of a module that was made before."""

    made_before = True

    def __init__(self, module: nn.Module) -> None:
        self.module = module
        self.__name__ = type(module).__name__

    def __call__(self) -> nn.Module:
        return deepcopy(self.module)


@lru_cache(maxsize=64)
def _body(network: ModuleNetwork, input_shape: tuple[int, ...]) -> Body:
    return body_of(network.make, network.arguments, network.rule, network.last, input_shape, network.vocabulary)


@lru_cache
def _factor(network: ModuleNetwork, leaf: str, features: int) -> float:
    """Of a parameter of the readout, which follows from its fan-in."""
    name = f"{network.last}.{leaf}" if network.last else leaf
    return network.rule.law(
        Seen(name, nn.Linear(1, 1), leaf, torch.zeros(1, features, dtype=torch.float32), True, None)
    ).factor


def _rules(rule: Rule) -> list[Rule]:
    return [each for _, inner in rule.rules for each in _rules(inner)] if isinstance(rule, ByName) else [rule]


def _distribution(rule: Rule, laws: Mapping[str, Law | None]) -> str:
    """That of the parameters that are drawn; of lazy ones it follows from the rule."""
    found = {law.distribution for law in laws.values() if law is not None and law.std}
    if None in laws.values():
        kinds = {Own: {"gaussian", "uniform"}, Uniform: {"uniform"}, Constant: set()}
        found |= {each for one in _rules(rule) for each in kinds.get(type(one), {"gaussian"})}
    return "mixed" if len(found) > 1 else next(iter(found), "gaussian")


def _called(make: Callable[..., Any]) -> str:
    return str(getattr(make, "__name__", type(make).__name__)).strip("<>")


def _short(value: Any) -> str:
    return getattr(value, "__name__", None) or str(value).replace(" ", "")
