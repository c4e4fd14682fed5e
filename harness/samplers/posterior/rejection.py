"""P_B(f|S) and P(S) by rejection: draw networks from the initialisation, keep those that fit all of S."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from scipy import stats
from torch import Tensor

from harness.arguments import one_of, positive, set_fields
from harness.errors import BadInput
from harness.functions import ClusteredCounts, FunctionCounts
from harness.functions.merging import Merging
from harness.functions.packing import pack
from harness.functions.shown import Shown
from harness.networks import Architecture
from harness.networks.ensemble import sampling_inputs
from harness.networks.logits import LOSSES, finite, labels_of
from harness.problems import Problem
from harness.samplers.prior import ensembles
from harness.samplers.sampler import Sampler, argument
from harness.samplers.work import ACTIVATION, ENTRY, Shape
from harness.verdicts import Estimate
from harness.verdicts.intervals import clopper_pearson, proportion
from harness.verdicts.means import skewed

# With fewer units that kept anything, or that dropped anything, their mean is not near enough to normal.
_ENOUGH = 50


def evidence_of_clusters(clusters: ClusteredCounts, last_layers: int) -> Estimate:
    """P(S): mean over hidden draws of the share of last layers that were kept.

    If few hidden draws kept any, or dropped any, the interval rests on their numbers alone, as P(a draw keeps all) ≤
    P(S) ≤ P(a draw keeps any).
    """
    kept = np.bincount(clusters.unit, clusters.counts, minlength=clusters.units) / last_layers
    value, error = float(kept.mean()), float(kept.std(ddof=1) / np.sqrt(clusters.units))
    any_kept, all_kept = int((kept > 0).sum()), int((kept == 1).sum())
    few = min(any_kept, clusters.units - all_kept)
    skewness = float(stats.skew(kept)) if few >= _ENOUGH else 0.0

    def interval(alpha: float) -> tuple[float, float]:
        if few < _ENOUGH:
            least, most = (clopper_pearson(k, clusters.units, alpha) for k in (all_kept, any_kept))
            return least[0], most[1]
        low, high = skewed(value, error, skewness, clusters.units, few - 1)(alpha)
        return max(low, 0.0), min(high, 1.0)

    variance_of_one = value * (1 - value)
    return Estimate(
        "P(S)",
        value,
        interval,
        clusters.units,
        "hidden draws",
        variance_of_one / error**2 if error > 0 else float(clusters.units),
        "Student's t over hidden draws, and the same corrected for skewness: hull of the two",
    )


@dataclass(frozen=True)
class RejectionPosterior(Shown, Merging):
    """The networks that rejection kept: functions on the evaluation inputs, by hidden draw.

    clusters: one unit per hidden draw, including those that kept nothing.
    last_layers: last layers per hidden draw; with 1 the kept networks are independent draws.
    """

    clusters: ClusteredCounts
    last_layers: int

    @property
    def draws(self) -> int:
        """Number of networks proposed: hidden draws × last layers."""
        return self.clusters.units * self.last_layers

    @property
    def functions(self) -> FunctionCounts:
        """How often each function was kept: a sample of P_B(f|S)."""
        return self.clusters.pooled()

    @property
    def sample(self) -> FunctionCounts | ClusteredCounts:
        """The functions with their independent units, as the distances take them."""
        return self.functions if self.last_layers == 1 else self.clusters

    @property
    def evidence(self) -> Estimate:
        """P(S), with an exact (Clopper–Pearson) interval for plain draws, by hidden draw for branching draws."""
        if self.last_layers == 1:
            return proportion(self.functions.total, self.draws, quantity="P(S)", unit="networks drawn")
        return evidence_of_clusters(self.clusters, self.last_layers)

    def __add__(self, other: "RejectionPosterior") -> "RejectionPosterior":
        if self.last_layers != other.last_layers:
            raise BadInput(
                f"Posteriors with {self.last_layers} and {other.last_layers} last layers a hidden draw cannot be "
                "merged; draw both with the same number."
            )
        return RejectionPosterior(self.clusters + other.clusters, self.last_layers)


def rejection(
    architecture: Architecture,
    problem: Problem,
    draws: int,
    generator: torch.Generator,
    *,
    last_layers: int = 1,
    block: int | None = None,
) -> RejectionPosterior:
    """Draw networks from the initialisation, and keep those that fit all of S.

    A network fits if its labels are those of S: of two classes, if its logit is positive exactly on the inputs of label
    1. Evaluation logits are computed for the kept networks only.

    Args:
        architecture: the networks.
        problem: S and the evaluation inputs.
        draws: number of hidden draws.
        generator: source of randomness, on the device that computes.
        last_layers: last layers per hidden draw.
        block: hidden draws at a time; None keeps them in cache.

    Returns:
        The functions of the kept networks, by hidden draw.
    """
    wanted = torch.tensor(problem.train_y, device=generator.device)[None, :, None]
    return sift(architecture, problem, draws, generator, lambda z: (labels_of(z) == wanted).all(1), last_layers, block)


def sift(
    architecture: Architecture,
    problem: Problem,
    draws: int,
    generator: torch.Generator,
    accepts: Callable[[Tensor], Tensor],
    last_layers: int,
    block: int | None = None,
) -> RejectionPosterior:
    """Draw networks from the initialisation, and keep those that a rule accepts.

    Args:
        architecture: the networks.
        problem: S and the evaluation inputs.
        draws: number of hidden draws.
        generator: source of randomness, on the device that computes.
        accepts: logits on S (networks, m, last layers, outputs) -> bool (networks, last layers).
        last_layers: last layers per hidden draw.
        block: hidden draws at a time; None keeps them in cache.

    Returns:
        The functions of the accepted networks, by hidden draw.
    """
    x = sampling_inputs(architecture, problem.inputs, generator.device)
    m, each = problem.m, (last_layers, problem.outputs)
    words, units, first = [], [], 0
    for parameters in ensembles(architecture, x, draws, last_layers, generator, block, problem.outputs):
        with torch.inference_mode():
            features = architecture.features(parameters, x)
            logits = architecture.readout(parameters, features[:, :m]).unflatten(-1, each)
            network, last_layer = accepts(logits).nonzero(as_tuple=True)
            kept = {
                name: tensor.unflatten(-1, each)[network, :, last_layer]
                for name, tensor in parameters.items()
                if name.startswith("readout.")
            }
            labels = labels_of(architecture.readout(kept, features[:, m:][network]))
        words.append(pack(labels.cpu().numpy(), problem.classes))
        units.append(network.cpu().numpy() + first)
        first += len(features)
    clusters = ClusteredCounts.from_words(
        np.concatenate(words), np.concatenate(units), problem.n, draws, problem.classes
    )
    return RejectionPosterior(clusters, last_layers)


def tempered(
    architecture: Architecture,
    problem: Problem,
    temperature: float,
    draws: int,
    generator: torch.Generator,
    *,
    loss: str = "cross-entropy",
    last_layers: int = 1,
    block: int | None = None,
) -> RejectionPosterior:
    """Draw networks from the initialisation, and keep each with probability exp(−Σ loss/T).

    The sum is over the m training points; Langevin training at temperature τ, whose loss is their mean, has T = m·τ.

    Args:
        architecture: the networks.
        problem: S and the evaluation inputs; BadInput for more than two classes.
        temperature: T, positive.
        draws: number of hidden draws.
        generator: source of randomness, on the device that computes. The uniform numbers have a stream of their own, so
            that the networks do not depend on the block.
        loss: a name in LOSSES; BadInput for any other.
        last_layers: last layers per hidden draw.
        block: hidden draws at a time; None keeps them in cache.

    Returns:
        The functions of the kept networks, by hidden draw; the evidence is the mean probability of being kept.
    """
    problem.needs_two_classes("A posterior at a temperature")
    one_of(loss, LOSSES, "A posterior at a temperature has no loss")
    temperature = positive(temperature, "A temperature")
    signs = torch.tensor(problem.train_y, dtype=torch.float32, device=generator.device)[None, :, None] * 2 - 1
    # A stream of its own, so that what is drawn does not depend on the block.
    chance = torch.Generator(generator.device)
    chance.manual_seed(int(torch.randint(2**62, (1,), generator=generator, device=generator.device)))

    def accepts(logits: Tensor) -> Tensor:
        total = LOSSES[loss].value(finite(logits)[..., 0], signs).sum(1)
        uniform = torch.rand(total.shape, generator=chance, device=total.device, dtype=torch.float32)
        return uniform < torch.exp(-total / temperature)

    return sift(architecture, problem, draws, generator, accepts, last_layers, block)


@dataclass(frozen=True)
class Rejection(Sampler[RejectionPosterior]):
    """P_B(f|S) by rejection.

    draws: hidden draws per shard.
    last_layers: last layers per hidden draw.
    sample: number of the sample; another number gives an independent sample.
    """

    draws: int = 20_000
    last_layers: int = 64
    sample: int = argument(least=0, default=0)

    name = "rejection"
    fits_s = True
    result = RejectionPosterior

    def draw(self, generator: torch.Generator) -> RejectionPosterior:
        """One shard."""
        return rejection(self.architecture, self.problem, self.draws, generator, last_layers=self.last_layers)

    @property
    def work(self) -> float:
        """Roughly the scalar multiplications of a shard."""
        return rejection_work(self.shape, self.draws, self.last_layers)


@dataclass(frozen=True)
class TemperedRejection(Sampler[RejectionPosterior]):
    """The posterior of density exp(−Σ loss/T)·P(θ), exactly, by rejection.

    temperature: T, positive.
    loss: a name in LOSSES.
    draws, last_layers, sample: as of `Rejection`.
    """

    temperature: float
    loss: str = "cross-entropy"
    draws: int = 20_000
    last_layers: int = 64
    sample: int = argument(least=0, default=0)

    name = "tempered rejection"
    result = RejectionPosterior

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of(self.loss, LOSSES, "A posterior at a temperature has no loss")
        set_fields(self, temperature=positive(self.temperature, "A temperature"))

    def draw(self, generator: torch.Generator) -> RejectionPosterior:
        """One shard."""
        return tempered(
            self.architecture,
            self.problem,
            self.temperature,
            self.draws,
            generator,
            loss=self.loss,
            last_layers=self.last_layers,
        )

    @property
    def work(self) -> float:
        """Roughly the scalar multiplications of a shard."""
        return rejection_work(self.shape, self.draws, self.last_layers)


def rejection_work(of: Shape, draws: int, last_layers: int) -> float:
    """Work of rejection.

    Args:
        of: one network on its problem.
        draws: hidden draws.
        last_layers: last layers of each hidden draw.

    Returns:
        Roughly the scalar multiplications.
    """
    each = ACTIVATION * of.m * of.features + of.n * ENTRY
    return draws * (of.draw + of.p * of.forward + last_layers * each)
