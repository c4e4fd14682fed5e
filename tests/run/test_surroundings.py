"""A run whatever its terminal's encoding, the names of its folders and the texts in its files."""

import json
import os
import subprocess
import sys

import pytest

from harness.__main__ import main


def run(project, *arguments, **environment):
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "claims/", *arguments],
        cwd=project.folder,
        env={**os.environ, **environment},
        capture_output=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("encoding", "workers"),
    [("ascii", ()), ("latin-1", ()), pytest.param("ascii", ("-n", "1"), marks=pytest.mark.slow)],
)
def test_a_terminal_that_lacks_letters_has_every_cell(project, encoding, workers):
    project.given("figures", 0.9, 0.2, 0.5, "missing")
    code, out, err = run(project, *workers, PYTHONIOENCODING=encoding)
    assert code == 0, err
    said = out.decode(encoding)
    assert project.results()["run"]["complete"]
    assert "v supported: figures [number: 0.9]" in said
    assert "x refuted: figures [number: 0.2]" in said
    assert "Report: " in said


@pytest.mark.parametrize("option", ["--report", "--store", "--data"])
def test_a_path_that_is_no_text_is_one_sentence_at_the_start(project, option):
    project.drawn()
    project.run(option, "x\udcff/r.html").one_sentence(r"The path .*udcff.* cannot be written in UTF-8")
    assert project.computed == []


@pytest.mark.parametrize("place", ["variable", "option"])
def test_a_wave_is_the_home_of_a_user(project, monkeypatch, place):
    project.given("figures", 0.9)
    monkeypatch.setenv("HOME", str(project.folder / "home"))
    if place == "variable":
        monkeypatch.setenv("HARNESS_STORE", "~/samples")
    project.run("--report=~/page/report.html", *(["--store=~/samples"] if place == "option" else []))
    assert (project.folder / "home" / "samples").is_dir()
    assert (project.folder / "home" / "page" / "results.json").exists()
    assert not (project.folder / "~").exists()
    project.run("--store=~nobody_is_called_so/samples").one_sentence(
        "There is no home for '~nobody_is_called_so/samples'"
    )


def test_the_stores_upkeep_knows_the_home_too(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("HARNESS_STORE", "~/samples")
    (tmp_path / "samples").mkdir()
    assert main(["store", "info"]) == 0
    assert str(tmp_path / "samples") in capsys.readouterr().out


def test_accepted_verdicts_that_steer_a_terminal_do_not(project):
    project.given("figures", 0.9)
    project.accepted.parent.mkdir()
    entry = {"verdict": "supported", "predicted": "x"}
    project.accepted.write_text(json.dumps({"figures": {"number: gone\x1b[2J\n::error::no": entry}}))
    said = project.run().out
    assert "there is no such cell: figures [number: gone" in said
    assert "\x1b" not in said
    assert not any(line.startswith("::") for line in said.splitlines())


def test_a_plan_that_cannot_be_written_is_refused_before_it_is_made(tmp_path, capsys):
    (tmp_path / "file").touch()
    assert main(["plan", "--json", str(tmp_path / "file" / "plan.json")]) == 2
    said = capsys.readouterr()
    assert "cannot be written" in said.err
    assert "name another place with --json" in said.err
    assert said.out == ""
