"""How verdicts and numbers are written, in the terminal and on the page."""

from typing import Any

# Symbol first: readable in print and without colour.
SYMBOLS = {
    "supported": "✓",
    "refuted": "✗",
    "refuted, accepted": "⊗",
    "changed": "!",
    "error": "⚡",
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


def number(value: float | None, unbounded: str = "unbounded") -> str:
    """Four significant digits."""
    if value is None:
        return unbounded
    return f"{value:.4g}".replace("-", "−")


def interval(estimate: dict[str, Any]) -> str:
    """[low, high]; an end that is not finite is said to be unbounded."""
    return f"[{number(estimate['low'])}, {number(estimate['high'])}]"


def duration(seconds: float) -> str:
    """75.2 -> 1 min 15 s."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def state(document: dict[str, Any]) -> str:
    """One line on all claims."""
    verdicts = [claim["verdict"] for claim in document["claims"].values()]
    partly = sum(verdict.startswith("holds except") for verdict in verdicts)
    changed = sum(cell["outcome"] == "changed" for cell in document["cells"])
    errors = sum(cell["outcome"] == "error" for cell in document["cells"])
    parts = [
        f"{verdicts.count('holds')} of {len(verdicts)} claims hold",
        f"{partly} in part",
        f"{verdicts.count('fails')} fail",
        f"{verdicts.count('undecided')} undecided",
        f"{changed} cells changed since their verdict was accepted",
    ]
    return ", ".join(parts) + (f", {errors} errors" if errors else "")
