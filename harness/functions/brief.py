"""Results that say in their repr what they hold, and not all of it, since a notebook shows whatever it is given."""

from dataclasses import fields
from typing import Any, cast

import numpy as np

from harness.arguments import short_repr

# Entries of an array or a tuple that are written out.
_FEW = 4


class Brief:
    """Base of dataclasses of arrays and counts whose repr has an array's type and shape in place of its entries."""

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        # The decorator writes one of its own where a class has none.
        if "__repr__" not in vars(cls):
            type.__setattr__(cls, "__repr__", Brief.__repr__)

    def __repr__(self) -> str:
        held = {each.name: getattr(self, each.name) for each in fields(cast(Any, self)) if each.repr}
        return f"{type(self).__name__}({', '.join(f'{name}={_said(value)}' for name, value in held.items())})"


def _said(value: Any) -> str:
    if isinstance(value, Brief):
        return repr(value)
    if isinstance(value, np.ndarray) and value.size > _FEW:
        return f"{value.dtype} {value.shape}"
    if isinstance(value, tuple | list) and len(value) > _FEW:
        return f"{len(value):,} of {type(value[0]).__name__}"
    return short_repr(value)
