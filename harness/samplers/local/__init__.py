"""What lies around one trained network: the volume of its star domain, and the learning coefficient of its loss."""

from harness.samplers.local.langevin import ChainEnergies
from harness.samplers.local.volumes import LocalVolumes

__all__ = ["ChainEnergies", "LocalVolumes"]
