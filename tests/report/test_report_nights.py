"""The nights: kept in short, read back however damaged, shown as trends and changed verdicts."""

import copy
import json
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.__main__ import main
from harness.report import history
from harness.report.page import render
from tests.support.report_documents import cell, claim, document, estimate, many, sample
from tests.support.report_page import ATTACK, Page, attacked


def one_night(day, verdicts, seed=0, **changes):
    """A run of a November day; verdicts: by cell, as (verdict, value)."""
    cells = [
        cell("limits", name, verdict, estimate(value, value - 0.1, value + 0.1), {"what": name}) | changes
        for name, (verdict, value) in verdicts.items()
    ]
    started = f"2026-11-{day:02}T02:00:00+00:00"
    return document([claim("limits")], cells, started=started, seed=seed, commit=f"{day:012}" + 28 * "f")


def page_of(found, folder):
    known, damaged = history.read(folder)
    return Page(render(json.loads(json.dumps(found)), calibrated=[], known=known, damaged=damaged))


def trend_of(page, cell_id):
    (payload,) = [p for p in page.payloads() if any(c["id"] == cell_id for c in p["cells"])]
    number = [c["id"] for c in payload["cells"]].index(cell_id)
    return payload["trends"] and payload["trends"]["cells"][number], payload["trends"] and payload["trends"]["nights"]


def said(page):
    (line,) = page.all("p", **{"class": "nights"})
    return " ".join(line["text"].split())


def changes_on(page):
    return [
        " ".join(e["text"].split())
        for of in page.all("ul", **{"class": "urgent changes"})
        for e in page.within(of, "li")
    ]


def test_a_run_comes_back_as_it_was_kept(tmp_path):
    found = sample()
    for _ in range(2):  # the same run again is the same night
        path = history.add(tmp_path, found)
    assert list(tmp_path.iterdir()) == [path]
    (night,), damaged = history.read(tmp_path)
    assert damaged == ""
    assert night.run["commit"] == found["run"]["commit"]
    assert list(night.cells) == [(c["claim"], c["id"]) for c in found["cells"]]
    for each in found["cells"]:
        kept = night.cells[each["claim"], each["id"]]
        assert kept["verdict"] == each["verdict"]
        for key in ("value", "low", "high"):
            number = each["estimate"] and each["estimate"][key]
            assert kept[key] == (number if number is None else pytest.approx(number, rel=1e-5))


def test_runs_that_began_in_the_same_second_are_two_nights(tmp_path):
    for seed in range(2):
        history.add(tmp_path, one_night(1, {"a": ("supported", 0.9)}, seed))
    assert len(history.read(tmp_path)[0]) == 2


def test_trends_are_the_nights_estimates_and_end_with_this_run(tmp_path):
    values = {1: 0.9, 2: 0.8, 3: 0.7}
    for day, value in values.items():
        history.add(tmp_path, one_night(day, {"a": ("supported", value)}, day))
    history.add(tmp_path, one_night(9, {"a": ("refuted", 0.1)}))  # later than the page's own
    history.add(tmp_path, one_night(2, {"a": ("refuted", 0.1)}) | {"run": one_night(2, {})["run"] | {"scale": "full"}})
    now = one_night(4, {"a": ("supported", 0.6), "new": ("supported", 0.9)}, 4)
    history.add(tmp_path, now)  # kept already: shown once all the same
    page = page_of(now, tmp_path)
    trend, facts = trend_of(page, "a")
    assert trend["v"] == [0.9, 0.8, 0.7, 0.6]
    assert trend["l"] == pytest.approx([0.8, 0.7, 0.6, 0.5])
    assert [facts["seed"][n] for n in trend["n"]] == ["1", "2", "3", "4"]
    assert [facts["started"][n][:10] for n in trend["n"]] == [f"2026-11-0{day}" for day in range(1, 5)]
    assert trend_of(page, "new")[0] is None
    assert said(page).startswith("No decided verdict changed over 4 nights since 2026-11-01.")
    assert "All had seed" not in said(page)


def test_changed_verdicts_are_listed_the_latest_first_and_undecided_ones_are_no_change(tmp_path):
    history.add(tmp_path, one_night(1, {"a": ("supported", 0.9), "b": ("refuted", 0.1), "gone": ("refuted", 0.1)}))
    history.add(tmp_path, one_night(2, {"a": ("inconclusive", 0.5), "b": ("supported", 0.9)}))
    history.add(tmp_path, one_night(3, {"gone": ("supported", 0.9)}))
    page = page_of(one_night(4, {"a": ("refuted", 0.2), "b": ("inconclusive", 0.5)}), tmp_path)
    assert "3 verdicts changed over 4 nights since 2026-11-01, 1 of them in this run." in said(page)
    assert "All had seed 0" in said(page)
    assert [line[2:].partition(".")[0] for line in changes_on(page)] == [
        "supported → refuted: limits, a",
        "refuted → supported: limits, gone (not in this run)",
        "refuted → supported: limits, b",
    ]
    first = changes_on(page)[0]
    assert f"Supported on 2026-11-01 at {1:012}, refuted on 2026-11-04 at {4:012}" in first
    ids = {e["attributes"]["id"] for e in page.elements if "id" in e["attributes"]}
    assert page.places() <= ids


def test_a_changed_bound_is_said(tmp_path):
    other = {"text": "at least 0.95", "low": 0.95, "high": None, "reason": "all is more"}
    history.add(tmp_path, one_night(1, {"a": ("supported", 0.9)}))
    page = page_of(one_night(2, {"a": ("refuted", 0.8)}, predicted=other), tmp_path)
    assert changes_on(page)[0].endswith("the predicted region was changed too.")


def test_damaged_lines_are_left_out_and_said_in_one_sentence(tmp_path):
    paths = [
        history.add(tmp_path, one_night(day, {"a": ("supported", 0.9), "b": ("supported", 0.8)})) for day in (1, 2)
    ]
    history.add(tmp_path, one_night(3, {"a": ("supported", 0.9)}))
    lines = paths[0].read_text().splitlines()
    paths[0].write_text("\n".join([lines[0], lines[1][:20], lines[2], '{"claim": "limits", "cell": "c"}', "[]", ""]))
    paths[1].write_bytes(b"\x00\xff\n" + paths[1].read_bytes())
    known, damaged = history.read(tmp_path)
    assert [(each.run["started"][8:10], sorted(key[1] for key in each.cells)) for each in known] == [
        ("01", ["b"]),
        ("03", ["a"]),
    ]
    assert f"{paths[0].name}, line 2 and 3 more" in damaged
    page = page_of(one_night(4, {"a": ("supported", 0.9)}), tmp_path)
    assert [e["text"] for e in page.all("p", **{"class": "warning"})] == [damaged]
    assert trend_of(page, "a")[0]["v"] == [0.9, 0.9]


@pytest.mark.parametrize(
    "damage", [b"", b"\n", b'{"schema": 2, "run": {}}\n', b'{"schema": 1, "run": {"started": 3}}\n']
)
def test_a_file_that_holds_no_run_is_left_out(tmp_path, damage):
    (tmp_path / "x.jsonl").write_bytes(damage)
    known, damaged = history.read(tmp_path)
    assert known == []
    assert "x.jsonl, of which nothing can be used" in damaged


NIGHT = {
    "started": "2026-11-01T02:00:00+00:00",
    "commit": None,
    "scale": "smoke",
    "seed": 0,
    "device": "cpu",
    "complete": True,
}
DAMAGE = st.one_of(st.none(), st.booleans(), st.floats(), st.text(max_size=3), st.lists(st.integers(), max_size=1))


@given(
    st.dictionaries(st.sampled_from(list(NIGHT)), DAMAGE, max_size=2),
    st.dictionaries(st.sampled_from(["claim", "cell", "verdict", "predicted", "value", "low", "high"]), DAMAGE),
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_line_holds_the_page_is_made(tmp_path, run, cell_changes):
    """Every value that JSON has, and NaN, in every place: each line is either shown or left out."""
    lines = [
        {"schema": 1, "run": NIGHT | run},
        {"claim": "limits", "cell": "a", "verdict": "refuted", "value": 0.1, "low": 0.0, "high": 0.2} | cell_changes,
    ]
    (tmp_path / "x.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    page = page_of(one_night(4, {"a": ("supported", 0.9)}), tmp_path)
    assert page.payloads()
    assert len(page.all("section", id="limits")) == 1


def test_markup_in_the_nights_stays_text(tmp_path):
    found = attacked(one_night(1, {"a": ("supported", 0.9)}))
    history.add(tmp_path, found)
    now = copy.deepcopy(found)
    now["run"]["started"] = "2026-11-02T02:00:00+00:00"
    now["cells"][0]["verdict"] = "refuted"
    page = page_of(now, tmp_path)
    assert len(page.all("script")) == 5
    assert not page.all("img")
    assert ATTACK in changes_on(page)[0]


def test_a_year_of_nights_stays_small(tmp_path):
    """Three hundred cells; what the nights add to the page is figures only, four digits of three of them a night."""
    found = many(300, of_claims=30, functions=1)
    rng = random.Random(0)
    last = history.night(found)
    known = []
    for number in range(365):
        cells = {
            key: each | {name: float(f"{rng.gauss(0.7, 0.2):.4g}") for name in ("value", "low", "high")}
            for key, each in last.cells.items()
        }
        known.append(history.Night(last.run | {"started": f"2026-01-01T{number:05}", "seed": number}, cells))
    sizes = [len(render(found, calibrated=[], known=some).encode()) for some in ((), known)]
    assert sizes[1] < 3_000_000
    assert sizes[1] - sizes[0] < 1_800_000


def test_only_the_command_adds_and_the_report_shows(project, capsys):
    """A plain run leaves the folder alone, so that a trial run makes no night."""
    project.given("figures", 0.9)
    results = str(project.folder / "reports" / "latest" / "results.json")
    project.run("--seed", "1")
    assert not (project.folder / "reports" / "history").exists()
    assert main(["history", "add", results]) == 0
    assert "1 cells" in capsys.readouterr().out
    project.run("--seed", "2")
    page = Page((project.folder / "reports" / "latest" / "report.html").read_text())
    assert "over 2 nights" in said(page)
    assert main(["report", results, "--history", "nowhere"]) == 2
    assert "There is no history at nowhere" in capsys.readouterr().err
    assert main(["history", "add", results, "--history", results]) == 2
    assert "cannot be written" in capsys.readouterr().err
