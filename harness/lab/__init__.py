"""The lab of a claim: one request per kind of sample, with seeds, device, budget and store already chosen."""

from harness.claim.scales import SCALES, Scale
from harness.lab.lab import Lab
from harness.lab.shards import SAMPLERS_VERSION

__all__ = ["SAMPLERS_VERSION", "SCALES", "Lab", "Scale"]
