"""What can go wrong for a reason that is no bug; everything else keeps its traceback."""


class BadInput(ValueError):
    """What the user asked for cannot be done.

    The message is one sentence: what was wrong, what was expected, what to do. The command line prints it alone, on one
    line whatever was asked for: what cannot be printed in it is escaped.
    """

    def __init__(self, sentence: str) -> None:
        printed = (each if each.isprintable() else ascii(each)[1:-1] for each in sentence)
        super().__init__("".join(printed))


class CannotGoOn(BadInput):
    """The run ends, whatever cell it is at, and keeps what it has."""


class StoreUnusable(CannotGoOn):
    """The store is full or cannot be written: nothing that is drawn could be kept."""


class ClusterLost(CannotGoOn):
    """The cluster is gone, or is another one: nothing can be drawn."""


class Unavailable(RuntimeError):
    """A dataset, device or package that a cell needs is missing here; the cell is `unavailable`, not wrong.

    The message says which one, and how to get it.
    """


class Undecided(RuntimeError):
    """The samples cannot speak for or against a claim, however many more are drawn alike; the cell is inconclusive.

    The message says why, and what would decide it.
    """
