"""The hooks for commits: well formed, and long subjects are refused."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def pre_commit(*arguments):
    command = [sys.executable, "-m", "pre_commit", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_hooks_are_well_formed():
    assert pre_commit("validate-config", ".pre-commit-config.yaml").returncode == 0


@pytest.mark.parametrize(("length", "code"), [(72, 0), (73, 1)])
def test_a_subject_has_at_most_72_characters(tmp_path, monkeypatch, length, code):
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path))
    message = tmp_path / "message"
    message.write_text(
        "é" * length + "\n\n" + "a longer line of the body, which may be as long as it needs to be, " * 2
    )
    # --files: without it, pre-commit would put changes that are not staged aside.
    done = pre_commit(
        "run", "subject-length", "--hook-stage", "commit-msg", "--commit-msg-filename", message, "--files", message
    )
    assert done.returncode == code, done.stdout + done.stderr
