"""Whole runs: killed and resumed, from the store, with another seed or budget, on a terminal."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness.lab import SAMPLERS_VERSION
from harness.store import Store
from harness.store.maintenance import contents, verify
from tests.support.processes import wait_for


def cells(document, *without):
    """The cells of a results file, without some of their keys."""
    return [{key: value for key, value in cell.items() if key not in without} for cell in document["cells"]]


def test_the_second_run_draws_nothing_and_finds_the_same(project):
    project.drawn()
    project.given("figures", 0.9, 0.55)
    first = project.run()
    drawn = len(project.computed)
    second = project.run()
    assert first.code == second.code == 0
    assert len(project.computed) == drawn == 4
    assert cells(second.results) == cells(first.results)


def test_a_budget_in_time_cuts_looks_and_says_so(project, monkeypatch):
    """The same command goes on from the store."""
    path = project.drawn()
    path.write_text(
        re.sub(
            r"return proportion.*", 'return nothing_yet("share", functions.total, "draws")', path.read_text()
        ).replace("import within", "import nothing_yet, within")
    )
    monkeypatch.setenv("SECONDS_A_SHARD", "0.05")
    first = project.run("--budget", "0.5s")
    assert set(first.outcomes.values()) == {"inconclusive"}
    # Of 0.5 s, the first of four cells may spend 0.375 s, but all its looks would take 0.4 s and more.
    # Once it is all spent, a cell is not looked at.
    looks = [(cell["estimate"] or {"looks": 0})["looks"] for cell in first.results["cells"]]
    assert 1 <= looks[0] < 4
    drawn = len(project.computed)
    assert drawn == sum(2 ** (look - 1) for look in looks if look)
    cut = sum(look < 4 for look in looks)
    assert first.results["run"]["cut_by_time"] == cut
    assert f"Cut by time: {cut} cell" in first.out
    monkeypatch.delenv("SECONDS_A_SHARD")
    richer = project.run()
    assert [cell["estimate"]["looks"] for cell in richer.results["cells"]] == [4] * 4
    assert richer.results["run"]["cut_by_time"] == 0
    assert len(project.computed) == 4 * 8


def test_how_far_a_cell_goes_depends_on_no_clock(project, monkeypatch):
    project.drawn(margin=0.02)
    quick = project.run()
    for slower in ("0.05", "0.1"):
        monkeypatch.setenv("SECONDS_A_SHARD", slower)
        slow = project.run("--fresh")
        assert cells(slow.results, "seconds") == cells(quick.results, "seconds")


def test_a_smaller_budget_leaves_cells_undecided_but_turns_no_verdict(project, monkeypatch):
    project.drawn(bits=(2, 3, 4), margin=0.08)
    monkeypatch.setenv("SECONDS_A_SHARD", "0.05")
    # First looks only, and none for the last cells.
    poor = project.run("--budget", "0.25s")
    rich = project.run("--budget", "60s")
    outcomes = list(zip(poor.outcomes.values(), rich.outcomes.values(), strict=True))
    assert ("inconclusive", "supported") in outcomes
    assert ("supported", "supported") in outcomes
    for one, other in zip(cells(poor.results), cells(rich.results), strict=True):
        assert one["verdict"] == "inconclusive" or one == other


@pytest.mark.parametrize(
    "workers", [(), pytest.param(("-n", "2"), marks=pytest.mark.slow)], ids=["serial", "two workers"]
)
def test_after_a_kill_nothing_finished_is_computed_again(project, workers):
    project.drawn(bits=(2, 3, 4))
    process = project.start(*workers, stands_still_after=3)
    wait_for(lambda: len(project.computed) >= 3 and project.samples >= 2)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    finished = project.samples
    killed = len(project.computed)
    assert 2 <= finished <= killed < 6
    resumed = project.run()
    assert resumed.code == 0
    assert resumed.results["run"]["complete"]
    assert len(project.computed) - killed == 6 - finished
    assert all(whole for _, whole in verify(Store(project.folder / ".store")))
    whole = project.run("--store", "another")
    assert cells(resumed.results, "seconds") == cells(whole.results, "seconds")


def test_fresh_draws_everything_again_and_finds_the_same(project):
    project.drawn()
    first = project.run()
    fresh = project.run("--fresh")
    assert len(project.computed) == 8
    assert len(set(project.computed)) == 4
    assert cells(fresh.results, "seconds") == cells(first.results, "seconds")


def test_another_seed_draws_other_numbers_and_the_same_seed_the_same(project):
    project.drawn()
    values = {
        seed: [cell["estimate"]["value"] for cell in project.run("--seed", seed).results["cells"]]
        for seed in ("0", "1", "0")
    }
    assert all(one != other for one, other in zip(values["0"], values["1"], strict=True))
    assert len(set(project.computed)) == len(project.computed) == 8
    assert project.run("--seed", "1", "--store", "another").results["run"]["seed"] == 1
    assert [cell["estimate"]["value"] for cell in project.results()["cells"]] == values["1"]


def test_a_damaged_entry_is_set_aside_and_drawn_again(project):
    project.drawn()
    first = project.run()
    entry = next(project.folder.glob(".store/??/*.entry"))
    entry.write_bytes(entry.read_bytes()[:-3])
    again = project.run()
    assert again.code == 0
    assert "is damaged; it is set aside and computed again" in again.out
    assert len(project.computed) == 5
    assert cells(again.results, "seconds") == cells(first.results, "seconds")
    assert contents(Store(project.folder / ".store"), SAMPLERS_VERSION).set_aside == 1


def test_no_pickle_is_ever_loaded():
    source = Path(__file__).parents[2] / "harness"
    for path in source.rglob("*.py"):
        text = path.read_text()
        for word in ("import pickle", "torch.load(", "joblib", "allow_pickle=True", "dill", "marshal", "shelve"):
            assert word not in text, path
        assert text.count("np.load(") == text.count("allow_pickle=False"), path


def test_a_terminal_shows_progress_and_a_file_does_not(project):
    project.drawn()
    assert "\x1b" not in project.run().out
    script = shutil.which("script")
    if script is None:
        pytest.skip("the program `script`, which makes a terminal, is not here")
    command = f"{sys.executable} -m pytest claims/ --fresh"
    done = subprocess.run(
        [script, "-qec", command, "/dev/null"], capture_output=True, text=True, check=False, cwd=project.folder
    )
    assert done.returncode == 0
    assert " 1/4 · slowest: drawn · prior 1/1: claims/room/drawn.py::test_share[" in done.stdout
    assert "\x1b[2K" in done.stdout
