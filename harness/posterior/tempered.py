"""The posterior at a temperature, exp(−Σ loss/T)·P(θ), in place of the 0–1 likelihood: exact draws by rejection.

No loss is negative, so that a network drawn from the initialisation can be kept with the chance exp(−Σ loss/T) itself
(von Neumann 1951). At T = 1 and with cross-entropy this is Bayes' posterior of labels that are drawn by the logistic
function of the logit; at T → ∞ it is P(f).
"""

import torch
from torch import Tensor

from harness.arguments import one_of, positive
from harness.networks import Architecture
from harness.posterior.rejection import RejectionPosterior, sift
from harness.problems import Problem
from harness.training.losses import LOSSES


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
    """Draw `draws` hidden layers with `last_layers` last layers each; keep each network with chance exp(−Σ loss/T).

    The sum is over the m training points, so that Langevin training at temperature τ, whose loss is their mean, ends at
    T = m·τ. The evidence is the mean of that chance. BadInput for more than two classes or an unknown loss.
    """
    problem.needs_two_classes("A posterior at a temperature")
    one_of(loss, LOSSES, "A posterior at a temperature has no loss")
    temperature = positive(temperature, "A temperature")
    signs = torch.tensor(problem.train_y, dtype=torch.float32, device=generator.device)[None, :, None] * 2 - 1
    # A stream of its own, so that what is drawn does not depend on the block.
    chance = torch.Generator(generator.device)
    chance.manual_seed(int(torch.randint(2**62, (1,), generator=generator, device=generator.device)))

    def accepts(logits: Tensor) -> Tensor:
        total = LOSSES[loss].value(logits[..., 0], signs).sum(1)
        uniform = torch.rand(total.shape, generator=chance, device=total.device)
        return uniform < torch.exp(-total / temperature)

    return sift(architecture, problem, draws, generator, accepts, last_layers, block)
