"""The report's plots and downloads hold the numbers of the results."""

import csv
import io
import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.report import charts, words
from harness.report.curves import MOST_LINES, curves
from harness.report.forest import Axis, axis, region, strip
from harness.report.grouping import telling
from harness.report.labels import titled
from harness.report.payload import table
from tests.support.report_documents import cell, estimate, many, points, sample, states
from tests.support.report_page import page_of

M = "number of training points"


@pytest.fixture(scope="module")
def page():
    return page_of(sample())


def test_what_is_not_finite_is_said_and_not_drawn(page):
    assert page.figures("only: endless")[3] == "unbounded"
    assert page.figures("only: early")[2:4] == ["none", "unbounded"]
    strips = {name: page.within(page.row(f"only: {name}"), "td")[1]["attributes"] for name in ("endless", "early")}
    assert strips["endless"]["class"] == "f lo hi"
    assert "style" not in strips["early"]
    written = [(math.inf, "unbounded"), (-math.inf, "unbounded"), (math.nan, "none"), (None, "unbounded")]
    assert [words.number(value) for value, _ in written] == [said for _, said in written]


def test_the_forest_plot_lies_where_its_axis_says(page):
    """From the drawn positions and the ticks' labels alone, the numbers of the results come back."""
    checked = 0
    for found in sample()["cells"]:
        measured = found["estimate"]
        if measured is None or measured["value"] is None:
            continue
        row = page.row(found["id"])
        (body,) = [e for e in row["inside"] if e["tag"] == "tbody"]
        ticks = [e for e in page.within(body, "span") if "style" in e["attributes"]]
        places = [float(e["attributes"]["style"].partition(";")[0].removeprefix("--x:")) for e in ticks]
        labels = [float(e["text"].replace("−", "-")) for e in ticks]
        scale = (labels[-1] - labels[0]) / (places[-1] - places[0])

        def at(percent, labels=labels, places=places, scale=scale):
            return labels[0] + (float(percent) - places[0]) * scale

        strip = page.within(row, "td")[1]["attributes"]
        drawn = dict(part.split(":") for part in strip["style"].replace("--", "").split(";"))
        region = dict(part.split(":", 1) for part in body["attributes"]["style"].replace("--", "").split(";"))
        hair = abs(scale) * 0.01
        assert at(drawn["v"]) == pytest.approx(measured["value"], abs=hair)
        for end, name, beyond in (("l", "low", "lo"), ("h", "high", "hi")):
            if beyond not in strip["class"]:
                assert at(drawn[end]) == pytest.approx(measured[name], abs=hair)
        assert at(region["a"]) == pytest.approx(found["predicted"]["low"], abs=hair)
        assert float(region["b"]) == 100
        # Equal distributions have bias explained 1, so that is where the floor is counted from.
        assert ("n" in drawn) == (measured["noise_floor"] is not None)
        if "n" in drawn:
            assert at(drawn["n"]) == pytest.approx(1 - measured["noise_floor"], abs=hair)
        checked += 1
    assert checked == 10


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
def test_ticks_are_few_even_and_on_the_axis(low, width):
    axis = Axis(low, low + width)
    places = [at for at, _ in axis.ticks()]
    assert 2 <= len(places) <= 7
    assert all(-1e-6 <= at <= 100 + 1e-6 for at in places)
    steps = [b - a for a, b in itertools.pairwise(places)]
    assert max(steps) == pytest.approx(min(steps), abs=0.01)


def test_plots_hold_the_numbers_of_the_results(page):
    found = {c["id"]: c for c in sample()["cells"]}
    details = {c["id"]: c for payload in page.payloads() for c in payload["cells"]}
    assert set(details) == set(found)
    scatter, given_points = details["bias: digits-m8-fcn-10-hinge"]["scatter"], points(0)
    drawn = zip(*(scatter[key] for key in ("f", "x", "y", "x0", "x1", "y0", "y1", "e")), strict=True)
    assert sorted(drawn) == sorted(
        (p["function"], p["x"], p["y"], *(pytest.approx(v) for v in (*p["x_interval"], *p["y_interval"])), p["error"])
        for p in given_points
    )
    assert scatter["f"][scatter["target"]] == given_points[3]["function"]
    assert scatter["mass"] == [pytest.approx(sum(p[of] for p in given_points), rel=1e-5) for of in ("x", "y")]
    volumes = found["under: cube5"]["details"]
    drawn = details["under: cube5"]["complexity"]
    assert drawn["bound"] == volumes["bound"]
    assert [*zip(drawn["f"], drawn["k"], drawn["p"], strict=True)] == [
        (p["function"], p["k"], pytest.approx(p["p"], rel=1e-5)) for p in volumes["complexity"]
    ]
    assert details["under: cube7"]["complexity"] is None


def test_a_page_of_many_plots_keeps_the_most_probable_functions():
    found = many(600, of_claims=2, functions=200)
    most = charts.points_each(found["cells"])
    assert most == charts.MOST_POINTS // 600
    drawn = charts.scatter(found["cells"][0], most)
    assert (len(drawn["f"]), drawn["of"]) == (most, 200)
    assert drawn["mass"][0] == pytest.approx(sum(drawn["x"]), rel=1e-4)
    assert (
        min(max(x, y) for x, y in zip(drawn["x"], drawn["y"], strict=True))
        >= sorted((max(p["x"], p["y"]) for p in found["cells"][0]["details"]["scatter"]), reverse=True)[most] - 1e-9
    )


def test_curves_run_over_the_number_that_varies(page):
    cells = [c for c in sample()["cells"] if c["claim"] == "optimisers_sample"]
    (chart,) = curves(cells)
    assert (chart["x"], chart["y"], chart["log"], chart["ticks"]) == ("width", "bias explained", True, [10, 40, 160])
    assert chart["lines"] == ["hinge", "square"]
    assert chart["region"] == [0.5, None]
    (panel,) = chart["panels"]
    drawn = {(row["x"], row["line"]): (row["value"], row["low"], row["high"]) for row in panel["rows"]}
    assert drawn == {
        (c["parameters"]["width"], c["parameters"]["loss"]): tuple(c["estimate"][k] for k in ("value", "low", "high"))
        for c in cells
    }
    assert chart in [each for payload in page.payloads() for each in payload["curves"]]


def test_a_curve_knows_which_intervals_are_whole():
    ends = {1: (0.4, 0.6), 2: (None, 0.6), 3: (-900.0, 0.7), 4: (0.5, 0.7)}
    cells = [cell("one", f"t: {w}", "supported", estimate(0.55, *ends[w]), {"width": w}) for w in ends]
    (chart,) = curves(cells)
    rows = chart["panels"][0]["rows"]
    assert [row["whole"] for row in rows] == [True, False, False, True]
    # What is not drawn in full is said in full.
    assert [row.get("said") for row in rows] == [None, "0.550 [unbounded, 0.600]", "1 [−900, 1]", None]
    least, most = chart["domain"]
    assert all(least <= row["low"] <= row["high"] <= most for row in rows)
    assert least > -2


def test_what_a_slope_rests_on_is_drawn_as_curves_of_its_own():
    def rested_on(shift):
        return [
            {
                **estimate(m / 100 + shift, m / 100, m / 50),
                "quantity": "test error",
                "parameters": {"m": m, "sample": s},
            }
            for s in ("sampled", "trained")
            for m in (8, 16, 32)
        ]

    cells = [
        cell("one", f"slope: {name}", "supported", estimate(-0.1, -0.2, -0.05), {"optimiser": name})
        | {"details": {"curve": rested_on(shift)}}
        for name, shift in (("sgd", 0.0), ("adam", 0.001))
    ]
    (chart,) = curves(cells)
    assert (chart["x"], chart["y"], chart["region"]) == (M, "test error", None)
    assert chart["lines"] == ["sampled", "trained"]
    drawn = {(p["title"], row["line"], row["x"]): row["value"] for p in chart["panels"] for row in p["rows"]}
    assert len(drawn) == 12
    assert drawn["Adam", "trained", 16] == pytest.approx(0.161)


def test_a_curve_names_its_unit_and_has_its_noise_floors():
    def over_widths(quantity, noise):
        found = estimate(0.8, 0.7, 0.9, quantity=quantity, noise_floor=noise)
        (chart,) = curves([cell("one", f"t: {w}", "supported", found, {"width": w}) for w in (4, 8, 16)])
        return chart

    floored = over_widths("bias explained", 0.125)
    assert (floored["y_title"], floored["floors"]) == (["bias explained"], True)
    # Equal distributions explain 1, less their noise.
    assert [row["floor"] for row in floored["panels"][0]["rows"]] == [0.875] * 3
    plain = over_widths("ln P(f|S): own volume − the volume of all the other networks that were asked, in order", None)
    assert not plain["floors"]
    assert plain["y_title"][0] == "ln P(f|S): own volume − the volume"
    assert len(plain["y_title"]) == 3
    assert titled("ln P(S)") == "ln P(S), nats"
    assert titled("least b that holds 95 % of draws").endswith(", bits")
    for bare in ("test error", "slope over ln m of ln(P/Q)", "ln P(S)/d less its value at large d", "ln compression"):
        assert titled(bare) == bare


def test_curves_of_different_tests_are_not_joined():
    def measured(*places):
        return {"curve": [{**estimate(0.5, 0.4, 0.6), "parameters": {"bits": x, "sample": "trained"}} for x in places]}

    cells = [
        cell("one", "over_scales: sgd", "refuted", estimate(-0.1, -0.2, -0.05, quantity="slope"), {"optimiser": "sgd"})
        | {"details": measured(0.724784, 1.84779)},
        cell("one", "over_depths: sgd", "refuted", estimate(-0.1, -0.2, -0.05, quantity="slope"), {"optimiser": "sgd"})
        | {"details": measured(0.9, 2.34235, 2.9)},
    ]
    (chart,) = curves(cells)
    drawn = {row["line"]: [] for panel in chart["panels"] for row in panel["rows"]}
    for panel in chart["panels"]:
        for row in panel["rows"]:
            drawn[row["line"]].append(row["x"])
    assert drawn == {"over scales": [0.724784, 1.84779], "over depths": [0.9, 2.34235, 2.9]}


def test_one_quantity_over_two_numbers_in_turn_is_two_charts():
    cells = [
        cell("one", f"over {x}: {at}", "supported", estimate(0.7, 0.6, 0.8), {"loss": "hinge", x: at})
        for x in ("m", "width")
        for at in (8, 16, 32)
    ]
    assert [(chart["x"], len(chart["panels"][0]["rows"])) for chart in curves(cells)] == [(M, 3), ("width", 3)]


def test_curves_stay_few_in_a_panel_and_say_what_they_leave_out():
    cells = many(150, of_claims=1)["cells"]
    for chart in curves(cells):
        assert len(chart["lines"]) <= MOST_LINES
        points_drawn = sum(len(panel["rows"]) for panel in chart["panels"])
        assert points_drawn * (len(chart["panels"]) + chart["left_out"]) == 150 * len(chart["panels"])
    assert {chart["x"] for chart in curves(cells)} == {M, "width"}


def test_csv_is_the_results(page):
    rows = [row for payload in page.payloads() for row in csv.DictReader(io.StringIO(payload["csv"]))]
    found = {c["id"]: c for c in sample()["cells"]}
    assert {row["cell"] for row in rows} == set(found)
    for row in rows:
        measured = found[row["cell"]]["estimate"] or {}
        for name in ("value", "low", "high", "noise_floor"):
            assert row[name] == ("" if measured.get(name) is None else str(measured[name]))
        assert row["outcome"] == found[row["cell"]]["outcome"]


def test_a_spreadsheet_computes_nothing_of_it():
    found = sample()["cells"][:1]
    found[0] |= {"id": "=1+1", "parameters": {"@a": "-2+3", "b": -2, "c": "a-b"}}
    (row,) = csv.DictReader(io.StringIO(table(found)))
    assert [row[name] for name in ("cell", "'@a", "b", "c")] == ["'=1+1", "'-2+3", "-2", "a-b"]


@pytest.mark.parametrize(
    "ends", [(-1e308, 1e308), (1.7e308, 1.7e308), (5e-324, 1e-320), (0.0, 5e-324), (1.0, 1 + 2e-16)]
)
def test_any_numbers_have_an_axis(ends):
    low, high = ends
    found = cell("limits", "a", "supported", estimate(high, low, high), {})
    found["predicted"] |= {"low": low, "high": high}
    on = axis([found])
    ticks = on.ticks()
    assert len(ticks) < 10
    assert all(0 <= place <= 100 for place, _ in ticks)
    assert all(0 <= on.at(end) <= 100 for end in ends)
    assert "nan" not in strip(found, on) + region(found["predicted"], on)


SMALL = st.fixed_dictionaries({"a": st.integers(0, 2), "b": st.sampled_from("xy"), "c": st.integers(0, 1)})


@given(st.lists(SMALL.map(lambda d: {**d, "name": f"{d['a']}-{d['b']}", "twice": 2 * d["a"]}), min_size=1))
def test_the_telling_parameters_tell_apart_what_all_do_and_none_can_go(cells):
    def told_apart(keys):
        return len({tuple(each[key] for key in keys) for each in cells})

    keys = telling(cells)
    assert told_apart(keys) == told_apart(cells[0])
    assert all(told_apart([k for k in keys if k != key]) < told_apart(keys) for key in keys)
    assert "name" not in keys
    assert "twice" not in keys


def test_heat_maps_hold_the_densities_of_states(page):
    found = states()
    details = {c["id"]: c for payload in page.payloads() for c in payload["cells"]}
    drawn = details["only: changed"]["states"]
    assert details["only: endless"]["states"] is None
    for each, wanted in zip(drawn["networks"], found["networks"], strict=True):
        assert each["name"] == wanted["name"]
        # The row that was not seen is not drawn; all others are, in place.
        seen = dict(zip(zip(each["k"], each["j"], strict=True), each["p"], strict=True))
        assert seen == {(k, j): wanted["log10_p"][k][j] for k in range(1, 5) for j in range(7)}
        assert [mean["x"] for mean in each["mean"]] == [1, 2, 3, 4]
        for mean in each["mean"]:
            value, low, high = wanted["test_error"][mean["x"]]
            assert [mean[key] for key in ("y", "low", "high")] == pytest.approx([1 - value, 1 - high, 1 - low])
    assert drawn["networks"][0]["trained"] == pytest.approx({"y": 0.7, "low": 0.65, "high": 0.75})
    assert drawn["networks"][1]["trained"] is None
    assert drawn["rows"][0] == ["0 of 4", "–", "–", "–", "–"]
    assert drawn["rows"][4][:3] == ["4 of 4", "−2.50 [−2.60, −2.40]", "0.40 [0.35, 0.45]"]
    assert drawn["rows"][4][3] == "−42.00 [−42.10, −41.90]"
    assert drawn["rows"][5] == ["all, by training", "", "0.30 [0.25, 0.35]", "", "–"]
