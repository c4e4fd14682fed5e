"""Claims asked about null learners: which cell, what the learner stands for, what is counted as supported."""

from types import ModuleType

import pytest

from harness.__main__ import main
from harness.nulls import FIRST_TRAINING, RANDOM_SAMPLING, TRAINING
from harness.run.null_learners.command import counted
from harness.run.null_learners.judging import Case, cases, cheapest, judge, lab_in
from harness.verdicts import Verdict
from tests.support import claims_on_nulls as toys


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    return lab_in(tmp_path_factory.mktemp("nulls") / "store")


def case(function, null="truth"):
    module = ModuleType("toy")
    setattr(module, function.__name__, function)
    return Case(module, function._question, null)


def test_what_says_too_little_is_found_out(lab):
    found = judge(case(toys.test_anything), lab)
    assert found.supported
    assert (found.in_place_of, found.answered, found.cell) == (TRAINING, 1, "anything")
    assert judge(case(toys.test_anything, "uniform guessing"), lab).supported


def test_what_tells_them_apart_refutes_them(lab):
    found = judge(case(toys.test_volume), lab)
    assert found.judged.verdict is Verdict.REFUTED
    assert not found.supported
    assert judge(case(toys.test_volume, "untrained networks"), lab).judged.verdict is Verdict.REFUTED


def test_the_crux_is_asked_first_and_controls_only_by_themselves():
    assert [values["draws"] for values, _ in cheapest(case(toys.test_frozen))] == [2000, 3000, 500]
    assert [values["problem"].m for values, _ in cheapest(case(toys.test_volume))] == [6, 7, 8]
    assert [values["bound"] for values, _ in cheapest(case(toys.test_controls))] == [0.1]
    assert cheapest(case(toys.test_later)) == []


def test_what_is_to_hold_everywhere_is_asked_until_a_cell_is_not_supported(lab):
    everywhere, somewhere = judge(case(toys.test_everywhere), lab), judge(case(toys.test_somewhere), lab)
    assert (everywhere.cell, everywhere.supported) == ("everywhere: -1", False)
    assert (somewhere.cell, somewhere.supported) == ("somewhere: 0.5", True)


def test_a_claim_that_trains_nothing_is_asked_about_random_sampling(lab):
    found = judge(case(toys.test_frozen), lab)
    assert (found.in_place_of, found.answered) == (RANDOM_SAMPLING, found.judged.looks)
    assert found.judged.verdict is Verdict.REFUTED
    assert judge(case(toys.test_frozen, "frozen draws counted by evidence"), lab).supported


def test_what_compares_trained_networks_is_asked_about_the_first(lab):
    # The truth everywhere is like itself; in place of one optimiser it makes fewer errors, as the region allows.
    better, worse = judge(case(toys.test_alike), lab), judge(case(toys.test_alike, "uniform guessing"), lab)
    assert better.in_place_of == worse.in_place_of == FIRST_TRAINING
    assert better.supported
    assert better.judged.estimate.value < -0.2
    assert not worse.supported
    assert worse.judged.estimate.value > 0.02


def test_a_claim_without_cells_is_not_asked(lab):
    found = judge(case(toys.test_later), lab)
    assert (found.judged.verdict, found.cell, found.answered) == (Verdict.NOT_ASKED, "", 0)


def test_a_learner_that_cannot_be_asked_says_why(lab):
    found = judge(case(toys.test_layers), lab)
    assert found.judged.verdict is Verdict.ERROR
    assert found.judged.reason.startswith("The null learner 'truth' has no hidden layers")


def test_cases_are_what_claims_exclude_or_what_is_asked_for():
    module = ModuleType("toy")
    module.test_anything, module.test_volume = toys.test_anything, toys.test_volume
    assert [each.null for each in cases([module])] == ["truth", "uniform guessing", "truth"]
    every = cases([module], ["truth", "majority label"])
    assert [(each.question.test, each.null) for each in every][:2] == [
        ("test_anything", "truth"),
        ("test_anything", "majority label"),
    ]


@pytest.mark.parametrize(("test", "code", "verdict"), [("anything", 1, "supported"), ("volume", 0, "refuted")])
def test_the_command_prints_a_table_and_fails_where_a_null_learner_is_supported(
    monkeypatch, capsys, tmp_path, test, code, verdict
):
    module = ModuleType("toy")
    setattr(module, f"test_{test}", vars(toys)[f"test_{test}"])
    monkeypatch.setattr("harness.run.plan.requests.claims", lambda: [module])
    store = ["--store", str(tmp_path / "store")]
    assert main(["nulls", *store]) == code
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "| claim | null learner | in place of | verdict | estimate or reason |"
    assert lines[2].startswith(f"| `claims_on_nulls/test_{test}` | truth | training | {verdict} | ")
    assert main(["nulls", "-k", "nobody", *store]) == 2
    assert "has 'nobody' in its name" in capsys.readouterr().err
    assert main(["nulls", "--every", *store]) == code
    assert len(capsys.readouterr().out.splitlines()) == 2 + 10 + 2
    for wrong in ("0", "8", "two"):
        assert main(["nulls", "--looks", wrong, *store]) == 2
        assert "--looks takes a whole number from" in capsys.readouterr().err


def test_what_is_undecided_is_said_to_be_so():
    assert counted({"refuted": 3}) == "3 refuted."
    found = counted({"inconclusive": 1, "refuted": 3})
    assert found.startswith("3 refuted, 1 inconclusive. An inconclusive one is not told apart")
