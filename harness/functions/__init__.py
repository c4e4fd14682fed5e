"""Functions as packed labels, and how often each was seen; samples as the distances take them (`runs.py`)."""

from harness.functions.counts import ClusteredCounts, FunctionCounts
from harness.functions.packing import pack

__all__ = ["ClusteredCounts", "FunctionCounts", "pack"]
