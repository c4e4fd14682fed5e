"""One cell of a claim from its first look to its verdict: more is drawn only if that may decide it."""

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import inf, isfinite, log2
from typing import Any, NamedTuple

from harness.claim import Question
from harness.decimals import roughly
from harness.errors import BadInput, CannotGoOn, NotAsked, Unavailable, Undecided
from harness.lab import Lab
from harness.verdicts import Estimate, Looks, Prediction, Verdict, decide, needed

# A cell whose estimated need is beyond what the looks left can give, by more than this factor, is not pursued: the
# need is itself an estimate, so a need just out of reach is worth another look.
HOPELESS = 4.0
# Fewer units than this are a few.
_FEW = 5


class Allowance(NamedTuple):
    """What one cell may be given.

    work: priced seconds of all its samples. seconds: of this process, where the run has a budget in time; 0 if that is
    spent. first: priced seconds of its first look; a dearer one is not asked for. foreseen: priced seconds, where they
    are foreseen to decide it; 0 for no more than `work`. stored: looks whose samples an earlier run has drawn, which
    take no time.
    """

    work: float = inf
    seconds: float = inf
    first: float = inf
    foreseen: float = 0.0
    stored: int = 0


@dataclass(frozen=True)
class Judged:
    """A cell's verdict with its evidence.

    estimate: the estimate at the last look; None if there is none.
    low, high: the interval at that look.
    level: level of the interval at the look at which the cell was decided or given up.
    looks: looks taken.
    seconds: seconds of sampling.
    share: the share of the draws of all allowed looks that was spent.
    needed: what would decide the cell, in words; None if it is decided.
    reason: why there is no verdict or estimate, in words.
    cut: whether the budget in time ended it.
    """

    verdict: Verdict
    estimate: Estimate | None = None
    low: float = -inf
    high: float = inf
    level: float = 0.0
    looks: int = 0
    seconds: float = 0.0
    share: float = 0.0
    needed: str | None = None
    reason: str = ""
    cut: bool = False


def judge_cell(
    ask: Callable[..., Estimate],
    question: Question,
    cell: Mapping[str, Any],
    lab: Lab,
    looks: Looks,
    allowance: Allowance,
) -> Judged:
    """Look at a cell until its verdict is decided, its looks are over, or no remaining look could decide it.

    An Unavailable or NotAsked of the claim is a verdict, and so is any other error, so that one broken cell does not
    affect the others.

    Args:
        ask: the claim's function: lab and cell -> estimate.
        question: the declaration of the claim's function.
        cell: the cell's values by axis.
        lab: the source of samples.
        looks: number and levels of the looks.
        allowance: what the cell may be given; its `work` and `seconds` do not keep a cell from its first look.

    Returns:
        The verdict with its evidence.
    """
    excluded = question.excluded(**cell)
    if excluded is not None:
        return Judged(Verdict.NOT_ASKED, reason=excluded)
    prediction = question.prediction(cell)
    lab.begin(f"{question.slug}/{question.cell_id(cell)}", allowance.first)
    if allowance.seconds <= 0 and not allowance.stored:
        why = "Cut by time: --budget was spent before this cell. The same command goes on from what is stored."
        return Judged(Verdict.INCONCLUSIVE, cut=True, reason=why)
    last = Judged(Verdict.INCONCLUSIVE)
    try:
        for look in range(looks.looks):
            lab.look = look
            last, factor = _look(ask(lab, **cell), prediction, looks, look, lab)
            if last.verdict is not Verdict.INCONCLUSIVE:
                break
            if not _goes_on(lab, factor, looks.looks - 1 - look, allowance):
                break
            # A look doubles what there is, and this machine may be slower than the prices say.
            if look + 1 >= allowance.stored and lab.taken + max(lab.ahead, lab.taken) > allowance.seconds:
                last = replace(last, cut=True, reason="Cut by time: --budget leaves no more for this cell.")
                break
    except Undecided as why:
        return replace(last, verdict=Verdict.INCONCLUSIVE, seconds=lab.spent, reason=str(why))
    except NotAsked as why:
        return Judged(Verdict.NOT_ASKED, seconds=lab.spent, reason=str(why))
    except Unavailable as missing:
        return Judged(Verdict.UNAVAILABLE, seconds=lab.spent, reason=str(missing))
    except CannotGoOn:
        raise
    except BadInput as why:
        # What a user can mend is said in its one sentence, without a traceback.
        return Judged(Verdict.ERROR, seconds=lab.spent, reason=str(why))
    except Exception:
        return Judged(Verdict.ERROR, seconds=lab.spent, reason=traceback.format_exc())
    return last


def _goes_on(lab: Lab, factor: float | None, left: int, allowance: Allowance) -> bool:
    """Whether another look at an undecided cell is worth its price.

    Args:
        lab: with the work of this cell so far, and what the next look adds.
        factor: by which the sample must grow to decide it; None if that cannot be foreseen.
        left: looks that are left.
        allowance: what the cell may be given.
    """
    more = min(left, _affordable(lab, allowance.work))
    if factor is None:
        return more > 0
    if more and factor <= HOPELESS * 2.0**more:
        return True
    foreseen = min(left, _affordable(lab, allowance.foreseen))
    return foreseen > 0 and factor <= 2.0**foreseen


def _affordable(lab: Lab, work: float) -> int:
    """How many further looks fit into so much work, each of which doubles the samples."""
    left, ahead = work - lab.work, lab.ahead
    if left < ahead:
        return 0
    return int(log2(left / ahead + 1)) if ahead > 0 and isfinite(left) else 2**10


def _look(estimate: Estimate, prediction: Prediction, looks: Looks, look: int, lab: Lab) -> tuple[Judged, float | None]:
    """The verdict at this look, and by what factor the sample must grow to decide an undecided cell."""
    alpha = looks.alpha_at(look)
    verdict, low, high, level = decide(prediction, estimate.interval, alpha)
    more, factor = None, None
    if verdict is Verdict.INCONCLUSIVE:
        factor = needed(prediction, estimate, alpha)
        if factor is None:
            more = "would need more units than these before anything can be foreseen"
        elif isfinite(factor):
            more = f"would need {_rounded((factor - 1) * estimate.n)} more {estimate.unit}"
            if lab.ahead > 0:
                more += f", about {roughly((factor - 1) * lab.ahead)} on one core"
        else:
            more = "no sample size is in sight that would decide it: the estimate lies on the bound"
    share = 2.0 ** (look + 1 - looks.looks)
    return Judged(verdict, estimate, low, high, level, look + 1, lab.spent, share, more), factor


def _rounded(count: float) -> str:
    """Two significant digits, since the need is an estimate; no digit for less than that tells."""
    if not isfinite(count):
        return "infinitely many"
    return f"about {int(float(f'{count:.1e}')):,}" if count >= _FEW else "a few"
