"""The example and the README's snippet of one's own network, optimiser and data, executed."""

import contextlib
import io
import re
import runpy
from pathlib import Path

import pytest

from harness.claim import registry

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def grids(monkeypatch):
    """What is added here is left in no grid of other tests."""
    monkeypatch.setattr(registry, "architectures", [])
    monkeypatch.setattr(registry, "optimisers", [])


def test_the_snippet_of_the_readme_runs(tmp_path, monkeypatch):
    monkeypatch.setenv("HARNESS_STORE", str(tmp_path / "store"))
    text = (ROOT / "README.md").read_text()
    (snippet,) = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    printed = io.StringIO()
    names = {"__name__": "snippet"}
    with contextlib.redirect_stdout(printed):
        exec(compile(snippet, "README.md", "exec"), names)
    assert re.match(r"Estimate\(P\(S\) .* Estimate\(bias explained ", printed.getvalue())
    assert 0 < names["sampled"].evidence.value < 0.2
    assert names["trained"].fitted == 20


def test_the_example_compares_and_adds():
    own = runpy.run_path(str(ROOT / "examples" / "own.py"), run_name="examples.own")
    first, *others = own["summary"](draws=300, networks=10).splitlines()
    assert first.startswith("Gated-width20-he on circles-inner_outer-m6-n8: P(S) = ")
    assert all(0 <= float(line.split()[-1]) <= 1 for line in others)
    assert [each.name for each in registry.architectures] == ["Gated-width20-he"]
    assert [each.name for each in registry.optimisers] == ["torch_nadam-lr0.01"]
