"""Training without gradients: proposals, kept if they lower the loss on all of S (Chiang et al. 2023, ICLR).

Theirs lower the loss of logits divided by the layers' norms, here it is the loss of the network as it stands; their
radii are absolute, on weights uniform in ±1, here they are in standard deviations of each number's initialisation. A
network that fits all of S moves no more. An epoch of a search is PROPOSALS proposals.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from harness.arguments import counts, positive, set_fields
from harness.optimisers.minibatches import normal, orders
from harness.optimisers.rule import name_of

# Proposals an epoch: how many a network makes between two checks of its fit.
PROPOSALS = 16


@runtime_checkable
class Searcher(Protocol):
    """A way to search, in an optimiser's place. Its state begins with that of `search`; see `fresh`."""

    @property
    def greedy(self) -> bool:
        """Whether only proposals that lower the loss are kept; else every proposal is."""

    def patience(self, size: int) -> int:
        """Number of refusals in a row that halves the radius, for networks of so many numbers."""

    def propose(self, rows: Tensor, state: list[Tensor], keys: Tensor, counters: Tensor, spread: Tensor) -> Tensor:
        """Propose a new position for each network.

        Args:
            rows: (networks, size) the networks.
            state: as `start` made it, see `fresh`.
            keys: (networks,) int64, the networks' keys.
            counters: (networks,) int64, proposals that each network has made.
            spread: (size,) standard deviations at initialisation.

        Returns:
            (networks, size).
        """


class _Search:
    """Common parts of all searchers, as optimisers."""

    full_batch = True
    greedy = True

    def step(self, rows: Tensor, gradients: Tensor, state: list[Tensor]) -> None:
        """Never called: a search has no gradients."""
        raise NotImplementedError

    def start(self, rows: Tensor) -> list[Tensor]:
        """See `fresh`."""
        return fresh(rows, getattr(self, "radius", 0.0))


def fresh(rows: Tensor, radius: float) -> list[Tensor]:
    """Loss (not yet known), whether a network fits, its radius, and its refusals in a row: (networks,) each."""
    nothing = rows.new_zeros(len(rows))
    refusals = torch.zeros(len(rows), dtype=torch.int64, device=rows.device)
    return [nothing + float("inf"), refusals > 0, nothing + radius, refusals]


@dataclass(frozen=True)
class GuessAndCheck(_Search):
    """Draws the network again until it fits: rejection sampling, one network at a time."""

    rotation_equivariant = True
    greedy = False

    @property
    def name(self) -> str:
        """guess-and-check."""
        return "guess-and-check"

    def patience(self, size: int) -> int:  # noqa: ARG002 — the protocol's signature
        """There is no radius to halve."""
        return 2**62

    def propose(self, rows: Tensor, state: list[Tensor], keys: Tensor, counters: Tensor, spread: Tensor) -> Tensor:  # noqa: ARG002
        """A new network."""
        return normal(keys, counters, rows.shape[1], rows.dtype).mul_(spread)


@dataclass(frozen=True)
class GreedyRandomSearch(_Search):
    """Gaussian noise moves all numbers at once; `tries` refusals in a row halve its standard deviation.

    radius: the first standard deviation, in units of the initialisation's.
    """

    radius: float = 1.0
    tries: int = 100

    # Within a layer the noise is isotropic.
    rotation_equivariant = True

    def __post_init__(self) -> None:
        set_fields(self, radius=positive(self.radius, "A search's radius"))
        set_fields(self, **counts("A search", tries=self.tries))

    @property
    def name(self) -> str:
        """E.g. greedy-random-search-radius_0.5."""
        return name_of("greedy-random-search", self)

    def patience(self, size: int) -> int:  # noqa: ARG002
        """As given."""
        return self.tries

    def propose(self, rows: Tensor, state: list[Tensor], keys: Tensor, counters: Tensor, spread: Tensor) -> Tensor:
        """The network with noise."""
        radius = state[2]
        return normal(keys, counters, rows.shape[1], rows.dtype).mul_(radius[:, None]).mul_(spread).add_(rows)


@dataclass(frozen=True)
class PatternSearch(_Search):
    """One number moves at a time, by plus or minus the radius; if all directions in turn are refused, it is halved.

    Directions are tried in a random order, one order for each radius; a success does not start it anew. radius: the
    first one, in units of the initialisation's standard deviation.
    """

    radius: float = 1.0

    rotation_equivariant = False

    def __post_init__(self) -> None:
        set_fields(self, radius=positive(self.radius, "A search's radius"))

    @property
    def name(self) -> str:
        """E.g. pattern-search-radius_0.5."""
        return name_of("pattern-search", self)

    def patience(self, size: int) -> int:
        """All directions."""
        return 2 * size

    def start(self, rows: Tensor) -> list[Tensor]:
        """Besides `fresh`: the order of directions, and at which radius it was made (none yet)."""
        state = super().start(rows)
        order = torch.zeros(len(rows), 2 * rows.shape[1], dtype=torch.int32, device=rows.device)
        return [*state, order, torch.zeros_like(state[2])]

    def propose(self, rows: Tensor, state: list[Tensor], keys: Tensor, counters: Tensor, spread: Tensor) -> Tensor:
        """The network with one number moved."""
        _, _, radius, _, order, of_radius = state
        stale = (radius != of_radius).nonzero()[:, 0]
        if len(stale):
            order[stale] = orders(~keys[stale], counters[stale], order.shape[1]).int()
            of_radius[stale] = radius[stale]
        direction = order.gather(1, (counters % order.shape[1])[:, None]).long()
        number, sign = direction // 2, direction % 2 * 2 - 1
        return rows.scatter_add(1, number, sign * radius[:, None] * spread[number])


def search(
    searcher: Searcher,
    rows: Tensor,
    state: list[Tensor],
    keys: Tensor,
    counters: Tensor,
    spread: Tensor,
    evaluate: Callable[[Tensor], tuple[Tensor, Tensor]],
) -> None:
    """Make one proposal for every network that does not fit.

    Args:
        searcher: the way to search.
        rows: (networks, size) the networks; updated in place.
        state: as `start` made it, see `fresh`; updated in place.
        keys: (networks,) int64, the networks' keys.
        counters: (networks,) int64, proposals that each network has made.
        spread: (size,) standard deviations at initialisation.
        evaluate: rows -> their losses on all of S, and whether they fit it, (networks,) each.
    """
    loss, fitted, radius, refusals = state[:4]
    unknown = loss.isposinf().nonzero()[:, 0]
    if len(unknown):
        loss[unknown], fitted[unknown] = evaluate(rows.index_select(0, unknown))
    proposed = searcher.propose(rows, state, keys, counters, spread)
    new_loss, fits = evaluate(proposed)
    accepted = ~fitted & (new_loss < loss) if searcher.greedy else ~fitted
    torch.where(accepted[:, None], proposed, rows, out=rows)
    torch.where(accepted, new_loss, loss, out=loss)
    fitted |= accepted & fits
    refusals += 1
    refusals.masked_fill_(accepted, 0)
    tired = refusals >= searcher.patience(rows.shape[1])
    radius.mul_(1 - tired.to(radius.dtype) / 2)
    refusals.masked_fill_(tired, 0)
