"""python -m harness judge: networks trained elsewhere against networks sampled elsewhere, on one problem."""

import argparse
from collections.abc import Iterator, Sequence
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.arguments import as_path, path_option, whole
from harness.decimals import UNBOUNDED, figures
from harness.errors import BadInput, Undecided
from harness.spelling import did_you_mean
from harness.writing import check_writable, refuse_inputs

if TYPE_CHECKING:
    from harness.lab.outside import Outside
    from harness.problems import Problem
    from harness.statistics.one_problem import Found
    from harness.verdicts import Estimate

LEVEL = 0.95
DATA = ("digits", "fashion_mnist", "ionosphere", "mnist", "sentences")


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command and its options."""
    parser = commands.add_parser("judge", help="networks trained elsewhere against networks sampled elsewhere")
    for name, what in (("trained", "found by training"), ("sampled", "that fit S, drawn at random")):
        parser.add_argument(name, type=path_option, help=f"labels or logits of networks {what}: .npy or .npz")
    parser.add_argument("--problem", required=True, help=f"a file of harness.save_problem, or {', '.join(DATA)}")
    for name, what in (("m", "training"), ("n", "evaluation")):
        parser.add_argument(f"--{name}", type=int, help=f"{what} points of packaged data")
    parser.add_argument("--task", help='groups of classes of packaged data, such as "3/8"')
    parser.add_argument("--split", type=int, default=0, help="seed of the split of packaged data (default: 0)")
    parser.add_argument("--fingerprint", help="that of the problem the labels are of, where the files do not say it")
    parser.add_argument("--json", type=path_option, metavar="FILE", help="write the numbers here as well")
    parser.set_defaults(run=run)


def run(asked: argparse.Namespace) -> int:
    """Print what separates the two in numbers and words; 0."""
    from harness.lab.outside import outside
    from harness.report import results
    from harness.statistics.one_problem import compare_samples

    advice = "name another place with --json."
    if asked.json:
        refuse_inputs(asked.json, (asked.trained, asked.sampled, Path(asked.problem)), advice)
        check_writable(asked.json, advice)
    problem = problem_of(asked)
    trained, sampled = (
        outside(path, problem, fingerprint=asked.fingerprint) for path in (asked.trained, asked.sampled)
    )
    try:
        found = compare_samples(trained.sample, sampled.sample, problem)
    except Undecided as why:
        raise BadInput(str(why)) from None
    for line in _said(found, trained, sampled, problem):
        print(line)
    if asked.json:
        results.write(asked.json, _document(found, trained, sampled, problem), advice)
        print(f"Numbers: {asked.json}")
    return 0


def problem_of(asked: argparse.Namespace) -> "Problem":
    """The problem that the options name."""
    import harness.problems
    from harness.problems.saved import load_problem

    own = {"task": asked.task} if asked.task else {}
    if asked.problem not in DATA:
        if not Path(asked.problem).suffix:
            meant = did_you_mean(asked.problem, DATA)
            raise BadInput(f"--problem takes a file of harness.save_problem, or {', '.join(DATA)}.{meant}")
        if own or asked.m is not None or asked.n is not None:
            raise BadInput("A saved problem has its own points and task; leave --m, --n and --task out.")
        return load_problem(as_path(asked.problem))
    if asked.m is None or asked.n is None:
        raise BadInput(f"--problem {asked.problem} takes --m and --n, its training and evaluation points.")
    m, n, split = whole(asked.m, "--m", least=0), whole(asked.n, "--n"), whole(asked.split, "--split", least=0)
    try:
        made: Problem = getattr(harness.problems, asked.problem)(m, n, split=split, **own)
    except TypeError:
        raise BadInput(f"--problem {asked.problem} takes no --task; leave it out.") from None
    return made


def _said(found: "Found", trained: "Outside", sampled: "Outside", problem: "Problem") -> Iterator[str]:
    """The lines that are printed."""
    from harness.report import words

    yield f"{problem.name}: m = {problem.m}, n = {problem.n}, fingerprint {problem.fingerprint[:12]}"
    for name, each in (("trained", trained), ("sampled", sampled)):
        left_out = f", {each.unfitted:,} left out that do not fit S" if each.unfitted else ""
        yield f"{each.functions.total:,} {name} networks{left_out}, {each.functions.distinct:,} functions"
    yield ""
    widest = max(len(each.quantity) for each in found)
    for estimate in found:
        value, ends = figures(estimate.value, *estimate.interval(1 - LEVEL))
        yield f"{estimate.quantity:<{widest}}  {value:>8}  {'no interval yet' if ends == UNBOUNDED else ends}"
    yield f"Intervals at level {words.percent(LEVEL)}, over {found.bias_explained.unit}."
    yield ""
    yield from in_words(found)


def in_words(found: "Found") -> Iterator[str]:
    """What the intervals say, sentence by sentence."""
    bias, coins = found.bias_explained, found.coins
    yield _side(bias, 0.5, "Random sampling explains {} half of what separates it from uniform guessing.", _MORE)
    yield _side(found.sharpness, 1.0, "Training is {} concentrated than random sampling.", _MORE)
    yield _side(found.advantage, 0.0, "Trained networks err {} often than sampled ones.", ("less", "more"))
    if not isfinite(coins.value):
        return
    (low, high), (least, most) = bias.interval(1 - LEVEL), coins.interval(1 - LEVEL)
    if low > most:
        yield "Coins with the same label frequencies explain less: more than labels agrees."
    elif high < least:
        yield "Coins with the same label frequencies are nearer to random sampling than training is."
    else:
        yield "Coins with the same label frequencies may explain as much: nothing here shows more than labels agreeing."


_MORE = ("more", "less")


def _side(estimate: "Estimate", bound: float, sentence: str, sides: Sequence[str]) -> str:
    """The sentence with the word for above or below the bound, or both words where it is not decided."""
    low, high = estimate.interval(1 - LEVEL)
    if low > bound or high < bound:
        than = " than" if bound == 0.5 else ""
        return sentence.format(sides[0 if low > bound else 1] + than)
    return f"Not decided at these sizes: {estimate.quantity} may lie on either side of {bound:g}."


def _document(found: "Found", trained: "Outside", sampled: "Outside", problem: "Problem") -> dict[str, Any]:
    """The numbers, JSON-ready but for numbers that are not finite."""
    from harness.statistics.figures import figure

    return {
        "problem": problem.name,
        "fingerprint": problem.fingerprint,
        "trained": {"networks": trained.networks, "fit": trained.functions.total},
        "sampled": {"networks": sampled.networks, "fit": sampled.functions.total},
        "figures": {name: figure(each) for name, each in found._asdict().items()},
        "in_words": list(in_words(found)),
    }
