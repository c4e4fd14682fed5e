"""The verdict on a claim: its sentence says in how many of its cells it holds, and the verdict reads that.

First each test by its own quantifier, then the claim as the conjunction of its tests. Cells that are controls or not
asked are never counted, and no majority decides: a claim about every cell fails with one refuted cell, however many
easy ones are added.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.arguments import short_repr
from harness.errors import BadInput
from harness.verdicts.verdict import Verdict

EVERY, SOME = "every", "some"
_MOST_NAMED = 3


@dataclass(frozen=True)
class JudgedCell:
    """A cell as its claim's verdict reads it; two with one test and name are the same cell.

    holds: its test's quantifier, see `check_holds`. control: it is shown but not counted.
    """

    test: str
    name: str
    verdict: Verdict
    kind: str = "empirical"
    holds: str | float = EVERY
    control: bool = False


def check_holds(holds: object) -> None:
    """Raise BadInput unless it is a quantifier: every, some, or a share of the cells in (0, 1]."""
    if isinstance(holds, str) and holds in (EVERY, SOME):
        return
    if isinstance(holds, bool) or not isinstance(holds, int | float) or not 0 < holds <= 1:
        raise BadInput(
            f"A claim holds in every cell, in some, or in a share of them in (0, 1], not {short_repr(holds)}."
        )


def of_test(verdicts: Sequence[Verdict], holds: str | float) -> Verdict:
    """Verdict on one test from those on its counted cells.

    Args:
        verdicts: the cells' verdicts, at least one.
        holds: every: supported if all are, refuted if any is. some: supported if any is, refuted if all are. A share q:
            supported if at least q of them are, refuted if more than 1 − q are.

    Returns:
        SUPPORTED, REFUTED, or INCONCLUSIVE if neither.
    """
    supported, refuted, of = verdicts.count(Verdict.SUPPORTED), verdicts.count(Verdict.REFUTED), len(verdicts)
    if holds == SOME:
        enough, too_many = supported > 0, refuted == of
    else:
        share = 1.0 if holds == EVERY else float(holds)
        # Of whole cells are 3, although 0.3·10 is a little more than 3 for some shares.
        enough, too_many = supported >= share * of - 1e-9, refuted > (1 - share) * of + 1e-9
    return Verdict.SUPPORTED if enough else Verdict.REFUTED if too_many else Verdict.INCONCLUSIVE


def claim_verdict(cells: Iterable[JudgedCell], tests: Iterable[str] = ()) -> tuple[str, str]:
    """Verdict on a claim, and a sentence that explains it.

    Args:
        cells: all of the claim's cells, in any order; cells that are given twice count once.
        tests: names of all of the claim's tests, also of those that have no cell here.

    Returns:
        The verdict and its sentence. fails: a theorem is refuted, or a test is. holds: all tests are asked and
        supported, and all controls are. undecided: neither, or most of the counted cells are undecided or unavailable.
        "undecided: its control failed": a control is refuted. not judged: no counted cell was.
    """
    each = [cell for _, cell in sorted({(cell.test, cell.name): cell for cell in cells}.items())]
    verdict, sentence = _of_counted([cell for cell in each if _counted(cell)])
    wrong = [cell for cell in each if cell.kind == "theorem" and cell.verdict is Verdict.REFUTED]
    broken = [cell for cell in each if cell.control and cell.verdict is Verdict.REFUTED]
    unsure = [cell for cell in each if cell.control and cell.verdict is not Verdict.SUPPORTED]
    asked = {cell.test for cell in each if cell.verdict is not Verdict.NOT_ASKED}
    missing = sorted({*tests, *(cell.test for cell in each)} - asked)
    if wrong:
        verdict, sentence = "fails", f"A theorem is refuted in {_listed(wrong)}, which means a bug in this software."
    elif broken:
        verdict = "undecided: its control failed"
        sentence = f"Its control failed in {_listed(broken)}, so that the other cells say nothing. {sentence}"
    elif verdict == "holds" and unsure:
        verdict, sentence = "undecided", f"Its control is not supported in {_listed(unsure)}. {sentence}"
    elif verdict == "holds" and missing:
        names = ", ".join(name.removeprefix("test_").replace("_", " ") for name in missing)
        verdict, sentence = "undecided", f"Not all of it was asked here ({names}). {sentence}"
    failed = sum(cell.verdict is Verdict.ERROR for cell in each)
    if failed:
        them = "1 cell failed" if failed == 1 else f"{failed} cells failed"
        if verdict == "holds":
            verdict = "undecided"
        sentence = f"{sentence} Besides, {them} with an error."
    return verdict, sentence


def _counted(cell: JudgedCell) -> bool:
    return not cell.control and cell.verdict is not Verdict.NOT_ASKED


def _of_counted(cells: Sequence[JudgedCell]) -> tuple[str, str]:
    """The same of its counted cells alone, whatever has failed."""
    supported, refuted, open_, missing = (
        [cell for cell in cells if cell.verdict is verdict]
        for verdict in (Verdict.SUPPORTED, Verdict.REFUTED, Verdict.INCONCLUSIVE, Verdict.UNAVAILABLE)
    )
    if not supported and not refuted and not open_:
        return "not judged", "No cell of this claim was judged."
    tests: dict[str, list[JudgedCell]] = {}
    for cell in cells:
        tests.setdefault(cell.test, []).append(cell)
    found = {test: of_test([cell.verdict for cell in of], of[0].holds) for test, of in tests.items()}
    counts = f"{len(supported)} of {len(cells)} cells supported, {len(refuted)} refuted, {len(open_)} undecided"
    counts += f", {len(missing)} unavailable" if missing else ""
    but = f" It is refuted in {_listed(refuted)}." if refuted else ""
    if 2 * (len(open_) + len(missing)) > len(cells):
        return "undecided", f"Most cells are not decided: {counts}.{but}"
    if Verdict.REFUTED in found.values():
        wrong = [cell for test, verdict in found.items() if verdict is Verdict.REFUTED for cell in tests[test]]
        said = ", and ".join(dict.fromkeys(_promised(cell.holds) for cell in wrong))
        except_ = f"it holds except in {_listed(refuted)}" if supported else f"it is refuted in {_listed(refuted)}"
        return "fails", f"The claim says that it holds {said}, but {except_}: {counts}."
    if all(verdict is Verdict.SUPPORTED for verdict in found.values()):
        said = ", and ".join(dict.fromkeys(_promised(of[0].holds) for of in tests.values()))
        return "holds", f"The claim holds {said}, as it says: {counts}.{but}"
    return "undecided", f"Not enough cells are decided for what the claim says: {counts}.{but}"


def _promised(holds: str | float) -> str:
    """ "in every cell", "in at least 90 % of the cells"."""
    if isinstance(holds, str):
        return "in every cell" if holds == EVERY else "in some cell"
    return f"in at least {100 * holds:g} % of the cells"


def _listed(cells: Sequence[JudgedCell]) -> str:
    names = sorted(cell.name for cell in cells)
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return "; ".join(names[:_MOST_NAMED]) + more
