"""The memory that a shard is planned to take, against what the system says it took."""

import subprocess
import sys

from harness.networks import FullyConnected
from harness.problems import digits
from harness.run.plan.quantities import quantities
from harness.run.plan.requests import Recorder, dry_run

# One network first, so that libraries are loaded and their pages counted. The system's own figure of the process alone:
# what getrusage says is at least what its parent took.
_SHARD = """
import re, torch
from pathlib import Path
from harness.networks import FullyConnected
from harness.samplers.prior import prior
from harness.problems import digits
torch.set_num_threads(1)
generator, network, problem = torch.Generator(), FullyConnected((2000, 2000)), digits(8, 64)
peak = lambda: int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
prior(network, problem, 1, generator)
before = peak()
prior(network, problem, 12, generator)
print(peak() - before)
"""


def test_a_block_of_wide_networks_takes_what_is_planned():
    """Networks too wide for the cache are drawn four at a time, which costs three more than one does."""
    lab = Recorder.at("smoke", "cpu", 0)
    with dry_run():
        lab.prior(FullyConnected((2000, 2000)), digits(8, 64), draws=12)
    planned = quantities(lab.take()[0]).memory
    done = subprocess.run([sys.executable, "-c", _SHARD], capture_output=True, text=True, check=True, timeout=120)
    took = 1024 * int(done.stdout)
    assert took <= planned <= 6 * took
