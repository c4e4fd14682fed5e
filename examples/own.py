"""A network, an optimiser and data of one's own, judged outside and inside the claims:

python -m examples.own            # P_B and P_OPT of the network on the data, in seconds
pytest claims/ -p examples.own    # network and optimiser in every grid of images

The network is a module of torch.nn, the optimiser one of torch.optim, the data an npz file.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from torch import Tensor, nn

from harness.claim.registry import add_architecture, add_optimiser
from harness.networks import from_module
from harness.optimisers import from_optim
from harness.problems import Problem
from harness.samplers.posterior.rejection import rejection
from harness.samplers.training import train


class Gated(nn.Module):
    """One hidden layer of gated units; nn.LazyLinear takes its size from the inputs."""

    def __init__(self, width: int = 20) -> None:
        super().__init__()
        self.value, self.gate = nn.LazyLinear(width), nn.LazyLinear(width)
        self.readout = nn.Linear(width, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(points, d) -> (points, 1)."""
        return self.readout(self.value(x) * self.gate(x).sigmoid())


GATED = from_module(Gated, width=20, initial="he")
NADAM = from_optim(torch.optim.NAdam, lr=0.01)


def two_circles(folder: Path) -> Problem:
    """Points of two circles, of which the file names the classes."""
    rng = np.random.default_rng(0)
    outer, angle = rng.random(400) < 0.5, rng.uniform(0, 2 * np.pi, 400)
    x = np.where(outer, 2.0, 1.0)[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    np.savez(folder / "circles.npz", x=x, y=np.where(outer, "outer", "inner"))
    return Problem.from_dataset(folder / "circles.npz", m=6, n=8, task="inner/outer", name="circles")


def summary(draws: int = 2000, networks: int = 200) -> str:
    """P(S), and the mean error on E of sampled and of trained networks that fit S."""
    with TemporaryDirectory() as folder:
        problem = two_circles(Path(folder))
    sampled = rejection(GATED, problem, draws, torch.Generator().manual_seed(0), last_layers=16)
    trained = train(GATED, problem, NADAM, networks, torch.Generator().manual_seed(1))
    lines = [f"{GATED.name} on {problem.name}: P(S) = {sampled.evidence.value:.3g}"]
    for how, functions in (("sampled", sampled.functions), (NADAM.name, trained.functions)):
        errors = (functions.bits() != problem.eval_y).mean(axis=1)
        lines += [f"{how}: {functions.total:,} fit S, mean error on E {errors @ functions.probabilities():.3f}"]
    return "\n".join(lines)


add_architecture(GATED)
add_optimiser(NADAM)

if __name__ == "__main__":
    sys.stdout.write(summary() + "\n")
