"""Langevin chains held near a point, and the local learning coefficient that their mean loss gives.

The chains sample exp(−nβ L(w) − γ‖w − w*‖²/2), β = 1/ln n, by stochastic gradient Langevin dynamics (Welling & Teh
2011), and λ̂ = nβ(E L − L(w*)) estimates the learning coefficient at w* (Lau et al. 2023, arXiv 2308.12108; Watanabe
2013). It has three biases, none of which vanishes with more chains. Of a finite n: nβ E L is λ − (θ − 1)/ln nβ and
smaller terms, θ the multiplicity. Of localisation: a direction of curvature h contributes ½ nβh/(nβh + γ) in place of
½, and the more singular the point, the more of the mass is held by γ alone. Of the step ε: a direction whose density
has the precision a = nβh + γ has the variance 1/(a − εa²/4), which grows without end at εa = 4.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt

import numpy as np
import torch
from torch import Tensor

from harness.errors import BadInput
from harness.functions.merging import Merging
from harness.verdicts import Estimate
from harness.verdicts.means import over_influences
from harness.verdicts.verdict import nothing_yet

# (rows, size) points -> (rows,) losses, (rows, size) their gradients; on a minibatch, independent ones at each call.
LossAndGradient = Callable[[Tensor], tuple[Tensor, Tensor]]


@dataclass(frozen=True, eq=False)
class ChainEnergies(Merging):
    """nβ(mean loss − loss at the centre) of chains, whose mean over all of a centre's chains is λ̂.

    halves: (centres, chains, 2) over the first half of a chain's recorded steps, and over the second; nan where a chain
        diverged.
    losses: (centres,) loss at each centre.
    networks: how many were trained to be centres; those that were not taken are not among the centres.
    """

    halves: np.ndarray
    losses: np.ndarray
    networks: int

    @property
    def by_chain(self) -> np.ndarray:
        """(centres, chains) λ̂ of each chain."""
        return np.asarray(self.halves.mean(axis=2))

    @property
    def drift(self) -> float:
        """Mean of the second halves less that of the first, as a share of their mean: what a longer burn-in changes."""
        first, second = self.halves.mean(axis=(0, 1))
        return float((second - first) / abs(first + second) * 2)

    @property
    def drift_error(self) -> float:
        """Standard error of the drift, over chains."""
        apart = (self.halves[..., 1] - self.halves[..., 0]).ravel()
        return float(apart.std(ddof=1) / sqrt(len(apart)) / abs(self.halves.mean()))

    def at(self, centre: int) -> Estimate:
        """λ̂ at one centre, by its number; its interval is over chains."""
        if not 0 <= centre < len(self.halves):
            raise BadInput(f"There are {len(self.halves)} centres, numbered from 0, and none is number {centre}.")
        return _mean(self.by_chain[centre], "chains")

    def at_one_point(self) -> Estimate:
        """λ̂ where all centres are one point; its interval is over all chains."""
        return _mean(self.by_chain.ravel(), "chains")

    def over_networks(self) -> Estimate:
        """Mean of λ̂ over trained networks, each of which is one unit."""
        return _mean(self.by_chain.mean(axis=1), "trained networks")


def _mean(values: np.ndarray, unit: str) -> Estimate:
    quantity, many = "local learning coefficient by SGLD", len(values)
    if many < 2 or not np.isfinite(values).all():
        return nothing_yet(quantity, many, unit)
    value = float(values.mean())
    ends = over_influences(value, values - value)
    return Estimate(
        quantity,
        value,
        lambda alpha: ends(alpha, 1.0),
        many,
        unit,
        float(many),
        f"mean over {unit}; hull of Student's interval and Hall's",
        foreseen=ends,
    )


def chain_energies(
    loss: LossAndGradient,
    centres: Tensor,
    at_centres: Tensor,
    generator: torch.Generator,
    *,
    inverse_temperature: float,
    localisation: float,
    step_size: float,
    chains: int,
    burn_in: int,
    steps: int,
) -> np.ndarray:
    """Run chains from each centre: w ← w − ε/2 (nβ ∇L(w) + γ(w − w*)) + √ε z, z standard normal.

    Args:
        loss: points -> losses and gradients.
        centres: (centres, size) w*, float32.
        at_centres: (centres,) loss there, of all points.
        generator: source of randomness, on the device of the centres.
        inverse_temperature: nβ.
        localisation: γ.
        step_size: ε.
        chains: of each centre, all computed together.
        burn_in: steps that are not recorded.
        steps: steps that are recorded, an even number.

    Returns:
        (centres, chains, 2) float64, as of `ChainEnergies`.
    """
    start = centres.repeat_interleave(chains, dim=0)
    offset = at_centres.repeat_interleave(chains)
    rows = start.clone()
    halves = torch.zeros(2, len(rows), device=rows.device, dtype=torch.float32)
    for number in range(burn_in + steps):
        value, gradient = loss(rows)
        if number >= burn_in:
            # Differences, so that single precision is of them and not of the loss.
            halves[(number - burn_in) * 2 // steps] += value - offset
        drift = gradient.mul(inverse_temperature).add_(rows - start, alpha=localisation)
        noise = torch.empty_like(rows).normal_(generator=generator)
        rows = rows.add_(drift, alpha=-step_size / 2).add_(noise, alpha=sqrt(step_size))
    found = halves.T.reshape(len(centres), chains, 2).double().cpu().numpy()
    return np.asarray(np.where(np.isfinite(found), found, np.nan) * inverse_temperature * 2 / steps)
