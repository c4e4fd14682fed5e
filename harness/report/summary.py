"""A run as Markdown, for the page that a continuous-integration service shows of a job."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from harness.report import results, sides, words
from harness.report.sentences import in_words

# GitHub shows no summary of more than 1 MiB, and nobody reads a tenth of that.
MOST_CELLS = 50
_LISTED = ("changed", "error", "refuted")


def markdown(document: Mapping[str, Any]) -> str:
    """The state, a table of claims, and the cells that need a reader, with their estimates and how to rerun them."""
    results.check(document)
    return "\n".join(_lines(document)) + "\n"


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
    yield plain(f"By the answer they speak for: {sides.in_words(list(document['claims'].values()))}.")
    yield ""
    yield "| claim | kind | speaks for | verdict |"
    yield "|---|---|---|---|"
    for slug, claim in document["claims"].items():
        mine = [cell for cell in cells if cell["claim"] == slug]
        said = in_words(mine, claim["verdict"])
        yield f"| {' | '.join(map(plain, (slug.replace('_', ' '), claim['kind'], sides.side(claim), said)))} |"
    urgent = [cell for outcome in _LISTED for cell in cells if cell["outcome"] == outcome]
    if urgent:
        yield ""
        yield "| cell | outcome | estimate | predicted |"
        yield "|---|---|---|---|"
    for cell in urgent[:MOST_CELLS]:
        estimate = cell["estimate"]
        found = f"{words.number(estimate['value'], 'none')} {words.interval(estimate)}" if estimate else ""
        columns = (
            f"{cell['claim'].replace('_', ' ')}: {cell['id']}",
            f"{words.SYMBOLS[cell['outcome']]} {cell['outcome']}",
            found,
            words.minus(cell["predicted"]["text"]),
        )
        yield f"| {' | '.join(map(plain, columns))} |"
    if len(urgent) > MOST_CELLS:
        yield ""
        yield f"And {len(urgent) - MOST_CELLS:,} more cells."


def plain(text: str) -> str:
    """Text that Markdown and HTML leave as it is, in one line."""
    return re.sub(
        r"([\\`*{}\[\]<>()#+!|~&$@]|(?<!\w)_|_(?!\w))", lambda found: f"&#{ord(found[1])};", " ".join(text.split())
    )
