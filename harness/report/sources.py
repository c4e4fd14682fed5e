"""A claim's source with its papers and code as links: only what the text names, nothing looked up."""

import re

from markupsafe import Markup, escape

_LINKED = re.compile(
    r"(?:arXiv )?\b(?P<arxiv>\d{4}\.\d{5})\b"
    r"|openreview (?P<openreview>[A-Za-z0-9]{10,})"
    r"|(?P<github>github\.com/[\w.-]+/[\w-]+)"
    r"|doi (?P<doi>10\.\d{4,}/[\w.-]*\w)"
)
_PLACES = {
    "arxiv": "https://arxiv.org/abs/{}",
    "openreview": "https://openreview.net/forum?id={}",
    "github": "https://{}",
    "doi": "https://doi.org/{}",
}


def linked(text: str) -> Markup:
    """The text with a link for each arXiv number, OpenReview id, GitHub repository and DOI in it."""
    parts, end = [], 0
    for found in _LINKED.finditer(text):
        kind = str(found.lastgroup)
        href = _PLACES[kind].format(found[kind])
        parts += [escape(text[end : found.start()]), Markup('<a href="{}">{}</a>').format(href, found[0])]
        end = found.end()
    return Markup("").join([*parts, escape(text[end:])])
