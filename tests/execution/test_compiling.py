"""Machine code that is kept is that of the present sources, and what is wrong with where it is kept costs time only."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness import compiling

PACKAGE = Path(compiling.__file__).parent
INNER = "from numba import njit\n\n\n@njit\ndef inner(x):\n    return {}\n"
OUTER = """
import sys

from harness.compiling import compiled
from harness.inner import inner


@compiled(nogil=True)
def outer(x):
    return inner(x) + 1


print(outer(10), sum(outer.stats.cache_hits.values()))
"""


@pytest.fixture
def package(tmp_path):
    """A package of this name with a compiled function that calls one of another file."""
    folder = tmp_path / "harness"
    folder.mkdir()
    (folder / "__init__.py").touch()
    shutil.copy(compiling.__file__, folder)
    (folder / "inner.py").write_text(INNER.format("x"))
    (folder / "outer.py").write_text(OUTER)
    return folder


def run(package, **environment):
    """What the function gives, whether its code was there already, and what was said of it."""
    done = subprocess.run(
        [sys.executable, "-m", "harness.outer"],
        cwd=package.parent,
        env={**os.environ, "PYTHONPATH": "", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    value, kept = done.stdout.split()
    return int(value), int(kept), done.stderr


def test_code_is_kept_until_a_file_that_it_is_made_of_is_edited(package):
    assert run(package) == (11, 0, "")
    assert run(package) == (11, 1, "")
    (package / "inner.py").write_text(INNER.format("2 * x"))
    assert run(package) == (21, 0, "")
    (package / "page.py").write_text("a = 1\n")
    assert run(package) == (21, 1, "")


@pytest.mark.parametrize(("ending", "cut", "zeros"), [(".nbi", None, 0), (".nbc", -40, 40)])
def test_damaged_code_is_compiled_again_and_kept_again(package, ending, cut, zeros):
    """An empty index, and code whose end is zeros, as a power cut leaves them."""
    run(package)
    (path,) = package.glob(f"__pycache__/compiled-*/*{ending}")
    content = path.read_bytes()
    path.write_bytes((content[:cut] if cut else b"") + bytes(zeros))
    assert run(package) == (11, 0, "")
    assert run(package) == (11, 1, "")


def test_code_that_can_be_kept_nowhere_is_compiled_and_that_is_said_once(package):
    (package / "__pycache__").write_text("")
    nowhere = {"HOME": os.devnull, "XDG_CACHE_HOME": os.devnull, "NUMBA_CACHE_DIR": ""}
    value, hits, said = run(package, **nowhere)
    assert (value, hits) == (11, 0)
    assert said.count("Compiled functions cannot be kept in") == 1
    assert "NUMBA_CACHE_DIR" in said
    place = package.parent / "elsewhere"
    assert run(package, **{**nowhere, "NUMBA_CACHE_DIR": str(place)}) == (11, 0, "")
    assert run(package, **{**nowhere, "NUMBA_CACHE_DIR": str(place)}) == (11, 1, "")


def test_a_folder_that_goes_away_costs_nothing_but_time(package):
    text = OUTER.replace("print(outer", "import shutil\nshutil.rmtree(outer._cache.cache_path)\nprint(outer")
    (package / "outer.py").write_text(text)
    assert run(package) == (11, 0, "")


def test_all_code_is_kept_so():
    """And no compiled function takes a constant or a function of a file that the digest does not have."""
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text()
        assert path.name == "compiling.py" or "cache=True" not in text, path
        tree = ast.parse(text)
        taken = {
            alias.asname or alias.name: node.module
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("harness")
            for alias in node.names
        }
        for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
            decorators = " ".join(map(ast.unparse, function.decorator_list))
            if "njit" not in decorators and "compiled" not in decorators:
                continue
            names = {
                node.id for statement in function.body for node in ast.walk(statement) if isinstance(node, ast.Name)
            }
            for name in names & taken.keys():
                source = PACKAGE.parent / f"{taken[name].replace('.', '/')}.py"
                assert any(each in source.read_bytes() for each in compiling._COMPILE), f"{path}: {name}"
