"""The space that a claim's sentence covers, of which the grids of its tests are a few points: where a hunt searches.

A point is a rank on each axis, 0 for the simplest value, so that simpler and near are the same for every axis.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from harness.arguments import short_repr
from harness.errors import BadInput

# One rank an axis, in the order of the axes.
Point = tuple[int, ...]


@dataclass(frozen=True)
class Space:
    """All that a test's sentence says it covers.

    axes: name -> values, plain words and numbers, from the simplest to the most complex; of words, the usual one first.
    cell: the values of the axes by name -> the values of the test's cell; None: they are these. A point whose cell
    cannot be made (BadInput) is not asked.
    """

    axes: Mapping[str, Sequence[Any]]
    cell: Callable[..., Mapping[str, Any]] | None = None

    def __post_init__(self) -> None:
        for axis, values in self.axes.items():
            if isinstance(values, str) or not all(isinstance(each, str | int | float) for each in values):
                raise BadInput(f"The axis {axis!r} of a space takes words and numbers, not {short_repr(values)}.")
            if not values or len(set(values)) < len(values):
                raise BadInput(f"The axis {axis!r} of a space takes each of its values once, not {short_repr(values)}.")
        if not self.axes or (self.cell is not None and not callable(self.cell)):
            raise BadInput("A space has at least one axis, and its cell is a function of their values.")

    @property
    def size(self) -> int:
        """Number of points."""
        return prod(self.lengths)

    @property
    def lengths(self) -> tuple[int, ...]:
        """Number of values of each axis."""
        return tuple(len(values) for values in self.axes.values())

    @property
    def simplest(self) -> Point:
        """The point with the first value of every axis."""
        return (0,) * len(self.axes)

    def values(self, point: Point) -> dict[str, Any]:
        """The value of each axis at a point, by name."""
        return {axis: values[rank] for (axis, values), rank in zip(self.axes.items(), point, strict=True)}

    def point(self, values: Mapping[str, Any]) -> Point:
        """The point with these values; BadInput if the space has none."""
        try:
            return tuple(list(of_axis).index(values[axis]) for axis, of_axis in self.axes.items())
        except (KeyError, ValueError):
            raise BadInput(
                f"The space of axes {', '.join(self.axes)} has no point {short_repr(dict(values))}; hunt anew, as its "
                "values may have been changed."
            ) from None

    def cell_at(self, point: Point) -> dict[str, Any]:
        """The values of the test's cell at a point; BadInput if there is none."""
        values = self.values(point)
        return values if self.cell is None else dict(self.cell(**values))

    def sentence(self, point: Point) -> str:
        """The values at a point, in words: "m = 16, layers = 2"."""
        return ", ".join(f"{axis} = {value}" for axis, value in self.values(point).items())

    def neighbours(self, point: Point) -> Iterator[Point]:
        """All points that differ from it on one axis."""
        for place, length in enumerate(self.lengths):
            for rank in range(length):
                if rank != point[place]:
                    yield (*point[:place], rank, *point[place + 1 :])

    def ordered(self) -> list[bool]:
        """Of each axis, whether near ranks are near: those of numbers are, those of words are not."""
        return [not any(isinstance(value, str) for value in values) for values in self.axes.values()]
