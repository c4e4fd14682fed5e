"""What a claim is handed: one request for each kind of sample, with seeds, device, budget and store already chosen."""

from harness.claim.scales import SCALES, Scale
from harness.lab.features import Features
from harness.lab.kernel_theory import KernelTheory
from harness.lab.posterior import Annealing, FiniteWidth
from harness.lab.shards import SAMPLERS_VERSION
from harness.lab.training import Training

__all__ = ["SAMPLERS_VERSION", "SCALES", "Lab", "Scale"]


class Lab(FiniteWidth, Annealing, KernelTheory, Training, Features):
    """Every request a claim may make; see `shards.py` for how samples grow over a cell's looks."""
