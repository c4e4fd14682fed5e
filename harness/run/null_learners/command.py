"""python -m harness nulls: which null learners the claims exclude, and whether they do, as a Markdown table."""

import argparse
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from harness.arguments import path_option, short_repr
from harness.decimals import figures
from harness.errors import BadInput
from harness.spelling import did_you_mean

if TYPE_CHECKING:
    from harness.run.null_learners.judging import Found


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command and its options."""
    parser = commands.add_parser("nulls", help="the claims asked about null learners, of which none may be supported")
    parser.add_argument("-k", dest="claim", default="", help="only claims with this in their names")
    parser.add_argument("--every", action="store_true", help="every null learner, not only those that a claim excludes")
    parser.add_argument("--looks", default="2", help="looks at a cell, each of which doubles its samples (default: 2)")
    parser.add_argument("--store", type=path_option, help="folder of stored samples (default: a temporary one)")
    parser.set_defaults(run=run)


def run(asked: argparse.Namespace) -> int:
    """Print the table as it is found; 1 if a claim is supported by a null learner that it excludes."""
    from harness.nulls import NULLS
    from harness.run.null_learners.judging import MOST_LOOKS, cases, judge, lab_in
    from harness.run.plan.requests import claims
    from harness.run.session import parse_whole

    looks = parse_whole("--looks", asked.looks)
    if not 1 <= looks <= MOST_LOOKS:
        raise BadInput(f"--looks takes a whole number from 1 to {MOST_LOOKS}, not {looks}.")
    every = cases(claims(), list(NULLS) if asked.every else None)
    chosen = [case for case in every if asked.claim in case.test]
    if asked.claim and not chosen:
        them = "No claim" if asked.every else "No claim that names a null learner (with --every, all are asked)"
        meant = did_you_mean(asked.claim, [case.test for case in every])
        raise BadInput(f"{them} has {short_repr(asked.claim)} in its name.{meant}")
    supported, verdicts = 0, Counter[str]()
    with TemporaryDirectory() as temporary:
        lab = lab_in(asked.store or Path(temporary), looks)
        for line in heading():
            print(line)
        for case in chosen:
            found = judge(case, lab)
            supported += found.supported and case.null in case.question.excludes
            verdicts[str(found.judged.verdict)] += 1
            print(row(found), flush=True)
    print(f"\n{counted(verdicts)}")
    return 1 if supported else 0


def counted(verdicts: Mapping[str, int]) -> str:
    """How many cases have each verdict, and what the undecided ones leave open."""
    said = ", ".join(f"{number} {verdict}" for verdict, number in sorted(verdicts.items(), key=lambda each: -each[1]))
    if not verdicts.get("inconclusive"):
        return f"{said}."
    return f"{said}. An inconclusive one is not told apart from what the claim is about; more --looks may."


def heading() -> Iterator[str]:
    """The first lines of the table."""
    yield "| claim | null learner | in place of | verdict | estimate or reason |"
    yield "|---|---|---|---|---|"


def row(found: "Found") -> str:
    """A test function of a claim, the null learner, the verdict, and the estimate with its interval."""
    judged = found.judged
    if judged.estimate is None:
        # The last line of a traceback says what is wrong.
        said = "".join(judged.reason.strip().splitlines()[-1:])
    else:
        said = " ".join(figures(judged.estimate.value, judged.low, judged.high))
    place = found.in_place_of if found.answered else "nothing"
    return f"| `{found.case.test}` | {found.case.null} | {place} | {judged.verdict} | {said} |"
