"""Results that merge like a sum: arrays are concatenated, counts are added."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np

from harness.functions.brief import Brief
from harness.functions.counts import ClusteredCounts


@dataclass(frozen=True, eq=False)
class Merging(Brief):
    """Base of frozen dataclasses whose fields are arrays, whole numbers, or counts of functions by unit.

    Merging concatenates arrays along their first axis, adds whole numbers, and merges counts; a field that is None in
    one of two results is None in both together. In the store an array or a number goes by the name of its field, and
    counts by their own arrays' names.
    """

    def __add__(self, other: Self) -> Self:
        pairs = ((getattr(self, each.name), getattr(other, each.name)) for each in fields(self))
        return type(self)(*(_merged(one, two) for one, two in pairs))

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Arrays for the store."""
        arrays: dict[str, np.ndarray] = {}
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, ClusteredCounts):
                arrays |= value.to_arrays()
            elif value is not None:
                arrays[each.name] = np.asarray(value)
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Self:
        """The inverse of `to_arrays`."""
        values: list[Any] = []
        for each in fields(cls):
            if each.type is ClusteredCounts:
                values.append(ClusteredCounts.from_arrays(arrays))
            elif each.type is int:
                values.append(int(arrays[each.name]))
            else:
                values.append(arrays[each.name] if each.type is np.ndarray else arrays.get(each.name))
        return cls(*values)


def _merged(one: Any, two: Any) -> Any:
    if one is None or two is None:
        return None
    return np.concatenate([one, two]) if isinstance(one, np.ndarray) else one + two
