"""How numbers are written for a reader: an estimate as far as its interval tells, one minus sign, powers of ten.

What machines read has the numbers themselves, in full. The page's script has the same rule: `templates/decimals.js`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from math import isfinite, isnan

MINUS = "−"
# In the place of an interval: the number is known exactly.
EXACT = "exact"
UNBOUNDED = "unbounded"
# Beside an estimate without bias that lies beyond its interval, which keeps to possible values.
UNDER, OVER = "◂", "▸"
# Numbers of other sizes are written with a power of ten.
_LEAST, _MOST = 1e-4, 1e6
# No more digits than this are said, however narrow the interval.
_DIGITS = 12
# So many more decimals than the interval's width asks for are tried to tell an end from a bound.
_FURTHER = 3
_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def number(value: float | None, missing: str = UNBOUNDED, digits: int = 4) -> str:
    """A number on its own, to significant digits: 1235, −0.3028, 3.294×10⁻⁵.

    Args:
        value: the number; None, which is how infinities are stored.
        missing: what to write for None.
        digits: how many significant digits.

    Returns:
        The text; "none" for NaN, "unbounded" for infinities.
    """
    if value is None:
        return missing
    if isnan(value):
        return "none"
    if not isfinite(value):
        return UNBOUNDED
    said, _, power = f"{value:.{digits}g}".partition("e")
    return said.replace("-", MINUS) + (_times(int(power)) if power else "")


@dataclass(frozen=True)
class Form:
    """How an estimate and both ends of its interval are written: so many decimals, in units of 10^power."""

    decimals: int
    power: int = 0

    def of(self, value: float) -> str:
        """A number without the power of ten; 0.125 becomes 0.13."""
        rounded = Decimal(value).scaleb(-self.power).quantize(Decimal(1).scaleb(-self.decimals), ROUND_HALF_UP)
        return f"{rounded if rounded else abs(rounded):f}".replace("-", MINUS)

    def reads(self, value: float) -> float:
        """The number that is read where this one is written."""
        return float(self.of(value).replace(MINUS, "-")) * 10.0**self.power

    @property
    def unit(self) -> str:
        """What follows the number: ×10⁻⁵, or nothing."""
        return _times(self.power) if self.power else ""


def form(values: Sequence[float], low: float, high: float, bounds: Sequence[float] = ()) -> Form:
    """The decimals with which the interval's width has two significant digits.

    Of an interval that is open on one side the arm has two, and of no interval the value.

    Args:
        values: the estimate, or several that share an interval; NaN: there is none.
        low: lower end, maybe −∞.
        high: upper end, maybe ∞.
        bounds: of the predicted region. An end that would read on another side of one than it is, or on it, has up to
            three decimals more.

    Returns:
        The form of all of these numbers.
    """
    ends = [end for end in (low, high) if isfinite(end)]
    values = [value for value in values if isfinite(value)]
    size = max(map(abs, (*values, *ends)), default=0.0)
    if not size:
        return Form(0)
    width = high - low if len(ends) == 2 else max((abs(v - end) for v in values for end in ends), default=0.0)
    last = _exponent(width if width > 0 and isfinite(width) else size) - 1
    last = max(last, _exponent(size) - _DIGITS + 1)
    power = 0 if _LEAST <= size < _MOST else _exponent(size)
    found = Form(power - last, power)
    more = (Form(found.decimals + further, power) for further in range(_FURTHER + 1))
    return next((each for each in more if all(_tells(each, end, bounds) for end in ends)), found)


def figures(value: float, low: float, high: float, bounds: Sequence[float] = ()) -> tuple[str, str]:
    """An estimate and its interval, with the same decimals: "0.69" and "[0.58, 0.79]".

    Args:
        value: the estimate; NaN: there is none.
        low: lower end, maybe −∞.
        high: upper end, maybe ∞.
        bounds: of the predicted region, see `form`.

    Returns:
        The two texts: "none" for no estimate, "unbounded" for infinities, "exact" in the place of an interval of one
        number. An estimate beyond its interval is written as the nearer end, with ◂ or ▸.
    """
    if low == high and isfinite(low):
        return number(value), EXACT
    how = form([value], low, high, bounds)
    ends = [how.of(end) if isfinite(end) else UNBOUNDED for end in (low, high)]
    span = UNBOUNDED if ends == [UNBOUNDED] * 2 else f"[{', '.join(ends)}]{how.unit}"
    if not isfinite(value):
        return number(value), span
    if value < low:
        return f"{UNDER}{how.of(low)}{how.unit}", span
    return how.of(min(value, high)) + how.unit + (OVER if value > high else ""), span


def minus(text: str) -> str:
    """A text in which others have written numbers, with this minus sign and power of ten; hyphens of names stay."""
    text = re.sub(r"(?<=\d)e([+-]?\d+)\b", lambda found: _times(int(found[1])), text)
    return re.sub(r"(?<![\w.)\]-])-(?=\.?\d)", MINUS, text)


def roughly(seconds: float) -> str:
    """5000 -> 1.4 h; for what is itself an estimate."""
    for size, unit in ((86400.0, "days"), (3600.0, "h"), (60.0, "min")):
        if seconds >= size:
            return f"{float(f'{seconds / size:.1e}'):,g} {unit}"
    return f"{max(seconds, 0.1):.2g} s"


def _tells(how: Form, end: float, bounds: Sequence[float]) -> bool:
    """Whether this end, as it is written, lies on its own side of every bound."""
    return all(_side(how.reads(end), bound) == _side(end, bound) for bound in bounds)


def _side(value: float, bound: float) -> int:
    return int(value > bound) - int(value < bound)


def _exponent(value: float) -> int:
    """Of the first of two significant digits: −2 for 0.0994, −1 for 0.0996."""
    return int(f"{value:.1e}".partition("e")[2])


def _times(power: int) -> str:
    return f"×10{str(power).translate(_SUPERSCRIPTS)}"
