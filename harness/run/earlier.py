"""What an earlier run has drawn, where a run with a budget in time goes on from what is stored."""

from collections.abc import Iterator
from contextlib import suppress

from harness.errors import BadInput
from harness.run.session import Session


def looked_at(session: Session) -> frozenset[tuple[str, str]]:
    """Find the cells whose first looks earlier runs of the same scale and seed have drawn.

    They are those with an estimate in the results that this run replaces. What of theirs is no longer stored is drawn
    again at the cost of deeper looks.

    Args:
        session: the run.

    Returns:
        Claim and name of each; none where everything is drawn again.
    """
    return frozenset() if session.fresh else frozenset(_estimated(session))


def _estimated(session: Session) -> Iterator[tuple[str, str]]:
    from harness.report.results import PREVIOUS, read

    # One process has moved the results aside while another collects.
    for path in (session.results, session.results.with_name(PREVIOUS)):
        with suppress(BadInput):
            found = read(path)
            if (found["run"].get("scale"), found["run"].get("seed")) == (session.scale, session.seed):
                yield from ((cell["claim"], str(cell.get("id"))) for cell in found["cells"] if cell.get("estimate"))
