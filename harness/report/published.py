"""Numbers that others have published, beside ours of the same quantities."""

from collections.abc import Mapping, Sequence
from typing import Any

from harness.decimals import form, number

SAID = {"supported": "agrees", "refuted": "disagrees", "inconclusive": "undecided"}


def lines(claims: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The cells with a published number, in the order of the page.

    Args:
        claims: each with its slug and its groups of rows, see `tables.groups`.

    Returns:
        For each cell: claim, cell, what is measured, theirs (text), whether ours agrees, and why it may not.
    """
    return [
        {
            "claim": claim,
            "cell": cell,
            "what": group["title"],
            "theirs": theirs(cell["published"]),
            "said": SAID.get(cell["verdict"], cell["verdict"]),
            **{key: cell["published"][key] for key in ("source", "why")},
        }
        for claim in claims
        for group in claim["groups"]
        for cell in group["rows"]
        if cell.get("published") is not None
    ]


def theirs(published: Mapping[str, Any]) -> str:
    """0.6531 ± 0.0006, with the standard error where there is one, to the digits of an interval of one each way."""
    value, error = published["value"], published["error"]
    if not error:
        return number(value)
    how = form([value], value - error, value + error)
    return f"{how.of(value)} ± {how.of(error)}{how.unit}"
