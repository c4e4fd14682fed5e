"""The plugin, by runs of small projects: outcomes, exit codes, what agrees with what, pytest's own options."""

import re
import signal
import xml.etree.ElementTree as ElementTree
from collections import Counter

import pytest

from harness.report.accepted import fails_the_run
from harness.report.words import OUTCOMES
from tests.support.processes import wait_for

VALUES = (0.9, 0.2, 0.55, "missing", "mended", "broken", "senseless")
FOUND = {
    "number: 0.9": "supported",
    "number: 0.2": "refuted",
    "number: 0.55": "inconclusive",
    "number: missing": "unavailable",
    "number: mended": "error",
    "number: broken": "error",
    "number: senseless": "not asked",
}


def test_outcomes_exit_code_junit_table_and_results_agree(project):
    project.given("figures", *VALUES)
    ran = project.run("--junitxml=junit.xml")
    assert ran.outcomes == FOUND
    assert ran.code == 1
    assert ran.junit() == {"tests": 7, "failures": 2, "errors": 0, "skipped": 4}
    row = re.search(r"^figures +fails +(.+)$", ran.out, re.MULTILINE)
    counts = Counter(FOUND.values())
    assert [int(n) for n in row[1].split()] == [counts[outcome] for outcome in OUTCOMES if counts[outcome]]
    last = ran.out.strip().splitlines()[-1]
    assert "Next:   python -m harness show reports/latest/results.json figures" in ran.out
    assert re.search(r"2 failed, 1 passed, 1 refuted, 1 inconclusive, 1 unavailable, 1 not asked", last), last
    assert ran.results["run"]["complete"]
    assert "harness_record" not in (project.folder / "junit.xml").read_text()


def test_a_cell_may_turn_out_not_to_be_asked_while_it_is_computed(project):
    """With its reason, as one that is excluded beforehand, in the results, the table, the exit code and the page."""
    project.given("figures", 0.9, "moot")
    ran = project.run("--junitxml=junit.xml")
    assert (ran.code, ran.outcomes) == (0, {"number: 0.9": "supported", "number: moot": "not asked"})
    said = {cell["id"]: cell["message"] for cell in ran.results["cells"]}["number: moot"]
    assert said == "The oracle does not speak here: 12 % of its words fit."
    assert re.search(r"1 passed, 1 not asked", ran.out)
    assert ran.junit() == {"tests": 2, "failures": 0, "errors": 0, "skipped": 1}
    assert "1 not asked" in (project.folder / "reports" / "latest" / "report.html").read_text()


def test_relative_learning_rates_are_in_the_results(project):
    project.claim(
        "rated",
        '''
"""Half of the networks fit.

Source: nobody, 2026.

It is counted.
"""
from harness.claim import claim, over
from harness.networks import FullyConnected
from harness.optimisers import SGD, Relative
from harness.problems import digits
from harness.verdicts import at_least
from harness.verdicts.intervals import proportion


@claim(kind="empirical", speaks_for="instrument", of="share", predicts=at_least(0.1, because="it was given so"),
       excluded=lambda optimiser: "it makes no sense" if optimiser.name == "sgd-rho0.7" else None)
@over(optimiser=[Relative(SGD(), 0.3), SGD(0.1), Relative(SGD(), 0.7)])
def test_share(lab, optimiser):
    trained = lab.train(FullyConnected((6,)), digits(8, 8), optimiser, networks=20)
    return proportion(trained.functions.total, 20, quantity="share", unit="networks")
''',
    )
    cells = {cell["id"]: cell for cell in project.run().results["cells"]}
    relative = cells["share: sgd-rho0.3"]
    (rates,) = relative["details"]["learning rates"]
    assert relative["parameters"] == {"optimiser": "sgd-rho0.3", "rho": 0.3}
    assert rates["rate"] == pytest.approx(0.3 * rates["unit"], rel=1e-3)
    assert rates["fitted"] == relative["estimate"]["value"]
    # Of a cell that is not begun, nothing of the one before it.
    assert all("learning rates" not in cells[f"share: {name}"]["details"] for name in ("sgd-lr0.1", "sgd-rho0.7"))


def test_junit_has_the_estimates_as_properties(project):
    project.given("figures", 0.9, "missing")
    project.run("--junitxml=junit.xml")
    cases = ElementTree.parse(project.folder / "junit.xml").getroot().iter("testcase")
    found = [{each.get("name"): each.get("value") for each in case.iter("property")} for case in cases]
    measured, missing = sorted(found, key=len, reverse=True)
    assert (measured["claim"], measured["outcome"]) == ("figures", "supported")
    assert [float(measured[key]) for key in ("value", "low", "high")] == pytest.approx([0.9, 0.8, 1.0])
    assert measured["predicted"] == missing["predicted"] != ""
    assert missing["outcome"] == "unavailable"
    assert "value" not in missing


def test_workers_find_what_one_process_finds(project):
    project.given("figures", *VALUES)
    project.drawn()
    serial = project.run("--store", "one", "--report", "one/report.html")
    shared = project.run("--store", "two", "--report", "two/report.html", "-n", "2", "--junitxml=junit.xml")
    assert serial.code == shared.code == 1
    assert shared.junit() == {"tests": 11, "failures": 2, "errors": 0, "skipped": 4}
    # Outcomes of its own are summed up by pytest in the order in which the workers had them.
    for part in ("2 failed", "5 passed", "1 refuted", "1 inconclusive", "1 unavailable", "1 not asked"):
        assert re.search(rf"=.*\b{part}\b.* in .*=", shared.out)
    one, two = (project.results(f"{name}/results.json") for name in ("one", "two"))
    for cell in (*one["cells"], *two["cells"]):
        del cell["seconds"]
    assert one["cells"] == two["cells"]
    assert list(one["claims"]) == list(two["claims"])
    assert len(project.computed) == 2 * len(set(project.computed)) == 8


def test_a_refuted_cell_is_a_finding_and_no_failure(project):
    project.given("figures", 0.9, 0.2)
    ran = project.run()
    assert (ran.code, ran.outcomes) == (0, {"number: 0.9": "supported", "number: 0.2": "refuted"})
    assert "FAILURES" not in ran.out
    assert "1 refuted cell: findings, not failures; --strict-verdicts fails on them." in ran.out


def test_a_refuted_cell_is_one_paragraph_where_it_fails(project):
    project.given("figures", 0.2)
    ran = project.run("--strict-verdicts")
    assert ran.code == 1
    (paragraph,) = [line for line in ran.out.splitlines() if line.startswith("Refuted:")]
    for part in (
        "figures [number: 0.2]",
        "predicted number at least 0.5",
        "measured 0.20, interval [0.10, 0.30] at level 9",
        "9 draws",
        "Why this was predicted: it was given so.",
        "To rerun: pytest 'claims/room/figures.py::test_number[0.2]' --scale smoke --seed 0",
    ):
        assert part in paragraph
    assert "Traceback" not in ran.out
    again = re.search(r"To rerun: pytest '(.+)' (--scale smoke) (--seed 0)", paragraph)
    rerun = project.pytester.runpytest_inprocess(again[1], *again[2].split(), *again[3].split(), "--strict-verdicts")
    assert rerun.ret == 1
    assert paragraph in rerun.outlines


@pytest.mark.parametrize(
    ("values", "code"),
    [((0.9,), 0), ((0.9, 0.55, "missing", "senseless"), 0), ((0.55,), 0), ((0.2,), 0), (("broken", 0.9), 1)],
)
def test_exit_codes(project, values, code):
    project.given("figures", *values)
    assert project.run().code == code


def test_a_run_that_judged_nothing_does_not_exit_0(project):
    project.given("figures", "missing", "senseless")
    ran = project.run()
    assert ran.code == pytest.ExitCode.NO_TESTS_COLLECTED
    assert "No cell was judged, so this run shows nothing." in ran.out


def test_neither_does_one_whose_workers_skipped_every_cell(project):
    path = project.given("figures", 0.9)
    text = path.read_text().replace("def test_", "@pytest.mark.skip\ndef test_")
    path.write_text(text.replace("from harness.claim import", "import pytest\nfrom harness.claim import", 1))
    ran = project.run("-n", "1")
    assert ran.code == pytest.ExitCode.NO_TESTS_COLLECTED
    assert "1 skipped" in ran.out


def test_a_claim_that_breaks_in_a_fixture_is_a_cell_in_error(project):
    path = project.given("figures", 0.9)
    path.write_text(path.read_text().replace("(lab, value)", "(lab, value, oracle)"))
    ran = project.run("--junitxml=junit.xml")
    assert ran.outcomes == {"number: 0.9": "error"}
    assert ran.code == 1
    assert ran.junit() == {"tests": 1, "failures": 0, "errors": 1, "skipped": 0}
    assert "fixture 'oracle' not found" in ran.results["cells"][0]["message"]


def test_selection_by_k_and_m(project):
    project.given("figures", 0.9, 0.2)
    project.given("others", 0.8)
    whole = project.run().results
    ran = project.run("-k", "figures and 0.9")
    assert (ran.code, ran.outcomes) == (0, {"number: 0.9": "supported"})
    assert ran.results["run"]["complete"]
    # At the level it has in a run of all: the claim's error is shared by its cells, whichever are asked for.
    assert ran.results["cells"] == whole["cells"][:1]
    assert project.run("-m", "slow").code == pytest.ExitCode.NO_TESTS_COLLECTED


def test_a_crux_cell_has_six_shares_of_its_claims_error(project):
    path = project.given("figures", 0.9, 0.8, 0.7)
    path.write_text(path.read_text().replace("excluded=", "crux=lambda value: value == 0.9, excluded="))
    levels = [cell["estimate"]["level"] for cell in project.run().results["cells"]]
    # At the first of four looks, and at either end.
    assert levels == pytest.approx([1 - 2 * 0.05 * share / (8 * 4) for share in (6, 1, 1)])


def test_x_stops_at_the_first_failure_and_says_what_is_missing(project):
    project.given("figures", 0.9, 0.2, 0.8)
    ran = project.run("-x", "--strict-verdicts")
    assert (ran.code, ran.outcomes) == (1, {"number: 0.9": "supported", "number: 0.2": "refuted"})
    assert not ran.results["run"]["complete"]
    assert "This run is incomplete: 2/3 cells are here." in ran.out


def test_collecting_writes_nothing(project):
    project.given("figures", 0.9, 0.2)
    ran = project.run("--co", "-q")
    assert ran.code == 0
    assert "claims/room/figures.py::test_number[0.9]" in ran.out
    assert not (project.folder / "reports").exists()
    assert not (project.folder / ".store").exists()


def test_quiet_verbose_and_no_terminal(project):
    project.given("figures", 0.9, 0.55)
    plain = project.run()
    lines = [line for line in plain.out.splitlines() if "figures [number" in line]
    assert [line.split(" · ")[0] for line in lines] == [
        " 1/2 ✓ supported: figures [number: 0.9]",
        " 2/2 ? inconclusive: figures [number: 0.55]",
    ]
    quiet = project.run("-q")
    assert "figures [number" not in quiet.out
    assert re.search(r"^figures +undecided", quiet.out, re.MULTILINE)
    verbose = project.run("-v")
    assert [line for line in verbose.out.splitlines() if "figures [number" in line] == lines
    assert "test_number[0.55] INCONCLUSIVE" in verbose.out
    (project.folder / "reports" / "latest" / "results.json").unlink()
    silent = project.run("-p", "no:terminal")
    assert silent.code == 0
    assert silent.outcomes == plain.outcomes


@pytest.mark.parametrize("plugin", ["xdist", "junitxml", "warnings", "logging", "capture"])
def test_without_other_plugins(project, plugin):
    project.given("figures", 0.9, 0.2)
    ran = project.run("-p", f"no:{plugin}")
    assert (ran.code, len(ran.outcomes)) == (0, 2)


def test_reruns_are_refused(project):
    project.given("figures", 0.2)
    (project.folder / "claims" / "conftest.py").write_text(
        "def pytest_addoption(parser):\n    parser.addoption('--reruns', type=int)\n"
    )
    project.run("--reruns", "3").one_sentence("Claims are not rerun until they pass")


def test_a_test_without_cells_at_this_scale_is_left_out(project):
    path = project.given("figures", 0.9)
    path.write_text(
        path.read_text().replace("@over(value=[0.9])", "@over(value=dict(smoke=[], standard=[0.9], full=[0.2]))")
    )
    project.given("others", 0.8)
    ran = project.run()
    assert (ran.code, list(ran.results["claims"])) == (0, ["others"])
    assert ran.results["run"]["complete"]
    assert project.run("--scale", "standard").outcomes == {"number: 0.9": "supported", "number: 0.8": "supported"}


def test_other_tests_are_not_affected(project):
    tests = project.folder / "tests"
    tests.mkdir()
    (tests / "test_one.py").write_text(
        "import pytest\n\n@pytest.mark.parametrize('x', [1, 2])\ndef test_one(x):\n    assert x == 1\n"
    )
    project.accepted.parent.mkdir()
    project.accepted.write_text("not JSON")
    ran = project.pytester.runpytest_inprocess("tests/", "--device", "cuda:7")
    ran.assert_outcomes(passed=1, failed=1)
    assert "Verdicts" not in ran.stdout.str()
    project.given("test_on", 0.9)
    # A word that is none of a claim, but close to one, and selects other tests.
    assert "Did you mean" not in project.pytester.runpytest_inprocess("tests/", "-k", "test_one").stdout.str()
    assert [path.name for path in project.folder.glob("reports/*")] == ["accepted.json"]


def test_ctrl_c_keeps_what_was_found(project):
    project.drawn(bits=(2, 3, 4))
    process = project.start(stands_still_after=3)
    wait_for(lambda: len(project.computed) >= 3)
    process.send_signal(signal.SIGINT)
    ran = project.finish(process)
    assert ran.code == pytest.ExitCode.INTERRUPTED
    assert 2 <= len(ran.outcomes) < 6
    assert set(ran.outcomes.values()) == {"supported"}
    assert not ran.results["run"]["complete"]
    assert f"This run is incomplete: {len(ran.outcomes)}/6 cells are here." in ran.out
    assert (project.folder / "reports" / "latest" / "report.html").exists()


def test_torchs_warnings_of_itself_are_not_shown_and_others_are(project):
    warn = "import warnings\nwarnings.warn('{}', DeprecationWarning)\n"
    path = project.given("figures", 0.9)
    told = ["`torch.jit.script` is deprecated. Please switch.", "another thing is deprecated"]
    path.write_text(path.read_text() + "".join(warn.format(each) for each in told))
    ran = project.run()
    assert ran.code == pytest.ExitCode.OK
    assert "torch.jit.script" not in ran.out
    assert "another thing is deprecated" in ran.out


def test_what_fails_a_run():
    failing = {outcome for outcome in OUTCOMES if fails_the_run("empirical", outcome)}
    assert failing == {"changed", "error"}
    for kind, strict in (("theorem", False), ("theorem", True), ("empirical", True)):
        assert {outcome for outcome in OUTCOMES if fails_the_run(kind, outcome, strict)} == failing | {"refuted"}


@pytest.mark.parametrize(("value", "how"), [(1, ()), (2, ()), (1, ("-n", "1")), (2, ("--collect-only",))])
def test_two_files_of_one_name_are_refused_before_anything_is_asked(project, value, how):
    text = """
\"\"\"A number is large.

Source: nobody, 2026.

It is counted.
\"\"\"
from harness.claim import claim, over
from harness.verdicts import at_least
from harness.verdicts.intervals import proportion


@claim(kind="{kind}", speaks_for="instrument", of="share", predicts=at_least(0.1, because="it was given so"))
@over(n=[{n}])
def test_share(lab, n):
    return proportion({hits}, 1000, quantity="share", unit="networks")
"""
    one, other = project.folder / "claims" / "a", project.folder / "claims" / "b"
    for folder, values in ((one, ("theorem", 1, 900)), (other, ("open", value, 1))):
        folder.mkdir(parents=True)
        (folder / "same.py").write_text(text.format(kind=values[0], n=values[1], hits=values[2]))
    ran = project.run("--import-mode=importlib", *how)
    said = "Two claims are called same: claims/a/same.py and claims/b/same.py; rename one of them."
    assert (said in ran.out + ran.err) == (how != ("--collect-only",))
    assert (ran.code == 0) == (how == ("--collect-only",))
    assert not (project.folder / "reports").exists()
