"""What a cell has asked for and what it cost: priced seconds, and seconds that were measured."""

from dataclasses import KW_ONLY, dataclass, field
from math import inf
from typing import NamedTuple

from harness.claim.scales import Scale
from harness.decimals import roughly
from harness.errors import NotAsked
from harness.store.entries import Entry


class Charge(NamedTuple):
    """Priced seconds of what a cell has asked for so far, and whether its next look asks for as much again."""

    seconds: float
    grows: bool


@dataclass
class Charges:
    """The account of the present cell.

    scale: how much is drawn.
    spent: seconds that it took to compute the samples handed out since the cell began, at the time they were computed.
        Samples that an earlier cell of this run had requested cost nothing.
    computed: seconds that this process has computed in all.
    first_looks: seconds that it took to compute the samples of cells' first looks, in this run or an earlier one.
    look: 0 for the first.
    first: priced seconds that the first look of this cell may take.
    """

    scale: Scale
    _: KW_ONLY
    spent: float = 0.0
    computed: float = 0.0
    first_looks: float = 0.0
    look: int = 0
    first: float = inf
    _before: float = 0.0
    _charged: set[str] = field(default_factory=set)
    _asked: dict[str, Charge] = field(default_factory=dict)

    @property
    def work(self) -> float:
        """Priced seconds of all that this cell has asked for, whoever has drawn it, and when."""
        return sum(charge.seconds for charge in self._asked.values())

    @property
    def ahead(self) -> float:
        """Priced seconds that this cell's next look adds: as many shards again."""
        return sum(charge.seconds for charge in self._asked.values() if charge.grows)

    @property
    def taken(self) -> float:
        """Seconds that this process has computed since the cell began."""
        return self.computed - self._before

    def _open(self, first: float) -> None:
        """Begin the account of a new cell, whose first look may take so many priced seconds."""
        self.spent, self._before, self.look, self.first, self._asked = 0.0, self.computed, 0, first, {}

    def _ask(self, name: str, seconds: float, *, grows: bool) -> None:
        """Note what this cell asks for, at its price; NotAsked, before it is drawn, if the first look is too dear."""
        self._asked[name] = Charge(seconds, grows)
        if self.look == 0 and self.work > self.first:
            priced = self.work
            # It is not drawn; what was asked for before it was.
            del self._asked[name]
            raise NotAsked(beyond(self.scale, self.first, priced))

    def _charge(self, name: str, entry: Entry, took: float) -> None:
        """Count the seconds of an entry, once a run."""
        self.computed += took
        if name not in self._charged:
            self._charged.add(name)
            seconds = float(entry.facts["seconds"])
            self.spent += seconds
            self.first_looks += seconds if self.look == 0 else 0.0


def beyond(scale: Scale, first: float, priced: float) -> str:
    """Say why a cell is not asked at a scale.

    Args:
        scale: whose name is said.
        first: priced seconds that the cell's first look may take.
        priced: seconds of what it has asked for so far; what it would ask for after that is not known.

    Returns:
        The sentence.
    """
    return (
        f"Beyond this scale: its first look takes {roughly(priced)} of a core or more, and {scale.name} gives it "
        f"{roughly(first)}. A larger --scale asks it."
    )
