"""python -m harness judge: numbers, words and JSON for samples from elsewhere."""

import json

import numpy as np
import pytest

import harness
from harness.__main__ import main
from harness.lab.outside import outside
from harness.statistics.one_problem import compare_samples

PROBLEM = harness.digits(m=4, n=6)


def drawn(seed, networks=400, together=0.5):
    """Networks that are often right on all points together."""
    rng = np.random.default_rng(seed)
    right = (rng.random((networks, 1)) < together) | (rng.random((networks, 6)) < 0.6)
    return np.where(right, PROBLEM.eval_y, 1 - PROBLEM.eval_y)


@pytest.fixture
def files(tmp_path):
    for seed, name in enumerate(("trained", "sampled")):
        np.save(tmp_path / f"{name}.npy", drawn(seed))
    return [str(tmp_path / f"{name}.npy") for name in ("trained", "sampled")]


OF_DIGITS = ["--problem", "digits", "--m", "4", "--n", "6"]


def test_two_samples_of_one_distribution(files, tmp_path, capsys):
    out = tmp_path / "found.json"
    named = ["--fingerprint", PROBLEM.fingerprint, "--json", str(out)]
    assert main(["judge", *files, *OF_DIGITS, *named]) == 0
    said = capsys.readouterr().out
    assert "400 trained networks" in said
    assert "Random sampling explains more than half of what separates it from uniform guessing." in said
    assert "Not decided at these sizes: advantage of training may lie on either side of 0." in said
    written = json.loads(out.read_text())
    found = compare_samples(*(outside(drawn(seed), PROBLEM).sample for seed in range(2)), PROBLEM)
    for name, figure in written["figures"].items():
        estimate = getattr(found, name)
        assert (figure["value"], figure["low"]) == (estimate.value, estimate.interval(0.05)[0])
    assert (written["fingerprint"], written["trained"]) == (PROBLEM.fingerprint, {"networks": 400, "fit": 400})


def test_files_that_say_their_problem_and_a_saved_problem(tmp_path, capsys):
    for seed, name, together in ((0, "trained", 0.9), (1, "sampled", 0.1)):
        harness.save_labels(tmp_path / f"{name}.npz", drawn(seed, together=together), PROBLEM)
    harness.save_problem(PROBLEM, tmp_path / "problem.npz")
    names = [str(tmp_path / f"{name}.npz") for name in ("trained", "sampled", "problem")]
    assert main(["judge", *names[:2], "--problem", names[2]]) == 0
    said = capsys.readouterr().out
    assert "Trained networks err less often than sampled ones." in said
    assert "Training is more concentrated than random sampling." in said
    assert "Coins with the same label frequencies are nearer to random sampling than training is." in said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (OF_DIGITS, "does not say which problem its labels are of"),
        ([*OF_DIGITS[:-1], "7", "--fingerprint", PROBLEM.fingerprint], "whose fingerprint is"),
        (["--problem", "digts"], "--problem takes a file of harness.save_problem, or digits.*Did you mean"),
        (["--problem", "digits"], "takes --m and --n"),
        (["--problem", "ionosphere", "--m", "4", "--n", "6", "--task", "1/2"], "takes no --task"),
        (["--problem", "none.npz"], "none.npz is no npz file"),
        (["--problem", "none.npz", "--m", "3"], "leave --m, --n and --task out"),
    ],
)
def test_wrong_options_are_one_sentence(options, said, files, capsys):
    assert main(["judge", *files, *options]) == 2
    pattern = said.split(".*")
    error = capsys.readouterr().err
    assert error.startswith("ERROR: ")
    assert all(part in error for part in pattern)


def test_networks_of_which_none_fit_are_one_sentence(tmp_path, capsys):
    values = np.hstack([np.tile(1 - PROBLEM.train_y, (9, 1)), drawn(0, 9)])
    harness.save_labels(tmp_path / "a.npz", values, PROBLEM)
    assert main(["judge", *[str(tmp_path / "a.npz")] * 2, *OF_DIGITS]) == 2
    assert "holds no network that fits the training set" in capsys.readouterr().err
