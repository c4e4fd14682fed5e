"""The continuous-integration workflows: well formed, and nothing that zizmor finds fault with."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
SCRIPTS = Path(sys.executable).parent
ids = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)


def run(*command):
    done = subprocess.run(list(map(str, command)), cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@ids
def test_follow_githubs_schema(path):
    run(SCRIPTS / "check-jsonschema", "--builtin-schema", "vendor.github-workflows", path)


@ids
def test_are_safe(path):
    run(SCRIPTS / "zizmor", "--offline", "--no-progress", "--persona", "pedantic", path)


def test_unsafe_ones_are_found(tmp_path):
    bad = tmp_path / "bad.yml"
    bad.write_text(WORKFLOWS[0].read_text().replace("11bd71901bbe5b1630ceea73d27597364c9af683", "v4"))
    with pytest.raises(AssertionError, match="unpinned-uses"):
        run(SCRIPTS / "zizmor", "--offline", "--no-progress", bad)


@ids
def test_run_what_the_project_has(path):
    """A step that calls the project by a name it no longer has would fail first at night."""
    text = path.read_text()
    for command in sorted(set(re.findall(r"-m (harness(?: [a-z]+)+)", text))):
        run(sys.executable, "-m", *command.split(), "--help")
    targets = re.findall(r"make ([a-z]+)", text)
    assert targets or ".ci/run" in text
    assert all(f"\n{target}:" in (ROOT / "Makefile").read_text() for target in targets)
    assert (ROOT / ".ci" / "run").exists()
