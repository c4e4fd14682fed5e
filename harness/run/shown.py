"""python -m harness report, history, show, published, summary, gate: runs whose results are there."""

import argparse
import os
from pathlib import Path

from harness.arguments import path_option, short_repr
from harness.errors import BadInput, printable
from harness.report.terminal import console
from harness.spelling import did_you_mean
from harness.writing import refuse_inputs

HISTORY = Path("reports") / "history"


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands and their options."""
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

    gate = commands.add_parser(
        "gate",
        help="fail only where the software is in doubt: an error, a changed verdict, a refuted theorem, no verdict",
    )
    gate.add_argument("results", type=path_option, help="a results.json")
    gate.add_argument("--commit", help="fail also where the results are not of this commit, unchanged")
    gate.set_defaults(run=_gate)


def _report(asked: argparse.Namespace) -> int:
    from harness.report import against, results, write_report
    from harness.report.history import named
    from harness.report.terminal import against_table

    out = asked.out or asked.results.parent / "report.html"
    refuse_inputs(out, (asked.results, asked.against), "name another place with --out.")
    write_report(asked.results, out, named(asked.history) if asked.history else HISTORY, asked.against, "--out")
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
    from harness.report.terminal import claim_table, verdict_table

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
            raise BadInput(f"No claim of these results has {short_repr(name)} in its name; {listed}.{meant}")
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
    if not job:
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
