"""The body of a module: all before its readout, as a function of its parameters; and what no body may do."""

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils._python_dispatch import TorchDispatchMode

from harness.errors import BadInput
from harness.networks.constructed import construct, usual_defaults
from harness.networks.initial import Law, Rule, Seen, owners, same

# Points and networks on which a module is tried out.
_POINTS, _NETWORKS = 3, 2


class Body:
    """What a module computes before its readout, for inputs of one shape.

    laws: name, shape and law of each of its parameters. readout: laws of the readout's weight and bias. features: that
    the readout takes. batched: whether `vmap` computes many networks at once. held: about how many numbers a network
    holds for one point.
    """

    def __init__(self, module: nn.Module, laws: Mapping[str, Law], readout: str, example: Tensor) -> None:
        self.features = _tried(module, readout, example)
        shapes = {name: tuple(parameter.shape) for name, parameter in module.named_parameters()}
        own = (f"{readout}.weight", f"{readout}.bias") if readout else ("weight", "bias")
        for name in own:
            if name in laws and (isinstance(laws[name].offset, Tensor) or laws[name].offset):
                raise BadInput(
                    f"The readout's {name} starts around other numbers than 0, and no last layers can be drawn for it "
                    "that are as likely as their opposites; let it start at 0 or around it."
                )
        self.readout = {name.rpartition(".")[2]: laws[name] for name in own if name in laws}
        self.laws = [(name, shapes[name], law) for name, law in laws.items() if name not in own]
        self._module = _without(module, readout)
        with torch.no_grad(), _Held() as held:
            self({}, example[:1])
        self.held = held.numbers
        self.batched = self._is_batched(example)

    def __call__(self, parameters: Mapping[str, Tensor], x: Tensor) -> Tensor:
        """One network's features, (points, features); parameters that are not given are the module's own."""
        like = next(iter(parameters.values()), x)
        buffers = {
            name: buffer.to(like.device, like.dtype if buffer.is_floating_point() else None)
            for name, buffer in self._module.named_buffers()
        }
        with _no_fast_path(), usual_defaults(like.device):
            features: Tensor = functional_call(self._module, {**buffers, **parameters}, (x,))
        return features

    def _is_batched(self, example: Tensor) -> bool:
        generator = torch.Generator().manual_seed(0)
        own = {
            name: torch.randn((_NETWORKS, *shape), generator=generator, dtype=torch.float32)
            for name, shape, _ in self.laws
        }
        if not own:
            return True
        with torch.no_grad():
            alone = torch.stack(
                [self({name: tensor[i] for name, tensor in own.items()}, example) for i in range(_NETWORKS)]
            )
            try:
                together = vmap(self, in_dims=(0, None))(own, example)
            except (RuntimeError, ValueError, NotImplementedError) as error:
                reason = str(error).split("\n")[0]
            else:
                if torch.allclose(together, alone, rtol=1e-3, atol=1e-3, equal_nan=True):
                    return True
                reason = "it gives other numbers"
        warnings.warn(
            f"torch.func.vmap cannot compute many networks of this module at once ({reason}), so that they are "
            "computed one after the other, which takes 5 to 10 times as long for small LSTMs.",
            stacklevel=2,
        )
        return False


def body_of(
    make: Callable[..., nn.Module],
    arguments: Mapping[str, Any],
    rule: Rule,
    readout: str,
    input_shape: tuple[int, ...],
    vocabulary: int | None,
) -> Body:
    """Make a module, try it out on inputs of this shape, and take its readout off.

    Args:
        make: returns the module.
        arguments: that it is given.
        rule: how its parameters start.
        readout: name of its last layer in the module.
        input_shape: shape of one prepared input.
        vocabulary: number of tokens, of inputs that are tokens; None: they are numbers.

    Returns:
        The body.

    Raises:
        BadInput: the module does what no network here may, or the rule has no law for a parameter.
    """
    if vocabulary is None:
        example = torch.randn((_POINTS, *input_shape), generator=torch.Generator().manual_seed(0), dtype=torch.float32)
    else:
        example = torch.arange(_POINTS * input_shape[0], device="cpu").view(_POINTS, -1) % vocabulary

    def made() -> nn.Module:
        module = make(**arguments)
        with torch.no_grad():
            # Layers whose sizes follow from the inputs have them after this.
            _run(module, example)
        return module

    (module, constructor), (again, _) = construct(made, 0), construct(made, 1)
    _check_buffers(module, again)
    others = dict(again.named_parameters())
    laws = {}
    for name, (owner, leaf) in owners(module).items():
        value = dict(module.named_parameters())[name]
        constant = same(value, others[name]) and not drawn_once(make, owner)
        laws[name] = rule.law(Seen(name, owner, leaf, value, constant, constructor.law(value)))
    return Body(module, laws, readout, example)


def drawn_once(make: Callable[..., Any], owner: nn.Module) -> bool:
    """Whether a parameter that is the same each time says nothing: of a module that was made before, a layer whose
    constants nobody but its author knows.
    """
    return getattr(make, "made_before", False) and not type(owner).__module__.startswith("torch.nn")


def _run(module: nn.Module, example: Tensor) -> Tensor:
    try:
        with _no_fast_path(), usual_defaults(example.device):
            out = module(example)
    except Exception as error:
        reason = f"{type(error).__name__}: {error}".strip().splitlines()[0]
        raise BadInput(
            f"{type(module).__name__} does not take batches of inputs of shape {tuple(example.shape[1:])} ({reason}); "
            'say how it takes them by inputs="flat", "images" or "sequences" or a vocabulary, and let sizes that '
            "follow from the inputs be those of lazy layers such as nn.LazyLinear."
        ) from error
    return out


def _tried(module: nn.Module, readout: str, example: Tensor) -> int:
    """Features of the readout. BadInput unless forward returns what it does, point by point, the same each time."""
    calls: list[tuple[Tensor, Tensor]] = []
    layer = module.get_submodule(readout)
    hook = layer.register_forward_hook(lambda _, given, out: calls.append((given[0], out)))
    before = {name: buffer.clone() for name, buffer in module.named_buffers()}
    what = type(module).__name__
    try:
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            out, again, alone = _run(module, example), _run(module, example), _run(module, example[:1])
    finally:
        hook.remove()
    changed = [name for name, buffer in module.named_buffers() if not same(buffer, before[name])]
    if changed:
        raise BadInput(
            f"{what} changes its buffer {changed[0]} in forward, and what a network says would depend on what it was "
            "asked before; call .eval() on the module in the function that makes it, or leave that layer out."
        )
    if len(calls) != 3 or not isinstance(out, Tensor) or out is not calls[0][1] or out.ndim != 2:
        raise BadInput(
            f"{what} has no linear readout as its last layer: its forward must return, unchanged, what its last "
            f"nn.Linear returns, once, of shape (points, outputs), but {readout!r} is not such a layer; take what "
            "comes after it, such as a softmax or squeeze, out of the module, or name the layer by readout=…"
        )
    # Numbers that are none are refused where networks are drawn, with what they come from.
    if not torch.equal(out.nan_to_num(), again.nan_to_num()):
        raise BadInput(
            f"{what} draws random numbers in forward, and a network would have no one function; call .eval() on the "
            "module in the function that makes it, or take them out."
        )
    if not torch.allclose(alone, out[:1], rtol=1e-4, atol=1e-5, equal_nan=True):
        raise BadInput(
            f"What {what} says of one point depends on the other points of its batch, and a network would have no "
            "one function; put the batch first in every layer, and take out what mixes points."
        )
    return int(layer.in_features)  # type: ignore[arg-type]


def _without(module: nn.Module, readout: str) -> nn.Module:
    """The module whose readout hands on what it is given."""
    if not readout:
        return nn.Identity()
    path, _, leaf = readout.rpartition(".")
    setattr(module.get_submodule(path), leaf, nn.Identity())
    return module


def _check_buffers(module: nn.Module, again: nn.Module) -> None:
    others = dict(again.named_buffers())
    for name, buffer in module.named_buffers():
        if not same(buffer, others[name]):
            raise BadInput(
                f"The buffer {name} has other numbers each time the module is made, so that no two processes would "
                "have the same networks; draw it with a generator of a seed of its own."
            )


class _Held(TorchDispatchMode):
    """Counts the numbers that torch's functions return while it is entered, but those of views."""

    def __init__(self) -> None:
        super().__init__()
        self.numbers = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        self.numbers += sum(
            each.numel() for each in (out if isinstance(out, tuple) else (out,)) if isinstance(each, Tensor)
        )
        return out


@contextmanager
def _no_fast_path() -> Iterator[None]:
    """Neither attention's fast path, taken in evaluation without gradients, nor its fused form has a rule for many
    networks.
    """
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with sdpa_kernel(SDPBackend.MATH):
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)
