"""What a network costs."""

import pytest
from torch.utils.flop_counter import FlopCounterMode

from harness.networks import cost
from tests.support.every_architecture import EVERY, some_inputs


@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("architecture", EVERY, ids=lambda a: a.name)
def test_multiplications_are_those_that_torch_counts(monkeypatch, architecture, outputs):
    inputs = some_inputs(architecture, 2)
    found = cost.network_cost(architecture, inputs, 10**6, outputs)

    class Torchs(FlopCounterMode):
        flops = property(FlopCounterMode.get_total_flops)

    monkeypatch.setattr(cost, "_Counter", lambda: Torchs(display=False))
    cost._counted.cache_clear()
    assert cost.network_cost(architecture, inputs, 10**6, outputs) == found
    assert found.multiplications > 0
