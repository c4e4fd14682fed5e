"""A module's structure and the arguments it is made of, in words and digests that are the same in every process."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from harness.arguments import short_repr
from harness.errors import BadInput
from harness.source import named, source_digest


def structure(module: nn.Module, constants: Mapping[str, Tensor | float]) -> str:
    """The module's layers as torch writes them, on one line, with a digest of all that this leaves out.

    Args:
        module: the module.
        constants: what parameters start at, by name, of those that are not drawn.

    Returns:
        Its repr, then the digest of numbers and words that its layers hold, of buffers, and of constants.
    """
    digest = hashlib.sha256("\n".join(_attributes(module)).encode())
    for name, tensor in (*module.named_parameters(), *module.named_buffers()):
        if not is_lazy(tensor):
            digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}".encode())
    for name, value in (*constants.items(), *module.named_buffers()):
        digest.update(name.encode())
        if not isinstance(value, Tensor):
            digest.update(repr(value).encode())
        elif not is_lazy(value):
            digest.update(value.detach().contiguous().numpy().tobytes())
    text = " ".join(repr(module).split())
    return f"{text} {digest.hexdigest()[:16]}"


def described(value: Any) -> str:
    """An argument as a text that says all of it; BadInput if it has none."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(described, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{described(key)}: {described(each)}' for key, each in value.items())}}}"
    if callable(value) and hasattr(value, "__module__") and not isinstance(value, nn.Module):
        return f"{named(value)} {source_digest(value)}"
    text = " ".join(repr(value).split())
    if " at 0x" in text:
        raise BadInput(
            f"{short_repr(value)} does not say what it is, and stored samples would be mixed up; give numbers, words, "
            "functions, classes, or objects with a repr that does."
        )
    return text


def _attributes(module: nn.Module) -> Iterator[str]:
    """The numbers, words and functions that layers hold, which torch's repr of them may leave out."""
    for name, layer in module.named_modules():
        yield f"{name} {named(type(layer))}"
        for key, value in sorted(vars(layer).items()):
            own = not key.startswith("_") or not type(layer).__module__.startswith("torch.")
            if own and isinstance(value, int | float | str | tuple | list | dict | None):
                if key not in _TORCHS_OWN and " at 0x" not in repr(value):
                    yield f"{key}={value!r}"
            elif own and callable(value) and hasattr(value, "__module__") and not isinstance(value, nn.Module):
                yield f"{key}={described(value)}"


_TORCHS_OWN = frozenset(vars(nn.Module())) - {"training"}
