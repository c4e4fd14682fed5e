"""Claims asked about null learners: each names those that it excludes, and is supported by none of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from harness.claim import SCALES, Question, questions_in
from harness.execution.machine import one_thread, resolve_device
from harness.lab import Lab
from harness.nulls import FIRST_TRAINING, RANDOM_SAMPLING, TRAINING, NullLab, null_learner
from harness.nulls.null_lab import TRAINS, training_name
from harness.run.judging import Allowance, Judged, judge_cell
from harness.run.plan.requests import Cell, record
from harness.run.session import ALPHA
from harness.samplers.prices import packaged
from harness.samplers.sampler import Sampler
from harness.store import Store
from harness.verdicts import Looks, Verdict

SCALE = "smoke"
# A null learner should lie far from what a claim asks for, so that two looks decide.
LOOKS = 2
MOST_LOOKS = SCALES["full"].looks
# Of the cells in all of which a claim is to hold.
MOST_CELLS = 4


@dataclass(frozen=True)
class Case:
    """A test function of a claim, and a null learner in the place of what it is about.

    module: the claim's file. question: the declaration. null: name of the learner.
    """

    module: ModuleType
    question: Question
    null: str

    @property
    def test(self) -> str:
        """The claim and its test function: "claim/test_name"."""
        return f"{self.question.slug}/{self.question.test}"

    @property
    def ask(self) -> Callable[..., Any]:
        """The claim's own function."""
        return vars(self.module)[self.question.test]


@dataclass(frozen=True)
class Found:
    """The verdict with a null learner.

    cell: id of the cell that was asked; "" if there is none at this scale. in_place_of: what the learner stood for.
    answered: requests that it answered; 0 says that the estimate does not depend on it.
    """

    case: Case
    judged: Judged
    cell: str = ""
    in_place_of: str = TRAINING
    answered: int = 0

    @property
    def supported(self) -> bool:
        """Whether the claim mistakes the learner for what it is about."""
        return self.judged.verdict is Verdict.SUPPORTED


def cases(modules: Sequence[ModuleType], nulls: Sequence[str] | None = None) -> list[Case]:
    """Every test function of these claims with each null learner that it excludes, or with all of `nulls`."""
    return [
        Case(module, question, null)
        for module in modules
        for question in questions_in(module)
        for null in (question.excludes if nulls is None else nulls)
    ]


def lab_in(store: Path, looks: int = LOOKS) -> Lab:
    """A lab at smoke scale whose cells have so few looks, with its store in a folder."""
    one_thread()
    scale = replace(SCALES[SCALE], looks=looks)
    return Lab(scale, resolve_device("cpu"), 0, Store(store))


def judge(case: Case, lab: Lab) -> Found:
    """Judge a claim with a null learner in the place of networks, on the cell that samples least.

    Cells of the crux come first. Where the claim is to hold in every cell, up to four are asked, as long as the learner
    is supported: one that is not will do. The decision rule is that of a run, for one cell and few looks.

    Args:
        case: the claim's test function and the null learner.
        lab: the source of all else.

    Returns:
        The verdict.
    """
    found = Found(case, Judged(Verdict.NOT_ASKED, reason="It has no cell at this scale."))
    for values, cell in cheapest(case)[: MOST_CELLS if case.question.holds == "every" else 1]:
        found = _in_cell(case, values, cell, lab)
        if not found.supported:
            break
    return found


def _in_cell(case: Case, values: Mapping[str, Any], cell: Cell, lab: Lab) -> Found:
    """The verdict on one cell.

    The learner stands for trained networks, or for random sampling where the cell trains none. Where a cell compares
    trained networks with trained networks only, a learner in the place of all is like itself; if the claim is supported
    so, the learner stands for the first alone.
    """
    drawn = [request.asked for request in cell.requests if isinstance(request.asked, Sampler)]
    trained = [each for each in drawn if isinstance(each, TRAINS)]
    places = (TRAINING, RANDOM_SAMPLING) if trained else (RANDOM_SAMPLING, TRAINING)
    found = _judged(case, values, cell, lab, places[0])
    if not found.answered:
        # What a cell asks for is found without results, and may not be all.
        found = _judged(case, values, cell, lab, places[1])
    among_trained = len(trained) == len(drawn) and len({training_name(each) for each in trained}) > 1
    if found.supported and among_trained:
        return _judged(case, values, cell, lab, FIRST_TRAINING)
    return found


def _judged(case: Case, values: Mapping[str, Any], cell: Cell, lab: Lab, in_place_of: str) -> Found:
    null = NullLab(lab, null_learner(case.null), in_place_of)
    looks = Looks(ALPHA, 1, lab.scale.looks)
    judged = judge_cell(case.ask, case.question, values, null, looks, Allowance())
    return Found(case, judged, cell.id, in_place_of, null.answered)


def cheapest(case: Case) -> list[tuple[dict[str, Any], Cell]]:
    """The cells at this scale with what they ask for, first those that sample least besides what they train: of the
    crux, then of the others, and controls only if there are no others.
    """
    question = case.question
    recorded = {cell.id: cell for cell in _recorded(case.module) if cell.missing is None}
    asked = [
        (values, recorded[question.cell_id(values)])
        for values in question.cells(SCALE)
        if question.cell_id(values) in recorded
    ]
    counted = [each for each in asked if not question.is_control(each[0])] or asked
    return sorted(counted, key=lambda each: (not question.is_crux(each[0]), _seconds(each[1])))


@cache
def _recorded(module: ModuleType) -> list[Cell]:
    return record([module], SCALE)


def _seconds(cell: Cell) -> float:
    """Roughly the seconds of a cell's first look, without what it trains."""
    prices = packaged()
    sampled = [each for each in cell.requests if not isinstance(each.asked, TRAINS)]
    return sum((prices.of(each.asked) or (0.0,))[0] * each.shards(1, 0) for each in sampled)
