"""Who goes on from one level of subset simulation to the next."""

import numpy as np
import torch
from torch import Tensor

# Rows and ancestors.
Particles = tuple[Tensor, Tensor]


class Survivors:
    """Of all states shown, how many fit each number of the points asked, and a random few of those that fit most.

    A level has chains × steps states, which need not be held at once.
    """

    def __init__(self, most: int, points: int, device: torch.device) -> None:
        self.most, self.points = most, points
        self.histogram = torch.zeros(points + 1, dtype=torch.int64, device=device)
        self.kept: list[tuple[Tensor, ...]] = []
        self.least = torch.zeros((), device=device)

    def add(self, rows: Tensor, ancestor: Tensor, fitted: Tensor, key: Tensor) -> None:
        """fitted: (networks,) how many of the points, in their order, each fits. key: (networks,) random numbers."""
        self.histogram += torch.bincount(fitted, minlength=self.points + 1)
        order = fitted + key
        chosen = (order > self.least).nonzero()[:, 0]
        self.kept.append((rows[chosen], ancestor[chosen], fitted[chosen], order[chosen]))
        if sum(len(each[0]) for each in self.kept) > 4 * self.most:
            self._prune()

    def shares(self) -> np.ndarray:
        """(points,) of all states, the share that fits the first, the first two, … of the points."""
        at_least = self.histogram.flip(0).cumsum(0).flip(0)
        return (at_least[1:].double() / at_least[0]).cpu().numpy()

    def of(self, added: int) -> Particles | None:
        """Starts of the next level's chains: survivors as evenly as can be, in random order; None if there are none."""
        self._prune()
        rows, ancestor, fitted, _ = self.kept[0]
        fits = (fitted >= added).nonzero()[:, 0]
        if not len(fits):
            return None
        chosen = fits.repeat(-(-self.most // len(fits)))[: self.most]
        return rows[chosen], ancestor[chosen]

    def _prune(self) -> None:
        rows, ancestor, fitted, order = (torch.cat(each) for each in zip(*self.kept, strict=True))
        chosen = order.topk(min(self.most, len(order))).indices
        if len(chosen) == self.most:
            self.least = order[chosen[-1]]
        self.kept = [(rows[chosen], ancestor[chosen], fitted[chosen], order[chosen])]
