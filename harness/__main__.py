"""python -m harness: a page on your own network, networks from elsewhere, plans, runs shown and compared, the store."""

import argparse
import os
import re
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from rich.console import Console
from rich.progress import track
from rich.table import Table
from rich.text import Text

from harness.arguments import path_option, short_repr
from harness.errors import BadInput, Unavailable, printable
from harness.report.screen import Screen
from harness.report.terminal import console
from harness.report.words import duration
from harness.run import judge, new_folder
from harness.run.compare import command as compare_command
from harness.run.null_learners import command as nulls_command
from harness.run.plan import command as plan_command
from harness.spelling import did_you_mean
from harness.store import Store
from harness.store.maintenance import Contents, contents, prune, verify

HISTORY = Path("reports") / "history"


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0, 1 where `store verify` finds a bad entry or `gate` fails, 2 for bad input."""
    with redirect_stdout(Screen(sys.stdout)), redirect_stderr(Screen(sys.stderr)):
        asked = _parser().parse_args(arguments)
        try:
            return asked.run(asked)
        except (BadInput, Unavailable) as error:
            print(f"ERROR: {error}", file=sys.stderr)
            return 2


class _Parser(argparse.ArgumentParser):
    """Says of a misspelt command which one may be meant."""

    def error(self, message: str) -> NoReturn:
        if wrong := re.search(r"invalid choice: '(.*)' \(choose from (.*)\)", message):
            message += did_you_mean(wrong[1], re.findall(r"'(.*?)'", wrong[2]))
        super().error(message)


_EXAMPLES = {
    "init": "init my-claims",
    "store info": "store info --store .store",
    "store verify": "store verify",
    "store prune": "store prune --older-than 90d --stale",
    "report": "report reports/latest/results.json --out /tmp/page.html",
    "history add": "history add reports/latest/results.json",
    "show": "show reports/latest/results.json optimisers_sample",
    "published": "published reports/latest/results.json",
    "summary": "summary head/results.json --against base/results.json --only-changes",
    "plan": "plan --scale standard -k perceptron",
    "nulls": "nulls -k optimisers_sample",
    "judge": "judge trained.npy sampled.npy --problem digits --m 16 --n 64 --fingerprint 13065c24e5e4",
    "compare": "compare mynet.py:Net --data digits --m 8",
    "gate": "gate reports/latest/results.json",
}


def _add_examples(commands: "argparse._SubParsersAction[argparse.ArgumentParser]", of: str = "") -> None:
    """End the help of each command with an example."""
    for name, command in commands.choices.items():
        if example := _EXAMPLES.get(f"{of}{name}"):
            command.epilog = f"Example: python -m harness {example}"
        for action in command._actions:
            if isinstance(action, argparse._SubParsersAction):
                _add_examples(action, f"{of}{name} ")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m harness", description=__doc__, allow_abbrev=False)
    parser.epilog = f"Example: python -m harness {_EXAMPLES['show']}"
    commands: argparse._SubParsersAction[argparse.ArgumentParser]
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)

    store = commands.add_parser("store", help="stored samples").add_subparsers(required=True, metavar="COMMAND")
    for name, run, about in (
        ("info", _info, "what is in it: entries, bytes and seconds by sampler, and what could be deleted"),
        ("verify", _verify, "check every entry; list those that are damaged or out of place"),
        ("prune", _prune, "delete what is old or stale; runs may go on meanwhile"),
    ):
        command = store.add_parser(name, help=about)
        command.add_argument("--store", type=path_option, default=os.environ.get("HARNESS_STORE") or ".store")
        command.set_defaults(run=run)
    command.add_argument("--older-than", metavar="DAYS", help="what was written longer ago than days such as 90d")
    command.add_argument(
        "--stale",
        action="store_true",
        help="what nothing can ask for any more: entries of older samplers or layouts, and all that were set aside",
    )

    report = commands.add_parser("report", help="write the report of a results file again, without running anything")
    report.add_argument("results", type=path_option, help="a results.json")
    report.add_argument(
        "--out", type=path_option, help="where the report goes (default: report.html beside the results)"
    )
    report.add_argument(
        "--history", type=path_option, help=f"folder of the nights (default: {HISTORY}, where it is there)"
    )
    report.add_argument("--against", type=path_option, metavar="RESULTS", help="results of another run to compare with")
    report.set_defaults(run=_report)

    history = commands.add_parser("history", help="earlier nightly runs, whose trends and changes the report shows")
    add = history.add_subparsers(required=True, metavar="COMMAND").add_parser(
        "add", help="keep a run in short; for the end of a nightly job, as no run does it by itself"
    )
    add.add_argument("results", type=path_option, help="a results.json")
    add.add_argument("--history", type=path_option, default=HISTORY, help=f"folder of the nights (default: {HISTORY})")
    add.set_defaults(run=_add)

    show = commands.add_parser("show", help="a run in the terminal: all claims, or the cells of those that are named")
    show.add_argument("results", type=path_option, help="a results.json")
    show.add_argument("claim", nargs="*", help="a claim's name, or a part of it")
    show.set_defaults(run=_show)

    published = commands.add_parser("published", help="the numbers that others have published, beside those of a run")
    published.add_argument("results", type=path_option, help="a results.json")
    published.set_defaults(run=_published)

    summary = commands.add_parser(
        "summary", help="a run as Markdown: onto the summary of a GitHub job where $GITHUB_STEP_SUMMARY is set"
    )
    summary.add_argument("results", type=path_option, help="a results.json")
    summary.add_argument("--against", type=path_option, metavar="BASE", help="results to compare with")
    summary.add_argument("--only-changes", action="store_true", help="with --against: only what differs from it")
    summary.set_defaults(run=_summary)

    new_folder.add_to(commands)
    plan_command.add_to(commands)
    nulls_command.add_to(commands)
    judge.add_to(commands)
    compare_command.add_to(commands)

    gate = commands.add_parser(
        "gate",
        help="fail only where the software is in doubt: an error, a changed verdict, a refuted theorem, no verdict",
    )
    gate.add_argument("results", type=path_option, help="a results.json")
    gate.add_argument("--commit", help="fail also where the results are not of this commit, unchanged")
    gate.set_defaults(run=_gate)
    _add_examples(commands)
    return parser


def _info(asked: argparse.Namespace) -> int:
    from harness.lab import SAMPLERS_VERSION

    store_table(asked.store, contents(_store(asked), SAMPLERS_VERSION), console())
    return 0


def _verify(asked: argparse.Namespace) -> int:
    store, screen = _store(asked), Console()
    expected = sum(1 for _ in store.entries())
    checked = track(verify(store), "Checking", expected, console=screen, transient=True, disable=not screen.is_terminal)
    entries = bad = 0
    for path, whole in checked:
        entries += 1
        bad += not whole
        if not whole:
            screen.print(path, markup=False, highlight=False, soft_wrap=True)
    print(f"{entries:,} entries, {bad} bad; a bad one is set aside and drawn again when asked for")
    return 1 if bad else 0


def _prune(asked: argparse.Namespace) -> int:
    from harness.lab import SAMPLERS_VERSION

    if asked.older_than is None and not asked.stale:
        raise BadInput("store prune takes --older-than DAYS, --stale or both, and otherwise deletes nothing.")
    days = None
    if asked.older_than is not None:
        match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)d", asked.older_than)
        if match is None:
            raise BadInput(f"--older-than takes days such as 90d, not {asked.older_than!r}.")
        days = float(match[1])
    deleted = prune(_store(asked), SAMPLERS_VERSION, days, asked.stale)
    print(
        f"{deleted.entries:,} entries deleted, and {deleted.files:,} files that were set aside or unfinished: "
        f"{deleted.bytes / 1e6:,.1f} MB"
    )
    return 0


def _report(asked: argparse.Namespace) -> int:
    from harness.report import against, results, write_report
    from harness.report.history import named
    from harness.report.terminal import against_table

    out = asked.out or asked.results.parent / "report.html"
    write_report(asked.results, out, named(asked.history) if asked.history else HISTORY, asked.against)
    if asked.against:
        against_table(against.compare(results.read(asked.results), results.read(asked.against)), console())
    print(f"Report: {out}")
    return 0


def _add(asked: argparse.Namespace) -> int:
    from harness.report import history, results

    document = results.read(asked.results)
    results.check(document)
    path = history.add(asked.history, document)
    print(f"{path}: {len(document['cells']):,} cells; python -m harness report {asked.results} shows the trends")
    return 0


def _show(asked: argparse.Namespace) -> int:
    from harness.report import results
    from harness.report.terminal import claim_table, console, verdict_table

    document = results.read(asked.results)
    results.check(document)
    out = console()
    if not asked.claim:
        verdict_table(document, out)
    if not document["run"]["complete"]:
        out.print(f"Partial results: {len(document['cells'])} of {document['run']['cells_expected']} cells are here.")
    for name in asked.claim:
        found = [slug for slug in document["claims"] if name == slug] or [s for s in document["claims"] if name in s]
        if not found:
            listed = f"python -m harness show {asked.results} lists them"
            meant = did_you_mean(name, document["claims"])
            raise BadInput(f"No claim of these results has {name!r} in its name; {listed}.{meant}")
        for slug in found:
            claim_table(document, slug, out)
            out.print()
    return 0


def _published(asked: argparse.Namespace) -> int:
    from harness.report import results
    from harness.report.terminal import published_table

    document = results.read(asked.results)
    results.check(document)
    published_table(document, console())
    return 0


def _summary(asked: argparse.Namespace) -> int:
    from harness.report import results
    from harness.report.summary import changes, markdown

    if asked.only_changes and not asked.against:
        raise BadInput("--only-changes says what differs from other results; name them with --against BASE.")
    document = results.read(asked.results)
    base = results.read(asked.against) if asked.against else None
    parts = [] if asked.only_changes else [markdown(document)]
    if base is not None:
        parts.append(changes(document, base))
    text = "\n".join(parts)
    job = os.environ.get("GITHUB_STEP_SUMMARY")
    if job is None:
        print(text, end="")
        return 0
    try:
        # A pipe that nobody reads is refused at once.
        summary = os.open(job, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK, 0o666)
        with os.fdopen(summary, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise BadInput(f"The job's summary {job} cannot be written ({error.strerror}).") from None
    return 0


def _gate(asked: argparse.Namespace) -> int:
    from harness.report import results

    document = results.read(asked.results)
    results.check(document)
    cells = document["cells"]
    doubtful = [
        f"{cell['outcome']}: {cell['claim']} [{cell['id']}]"
        for cell in cells
        if cell["outcome"] in ("error", "changed") or (cell["kind"], cell["verdict"]) == ("theorem", "refuted")
    ]
    commit = document["run"].get("commit")
    if asked.commit is not None and commit != asked.commit:
        doubtful.append(f"the run is of commit {short_repr(commit)}, not of {short_repr(asked.commit)}")
    if not document["run"]["complete"]:
        doubtful.append(f"the run is incomplete: {len(cells)} of {document['run']['cells_expected']} cells")
    if not any(cell["verdict"] in ("supported", "refuted", "inconclusive") for cell in cells):
        doubtful.append("no cell was judged")
    for line in doubtful:
        print(printable(line))
    print(f"{len(cells):,} cells, {len(doubtful)} reasons to stop")
    return 1 if doubtful else 0


def _store(asked: argparse.Namespace) -> Store:
    if not asked.store.is_dir():
        raise BadInput(f"There is no store at {asked.store}; name one with --store.")
    return Store(asked.store)


def store_table(folder: Path, found: Contents, console: Console) -> None:
    """Print what a store holds: a row per sampler, the largest first, and the entries that could be deleted.

    Args:
        folder: the store's folder, named in the first line.
        found: the store's contents.
        console: where it is printed.
    """
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("sampler", "entries", "of older samplers", "MB", "drawn in", "oldest", "newest"):
        table.add_column(column, justify="left" if column == "sampler" else "right")
    for name, group in sorted(found.groups.items(), key=lambda named: -named[1].bytes):
        days = (datetime.fromtimestamp(written, UTC).date().isoformat() for written in (group.oldest, group.newest))
        counts = f"{group.entries:,}", f"{group.outdated:,}", f"{group.bytes / 1e6:,.1f}"
        table.add_row(Text(printable(name)), *counts, duration(group.seconds), *days)
    lines = [
        f"{folder}: {found.entries:,} entries, {found.bytes / 1e6:,.1f} MB, {found.set_aside:,} set aside, "
        f"{found.unfinished:,} unfinished"
    ]
    asked_for_no_more = {
        "of older samplers": found.outdated,
        "of an older layout": found.older_layout,
        "that do not say what they are": found.unreadable,
        "set aside": found.set_aside,
    }
    if any(asked_for_no_more.values()):
        these = ", ".join(f"{count:,} {what}" for what, count in asked_for_no_more.items() if count)
        lines.append(f"No run asks for these: {these}; python -m harness store prune --stale deletes them.")
    if found.groups:
        console.print(table)
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)


if __name__ == "__main__":
    sys.exit(main())
