"""Which of a claim's cells belong together, and by which parameters a reader tells them apart."""

from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

from harness.report.labels import label

Cell = Mapping[str, Any]


def asked(cell: Cell) -> str:
    """The claim's test function of a cell, whose id is "test: values", or "test" if there is no grid."""
    return str(cell["id"]).partition(": ")[0]


def measured(cell: Cell) -> bool:
    """Whether the cell has an estimate with a value."""
    return cell["estimate"] is not None and cell["estimate"]["value"] is not None


def by_test(cells: Sequence[Cell]) -> dict[str, list[Cell]]:
    """Cells by test function, in the order of the run."""
    groups: dict[str, list[Cell]] = {}
    for cell in cells:
        groups.setdefault(asked(cell), []).append(cell)
    return groups


def by_quantity(cells: Sequence[Cell]) -> dict[str, list[Cell]]:
    """The measured cells by what they estimate."""
    groups: dict[str, list[Cell]] = {}
    for cell in cells:
        if measured(cell):
            groups.setdefault(cell["estimate"]["quantity"], []).append(cell)
    return groups


def numeric(values: Sequence[Any]) -> bool:
    """Whether all are numbers, truth values not counted as such."""
    return all(isinstance(value, Real) and not isinstance(value, bool) for value in values)


def telling(parameters: Sequence[Mapping[str, Any]]) -> list[str]:
    """The fewest parameters found that distinguish these cells, in the order in which they are given.

    Composite names go first ("fcn-10-10-relu" adds nothing to depth and width), then the larger of two numbers that
    determine each other (n = 2^bits).
    """
    keys = list(dict.fromkeys(key for each in parameters for key in each))
    column = {key: [each.get(key) for each in parameters] for key in keys}
    kept = [key for key in keys if len({str(value) for value in column[key]}) > 1]

    def dispensability(key: str) -> tuple[bool, int, float]:
        values: list[Any] = column[key]
        size = float(max(values)) if numeric(values) else max(len(str(value)) for value in values)
        return numeric(values), -len({str(value) for value in values}), -size

    def told_apart(by: Sequence[str]) -> int:
        return len({tuple(str(each.get(key)) for key in by) for each in parameters})

    for key in sorted(kept, key=dispensability):
        rest = [other for other in kept if other != key]
        if told_apart(rest) == told_apart(kept):
            kept = rest
    return kept


def described(parameters: Mapping[str, Any], keys: Sequence[str]) -> str:
    """ "m 8 · width 10 · Adam": numbers with their name, words by their labels."""
    return " · ".join(label(parameters[key], key) for key in keys if parameters.get(key) not in (None, ""))
