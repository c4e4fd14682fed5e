"""What a claim is handed: one request for each kind of sample, with seeds, device, budget and store already chosen."""

from harness.claim.scales import SCALES, Scale
from harness.lab.lab import Lab
from harness.lab.shards import SAMPLERS_VERSION

__all__ = ["SAMPLERS_VERSION", "SCALES", "Lab", "Scale"]
