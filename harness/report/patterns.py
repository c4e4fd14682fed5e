"""Where a claim's verdicts differ: the one or two parameters that split them best, with the counts on each side."""

from collections.abc import Mapping, Sequence
from itertools import combinations, pairwise

from harness.report.grouping import Cell, by_test, numeric, telling
from harness.report.labels import bare, name
from harness.report.sides import is_control
from harness.report.words import SYMBOLS, number

# A split into more values than this is a list and no pattern.
_MOST_VALUES = 4
_SHOWN = ("supported", "refuted", "inconclusive")
Split = dict[str, list[Cell]]


def patterns(cells: Sequence[Cell]) -> list[str]:
    """For each test whose cells disagree, "By data: digits (18 ✓ 2 ✗ 4 ?); Fashion-MNIST (2 ✓ 15 ✗)".

    A stump gives each of its sides the verdict that most of its decided cells have. The best one leaves the fewest
    cells with the other verdict; a test is left out if none leaves fewer than there are without one. Two parameters
    are said, "for depth 2 and width from 160 (5 ✗); elsewhere (19 ✓)", where no one of them leaves as few.
    """
    counted = [cell for cell in cells if not is_control(cell) and cell["verdict"] in _SHOWN]
    groups = by_test(counted)
    said = []
    for test, found in groups.items():
        best = _best(found)
        if best:
            said.append(f"{test.replace('_', ' ')}, {best}" if len(groups) > 1 else best[0].upper() + best[1:])
    return said


def _best(cells: Sequence[Cell]) -> str:
    parameters = [cell["parameters"] for cell in cells]
    keys = [key for key in telling(parameters) if all(each.get(key) is not None for each in parameters)]
    single = {key: _splits(key, cells) for key in keys}
    splits = [(f"by {name(key)}: ", split) for key, found in single.items() for split in found]
    splits += [("", split) for one, other in combinations(keys, 2) for split in _corners(one, other, single)]
    if not splits:
        return ""
    # Of equal ones the first with the fewest sides, and so one parameter before two.
    by, split = min(splits, key=lambda each: (_wrong(each[1]), not each[0], len(each[1])))
    if _wrong(split) >= _wrong({"": list(cells)}):
        return ""
    said = "; ".join(f"{side} ({counts(of)})" for side, of in split.items())
    return by + said


def _corners(one: str, other: str, single: Mapping[str, Sequence[Split]]) -> list[Split]:
    """Cells on one side of a split by each of two parameters, against all others."""
    found: list[Split] = []
    for first in single[one]:
        for second in single[other]:
            for a, here in first.items():
                for b, there in second.items():
                    both = [cell for cell in here if cell in there]
                    rest = [cell for side in first.values() for cell in side if cell not in both]
                    if both and rest:
                        found.append({f"for {name(one)} {a} and {name(other)} {b}": both, "elsewhere": rest})
    return found


def _splits(key: str, cells: Sequence[Cell]) -> list[Split]:
    """By each value, and of numbers by each threshold between two."""
    found = [cell["parameters"][key] for cell in cells]
    values = list(dict.fromkeys(found))
    splits: list[Split] = []
    if numeric(values):
        values = sorted(values)
        for low, high in pairwise(values):
            below = [cell for cell in cells if cell["parameters"][key] <= low]
            above = [cell for cell in cells if cell["parameters"][key] > low]
            splits.append({f"up to {number(low)}": below, f"from {number(high)}": above})
    if len(values) <= _MOST_VALUES:
        splits.append(
            {bare(value, key): [cell for cell in cells if cell["parameters"][key] == value] for value in values}
        )
    return splits


def _wrong(split: Mapping[str, Sequence[Cell]]) -> int:
    """Decided cells that have not the verdict of most on their side."""
    verdicts = [[cell["verdict"] for cell in of] for of in split.values()]
    return sum(min(of.count("supported"), of.count("refuted")) for of in verdicts)


def counts(cells: Sequence[Cell]) -> str:
    """18 ✓ 2 ✗ 4 ?."""
    verdicts = [cell["verdict"] for cell in cells]
    return " ".join(f"{verdicts.count(each)} {SYMBOLS[each]}" for each in _SHOWN if each in verdicts)
