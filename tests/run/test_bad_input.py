"""What cannot be done is said in one clear sentence, ends with a non-zero exit code, and keeps what was computed."""

import errno
import re
from pathlib import Path

import pytest
import torch

from harness.errors import BadInput
from harness.store import Store

FULL_SETS = Path(__file__).parents[3] / "shared" / "data"
needs_no_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--scale", "huge"), "--scale takes smoke, standard, full, not 'huge'"),
        (("--device", "gpu"), "--device takes auto, cpu, mps, cuda.* A GPU is called cuda."),
        (("--budget", "soon"), "--budget takes a positive time"),
        (("--seed", "-1"), "--seed takes a whole number"),
        (("--data", "none"), "none is no folder"),
        (("--store", "pytest.ini"), "make it a writable folder or name another one with --store"),
        (("--report", "."), "is a folder; name another place with --report"),
        (("--report", "pytest.ini/report.html"), "cannot be written .* --report"),
        (("--report", "reports/results.json"), "call the page otherwise"),
        pytest.param(("--device", "cuda"), "There is no GPU cuda:0 on this machine, which has cpu", marks=needs_no_gpu),
        pytest.param(("--device", "cuda:0,1"), "There is no GPU cuda:0", marks=needs_no_gpu),
    ],
)
def test_what_cannot_be_done_is_one_sentence_before_anything_is_drawn(project, arguments, said):
    project.drawn()
    project.run(*arguments).one_sentence(said)
    assert project.computed == []


def test_an_unknown_option_is_pytests_own_error(project):
    project.drawn()
    ran = project.run("--sclae", "smoke")
    assert ran.code == 4
    assert "unrecognized arguments: --sclae" in ran.err
    assert "--scale --device" in ran.err


def test_misspelt_claims_are_asked_about(project):
    project.given("perceptron_prefers", 0.9)
    ran = project.run("-k", "perceptrn and not 7")
    assert ran.code == pytest.ExitCode.NO_TESTS_COLLECTED
    assert "No claim has 'perceptrn' in its name. Did you mean perceptron_prefers?" in ran.out
    assert "Did you mean" not in project.run("-k", "elsewhere").out
    meant = r"There is no file claims/room/perceptron_prefer.py. Did you mean claims/room/perceptron_prefers.py\?"
    assert re.search(meant, project.run("claims/room/perceptron_prefer.py").err)
    assert "file or directory not found" in project.run("nowhere.py").err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(("--device", "cuda"), "There is no GPU cuda:0", marks=needs_no_gpu),
        (("--report", "pytest.ini/report.html"), "cannot be written"),
    ],
)
def test_workers_refuse_in_one_sentence_too(project, arguments, said):
    project.drawn()
    project.run("-n", "1", *arguments).one_sentence(said)


FULL_STORE = f"""
from harness.store import Store

original = Store._write


def write(self, path, content, left=[BEFORE]):
    left[0] -= 1
    if left[0] < 0:
        raise OSError({errno.ENOSPC}, "No space left on device")
    original(self, path, content)


Store._write = write
"""


@pytest.mark.parametrize(
    "workers", [(), pytest.param(("-n", "2"), marks=pytest.mark.slow)], ids=["serial", "two workers"]
)
def test_a_store_that_fills_up_ends_the_run_and_keeps_what_was_stored(project, monkeypatch, workers):
    project.drawn(bits=(2, 3, 4))
    write = Store._write
    monkeypatch.setattr(Store, "_write", write)
    conftest = project.folder / "claims" / "conftest.py"
    # The first writes show that the store is writable, and its layout; a cell then writes its sample.
    conftest.write_text(FULL_STORE.replace("BEFORE", "4"))
    ran = project.run(*workers)
    ran.one_sentence("has no space left; free some space or name another one with --store. What was stored stays")
    assert not ran.results["run"]["complete"]
    found = len(ran.results["cells"])
    stored = project.samples
    assert found == stored
    assert found >= 2
    conftest.unlink()
    monkeypatch.setattr(Store, "_write", write)
    drawn = len(project.computed)
    assert project.run().results["run"]["complete"]
    assert len(project.computed) - drawn == 6 - stored


def test_a_report_that_cannot_be_written_at_the_end_keeps_the_results(project, monkeypatch):
    project.given("figures", 0.9)

    def fail(results, report, history):
        raise BadInput(f"The report {report} cannot be written (No space left on device).")

    monkeypatch.setattr("harness.run.recorder.write_report", fail)
    ran = project.run()
    ran.one_sentence("The report .* cannot be written")
    assert ran.outcomes == {"number: 0.9": "supported"}


def test_results_that_cannot_be_written_end_the_run_and_the_store_keeps_its_samples(project, monkeypatch):
    project.drawn()

    def fail(path, document):
        raise BadInput(f"{path} cannot be written (No space left on device).")

    monkeypatch.setattr("harness.report.results.write", fail)
    project.run().one_sentence("results.json cannot be written")
    assert project.samples == len(project.computed) == 1


def declared(project, problem):
    """A claim over a problem given as source text."""
    path = project.drawn()
    text = path.read_text().replace("[boolean_cube(n) for n in (2, 3)]", f"[{problem}, boolean_cube(2)]")
    path.write_text(text.replace("import boolean_cube", "import Problem, boolean_cube, digits, mnist"))


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        ("Problem.from_arrays([[0.0]], [2], [[1.0]], [0])", "labels must be 0 or 1, but one is 2"),
        ("digits(2000, 8)", "too few for 2,000 training and 8 evaluation points"),
        ("boolean_cube(2)", "Two cells of test_share are called"),
        ("None", "a NoneType has no attribute `name`"),
    ],
)
def test_a_problem_that_cannot_be_is_one_sentence_with_its_file(project, problem, said):
    declared(project, problem)
    project.run().one_sentence(f"claims/room/drawn.py: .*{said}")
    assert project.computed == []


def test_a_claim_without_source_is_one_sentence(project):
    path = project.drawn()
    path.write_text(path.read_text().replace("Source:", "From"))
    project.run().one_sentence("claims/room/drawn.py: A claim's docstring .* 'Source:'")


def test_data_that_is_missing_is_unavailable_and_the_rest_is_judged(project):
    declared(project, "mnist(8, 8, full=True)")
    ran = project.run("-k", "gaussian or not uniform")
    assert ran.code == 0
    assert sorted(ran.outcomes.values()) == ["supported", "unavailable"]
    assert "name it with --data or the environment variable HARNESS_DATA" in ran.out
    (project.folder / "data").mkdir()
    assert "mnist_10k.npz is not in the data folder" in project.run("--data", "data").out


@pytest.mark.parametrize("damage", ["truncated", "altered"])
def test_damaged_data_is_an_error_in_one_sentence_and_the_rest_is_judged(project, damage):
    data = project.folder / "data"
    data.mkdir()
    content = b"PK" + bytes(1000)
    if FULL_SETS.is_dir():
        content = (FULL_SETS / "mnist_10k.npz").read_bytes()
    content = content[:-7] if damage == "truncated" else content[:500] + b"\x00\x01" + content[502:]
    (data / "mnist_10k.npz").write_bytes(content)
    declared(project, "mnist(8, 8, full=True)")
    ran = project.run("--data", "data")
    assert ran.code == 1
    assert sorted(ran.outcomes.values()) == ["error", "error", "supported", "supported"]
    assert "mnist_10k.npz is truncated or altered" in ran.out
    assert "Traceback" not in ran.out + ran.err


@pytest.mark.skipif(not FULL_SETS.is_dir(), reason="the full data sets are not beside this checkout")
def test_data_that_is_there_is_judged(project):
    declared(project, "mnist(8, 8, full=True)")
    assert set(project.run("--data", str(FULL_SETS)).outcomes.values()) <= {"supported", "inconclusive", "refuted"}
