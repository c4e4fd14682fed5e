"""The verdict on a whole claim, from those of its cells."""

from collections.abc import Sequence

from harness.verdicts import Verdict


def claim_verdict(cells: Sequence[tuple[str, Verdict, str]]) -> tuple[str, str]:
    """(verdict, sentence) on a claim from its cells' (id, verdict, kind).

    Fails: a theorem is refuted in any cell, or at least as many cells are refuted as supported. Holds except in …:
    fewer are. Holds: every judged cell is supported, and none failed. Undecided: none is refuted and some are not
    decided, or failed with an error. The sentence counts the cells that failed, whatever the verdict.
    """
    verdict, sentence = _of_judged(cells)
    failed = sum(found is Verdict.ERROR for _, found, _ in cells)
    if not failed:
        return verdict, sentence
    them = "1 cell failed with an error" if failed == 1 else f"{failed} cells failed with an error"
    if verdict == "holds":
        return "undecided", f"The claim holds in all but {failed} of its cells: {them}."
    return verdict, f"{sentence} Besides, {them}."


def _of_judged(cells: Sequence[tuple[str, Verdict, str]]) -> tuple[str, str]:
    """The same, whatever other cells there are."""
    of = {verdict: [name for name, found, _ in cells if found is verdict] for verdict in Verdict}
    supported, refuted, open_ = of[Verdict.SUPPORTED], of[Verdict.REFUTED], of[Verdict.INCONCLUSIVE]
    judged = len(supported) + len(refuted) + len(open_)
    if judged == 0:
        return "not judged", "No cell of this claim was judged."
    counts = f"{len(supported)} of {judged} cells supported, {len(refuted)} refuted, {len(open_)} undecided"
    theorem = any(found is Verdict.REFUTED and kind == "theorem" for _, found, kind in cells)
    if theorem:
        return "fails", f"A theorem is refuted, which means a bug in this software: {counts}."
    if refuted and len(refuted) >= len(supported):
        return "fails", f"The claim fails: {counts}."
    if refuted:
        return f"holds except in {_listed(refuted)}", f"The claim holds in part: {counts}."
    if open_:
        return "undecided", f"Nothing contradicts the claim, but it is not decided everywhere: {counts}."
    return "holds", f"The claim holds in every cell that was judged: {counts}."


def _listed(names: Sequence[str], most: int = 3) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return "; ".join(names[:most]) + more
