"""What a claim found, and what swapping moves, in words."""

from math import sqrt

from harness.report import found, swap, tables
from harness.report.glossary import explained
from tests.support.report_documents import cell, estimate


def variances(of_rows, of_columns):
    quantities = ("variance over architectures", "variance over optimisers")
    return [
        {"quantity": quantity, "value": value, "low": low, "high": high, "noise_floor": None, "method": "mean"}
        for quantity, (value, low, high) in zip(quantities, (of_rows, of_columns), strict=True)
    ]


def shares(*data):
    made = []
    for name in data:
        one = cell("one", f"share: {name}", "refuted", estimate(0.2, 0.1, 0.4), {"data": name}, crux=True)
        one["details"]["secondary"] = variances((0.0004, -0.0001, 0.0016), (0.0009, 0.0004, 0.0025))
        made.append(one)
    return made


def test_swapping_is_said_in_points_which_are_roots_of_the_variances():
    said = swap.said(shares("digits", "fashion_mnist"))
    assert said == (
        "swapping the architecture moves the error by 2.0 [0.0, 4.0] points on digits, 2.0 [0.0, 4.0] on Fashion-MNIST"
        "; swapping optimiser and rate by 3.0 [2.0, 5.0], 3.0 [2.0, 5.0]"
    )
    assert [round(100 * sqrt(v)) for v in (0.0004, 0.0016, 0.0009, 0.0025)] == [2, 4, 3, 5]
    assert swap.said([cell("one", "t: 1", "supported", estimate(0.9, 0.8, 1.0), {"m": 1})]) == ""


def test_a_line_a_test_has_its_crux_cells_or_its_counted_ones():
    others = [
        cell("one", f"wide: {w}", "supported", estimate(w / 100, w / 100 - 0.01, w / 100 + 0.01), {"width": w})
        for w in (10, 20, 40)
    ]
    counted = cell("one", "share: mnist", "supported", estimate(0.9, 0.8, 1.0), {"data": "mnist"})
    control = cell("one", "check: 1", "supported", estimate(0.9, 0.8, 1.0), {"m": 1}, control=True)
    lines = found.lines(tables.groups([*shares("digits"), counted, *others, control]))
    assert lines[0].startswith("Share: bias explained 0.20 [0.10, 0.40] on digits; predicted at least 0.5 (1 ✗); swap")
    assert lines[1:] == ["Wide: bias explained 0.10 to 0.40 [0.09, 0.41] in 3 cells; predicted at least 0.5 (3 ✓)."]
    assert found.lines(tables.groups(others))[0].startswith("bias explained 0.10 to")


def test_a_place_has_its_preposition():
    def said(key, *values):
        ends = (0.2, 0.1, 0.4), (0.3, 0.2, 0.4)
        cells = [cell("one", f"t: {v}", "supported", estimate(*e), {key: v}) for v, e in zip(values, ends, strict=True)]
        return found.lines(tables.groups(cells))[0].partition(";")[0]

    assert said("data", "digits", "mnist") == "bias explained 0.20 [0.10, 0.40] on digits, 0.30 [0.20, 0.40] on MNIST"
    assert said("width", 4, 8) == "bias explained 0.20 [0.10, 0.40] at width 4, 0.30 [0.20, 0.40] at width 8"
    assert said("function", "parity", "copy").endswith(" for parity, 0.30 [0.20, 0.40] for copy")


def test_names_of_claims_on_the_page_are_links():
    claims = [{"slug": "width_helps", "name": "width helps"}]
    text = "Asked in `width_helps` and `depth_hurts`, not in `two`."
    assert str(explained(text, set(), claims)) == (
        'Asked in <a href="#width_helps">width helps</a> and depth_hurts, not in `two`.'
    )
