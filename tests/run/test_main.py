"""python -m harness: the store's upkeep, and a report written again."""

import os
import re
import subprocess
import sys
import time

import numpy as np
import pytest
from rich.console import Console

from harness.__main__ import main
from harness.lab import SAMPLERS_VERSION
from harness.store import Store


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "store")
    for shard in range(3):
        store.put({"sampler": "prior", "shard": shard}, {"a": np.arange(10)}, {"seconds": 1.0})
    return store


def test_info(store, capsys):
    assert main(["store", "info", "--store", str(store.folder)]) == 0
    said = capsys.readouterr().out
    assert re.search(r"prior +3 +0 +0\.0 +3\.0 s", said)
    assert "3 entries" in said
    assert "prune" not in said
    store.put({"sampler": "prior", "version": SAMPLERS_VERSION - 1}, {}, {})
    assert main(["store", "info", "--store", str(store.folder)]) == 0
    assert "1 of older samplers; python -m harness store prune --stale deletes them." in capsys.readouterr().out
    assert main(["store", "prune", "--stale", "--store", str(store.folder)]) == 0
    assert "1 entries deleted" in capsys.readouterr().out
    assert len(list(store.entries())) == 3


def test_verify_lists_what_is_damaged(store, capsys):
    assert main(["store", "verify", "--store", str(store.folder)]) == 0
    damaged = next(store.entries())
    damaged.write_bytes(damaged.read_bytes()[:-1])
    assert main(["store", "verify", "--store", str(store.folder)]) == 1
    said = capsys.readouterr().out
    assert str(damaged) in said
    assert "3 entries, 1 bad" in said
    assert "\x1b" not in said


def test_verify_shows_its_progress_on_a_terminal(store, capsys, monkeypatch):
    monkeypatch.setattr("harness.run.stored.Console", lambda: Console(force_terminal=True, width=80))
    assert main(["store", "verify", "--store", str(store.folder)]) == 0
    assert "Checking" in capsys.readouterr().out


def test_prune_deletes_what_is_old_and_nothing_else(store, monkeypatch, capsys):
    monkeypatch.setenv("HARNESS_STORE", str(store.folder))
    old = next(store.entries())
    os.utime(old, (time.time() - 3 * 86400,) * 2)
    assert main(["store", "prune", "--older-than", "4d"]) == 0
    assert old.exists()
    assert main(["store", "prune", "--older-than", "2d"]) == 0
    assert not old.exists()
    assert len(list(store.entries())) == 2
    assert "1 entries deleted" in capsys.readouterr().out


def test_the_report_is_written_again_without_running_anything(project, capsys):
    project.given("figures", 0.9, 0.2)
    page = project.folder / "reports" / "latest" / "report.html"
    project.run()
    first = page.read_text()
    page.unlink()
    results = str(page.with_name("results.json"))
    assert main(["report", results]) == 0
    assert page.read_text() == first
    assert main(["report", results, "--out", "elsewhere/page.html"]) == 0
    assert (project.folder / "elsewhere" / "page.html").read_text() == first


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("store info --store none", "There is no store at none"),
        ("store prune --store . --older-than soon", "--older-than takes days"),
        ("store prune --store .", "--older-than DAYS, --stale or both"),
        ("store info --store newer", "has layout 99, of a newer version"),
        ("report none.json", "There are no results at none.json"),
        ("report .", "cannot be read"),
        ("report text.json", "not a results file"),
        ("report list.json", "not a results file"),
        ("report future.json", "schema 99"),
    ],
)
def test_bad_input_is_one_sentence(tmp_path, monkeypatch, capsys, arguments, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "newer").mkdir()
    (tmp_path / "newer" / "layout.json").write_text('{"layout": 99}')
    (tmp_path / "text.json").write_text("a report")
    (tmp_path / "list.json").write_text("[]")
    (tmp_path / "future.json").write_text('{"schema": 99, "run": {}, "claims": {}, "cells": []}')
    assert main(arguments.split()) == 2
    error = capsys.readouterr().err
    assert said in error
    assert len(error.splitlines()) == 1


def test_it_is_a_command():
    done = subprocess.run([sys.executable, "-m", "harness", "--help"], capture_output=True, text=True, check=True)
    assert "store" in done.stdout
    assert "report" in done.stdout


@pytest.mark.parametrize(
    "command",
    [
        *("store info", "store verify", "store prune", "report", "history add", "show"),
        *("published", "summary", "plan", "nulls", "gate"),
    ],
)
def test_the_help_of_every_command_ends_with_an_example(command, capsys):
    with pytest.raises(SystemExit) as ended:
        main([*command.split(), "--help"])
    assert ended.value.code == 0
    # Folded where the terminal ends.
    assert f"Example: python -m harness {command}" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("values", "kind", "said"),
    [
        ((0.9, 0.2), "empirical", None),
        ((0.9, 0.2), "theorem", "refuted: figures"),
        ((0.9, "broken"), "empirical", "error: figures"),
        (("missing",), "empirical", "no cell was judged"),
    ],
)
def test_the_gate_stops_for_doubt_in_the_software_only(project, capsys, values, kind, said):
    project.given("figures", *values, kind=kind)
    project.run()
    capsys.readouterr()
    assert main(["gate", "reports/latest/results.json"]) == (1 if said else 0)
    assert (said or "0 reasons to stop") in capsys.readouterr().out


def test_the_gate_stops_for_a_changed_verdict_and_an_incomplete_run(project, capsys):
    project.given("figures", 0.9, 0.2)
    project.run("--accept-verdicts")
    project.given("figures", 0.9, 0.2, bound=0.1)
    project.run()
    assert main(["gate", "reports/latest/results.json"]) == 1
    project.given("figures", "mended", 0.9)
    project.run("-x")
    capsys.readouterr()
    assert main(["gate", "reports/latest/results.json"]) == 1
    assert "incomplete: 1 of 2" in capsys.readouterr().out


def test_a_command_runs_as_a_program(store):
    command = [sys.executable, "-m", "harness", "store", "info", "--store", str(store.folder)]
    assert "3 entries" in subprocess.run(command, capture_output=True, text=True, check=True).stdout
