"""A run as Markdown, for the page that a continuous-integration service shows of a job."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from harness.report import answer_text, results, sides, words
from harness.report.against import DIFFER, compare
from harness.report.sentences import in_words

# GitHub shows no summary of more than 1 MiB, and nobody reads a tenth of that.
MOST_CELLS = 50
_LISTED = ("changed", "error", "refuted")


def markdown(document: Mapping[str, Any]) -> str:
    """The state, the answer, a table of claims, and the cells that need a reader, with their estimates."""
    results.check(document)
    return "\n".join(_lines(document)) + "\n"


def changes(document: Mapping[str, Any], base: Mapping[str, Any]) -> str:
    """What differs from other results: the claims whose verdicts do, and the cells whose verdicts or estimates do.

    Args:
        document: the results, such as those of a pull request.
        base: the results to compare with, such as those of the branch that it goes into.

    Returns:
        Markdown, for a comment.
    """
    for each in (document, base):
        results.check(each)
    return "\n".join(_changes(document, base)) + "\n"


def _changes(document: Mapping[str, Any], base: Mapping[str, Any]) -> Iterator[str]:
    found = compare(document, base)
    here, there = document["claims"], base["claims"]
    both = [slug for slug in here if slug in there]
    turned = [slug for slug in both if _verdict(here[slug]) != _verdict(there[slug])]
    cells = [pair for pair in found.pairs if pair.said == DIFFER or pair.cell["verdict"] != pair.other["verdict"]]
    yield "## What changed"
    yield ""
    yield (
        f"**{words.plural(len(turned), 'claim')} of {len(both):,} and {words.plural(len(cells), 'cell')} of "
        f"{len(found.pairs):,} come out otherwise.**"
    )
    for sentence in (found.summary(), *found.runs):
        yield ""
        yield plain(sentence)
    if turned:
        yield from ("", "| claim | speaks for | before | now |", "|---|---|---|---|")
    for slug in turned:
        before, now = (_verdict(each[slug]) for each in (there, here))
        yield _row(slug.replace("_", " "), sides.side(here[slug]), before, now)
    if cells:
        yield from ("", "| cell | before | now | predicted | p |", "|---|---|---|---|---|")
    for pair in cells[:MOST_CELLS]:
        yield _row(
            f"{pair.cell['claim'].replace('_', ' ')}: {pair.cell['id']}",
            _measured(pair.other),
            _measured(pair.cell),
            words.minus(pair.cell["predicted"]["text"]),
            words.number(pair.p, "", digits=2),
        )
    if len(cells) > MOST_CELLS:
        yield from ("", f"And {len(cells) - MOST_CELLS:,} more cells.")
    for them, where in ((set(here) - set(there), "Only here"), (set(there) - set(here), "Gone")):
        if them:
            yield from ("", plain(f"{where}: {', '.join(sorted(them))}."))


def _verdict(claim: Mapping[str, Any]) -> str:
    return words.short_verdict(claim["verdict"])


def _measured(cell: Mapping[str, Any]) -> str:
    """✓ supported 0.90 [0.80, 1.00]."""
    return f"{words.SYMBOLS[cell['outcome']]} {cell['outcome']} {_figures(cell)}"


def _figures(cell: Mapping[str, Any]) -> str:
    estimate = cell["estimate"]
    return words.said(estimate, cell["predicted"]) if estimate else ""


def _row(*columns: str) -> str:
    return f"| {' | '.join(map(plain, columns))} |"


def _lines(document: Mapping[str, Any]) -> Iterator[str]:
    run, cells = document["run"], document["cells"]
    yield "## Architecture or optimiser?"
    yield ""
    yield f"**{plain(words.state(dict(document)))}.**"
    yield ""
    if not run["complete"]:
        yield f"**Partial results:** {len(cells)} of {run['cells_expected']} cells are here."
        yield ""
    yield plain(
        f"{run['scale']} scale, {words.duration(run['seconds'])}, {run['device']}, seed {run['seed']}, commit "
        f"{words.commit(run.get('commit'))}."
    )
    yield ""
    answered = [f"{mark}{plain(text)}" for mark, text in answer_text.markdown(document)]
    if answered:
        yield from (answered[0], "", *answered[1:], "")
    yield plain(f"By the answer they speak for: {sides.in_words(list(document['claims'].values()))}.")
    yield ""
    yield "| claim | kind | speaks for | verdict |"
    yield "|---|---|---|---|"
    for slug, claim in document["claims"].items():
        mine = [cell for cell in cells if cell["claim"] == slug]
        said = in_words(mine, claim["verdict"])
        yield _row(slug.replace("_", " "), claim["kind"], sides.side(claim), said)
    urgent = [cell for outcome in _LISTED for cell in cells if cell["outcome"] == outcome]
    if urgent:
        yield ""
        yield "| cell | outcome | estimate | predicted |"
        yield "|---|---|---|---|"
    for cell in urgent[:MOST_CELLS]:
        yield _row(
            f"{cell['claim'].replace('_', ' ')}: {cell['id']}",
            f"{words.SYMBOLS[cell['outcome']]} {cell['outcome']}",
            _figures(cell),
            words.minus(cell["predicted"]["text"]),
        )
    if len(urgent) > MOST_CELLS:
        yield ""
        yield f"And {len(urgent) - MOST_CELLS:,} more cells."


def plain(text: str) -> str:
    """Text that Markdown and HTML leave as it is, in one line."""
    return re.sub(
        r"([\\`*{}\[\]<>()#+!|~&$@]|(?<!\w)_|_(?!\w))", lambda found: f"&#{ord(found[1])};", " ".join(text.split())
    )
