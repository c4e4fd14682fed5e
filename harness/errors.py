"""Failures with a reason that is no bug; every other exception keeps its traceback."""


def printable(text: str) -> str:
    """The text on one line, with what cannot be printed escaped."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


class BadInput(ValueError):
    """The user's request cannot be carried out.

    The message is one sentence: what was wrong, what was expected, what to do. The command line prints it alone, on one
    line whatever was asked for; unprintable characters are escaped.
    """

    def __init__(self, sentence: str) -> None:
        super().__init__(printable(sentence))


class CannotGoOn(BadInput):
    """The run ends, whatever cell it is at, and keeps what it has."""


class StoreUnusable(CannotGoOn):
    """The store is full or cannot be written: nothing that is drawn could be kept."""


class ClusterLost(CannotGoOn):
    """The cluster is gone, or is another one: nothing can be drawn."""


class Unavailable(RuntimeError):
    """A dataset, device or package that a cell needs is missing; the cell is `unavailable`, not wrong.

    The message names it, and the way to get it.
    """


class NotAsked(RuntimeError):
    """What a cell's samples would be taken from does not exist, as where an optimiser does not train; the cell is `not
    asked`, as one that is excluded beforehand.

    The message gives the reason.
    """


class Undecided(RuntimeError):
    """The samples cannot speak for or against a claim, even if more are drawn in the same way; the cell is
    inconclusive.

    The message gives the reason, and the remedy.
    """
