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


@ids
def test_have_no_rights_but_to_read_what_they_check_out(path):
    text = path.read_text()
    jobs = re.findall(r"^  [a-z]+:\n    name:", text, re.MULTILINE)
    assert re.findall(r"^ *permissions:.*(?:\n +.+: (?:read|write).*)*", text, re.MULTILINE) == [
        "permissions: {}",
        *["    permissions:\n      contents: read"] * len(jobs),
    ]


def test_caches_are_of_the_nights_only_and_of_each_attempt():
    """One written for a pull request would be read by nobody else, but holds samples that nobody reviewed."""
    users = [path.stem for path in WORKFLOWS if "actions/cache" in path.read_text()]
    assert users == ["nightly"]
    keys = re.findall(r"^ +key: (.+)$", (ROOT / ".github" / "workflows" / "nightly.yml").read_text(), re.MULTILINE)
    assert len(keys) == 2
    assert len(set(keys)) == 1
    assert keys[0].endswith("${{ github.run_id }}-${{ github.run_attempt }}")


def test_the_gate_of_a_night_judges_its_own_results():
    night = (ROOT / ".github" / "workflows" / "nightly.yml").read_text()
    assert 'harness gate reports/latest/results.json --commit "$GITHUB_SHA"' in night
    # Every pass of the gate of a change removes what lay there, within the function that both call.
    passes = (ROOT / ".ci" / "run").read_text().split("claims() {")[1].split("}")[0]
    assert (
        passes.index("rm -f reports/latest/results.json") < passes.index("make claims") < passes.index("harness gate")
    )


def test_every_python_that_is_declared_is_tried():
    declared = re.findall(r"Python :: (3\.\d+)", (ROOT / "pyproject.toml").read_text())
    checks = (ROOT / ".github" / "workflows" / "checks.yml").read_text()
    tried = {*re.findall(r'python-version: "(3\.\d+)"', checks), *re.findall(r'"(3\.\d+)"[,\]]', checks)}
    assert tried == set(declared)
    # What they run is there.
    (line,) = re.findall(r"pytest -n auto ((?:.|\\\n)+?)\n\n", checks)
    assert all((ROOT / each).exists() for each in line.replace("\\\n", " ").split())
