"""A run for those who stay in the terminal, and for a job's summary."""

import io
import json
import re

import pytest
from rich.console import Console

from harness.__main__ import main
from harness.report import results, words
from harness.report.summary import MOST_CELLS, markdown, plain
from harness.report.terminal import claim_table, verdict_table, worth_reading
from tests.support.report_documents import cell, claim, document, estimate, sample
from tests.support.report_page import ATTACK, attacked


@pytest.fixture
def path(tmp_path):
    results.write(tmp_path / "results.json", sample())
    return str(tmp_path / "results.json")


def shown(found, slug):
    out = io.StringIO()
    claim_table(found, slug, Console(file=out, width=150))
    return out.getvalue()


def test_show_without_a_name_is_the_closing_table(path, capsys):
    assert main(["show", path]) == 0
    out = capsys.readouterr().out
    assert all(re.search(rf"^{slug} ", out, re.MULTILINE) for slug in sample()["claims"])
    assert "  architecture: 0 of 3 claims hold, 2 fail, 1 undecided" in out
    assert "Changed (supported was accepted, now refuted): limits [only: changed]" in out


def test_show_with_a_name_has_every_cell_with_its_figures(path, capsys):
    assert main(["show", path, "limits", "optimisers"]) == 0
    out = capsys.readouterr().out
    assert "The sentence of limits." in out
    assert "The sentence of volume_is_simple." not in out
    for each in sample()["cells"]:
        if each["claim"] in ("limits", "optimisers_sample") and each["estimate"]:
            figures = (
                re.escape(words.estimated(each["estimate"], each["predicted"]))
                + " +"
                + re.escape(words.interval(each["estimate"], each["predicted"]))
            )
            assert re.search(figures, out)
    assert "Buy a GPU." in out
    assert main(["show", path, "nonsense"]) == 2
    assert "No claim of these results has 'nonsense' in its name" in capsys.readouterr().err


def test_all_fits_eighty_columns_with_names_in_one_piece():
    slug = "freezing_all_but_the_last_layer_keeps_the_posterior_of_wide_networks"
    labels = [f"digits · width {width} · sgd-momentum-lr0.1 · cross-entropy" for width in (10, 40, 160)]
    cells = [
        cell(slug, f"bias: {label}", "refuted", estimate(-0.123456, -0.234567, -0.012345), {"of": label})
        for label in labels
    ]
    cells.append(cell(slug, "bias: 320", "unavailable", None, {"of": "width 320"}, message="Buy a GPU."))
    found = document([claim(slug), claim("limits")], cells)
    out = io.StringIO()
    verdict_table(found, Console(file=out, width=80))
    (row,) = (line for line in out.getvalue().splitlines() if line.startswith("freezing"))
    assert re.fullmatch(r"freezing_all_but_the_last_layer\w*… +fails +3 +1", row.rstrip())
    claim_table(found, slug, Console(file=out, width=80))
    assert max(map(len, out.getvalue().splitlines())) <= 80
    words_of = set(re.split(r"\s+", out.getvalue()))
    assert {"sgd-momentum-lr0.1", "cross-entropy", "[−0.23,", "−0.01]", "Buy"} <= words_of
    # What could not be measured is named by its test.
    assert "– bias, width 320: Buy a GPU." in out.getvalue()


def test_what_to_read_next_is_what_is_most_surprising():
    good, bad = estimate(0.9, 0.8, 1), estimate(0.1, 0, 0.2)
    cells = [
        cell("dull", "t: 1", "supported", good, {}),
        cell("crux", "t: 1", "supported", good, {}, crux=True),
        cell("refuted", "t: 1", "refuted", bad, {}, crux=True),
        cell("theorem", "t: 1", "refuted", bad, {}, kind="theorem"),
        cell("broken", "t: 1", "error", None, {}),
        cell("changed", "t: 1", "changed", bad, {}),
    ]
    firsts = [worth_reading({"cells": cells[: i + 1]}) for i in range(len(cells))]
    assert firsts == ["dull", "crux", "refuted", "theorem", "broken", "changed"]
    assert worth_reading({"cells": []}) is None


def test_a_misspelt_name_is_asked_about(path, capsys):
    assert main(["show", path, "optimiser_sampels"]) == 2
    assert capsys.readouterr().err.endswith("Did you mean optimisers_sample?\n")
    with pytest.raises(SystemExit):
        main(["sow", path])
    assert capsys.readouterr().err.endswith("Did you mean show?\n")


def test_partial_results_are_said_to_be(tmp_path, capsys):
    results.write(tmp_path / "results.json", document([claim("one")], [], complete=False, cells_expected=7))
    assert main(["show", str(tmp_path / "results.json")]) == 0
    assert "Partial results: 0 of 7 cells are here." in capsys.readouterr().out


def test_strips_lie_where_the_figures_are():
    cells = [
        cell("one", f"t: {v}", "supported", estimate(v, v - 0.1, v + 0.1, noise_floor=None), {"v": v})
        for v in (0.2, 0.6, 1.0)
    ]
    lines = [line for line in shown(document([claim("one")], cells), "one").splitlines() if "●" in line]
    places = [line.index("●") for line in lines]
    assert places[1] - places[0] == pytest.approx(places[2] - places[1], abs=1)
    assert places[0] < places[1]
    lengths = [line.count("─") for line in lines]
    assert max(lengths) - min(lengths) <= 2
    # The region, at least 0.5, begins between the first two values.
    assert lines[0].rindex("─") < lines[0].index("░") < places[1]


def test_names_are_taken_literally():
    out = shown(document([claim("a")], [cell("a", "t: [red]x[/red]", "error", None, {"x": "[red]x[/red]"})]), "a")
    assert "[red]x[/red]" in out


def test_the_summary_is_printed_or_added_to_the_jobs(path, tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    assert main(["summary", path]) == 0
    text = capsys.readouterr().out
    assert "| limits | empirical |" in text or "| limits | rival |" in text
    assert "1 cell changed since accepted" in text
    assert [line.split(" | ")[1] for line in text.splitlines() if line.startswith("| limits: ")] == [
        "&#33; changed",
        "E error",
    ]
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "job.md"))
    for _ in range(2):  # other steps add to the same file
        assert main(["summary", path]) == 0
    assert (tmp_path / "job.md").read_text() == 2 * text
    assert capsys.readouterr().out == ""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path))
    assert main(["summary", path]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_a_comment_has_only_what_changed(path, tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    base = sample()
    turned = next(each for each in base["cells"] if each["claim"] == "optimisers_sample")
    turned["verdict"] = turned["outcome"] = "refuted"
    base["claims"]["optimisers_sample"]["verdict"] = "undecided"
    base["claims"]["gone"] = claim("gone")
    results.write(tmp_path / "base.json", base)
    assert main(["summary", path, "--against", str(tmp_path / "base.json"), "--only-changes"]) == 0
    text = capsys.readouterr().out
    rows = [line for line in text.splitlines() if line.startswith("| optimisers")]
    assert rows[0] == "| optimisers sample | architecture | undecided | fails |"
    assert rows[1].startswith(f"| optimisers sample: {turned['id']} | ✗ refuted 0.75 ")
    assert "| ✓ supported 0.75 " in rows[1]
    assert len(rows) == 2
    assert "**1 claim of 3 and 1 cell of 14 come out otherwise.**" in text
    assert "Gone: gone." in text
    assert "volume is simple" not in text
    assert main(["summary", path, "--against", path]) == 0
    text = capsys.readouterr().out
    assert text.startswith(markdown(sample()))
    assert "**0 claims of 3 and 0 cells of 14 come out otherwise.**" in text
    assert main(["summary", path, "--only-changes"]) == 2
    assert "--against BASE" in capsys.readouterr().err


def test_the_summary_stays_short_and_says_what_it_leaves_out():
    cells = [cell("one", f"t: {i}", "refuted", estimate(0.1, 0, 0.2), {"i": i}) for i in range(MOST_CELLS + 30)]
    text = markdown(document([claim("one")], cells, complete=False, cells_expected=200))
    assert "And 30 more cells." in text
    assert "**Partial results:** 80 of 200 cells are here." in text
    assert len(text) < 20_000


def test_markup_in_the_summary_stays_text():
    text = markdown(json.loads(json.dumps(attacked(sample()))))
    assert "<" not in text
    plain_rows, rows = (
        [line.count("|") for line in markdown(each).splitlines()] for each in (sample(), attacked(sample()))
    )
    assert rows == plain_rows
    assert plain("a_b `c` |d| *e*\nf") == "a_b &#96;c&#96; &#124;d&#124; &#42;e&#42; f"
    assert ATTACK not in text


def test_what_is_exact_is_called_so():
    assert words.interval(estimate(0.25, 0.25, 0.25)) == "exact"
    assert words.interval(estimate(0.25, 0.25, 0.2500001)) == "[0.25000000, 0.25000010]"
    assert words.interval(estimate(None, None, None)) == "unbounded"
