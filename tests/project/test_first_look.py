"""The example without pytest: a table of functions with both probabilities, and an interval around the value."""

import re

from examples.first_look import table, task


def test_first_look_prints_both_distributions_and_the_bias_explained():
    problem = task()
    lines = table(networks=200, rows=3).splitlines()
    rows = [line.split() for line in lines if re.match(rf"[01]{{{problem.n}}} ", line)]
    assert len(rows) == 3
    assert all(0 < float(trained) <= 1 and 0 <= float(sampled) <= 1 for _, trained, sampled, *_ in rows)
    assert [float(row[1]) for row in rows] == sorted((float(row[1]) for row in rows), reverse=True)
    value, low, high = map(float, re.search(r"([-\d.]+), 95% interval \[([-\d.]+), ([-\d.]+)\]", lines[-1]).groups())
    assert low <= min(value, 1) <= high <= 1
