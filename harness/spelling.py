"""What a misspelt name may have meant."""

import re
from collections.abc import Iterable
from difflib import get_close_matches

_MOST = 3
_CLOSE = 0.75


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A question that names the closest of the known names.

    Args:
        name: what was asked for.
        known: names that there are; their words, between _, - and the like, may be meant alone.

    Returns:
        " Did you mean a or b?", or nothing where no name is close.
    """
    known = list(dict.fromkeys(known))
    found = get_close_matches(name, known, _MOST, _CLOSE)
    if not found:
        words = {word for each in known for word in re.split(r"[\W_]+", each)}
        close = get_close_matches(name, sorted(words), 1, _CLOSE)
        found = [each for each in known if close and close[0] in re.split(r"[\W_]+", each)][:_MOST]
    return f" Did you mean {' or '.join(found)}?" if found else ""
