"""Times and amounts for people, of any size."""

from math import inf, isfinite


def duration(seconds: float) -> str:
    """Two digits in a unit that suits."""
    if not isfinite(seconds):
        return "for ever"
    for unit, size in (("years", 365.25 * 86400), ("days", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= size:
            value = seconds / size
            return f"{value:,.0f} {unit}" if 10 <= value < 1e5 else f"{value:.2g} {unit}"
    return f"{seconds:.2g} s"


def amount(number: float) -> str:
    """A count or bytes in thousands, millions, …: 1.2 M."""
    if number == inf:
        return "∞"
    for sign, size in (("P", 1e15), ("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if number >= size:
            return f"{number / size:.3g} {sign}"
    return f"{number:.3g} "
