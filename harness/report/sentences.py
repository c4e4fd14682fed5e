"""A claim's verdict in words: how many cells agree, and what the others have in common."""

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import combinations, product
from typing import Any

from harness.report.grouping import Cell, by_test, described, numeric, telling
from harness.report.labels import bare, name
from harness.report.sides import is_control
from harness.report.words import number, plural

_MOST_LISTED = 3
# What is said of a cell's parameters, and whether it is so.
Condition = tuple[str, Callable[[Mapping[str, Any]], bool]]


def in_words(cells: Sequence[Cell], verdict: str) -> str:
    """One to three sentences on a claim from its cells and the verdict on it, as `claim_verdict` and earlier versions
    word it.
    """
    counted = [cell for cell in cells if not is_control(cell)]
    supported, refuted, open_ = (
        [cell for cell in counted if cell["verdict"] == each] for each in ("supported", "refuted", "inconclusive")
    )
    failed = [cell for cell in cells if cell["verdict"] == "error"]
    judged = len(supported) + len(refuted) + len(open_)
    contradicted = [cell for cell in cells if cell["verdict"] == "refuted" and cell["kind"] == "theorem"]
    said = []
    if contradicted:
        said.append(f"A theorem is contradicted in {_of(len(contradicted), len(cells))}: suspect this software.")
    elif verdict.endswith("its control failed"):
        said.append(f"Undecided, as its control failed: {_agree(supported, judged)}, {_contradict(refuted)}.")
    elif not judged:
        said.append("Nothing was judged.")
    elif not refuted:
        said.append(_uncontradicted(supported, open_, failed, verdict))
    else:
        lead = "It holds in part" if verdict.startswith("holds except") else _LEADS.get(verdict, "Undecided")
        others = f", {len(open_)} {'is' if len(open_) == 1 else 'are'} not decided" if open_ else ""
        said.append(f"{lead}: {_agree(supported, judged)}, {_contradict(refuted)}{others}.")
    if refuted and supported:
        said.append(_where(counted))
    if failed and (not judged or len(supported) < judged):
        said.append(f"{plural(len(failed), 'cell')} ended in an error.")
    return " ".join(said)


_LEADS = {"holds": "It holds in as many cells as it says", "fails": "It fails"}


def _uncontradicted(supported: Sequence[Cell], open_: Sequence[Cell], failed: Sequence[Cell], verdict: str) -> str:
    judged = len(supported) + len(open_)
    if open_ and supported:
        others = "one is" if len(open_) == 1 else f"{len(open_)} are"
        lead = "It holds in as many cells as it says" if verdict == "holds" else "Nothing contradicts it"
        return f"{lead}: {_agree(supported, judged)}, the other {others} not decided."
    if open_:
        return f"Undecided: {_none_of(judged)} decided yet."
    if failed:
        return f"It holds in all but {plural(len(failed), 'cell')}, which ended in an error."
    if verdict == "holds":
        return f"It holds: {_all(judged)} with what was predicted."
    return f"Undecided: {_all(judged)} with what was predicted, but not all of its cells were judged."


def _of(count: int, of: int) -> str:
    return f"{count} of {plural(of, 'cell')}"


def _agree(supported: Sequence[Cell], judged: int) -> str:
    return f"{len(supported)} of {plural(judged, 'cell')} agree{'s' if len(supported) == 1 else ''}"


def _contradict(refuted: Sequence[Cell]) -> str:
    return f"{len(refuted)} contradict{'s' if len(refuted) == 1 else ''} it"


def _none_of(judged: int) -> str:
    return "its one cell is not" if judged == 1 else f"none of its {judged} cells is"


def _all(judged: int) -> str:
    return "its one cell agrees" if judged == 1 else f"all {judged} cells agree"


def _where(cells: Sequence[Cell]) -> str:
    """Where it fails, test by test."""
    groups = by_test(cells)
    said = []
    for test, found in groups.items():
        bad, good = (
            [cell["parameters"] for cell in found if cell["verdict"] == verdict] for verdict in ("refuted", "supported")
        )
        if bad:
            of = f" in “{test.replace('_', ' ')}”" if len(groups) > 1 else ""
            said.append(f"It fails{of} {_which(bad, good)}.")
    return " ".join(said)


def _which(bad: Sequence[Mapping[str, Any]], good: Sequence[Mapping[str, Any]]) -> str:
    """Which cells are refuted, by the fewest parameters that tell them from the supported ones.

    Where no one or two do, what all have in common, or a list.
    """
    if not good:
        every = {1: "its only cell", 2: "both cells"}.get(len(bad), f"all {len(bad)} cells")
        return f"in {every} that could be decided"
    everything = [*bad, *good]
    keys = [key for key in telling(everything) if all(key in each for each in everything)]
    conditions = {key: _conditions(key, bad) for key in keys}
    for count in (1, 2):
        rules = []
        for chosen in combinations(keys, count):
            sets = product(*(conditions[key] for key in chosen))
            fitting = (each for each in sets if not any(all(holds(of) for _, holds in each) for of in good))
            if rule := next(fitting, None):
                rules.append(" and ".join(text for text, _ in rule))
        if rules:
            return f"where {min(rules, key=len)}"
    common = [key for key in keys if len({each[key] for each in bad}) == 1]
    if common and len(bad) > 1:
        return f"in {len(bad)} cells, in all of which {' and '.join(_is(key, [bad[0][key]]) for key in common)}"
    listed = "; ".join(described(each, keys) for each in bad[:_MOST_LISTED])
    more = f" and {len(bad) - _MOST_LISTED} more" if len(bad) > _MOST_LISTED else ""
    return f"at {listed}{more}"


def _conditions(key: str, bad: Sequence[Mapping[str, Any]]) -> list[Condition]:
    """What all of the refuted cells fulfil in this parameter, the plainest first."""
    values = {each[key] for each in bad}
    found: list[Condition] = []
    if len(values) > 1 and numeric(list(values)):
        least, most = min(values), max(values)
        found.append((f"{name(key)} is at most {number(most)}", lambda of: numeric([of[key]]) and of[key] <= most))
        found.append((f"{name(key)} is at least {number(least)}", lambda of: numeric([of[key]]) and of[key] >= least))
    if len(values) <= _MOST_LISTED:
        found.append((_is(key, values), lambda of: of[key] in values))
    return found


def _is(key: str, values: Collection[Any]) -> str:
    """ "loss is hinge or square"."""
    return f"{name(key)} is {' or '.join(sorted(bare(value, key) for value in values))}"
