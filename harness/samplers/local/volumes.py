"""Volumes of star domains around trained networks, as random directions estimate them."""

from dataclasses import dataclass
from functools import cached_property
from math import inf, log

import numpy as np
from scipy import special

from harness.errors import BadInput
from harness.functions.merging import Merging
from harness.verdicts import Estimate
from harness.verdicts.means import over_influences

QUANTITY = "ln volume of the star domain"
# Directions of equal weight that would know the volume as well: with fewer, its upper end is not known. (Of lognormal
# weights, those of 300 had intervals at level 95 % that missed at the upper end by 4 % instead of 2.5 %, those of 50 by
# 6 %, and at the lower end less often than promised.)
ENOUGH = 300


@dataclass(frozen=True, eq=False)
class LocalVolumes(Merging):
    """The mass of the star domain around each of some networks, direction by direction, in nats.

    terms: (networks, directions) ln of what each direction says; the mean over directions of their exponentials is
        unbiased for the domain's mass.
    functions: (networks, n) each network's labels on E.
    networks: how many were trained; those that do not lie in their region are left out.
    """

    terms: np.ndarray
    functions: np.ndarray
    networks: int

    @cached_property
    def values(self) -> np.ndarray:
        """(networks,) ln of the mean over directions."""
        return np.asarray(special.logsumexp(self.terms, axis=1) - log(self.terms.shape[1]))

    @cached_property
    def effective(self) -> np.ndarray:
        """(networks,) effective number of directions (Kish 1965): (Σ w)²/Σ w², 1 where one direction has it all."""
        return np.exp(2 * special.logsumexp(self.terms, axis=1) - special.logsumexp(2 * self.terms, axis=1))

    def at(self, network: int) -> Estimate:
        """ln volume of the star domain around one network, by its number.

        The mean over directions is unbiased, and by Markov's inequality exceeds 2/α times the truth with probability
        α/2 at most: a lower end that holds for any distribution of the directions. Where a few of them have all the
        weight this is all that is known, and the upper end is ∞; where ENOUGH count, both ends are those of a mean.
        """
        if not 0 <= network < len(self.terms):
            raise BadInput(f"There are {len(self.terms)} networks, numbered from 0, and none is number {network}.")
        value, effective = float(self.values[network]), float(self.effective[network])
        many = self.terms.shape[1]
        relative = np.exp(self.terms[network] - value)
        ends = over_influences(1.0, relative - relative.mean())

        def by_markov(alpha: float) -> tuple[float, float]:
            return value + log(alpha / 2), inf

        def of_mean(alpha: float) -> tuple[float, float]:
            low, high = ends(alpha, 1.0)
            return max(value + log(low), by_markov(alpha)[0]) if low > 0 else by_markov(alpha)[0], value + log(high)

        enough = effective >= ENOUGH
        method = (
            "logarithm of the mean over directions; hull of Student's interval and Hall's"
            if enough
            else f"lower end by Markov's inequality; {effective:.3g} directions count, too few for an upper end"
        )
        return Estimate(QUANTITY, value, of_mean if enough else by_markov, many, "directions", effective, method)
