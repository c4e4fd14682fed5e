"""What a module's constructor does to its parameters, read from its calls of torch's random functions."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import sqrt
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from harness.networks.initial import Law

# A constructor that looks at what was drawn may draw again, as for truncated normal numbers.
_LOOKS = frozenset(("lt", "gt", "le", "ge", "eq", "ne", "max", "min", "amax", "amin", "_local_scalar_dense"))


class Constructor(TorchDispatchMode):
    """While it is entered, follows each tensor that is filled with normal or uniform numbers.

    A law is known of whole tensors that were filled by one call, and then at most scaled, shifted or copied.
    """

    def __init__(self) -> None:
        super().__init__()
        self._laws: dict[int, Law] = {}
        # No place is used again while this lives.
        self._kept: list[Any] = []

    def law(self, parameter: Tensor) -> Law | None:
        """The law of a parameter; None: unknown."""
        return self._laws.get(_place(parameter)) if _whole(parameter) else None

    def __torch_dispatch__(
        self, func: Any, types: Sequence[type], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Call the function, and note what it does."""
        kwargs = kwargs or {}
        if func.overloadpacket.__name__ in _LOOKS:
            for each in args:
                if isinstance(each, Tensor):
                    self._laws.pop(_place(each), None)
        law = self._law_after(func.overloadpacket.__name__, args, kwargs)
        out = func(*args, **kwargs)
        written = [
            value
            for value, argument in zip(args, func._schema.arguments, strict=False)
            if isinstance(value, Tensor) and argument.alias_info is not None and argument.alias_info.is_write
        ]
        new = [out] if isinstance(out, Tensor) and not written and not shares(out, args) else []
        for tensor in (*written, *new):
            self._kept.append(tensor.untyped_storage())
            if law is not None and _whole(tensor):
                self._laws[_place(tensor)] = law
            else:
                self._laws.pop(_place(tensor), None)
        return out

    def _law_after(self, function: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Law | None:
        name = function.removesuffix("_")
        if function == "uniform_":
            return _uniform(*_given(args, kwargs, "from", "to"))
        if function == "normal_":
            mean, std = _given(args, kwargs, "mean", "std")
            return Law(std, offset=mean)
        if name in ("randn", "randn_like"):
            return Law(1.0)
        if name in ("rand", "rand_like"):
            return _uniform(0.0, 1.0)
        source = args[1] if function == "copy_" else args[0] if args else None
        law = self.law(source) if isinstance(source, Tensor) else None
        if law is None:
            return None
        if name in ("clone", "copy", "_to_copy"):
            return law
        number = args[1] if len(args) == 2 and isinstance(args[1], int | float) and not kwargs else None
        return None if number is None else _changed(law, name, float(number))


def _given(args: Sequence[Any], kwargs: Mapping[str, Any], first: str, second: str) -> tuple[float, float]:
    """The two numbers of a distribution, 0 and 1 where they are not given."""
    own = dict(zip((first, second), args[1:], strict=False)) | dict(kwargs)
    return float(own.get(first, 0.0)), float(own.get(second, 1.0))


def _uniform(low: float, high: float) -> Law:
    return Law((high - low) / sqrt(12), "uniform", offset=(high + low) / 2)


def _changed(law: Law, function: str, number: float) -> Law | None:
    offset = law.offset
    assert isinstance(offset, float)
    if function in ("mul", "div"):
        by = number if function == "mul" else 1 / number
        return law._replace(std=law.std * abs(by), offset=offset * by)
    if function in ("add", "sub"):
        return law._replace(offset=offset + (number if function == "add" else -number))
    return None


def _place(tensor: Tensor) -> int:
    return tensor.untyped_storage()._cdata


def _whole(tensor: Tensor) -> bool:
    return tensor.numel() * tensor.element_size() == tensor.untyped_storage().nbytes()


def shares(out: Tensor, args: Sequence[Any]) -> bool:
    """Whether a function's result is a view of one of its arguments."""
    return any(isinstance(each, Tensor) and _place(each) == _place(out) for each in args)


def construct(make: Callable[[], nn.Module], seed: int) -> tuple[nn.Module, Constructor]:
    """A module as its function makes it from this seed of torch's own random numbers, which are left as they were."""
    with torch.random.fork_rng(devices=[]), usual_defaults(torch.device("cpu")), Constructor() as constructor:
        torch.manual_seed(seed)
        module = make()
    return module, constructor


@contextmanager
def usual_defaults(device: torch.device) -> Iterator[None]:
    """Tensors that a module makes are float32 and on this device, whatever a notebook has set as torch's defaults."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float32)
    try:
        with device:
            yield
    finally:
        torch.set_default_dtype(before)
