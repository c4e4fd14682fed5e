"""The order in which cells are judged: crux cells first, in every process of a run."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

T = TypeVar("T")


def crux_first(
    cells: Sequence[T], is_crux: Callable[[T], bool], claim_of: Callable[[T], Any], processes: int
) -> list[T]:
    """Order cells so that the budget goes first to those that decide.

    xdist begins by handing each process as many neighbours as any other; each such part begins with the crux cells of
    every so many-th claim, so that those of one claim, which share samples, stay together.

    Args:
        cells: in the order of their files.
        is_crux: whether a cell is one of the few that decide.
        claim_of: what is the same for all cells of a claim.
        processes: processes that share the cells.

    Returns:
        The same cells.
    """
    crux = [cell for cell in cells if is_crux(cell)]
    others = [cell for cell in cells if not is_crux(cell)]
    claims = list(dict.fromkeys(claim_of(cell) for cell in crux))
    ordered: list[T] = []
    for part in range(processes):
        mine = [cell for cell in crux if claims.index(claim_of(cell)) % processes == part]
        rest = max(len(cells) * (part + 1) // processes - len(ordered) - len(mine), 0)
        ordered += mine + others[:rest]
        others = others[rest:]
    return ordered + others
