"""The first screen's answer as text: for the end of a run, and as Markdown for a job's summary."""

from collections.abc import Iterator, Mapping
from textwrap import wrap
from typing import Any

from harness.report.answer import answer

_MARKS = {"yes": "✓", "no": "✗", "part": "±", "open": "?"}


def lines(document: Mapping[str, Any], width: int = 80) -> list[str]:
    """The headline and a sentence for each statement, wrapped.

    Args:
        document: the results.
        width: characters of a line.

    Returns:
        The lines; none if no cell of the results bears on the question.
    """
    found = _asked(document)
    if found is None:
        return []
    said = wrap(found["headline"], width)
    for number, each in enumerate(found["statements"], 1):
        said += wrap(each["lead"], width, initial_indent=f"  {number}. ", subsequent_indent="     ")
    return said


def markdown(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The headline, the sentences, and under each the numbers that it rests on.

    Args:
        document: the results.

    Returns:
        Pairs of markup that begins a line and plain text; none if no cell of the results bears on the question.
    """
    found = _asked(document)
    if found is None:
        return
    yield "### ", found["headline"]
    for number, each in enumerate(found["statements"], 1):
        yield f"{number}. ", each["lead"]
        for evidence in each["evidence"]:
            left = f" ({evidence['open']})" if evidence["open"] else ""
            left += f"; {evidence['moved']}" if evidence["moved"] else ""
            yield "   - ", f"{_MARKS[evidence['state']]} {evidence['text']} {evidence['values']}{left}"


def _asked(document: Mapping[str, Any]) -> dict[str, Any] | None:
    """The answer; None if none of its cells was asked, as in a run of a few claims."""
    found = answer(document["cells"])
    return found if any(each["evidence"] for each in found["statements"]) else None
