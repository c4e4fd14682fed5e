"""How verdicts and numbers are written, in the terminal and on the page."""

import re
from collections.abc import Mapping
from math import inf, nan
from typing import Any

from harness import decimals
from harness.decimals import figures, number

# Symbol first: readable in print and without colour.
SYMBOLS = {
    "supported": "✓",
    "refuted": "✗",
    "refuted, accepted": "⊗",
    "changed": "!",
    "error": "E",
    "inconclusive": "?",
    "unavailable": "–",
    "not asked": "·",
}
# The order in which a reader wants them.
OUTCOMES = (
    "changed",
    "error",
    "refuted",
    "refuted, accepted",
    "inconclusive",
    "supported",
    "unavailable",
    "not asked",
)


def minus(text: str) -> str:
    """A predicted region's text with the sign and the digits that numbers have on the page."""
    return decimals.minus(re.sub(r"\d+\.\d+", lambda found: number(float(found[0])), text))


def estimated(estimate: Mapping[str, Any], region: Mapping[str, Any] | None = None) -> str:
    """An estimate's value as far as its interval tells: 0.69; "none" if it has none.

    Args:
        estimate: value, low and high; None is how infinities, and values that are not there, are stored.
        region: low and high of the predicted region, on whose right side the ends are to be read; None: there is none.

    Returns:
        The text; the nearer end with ◂ or ▸ where the value lies beyond the interval.
    """
    return _figures(estimate, region)[0]


def interval(estimate: Mapping[str, Any], region: Mapping[str, Any] | None = None) -> str:
    """[0.58, 0.79]; an infinite end is called unbounded, and an interval of one number exact. Arguments as above."""
    return _figures(estimate, region)[1]


def said(estimate: Mapping[str, Any], region: Mapping[str, Any] | None = None) -> str:
    """Both: 0.69 [0.58, 0.79]."""
    return " ".join(_figures(estimate, region))


def _figures(estimate: Mapping[str, Any], region: Mapping[str, Any] | None) -> tuple[str, str]:
    value, low, high = (estimate[key] for key in ("value", "low", "high"))
    bounds = [end for end in (region["low"], region["high"]) if end is not None] if region else []
    ends = -inf if low is None else low, inf if high is None else high
    return figures(nan if value is None else value, *ends, bounds)


def is_beyond(estimate: Mapping[str, Any]) -> bool:
    """Whether the value lies outside its own interval, which keeps to possible values."""
    value, low, high = (estimate[key] for key in ("value", "low", "high"))
    return value is not None and ((low is not None and value < low) or (high is not None and value > high))


def beyond(estimate: Mapping[str, Any]) -> str:
    """A sentence on such a value; "" for any other."""
    if not is_beyond(estimate):
        return ""
    return (
        f"The estimate itself is {number(estimate['value'])}: it has no bias and so may lie beyond the interval, which "
        "keeps to possible values; it is shown at the nearer end."
    )


def capitalised(text: str) -> str:
    """The text with a capital at its beginning."""
    return text[:1].upper() + text[1:]


def percent(level: float) -> str:
    """A level: 99.96 %, 95 %; more decimals than two where it would read 100 %."""
    short = f"{100 * level:.2f}".rstrip("0").rstrip(".")
    return f"{100 * level:.6g} %" if short == "100" and level < 1 else f"{short} %"


def duration(seconds: float) -> str:
    """75.2 -> 1 min 15 s."""
    if seconds < 0.05:
        return "< 0.1 s"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def day(started: str) -> str:
    """2026-11-24T08:00:30+00:00 -> 2026-11-24."""
    return str(started)[:10]


def commit(name: str | None) -> str:
    """The first digits of a commit; a checkout that differed from it says so."""
    digits, _, changed = str(name or "").partition("+")
    return (digits[:12] or "unknown") + (" with changes" if changed else "")


def short_verdict(verdict: str) -> str:
    """A claim's verdict in one or two words, without why it is undecided.

    "holds except in …" is what earlier versions said of claims that fail in fewer cells than they hold in.
    """
    return "holds in part" if verdict.startswith("holds except") else verdict.partition(":")[0]


def state(document: dict[str, Any]) -> str:
    """One line on all claims."""
    verdicts = [short_verdict(claim["verdict"]) for claim in document["claims"].values()]
    changed = sum(cell["outcome"] == "changed" for cell in document["cells"])
    errors = sum(cell["outcome"] == "error" for cell in document["cells"])
    others = (
        (verdicts.count("holds in part"), "in part"),
        (verdicts.count("fails"), f"fail{'s' if verdicts.count('fails') == 1 else ''}"),
        (verdicts.count("undecided"), "undecided"),
        (verdicts.count("not judged"), "not judged"),
    )
    parts = [f"{verdicts.count('holds')} of {plural(len(verdicts), 'claim')} hold"]
    parts += [f"{count} {what}" for count, what in others if count]
    accepted = any(cell["accepted"] for cell in document["cells"])
    unchanged = "nothing changed since accepted" if accepted else "no verdict accepted yet"
    parts.append(f"{plural(changed, 'cell')} changed since accepted" if changed else unchanged)
    return ", ".join(parts) + (f", {plural(errors, 'error')}" if errors else "")


def plural(count: int, noun: str) -> str:
    """1 cell, 2 cells."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def amount(number: float) -> str:
    """A count or bytes in thousands, millions, …: 1.2 M."""
    if number == inf:
        return "∞"
    for sign, size in (("P", 1e15), ("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if number >= size:
            return f"{number / size:.3g} {sign}"
    return f"{number:.3g} "
