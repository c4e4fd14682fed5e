"""Nothing that is read is ever run: no pickles, no evaluation of text, and no path outside the folders named."""

import ast
from pathlib import Path

import numpy as np
import pytest

from harness.errors import BadInput
from harness.store import Store

ROOT = Path(__file__).parents[2]
SOURCES = [path for folder in ("harness", "claims", "benchmarks") for path in sorted((ROOT / folder).rglob("*.py"))]
# Who may import what: jobs go to a cluster's workers as cloudpickles, between processes that trust each other.
PICKLES = {"pickle", "cPickle", "dill", "joblib", "shelve", "marshal", "cloudpickle", "jsonpickle"}
ON_THE_WIRE = "harness/execution"
EVALUATES = {"eval", "exec", "compile", "__import__"}


def offences(path, tree):
    """What a file does that no file should, as (line, what)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            for module in modules:
                allowed = module == "cloudpickle" and path.startswith(ON_THE_WIRE)
                if module.split(".")[0] in PICKLES and not allowed:
                    yield node.lineno, f"imports {module}"
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        keywords = {each.arg: ast.unparse(each.value) for each in node.keywords}
        if called in EVALUATES:
            yield node.lineno, called
        if called in ("torch.load", "torch.save", "pandas.read_pickle"):
            yield node.lineno, called
        if called.split(".")[0] in ("np", "numpy") and keywords.get("allow_pickle", "False") != "False":
            yield node.lineno, "allow_pickle"
        if keywords.get("shell", "False") != "False" or called in ("os.system", "os.popen"):
            yield node.lineno, "a shell"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_runs_what_it_reads(path):
    assert list(offences(str(path.relative_to(ROOT)), ast.parse(path.read_text()))) == []


@pytest.mark.parametrize(
    "text",
    [
        "import pickle", "from joblib import load", "import cloudpickle", "eval('1')", "exec(text)", "torch.load(path)",
        "np.load(path, allow_pickle=True)", "np.load(path, allow_pickle=wanted)", "subprocess.run(a, shell=True)",
    ],
)  # fmt: skip
def test_what_should_not_be_is_found(text):
    assert list(offences("harness/report/page.py", ast.parse(text)))


def test_what_may_be_is_not():
    assert not list(offences("harness/execution/worker.py", ast.parse("import cloudpickle")))
    assert not list(offences("harness/a.py", ast.parse("np.load(file, allow_pickle=False)\nnp.load(file)")))


@pytest.mark.parametrize("word", ["../../x", "/etc/passwd", "a\0b", "x/../../y", "\ud800", "." * 300])
def test_what_a_store_is_asked_for_names_no_path(tmp_path, word):
    """Addresses are digests, whatever the description says."""
    store = Store(tmp_path / "store")
    spec = {"sampler": word, "path": {"name": word}}
    store.put(spec, {"a": np.arange(3)}, {"seconds": 1.0, "said": word})
    assert store.get(spec).facts["said"] == word
    written = [path for path in tmp_path.rglob("*") if path.is_file() and not path.name.startswith(".")]
    assert written
    assert all(path.resolve().is_relative_to(tmp_path / "store") for path in written)


def test_a_claim_is_called_after_its_file_and_nothing_else(project):
    """Names of cells are text in the results, and no part of any path."""
    project.given("figures", "../../x", 0.9)
    before = {path for path in project.folder.parent.rglob("*") if path.is_file()}
    ran = project.run()
    written = {path for path in project.folder.parent.rglob("*") if path.is_file()} - before
    assert "number: ../../x" in ran.outcomes
    places = {path.relative_to(project.folder).parts[0] for path in written}
    assert places <= {".store", "reports", "claims", ".hypothesis"}


def test_a_store_refuses_what_is_no_description(tmp_path):
    for spec in ({"a": float("nan")}, {"a": object()}, {"a": b"x"}):
        with pytest.raises(BadInput, match="described by JSON values"):
            Store(tmp_path).put(spec, {}, {})
