"""Accepted verdicts: the table of outcomes, the file, and runs beside it."""

import json
import os
from dataclasses import replace

import pytest

from harness.errors import BadInput
from harness.report.accepted import Accepted, may_be_accepted, outcome, read, write

SUPPORTED, REFUTED = Accepted("supported", "at least 0.5"), Accepted("refuted", "at least 0.5")


@pytest.mark.parametrize(
    ("verdict", "accepted", "of_empirical", "of_theorem"),
    [
        ("supported", None, "supported", "supported"),
        ("supported", SUPPORTED, "supported", "supported"),
        ("supported", REFUTED, "changed", "changed"),
        ("refuted", None, "refuted", "refuted"),
        ("refuted", SUPPORTED, "changed", "refuted"),
        ("refuted", REFUTED, "refuted, accepted", "refuted"),
        *[
            (verdict, accepted, verdict, verdict)
            for verdict in ("inconclusive", "unavailable", "not asked", "error")
            for accepted in (None, SUPPORTED, REFUTED)
        ],
    ],
)
def test_outcomes(verdict, accepted, of_empirical, of_theorem):
    for kind in ("empirical", "open", "rival"):
        assert outcome(kind, verdict, accepted) == of_empirical
    assert outcome("theorem", verdict, accepted) == of_theorem


def test_only_decided_verdicts_can_be_accepted_and_no_refuted_theorem():
    assert may_be_accepted("empirical", "refuted")
    assert may_be_accepted("theorem", "supported")
    assert not may_be_accepted("theorem", "refuted")
    assert not may_be_accepted("empirical", "inconclusive")


def test_the_file_is_sorted_and_read_back(tmp_path):
    path = tmp_path / "reports" / "accepted.json"
    assert read(path) == {}
    table = {"b": {"y": REFUTED, "x": SUPPORTED}, "a": {"z": SUPPORTED}}
    write(path, table)
    assert read(path) == table
    text = path.read_text()
    assert list(json.loads(text)) == ["a", "b"]
    write(path, {"a": table["a"], "b": {"x": SUPPORTED, "y": REFUTED}})
    assert path.read_text() == text
    assert [each.name for each in path.parent.iterdir()] == ["accepted.json"]


def test_what_a_refutation_means_stays_with_its_verdict(project):
    project.given("figures", 0.9, 0.2)
    meant = replace(REFUTED, meaning="Figures are smaller than was thought.")
    write(project.accepted, {"figures": {"number: 0.2": meant, "number: 0.9": replace(meant, verdict="refuted")}})
    accept(project)
    assert read(project.accepted) == {"figures": {"number: 0.9": SUPPORTED, "number: 0.2": meant}}
    messages = {cell["id"]: cell["message"] for cell in project.results()["cells"]}
    assert "who accepted it: Figures are smaller than was thought. To rerun" in messages["number: 0.2"]
    assert "accepted" not in messages["number: 0.9"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "does not hold accepted verdicts"),
        ("[]", "does not hold accepted verdicts"),
        ('{"a": {"b": "supported"}}', "does not hold accepted verdicts"),
        ('{"a": {"b": {"verdict": "supported"}}}', "does not hold accepted verdicts"),
        ('{"a": {"b": {"verdict": "inconclusive", "predicted": "x"}}}', "only supported and refuted can be accepted"),
    ],
)
def test_a_malformed_file_is_said_in_one_sentence(tmp_path, text, said):
    path = tmp_path / "accepted.json"
    path.write_text(text)
    with pytest.raises(BadInput, match=said):
        read(path)


def test_a_folder_in_its_place(tmp_path):
    with pytest.raises(BadInput, match="does not hold accepted verdicts"):
        read(tmp_path)
    with pytest.raises(BadInput, match="is a folder; make that file"):
        write(tmp_path, {})


def accept(project, *arguments):
    ran = project.run("--accept-verdicts", *arguments)
    assert ran.code == 0
    return ran


def test_accepting_and_then_nothing_fails(project):
    project.given("figures", 0.9, 0.2, 0.55)
    ran = accept(project)
    assert "Accepted 2 verdicts; review what changed in reports/accepted.json." in ran.out
    assert read(project.accepted) == {"figures": {"number: 0.9": SUPPORTED, "number: 0.2": REFUTED}}
    ran = project.run()
    assert (ran.code, ran.outcomes["number: 0.2"]) == (0, "refuted, accepted")
    assert "1 refuted, accepted" in ran.out.splitlines()[-1]
    assert "FAILURES" not in ran.out


@pytest.mark.parametrize("value", [0.9, 0.2])
def test_a_changed_verdict_fails_in_either_direction(project, value):
    project.given("figures", value)
    accept(project)
    table = read(project.accepted)
    (entry,) = table["figures"].values()
    other = Accepted("refuted" if entry.verdict == "supported" else "supported", entry.predicted)
    write(project.accepted, {"figures": {f"number: {value}": other}})
    ran = project.run()
    assert (ran.code, list(ran.outcomes.values())) == (1, ["changed"])
    assert f"The verdict was changed: {other.verdict} was accepted." in ran.out
    assert accept(project).outcomes == {f"number: {value}": entry.verdict.replace("refuted", "refuted, accepted")}
    assert project.run().code == 0


def test_a_theorems_refutation_always_fails_and_is_never_accepted(project):
    project.given("figures", 0.9, 0.2, kind="theorem")
    ran = project.run("--accept-verdicts")
    assert (ran.code, ran.outcomes["number: 0.2"]) == (1, "refuted")
    assert read(project.accepted) == {"figures": {"number: 0.9": SUPPORTED}}
    write(project.accepted, {"figures": {"number: 0.2": REFUTED}})
    assert project.run().outcomes["number: 0.2"] == "refuted"


def test_inconclusive_is_no_change_but_is_listed(project):
    project.given("figures", 0.9, 0.55, "missing")
    write(project.accepted, {"figures": {"number: 0.55": REFUTED, "number: missing": SUPPORTED}})
    ran = project.run()
    assert ran.code == 0
    assert "No longer decided (refuted was accepted, now inconclusive): figures [number: 0.55]" in ran.out
    assert "No longer decided (supported was accepted, now unavailable): figures [number: missing]" in ran.out


def test_entries_that_match_no_cell_are_listed(project):
    path = project.given("figures", 0.9, 0.2)
    path.write_text(
        path.read_text().replace(
            "@over(value=[0.9, 0.2])", "@over(value=dict(smoke=[0.9, 0.7], standard=[0.1], full=[]))"
        )
    )
    cells = {"number: 0.9": SUPPORTED, "number: 0.1": REFUTED, "number: 0.3": REFUTED}
    write(project.accepted, {"figures": cells, "gone": {"number: 0.9": SUPPORTED}})
    # A cell of another scale, or one that -k left out, is not stale.
    for arguments in ((), ("-k", "0.7")):
        ran = project.run(*arguments)
        stale = [line for line in ran.out.splitlines() if "no such cell" in line]
        assert stale == [
            f"Accepted, but there is no such cell: {cell}" for cell in ("figures [number: 0.3]", "gone [number: 0.9]")
        ]


def test_accepting_a_selection_keeps_the_rest(project):
    project.given("figures", 0.9, 0.2)
    write(project.accepted, {"figures": {"number: 0.9": SUPPORTED}, "others": {"all": REFUTED}})
    accept(project, "-k", "0.2")
    assert read(project.accepted) == {
        "figures": {"number: 0.9": SUPPORTED, "number: 0.2": REFUTED},
        "others": {"all": REFUTED},
    }


def test_a_changed_bound_judges_the_stored_samples_again_and_says_so(project):
    project.drawn(margin=0.4)
    first = accept(project)
    drawn = len(project.computed)
    assert set(first.outcomes.values()) == {"supported"}
    project.drawn(centre=0.8, margin=0.1)
    ran = project.run()
    assert len(project.computed) == drawn
    assert set(ran.outcomes.values()) == {"changed"}
    assert ran.code == 1
    for before, after in zip(first.results["cells"], ran.results["cells"], strict=True):
        for key in ("value", "n", "looks"):
            assert before["estimate"][key] == after["estimate"][key]
        assert "The bound was changed: the accepted verdict was on '0.5 to within 0.4'." in after["message"]
    assert ran.out.count("The bound was changed from '0.5 to within 0.4' to '0.8 to within 0.1': drawn [") == 4


def test_a_malformed_file_is_refused_before_anything_is_drawn(project):
    project.drawn()
    project.accepted.parent.mkdir()
    project.accepted.write_text("{")
    project.run().one_sentence("does not hold accepted verdicts")
    assert project.computed == []


def test_an_unwritable_file_is_said_and_the_results_stay(project, monkeypatch):
    project.given("figures", 0.9)
    replace = os.replace

    def fail(path, target):
        if str(target).endswith("accepted.json"):
            raise PermissionError(13, "Permission denied")
        return replace(path, target)

    monkeypatch.setattr("pathlib.Path.replace", fail)
    ran = project.run("--accept-verdicts")
    ran.one_sentence(r"accepted\.json cannot be written .* accept the verdicts again")
    assert ran.outcomes == {"number: 0.9": "supported"}
