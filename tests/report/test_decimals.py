"""Numbers as a reader sees them: digits from the interval, one minus sign, one form of levels."""

import re
from math import inf, nan

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from harness import decimals
from harness.decimals import OVER, UNDER, figures, form
from harness.report import words
from harness.report.page import render
from tests.support.report_documents import cell, claim, document, estimate

FIGURE = re.compile(r"−?\d+(?:\.\d+)?")
numbers = st.floats(-1e9, 1e9).filter(lambda x: x == 0 or abs(x) > 1e-9)


@pytest.mark.parametrize(
    ("value", "low", "high", "said"),
    [
        (0.6897, 0.5764, 0.789, "0.69 [0.58, 0.79]"),
        (-0.4978, -0.5, -0.1, "−0.50 [−0.50, −0.10]"),
        (0.9951, 0.9393, 1.0, "0.995 [0.939, 1.000]"),
        (1234.5, 1100.2, 1388.7, "1230 [1100, 1390]"),
        # 0.0996 is 0.10 to two digits, and so is read to hundredths.
        (0.05, 0.0, 0.0996, "0.05 [0.00, 0.10]"),
        (0.85, -inf, 1.0, "0.85 [unbounded, 1.00]"),
        (0.85, 0.2, inf, "0.85 [0.20, unbounded]"),
        (0.8529, -inf, inf, "0.85 unbounded"),
        (nan, -inf, inf, "none unbounded"),
        (0.25, 0.25, 0.25, "0.25 exact"),
        (1 / 3, 1 / 3, 1 / 3, "0.3333 exact"),
        (2.5e-5, 0.0, 4.13e-4, "0.00003 [0.00000, 0.00041]"),
        (2.5e-6, 0.0, 4.13e-5, "0.3×10⁻⁵ [0.0, 4.1]×10⁻⁵"),
        (-2.5e7, -2.6e7, -2.4e7, "−2.50×10⁷ [−2.60, −2.40]×10⁷"),
        (1.004, 0.98, 1.0, "1.000▸ [0.980, 1.000]"),
        (-0.001, 0.0, 0.04, "◂0.000 [0.000, 0.040]"),
        (-0.001, -0.2, 0.2, "0.00 [−0.20, 0.20]"),
        (0.0, 0.0, 0.0, "0 exact"),
        (np.float64(0.6897), np.float64(0.5764), np.float64(0.789), "0.69 [0.58, 0.79]"),
    ],
)
def test_an_estimate_as_far_as_its_interval_tells(value, low, high, said):
    assert " ".join(figures(value, low, high)) == said


@given(numbers, st.floats(1e-9, 1e9), st.floats(0, 1))
def test_the_width_has_two_digits_and_all_three_numbers_have_the_same_decimals(low, width, place):
    high = low + width
    value = low + place * width
    assume(low < value < high and width > 1e-9 * max(abs(low), abs(high)))
    written, span = figures(value, low, high)
    parts = [written.partition("×")[0], *FIGURE.findall(span.partition("×")[0])]
    assert len({len(part.partition(".")[2]) for part in parts}) == 1
    how = form([value], low, high)
    # The last place that is written is the second of the width's digits.
    last = 10.0 ** (how.power - how.decimals)
    assert 9.949 * last <= high - low <= 99.51 * last
    for number in (value, low, high):
        assert how.reads(number) == pytest.approx(number, abs=0.5001 * last)


@given(numbers, st.floats(1e-6, 1e6), st.floats(-2, 2))
def test_an_end_is_read_on_its_own_side_of_a_bound(low, width, place):
    high, bound = low + width, low + place * width
    how = form([(low + high) / 2], low, high, [bound])
    last = 10.0 ** (form([(low + high) / 2], low, high).power - how.decimals)
    for end in (low, high):
        if abs(end - bound) > width / 1e4 and width > 1e-6 * max(abs(low), abs(high)):
            assert np.sign(how.reads(end) - bound) == np.sign(end - bound), last


def test_more_decimals_only_where_an_end_would_mislead():
    assert words.said(estimate(0.87, 0.49867, 1.0)) == "0.87 [0.50, 1.00]"
    assert words.said(estimate(0.87, 0.49867, 1.0), {"low": 0.5, "high": None}) == "0.870 [0.499, 1.000]"
    assert words.said(estimate(0.87, 0.5, 1.0), {"low": 0.5, "high": None}) == "0.87 [0.50, 1.00]"
    assert words.said(estimate(0.87, 0.52, 1.0), {"low": 0.5, "high": None}) == "0.87 [0.52, 1.00]"


@given(st.floats(), st.floats(), st.floats(), st.lists(st.floats(allow_nan=False), max_size=2))
def test_whatever_a_file_has_is_written(value, low, high, bounds):
    assert all(said and "-" not in said for said in figures(value, low, high, bounds))


def test_a_value_beyond_its_interval_has_a_caret_on_that_side():
    assert UNDER in words.estimated(estimate(-0.1, 0.0, 0.5))
    assert OVER in words.estimated(estimate(1.1, 0.5, 1.0))
    assert words.beyond(estimate(1.1, 0.5, 1.0)).startswith("The estimate itself is 1.1: it has no bias")
    assert words.beyond(estimate(0.7, 0.5, 1.0)) == words.beyond(estimate(None, None, None)) == ""


def test_signs_in_the_texts_of_others():
    assert (
        decimals.minus("ln P −2, then -24.95 and (-.5, 3e-05) at [-1, 2]")
        == "ln P −2, then −24.95 and (−.5, 3×10⁻⁵) at [−1, 2]"
    )
    names = "fcn-40-40-relu, cube2-m8-split1-2, 2019-11-30, arXiv 1805-08522, 3-4"
    assert decimals.minus(names) == names


def test_levels_have_one_form():
    levels = (0.95, 0.99, 0.999569, 0.9975, 0.9999992)
    assert [words.percent(level) for level in levels] == ["95 %", "99 %", "99.96 %", "99.75 %", "99.9999 %"]


def test_the_page_has_one_minus_sign_and_as_many_decimals_for_an_estimate_as_for_its_interval():
    found = [
        (-0.4978, -0.52, -0.1),
        (0.9951, 0.9393, 1.0),
        (1.004, 0.98, 1.0),
        (-24.95, None, -20.0),
        (0.25, 0.25, 0.25),
    ]
    cells = [
        cell("one", f"t: {i}", "refuted", estimate(*each, level=0.999569), {"i": -i}, message=f"It is {each[0]}.")
        for i, each in enumerate(found)
    ]
    for each in cells:
        each["predicted"] |= {"text": "at most -0.9", "low": None, "high": -0.9}
    page = render(document([claim("one")], cells), calibrated=[])
    visible = re.sub(r"(?s)<(script|style|code|title)\b.*?</\1>|<[^>]*>", " ", page.replace("<!DOCTYPE html>", ""))
    assert re.findall(r"(?<![\w.])-\d[^ ]*", visible) == []
    assert "99.96 % intervals" in visible
    rows = re.findall(r"<td[^>]*>([◂−\d.▸]+)</td>\s*<td>(\[[^<]*\])</td>", page)
    assert len(rows) == 4
    for value, span in rows:
        assert len({len(part.partition(".")[2]) for part in FIGURE.findall(value + span)}) == 1
