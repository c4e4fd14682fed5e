"""What is imported is declared, what is declared is used, what is installed is what was pinned, and its licence allows
what the project's does."""

import ast
import re
import subprocess
import sys
import tomllib
from functools import cache
from importlib.metadata import Distribution, distribution, packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
OWN = {"harness", "claims", "benchmarks", "examples", "tests", "tools", "conftest"}
# What type checkers know and no interpreter imports.
ONLY_TYPES = {"_typeshed"}


OWNERS = packages_distributions()


def names(requirements):
    return {canonicalize_name(Requirement(each).name) for each in requirements}


DECLARED = names(PROJECT["dependencies"])
EXTRAS = {extra: names(declared) for extra, declared in PROJECT["optional-dependencies"].items()}
PINNED = {
    canonicalize_name(name): version
    for name, version in (line.split("==") for line in (ROOT / "constraints.txt").read_text().split())
}


def sources(*folders):
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


@cache
def imported(*folders):
    """Distribution -> a file that imports it; the project's own modules and Python's left out."""
    found = {}
    for path in sources(*folders):
        for node in ast.walk(ast.parse(path.read_text())):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module] if isinstance(node, ast.ImportFrom) and not node.level else []
            for module in (each.split(".")[0] for each in modules):
                if module not in OWN | ONLY_TYPES and module not in sys.stdlib_module_names:
                    (name,) = set(OWNERS.get(module, [f"no package has {module}"]))
                    found.setdefault(canonicalize_name(name), path.relative_to(ROOT))
    return found


@pytest.mark.parametrize("folder", ["harness", "claims", "examples"])
def test_what_users_run_imports_only_what_is_declared(folder):
    allowed = DECLARED | EXTRAS["cluster"]
    assert {name: str(file) for name, file in imported(folder).items() if name not in allowed} == {}


@pytest.mark.parametrize("folder", ["benchmarks", "tests", "tools"])
def test_what_developers_run_imports_only_what_is_declared(folder):
    allowed = DECLARED | EXTRAS["dev"]
    assert {name: str(file) for name, file in imported(folder).items() if name not in allowed} == {}


def test_an_extra_is_imported_only_by_what_it_is_for():
    files = {str(imported(f"harness/{each}").get("distributed", "")) for each in ("lab", "samplers")}
    assert files == {""}
    assert EXTRAS["cluster"] <= EXTRAS["dev"]


@pytest.mark.parametrize("name", sorted(DECLARED | EXTRAS["dev"] | EXTRAS["cluster"]))
def test_what_is_declared_is_used(name):
    """Imported, or named where a tool or a plugin is called."""
    if name in imported("harness", "claims", "examples", "benchmarks", "tests"):
        return
    callers = [ROOT / "Makefile", *(ROOT / ".ci").glob("*"), *sources("tests", "benchmarks")]
    callers = [path for path in callers if path.is_file() and path != Path(__file__)]
    modules = [module for module, owners in OWNERS.items() if name in map(canonicalize_name, owners)]
    words = {name, name.removeprefix("pytest-"), *modules}
    assert any(re.search(rf"\b{re.escape(word)}\b", path.read_text()) for word in words for path in callers)


@cache
def closure():
    """Name -> distribution and how it is asked for, for all that the project needs with its extra `dev`."""
    found: dict[str, tuple[Distribution, set[str]]] = {}
    waiting = [Requirement(each) for each in (*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"])]
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        new = name not in found
        owner, asked = found.setdefault(name, (distribution(name), set()))
        asked.add(str(requirement.specifier))
        for text in (owner.requires or []) if new or requirement.extras else []:
            needed = Requirement(text)
            extras = requirement.extras or {""}
            asked_for = needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in extras)
            if asked_for and canonicalize_name(needed.name) not in found:
                waiting.append(needed)
    return found


def test_everything_installed_is_pinned_and_the_pin_is_installed():
    wrong = {}
    for name, (owner, asked) in closure().items():
        # A build of torch for GPUs names the one version of each library that it takes.
        by_its_owner = any(specifier.startswith("==") and "*" not in specifier for specifier in asked)
        installed = owner.version.split("+")[0]
        if PINNED.get(name, installed if by_its_owner else None) != installed:
            wrong[name] = f"installed {owner.version}, pinned {PINNED.get(name)}"
    assert wrong == {}


def test_nothing_is_pinned_in_vain():
    assert set(PINNED) - set(closure()) == set()


FORBIDDEN = re.compile(r"\bA?GPL|\bGNU (Affero )?General Public|SSPL|Commons Clause|CC-BY-NC", re.IGNORECASE)


def licence(owner):
    """What a distribution says of its licence: an expression, classifiers, or else the first line of its field."""
    metadata = owner.metadata
    classified = [each for each in metadata.get_all("Classifier", []) if each.startswith("License ::")]
    said = [metadata.get("License-Expression", ""), *classified]
    return " ".join(said) if any(said) else metadata.get("License", "").split("\n")[0]


@pytest.mark.parametrize(
    ("text", "forbidden"),
    [
        ("GPL-3.0-or-later", True),
        ("AGPL-3.0-only", True),
        ("License :: OSI Approved :: GNU General Public License v3 (GPLv3)", True),
        ("License :: OSI Approved :: GNU Affero General Public License v3", True),
        ("MIT", False),
        ("Apache-2.0 OR BSD-3-Clause", False),
        ("LGPL-2.1-or-later", False),
    ],
)
def test_forbidden_licences_are_recognised(text, forbidden):
    assert bool(FORBIDDEN.search(text)) == forbidden


def test_no_licence_asks_more_than_the_projects():
    assert {name: licence(owner) for name, (owner, _) in closure().items() if FORBIDDEN.search(licence(owner))} == {}


def test_every_licence_is_said():
    silent = {name for name, (owner, _) in closure().items() if not licence(owner)}
    assert {
        name for name in silent if not any("licen" in str(f).lower() for f in closure()[name][0].files or [])
    } == set()


def test_what_is_installed_fits_together():
    done = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True, check=False)
    # Installed without what it would bring along, which nothing here asks of it: see the Makefile.
    complaints = [line for line in done.stdout.splitlines() if not line.startswith("neural-tangents ")]
    assert complaints in ([], ["No broken requirements found."])


def locked(name):
    """Name -> version of a list of hashes, each of which has at least one."""
    entries = re.split(r"\n(?=\S)", (ROOT / ".ci" / name).read_text().strip())
    assert all(re.search(r"--hash=sha256:[0-9a-f]{64}", entry) for entry in entries)
    return {canonicalize_name(entry.split("==")[0]): re.match(r"\S+==([^\s;]+)", entry)[1] for entry in entries}


def test_what_workflows_install_is_locked_by_hashes_and_is_what_is_pinned():
    versions = locked("requirements.txt")
    assert {name: versions.get(name) for name in PINNED} == PINNED
    # A build of torch for GPUs names the one version of each library that it takes.
    others = set(versions) - set(PINNED)
    assert all(name.startswith(("nvidia-", "cuda-")) or name == "triton" for name in others), others
    assert "pip-audit" in locked("audit.txt")
    assert {"mkdocs-material", "mkdocstrings", "mkdocstrings-python"} <= set(locked("docs.txt"))
    workflows = "".join(path.read_text() for path in (ROOT / ".github" / "workflows").glob("*.yml"))
    assert all("--require-hashes" in line for line in re.findall(r"pip install.*", workflows))


def test_what_builds_the_package_is_pinned():
    (builder,) = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    assert builder == f"setuptools=={PINNED['setuptools']}"
