"""The picture of errors by architecture, optimiser and rate has each mean at its own place."""

from claims.sampling.architecture_outweighs_optimiser import RATIOS, RULES, over_rates
from harness.statistics.over_sets import mean_over_sets


def test_each_mean_stands_at_its_rule_and_rate():
    # Two architectures; a mean's value tells its architecture and its rule.
    means = {
        name: [
            mean_over_sets([base + i + step for step in (-0.1, -0.05, 0.05, 0.1)], "test error")
            for i in range(len(RULES))
        ]
        for name, base in (("wide", 0.0), ("deep", 100.0))
    }
    drawn = over_rates(means)
    assert len(drawn) == 2 * len(RULES)
    for each in drawn:
        place = each["parameters"]
        rule = RULES[round(each["value"]) % 100]
        assert rule.name == f"{place['rule']}-rho{place['ρ']:g}"
        assert (each["value"] > 50) == (place["sample"] == "deep")
    assert {each["parameters"]["ρ"] for each in drawn} == set(RATIOS)
