"""What an earlier run has drawn, where a run with a budget in time goes on from what is stored."""

from collections.abc import Iterator
from contextlib import suppress
from math import log2

from harness.claim import SCALES
from harness.errors import BadInput
from harness.run.session import Session


def looked_at(session: Session) -> dict[tuple[str, str], int]:
    """Find how many looks earlier runs of the same scale and seed have taken at each cell.

    They are in the results that this run replaces. What of their samples is no longer stored is drawn again, at the
    cost of other looks.

    Args:
        session: the run.

    Returns:
        Claim and name of a cell -> looks, of cells with an estimate; nothing where everything is drawn again.
    """
    found: dict[tuple[str, str], int] = {}
    for name, looks in () if session.fresh else _looks(session):
        found[name] = max(looks, found.get(name, 0))
    return found


def _looks(session: Session) -> Iterator[tuple[tuple[str, str], int]]:
    from harness.report.results import PREVIOUS, read

    # One process has moved the results aside while another collects.
    for path in (session.results, session.results.with_name(PREVIOUS)):
        with suppress(BadInput):
            found = read(path)
            if (found["run"].get("scale"), found["run"].get("seed")) == (session.scale, session.seed):
                for cell in found["cells"]:
                    share = cell.get("share_of_draws")
                    if cell.get("estimate") and isinstance(share, int | float) and 0 < share <= 1:
                        yield (cell["claim"], str(cell.get("id"))), SCALES[session.scale].looks + round(log2(share))
