"""Variance components over training sets: each set's own, their mean without bias, and simulated coverage."""

import numpy as np
import pytest
from scipy import stats

from harness.errors import BadInput
from harness.statistics.variance_components import variance_components, variance_components_over_sets

FALSE_ALARM = 1e-6
ROWS, COLUMNS = np.array([0.16, 0.2, 0.25]), np.array([0.0, 0.01, -0.02, 0.03])


def drawn(rng, sets, rows=ROWS, columns=COLUMNS, replicates=4):
    """(sets, rows, columns, replicates) errors on 64 points; rows and columns count more on some sets than others."""
    strength = rng.gamma(8, 1 / 8, (2, sets, 1, 1))
    chance = 0.1 * rng.gamma(20, 1 / 20, (sets, 1, 1)) + strength[0] * rows[:, None] + strength[1] * columns
    return rng.binomial(64, np.clip(chance, 0, 1)[..., None], (*chance.shape, replicates)) / 64


def test_it_averages_what_each_set_has():
    cells = drawn(np.random.default_rng(0), 6)
    found = variance_components_over_sets(cells.tolist(), "rows", "columns")
    own = [variance_components(each.tolist(), "rows", "columns") for each in cells]
    for which in ("rows", "columns"):
        assert found[which].value == pytest.approx(np.mean([each[which].value for each in own]))
        assert (found[which].n, found[which].unit) == (6, "training sets")
    assert found["share"].value == pytest.approx(found["rows"].value / (found["rows"].value + found["columns"].value))


def test_learners_that_do_not_differ_have_no_share():
    cells = drawn(np.random.default_rng(1), 16, rows=np.zeros(3), columns=np.zeros(4))
    found = variance_components_over_sets(cells.tolist(), "rows", "columns")
    low, high = found["share"].interval(0.01)
    assert low < 0.5 < high


def test_sets_of_unequal_layouts_are_refused():
    whole = drawn(np.random.default_rng(2), 4).tolist()
    with pytest.raises(BadInput, match="same rows and columns"):
        variance_components_over_sets([*whole, whole[0][:2]], "rows", "columns")
    with pytest.raises(BadInput, match="replicates"):
        variance_components_over_sets([[[[0.1], [0.2, 0.3]]] * 2] * 4, "rows", "columns")


@pytest.mark.parametrize("sets", [8, 32])
def test_components_are_covered_and_unbiased(sets):
    """E strength² is 1 + 1/8; errors are nowhere near 0 or 1, so that nothing is cut."""
    rng, alphas, simulations = np.random.default_rng(3), np.array([0.05, 0.005]), 80
    of_rows, of_columns = ((1 + 1 / 8) * each.var(ddof=1) for each in (ROWS, COLUMNS))
    truth = {"rows": of_rows, "columns": of_columns, "share": of_rows / (of_rows + of_columns)}
    misses = {name: np.zeros((2, 2)) for name in truth}
    values = {name: [] for name in truth}
    for _ in range(simulations):
        found = variance_components_over_sets(drawn(rng, sets), "rows", "columns")
        for name, true in truth.items():
            ends = np.array([found[name].interval(alpha) for alpha in alphas])
            misses[name] += np.stack([true < ends[:, 0], true > ends[:, 1]])
            values[name].append(found[name].value)
    for name in ("rows", "columns"):
        assert abs(np.mean(values[name]) - truth[name]) < 5 * np.std(values[name]) / np.sqrt(simulations)
    for missed in misses.values():
        assert (missed <= stats.binom.isf(FALSE_ALARM, simulations, alphas / 2)).all(), misses
