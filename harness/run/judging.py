"""One cell of a claim from its first look to its verdict: more is drawn only if that may decide it."""

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import inf, isfinite
from typing import Any

from harness.claim import Question
from harness.errors import CannotGoOn, NotAsked, Unavailable, Undecided
from harness.lab import Lab
from harness.verdicts import Estimate, Looks, Prediction, Verdict, decide, needed

# A cell whose estimated need is beyond what the looks left can give, by more than this factor, is not pursued: the
# need is itself an estimate, so a need just out of reach is worth another look.
HOPELESS = 4.0


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


def judge_cell(
    ask: Callable[..., Estimate],
    question: Question,
    cell: Mapping[str, Any],
    lab: Lab,
    looks: Looks,
    allowance: float,
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
        allowance: seconds of sampling the cell may spend; if it is positive, the first look is taken whatever it costs.

    Returns:
        The verdict with its evidence.
    """
    excluded = question.excluded(**cell)
    if excluded is not None:
        return Judged(Verdict.NOT_ASKED, reason=excluded)
    prediction = question.prediction(cell)
    lab.begin(f"{question.slug}/{question.cell_id(cell)}")
    if not lab.goes_on(allowance):
        return Judged(Verdict.INCONCLUSIVE, reason="The run's budget was spent before this cell; --budget gives more.")
    last = Judged(Verdict.INCONCLUSIVE)
    try:
        for look in range(looks.looks):
            lab.look = look
            last, factor = _look(ask(lab, **cell), prediction, looks, look, lab)
            if last.verdict is not Verdict.INCONCLUSIVE:
                break
            growth_left = 2.0 ** (looks.looks - 1 - look)
            if factor is not None and factor > HOPELESS * growth_left:
                break
            if look + 1 < looks.looks and not lab.goes_on(allowance):
                break
    except Undecided as why:
        return replace(last, verdict=Verdict.INCONCLUSIVE, seconds=lab.spent, reason=str(why))
    except NotAsked as why:
        return Judged(Verdict.NOT_ASKED, seconds=lab.spent, reason=str(why))
    except Unavailable as missing:
        return Judged(Verdict.UNAVAILABLE, seconds=lab.spent, reason=str(missing))
    except CannotGoOn:
        raise
    except Exception:
        return Judged(Verdict.ERROR, seconds=lab.spent, reason=traceback.format_exc())
    return last


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
            more = f"would need about {_rounded((factor - 1) * estimate.n)} more {estimate.unit}"
        else:
            more = "no sample size is in sight that would decide it: the estimate lies on the bound"
    share = 2.0 ** (look + 1 - looks.looks)
    return Judged(verdict, estimate, low, high, level, look + 1, lab.spent, share, more), factor


def _rounded(count: float) -> str:
    """Two significant digits, since the need is an estimate."""
    return f"{int(float(f'{count:.1e}')):,}" if isfinite(count) else "infinitely many"
