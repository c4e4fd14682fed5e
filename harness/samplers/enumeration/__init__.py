"""Networks with so few settings of their weights that every one is counted: volumes without sampling error."""

from harness.samplers.enumeration.binary import Enumeration, binary_volumes
from harness.samplers.enumeration.clauses import ClauseNetwork, ClauseVolumes, clause_volumes
from harness.samplers.enumeration.volumes import ExactVolumes

__all__ = [
    "ClauseNetwork",
    "ClauseVolumes",
    "Enumeration",
    "ExactVolumes",
    "binary_volumes",
    "clause_volumes",
]
