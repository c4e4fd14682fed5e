"""Cost curves against synthetic costs whose law is known."""

from dataclasses import dataclass
from math import exp

import numpy as np
import pytest

from harness.claim import SCALES
from harness.run.plan.costs import Costs, Machine, Measured, read, write
from harness.run.plan.curves import Cost, Curve
from harness.run.plan.quantities import Quantities
from harness.run.plan.requests import claims, record

MACHINE = Machine("synthetic", "cpu", 1e10, 0.05)


@dataclass(frozen=True)
class Parts:
    work: dict
    sizes: dict
    kinds: tuple


def law(work, sizes, kinds):
    """Two prices, m^1.5, and twice... three times as much for one kind."""
    return (2e-9 * work["flops"] + 3e-6 * work["steps"]) * (sizes["m"] / 10) ** 1.5 * (3 if "slow" in kinds else 1)


def drawn(rng, scale=1.0):
    work = {"flops": scale * exp(rng.uniform(15, 22)), "steps": scale * exp(rng.uniform(8, 15))}
    return Parts(work, {"m": exp(rng.uniform(2, 5))}, ("all", "slow" if rng.random() < 0.5 else "fast"))


def sample(seed, size, noise):
    rng = np.random.default_rng(seed)
    parts = [drawn(rng) for _ in range(size)]
    return [Cost(each, law(each.work, each.sizes, each.kinds) * exp(noise * rng.normal())) for each in parts]


def test_prices_exponents_and_factors_are_found():
    curve = Curve(sample(0, 200, 0.05))
    for work, price in (({"flops": 1e12}, 2e-9), ({"steps": 1e9}, 3e-6)):
        predicted = curve(Parts(work, {"m": 10.0}, ("all", "fast"))).value
        assert predicted / (price * sum(work.values())) == pytest.approx(1, abs=0.15)
    base = {"flops": 1e10, "steps": 1e5}
    at = [curve(Parts(base, {"m": m}, ("all", "fast"))).value for m in (10.0, 100.0)]
    assert np.log10(at[1] / at[0]) == pytest.approx(1.5, abs=0.1)
    slow = curve(Parts(base, {"m": 10.0}, ("all", "slow"))).value
    assert slow / at[0] == pytest.approx(3, rel=0.1)


@pytest.mark.parametrize("size", [8, 25, 150])
def test_the_interval_covers(size):
    """Of 400 new costs, 358 or fewer inside of 95 % intervals has a chance of 1e-6, were they independent."""
    curve = Curve(sample(1, size, 0.3))
    inside = 0
    for each in sample(2, 400, 0.3):
        predicted = curve(each.parts)
        inside += 1 / predicted.spread <= each.cost / predicted.value <= predicted.spread
    assert inside > 358


@pytest.mark.parametrize("size", [1, 3, 40])
def test_more_work_never_costs_less(size):
    curve = Curve(sample(3, size, 1.0))
    rng = np.random.default_rng(4)
    for _ in range(100):
        small = drawn(rng)
        more = Parts({"flops": 2 * small.work["flops"], "steps": small.work["steps"]}, small.sizes, small.kinds)
        larger = Parts(small.work, {"m": 2 * small.sizes["m"]}, small.kinds)
        assert curve(more).value >= curve(small).value
        assert curve(larger).value >= curve(small).value


def test_one_measurement_is_carried_on_in_proportion():
    only = Cost(Parts({"flops": 1e9}, {}, ("all",)), 2.0)
    curve = Curve([only])
    assert curve(Parts({"flops": 1e10}, {}, ("all",))).value == pytest.approx(20, rel=1e-6)


def test_what_nobody_measured_is_said_to_be_uncertain():
    assert Curve([])(Parts({"flops": 1e9}, {}, ())).spread > 10
    curve = Curve(sample(5, 100, 0.05))
    known, other = (Parts({"flops": 1e9, "steps": 1e5}, {"m": 10.0}, ("all", kind)) for kind in ("fast", "other"))
    assert curve(other).scatter > 2 * curve(known).scatter


def quantities(work):
    return Quantities("family", {"flops": work}, {}, (), 1.0, 0.0)


def test_what_was_measured_is_taken_as_it_was():
    request = next(request for cell in record(claims(), "smoke") for request in cell.requests)
    measured = Measured.of(request, quantities(1e9), 3.5, 1234.0, 2)
    costs = Costs(MACHINE, [measured])
    assert costs.seconds(request, quantities(1e3)).value == 3.5
    assert costs.bytes(request, quantities(1e3)).value == 1234
    # With another seed it is another sample of the same cost.
    again = next(request for cell in record(claims(), "smoke", seed=1) for request in cell.requests)
    assert again.name != request.name
    assert costs.seconds(again, quantities(1e3)).value == 3.5


def test_costs_are_kept_as_they_were(tmp_path):
    rows = [Measured(f"{i}", "family", {"flops": 1e9 * i}, {"m": 2.0}, ("a",), 0.5 * i, 100, i) for i in (1, 2)]
    write(tmp_path / "costs.json", MACHINE, rows)
    found = read(tmp_path / "costs.json")
    assert found.machine == MACHINE
    assert list(found.measured.values()) == rows


def test_packaged_costs_are_of_requests_that_claims_make():
    known = read().measured
    from harness.run.plan.costs import identity

    asked = {identity(request) for scale in SCALES for cell in record(claims(), scale) for request in cell.requests}
    assert len(known) > 300
    # The rest was asked for by claims as they were when it was measured.
    assert len(known.keys() & asked) > 0.8 * len(known)
