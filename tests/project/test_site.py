"""The site's pages: their code runs and says what they say, what is filled in is there, and they are in the menu."""

import inspect
import re
import runpy
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

from harness import networks
from harness.claim import registry
from harness.lab import Lab
from harness.report.glossary import TERMS
from harness.statistics import distances
from tools import site_pages

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))
NOTEBOOKS = [page for page in PAGES if page.startswith("notebooks/")]
# A claim, which pytest runs.
CLAIM = "own_claim.md"
# Classes without their bodies, and a job for a cluster that is not here.
NOT_RUN = {"architecture.md", "cluster.md"}


def code(page):
    return re.findall(r"^```python\n(.*?)^```", (DOCS / page).read_text(), flags=re.DOTALL | re.MULTILINE)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs a page's code from top to bottom, as a notebook would, with its folders in one that is deleted."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(registry, "architectures", [])

    def run(page):
        script = tmp_path / "page.py"
        script.write_text("\n".join(code(page)))
        return runpy.run_path(str(script), run_name="page")

    return run


def test_my_network(run):
    found = run("notebooks/own_network.md")
    low, high = found["explained"].interval(0.05)
    assert 0.5 < low < found["explained"].value < high + 0.1
    assert found["sampled"].functions.total > 100
    assert found["p_opt"].sum() <= 1


def test_my_optimiser(run):
    found = run("notebooks/own_optimiser.md")
    assert set(found["errors"]) == {*found["rules"], "random sampling"}
    # On these digits all do better than guessing.
    assert all(0 < error < 0.5 for error in found["errors"].values())
    assert found["explained"]["SGD below the edge"].value > 0.5


def test_my_data(run):
    found = run("notebooks/own_data.md")
    values = [each.value for each in found["evidence"]]
    # All circles, whose halves differ in difficulty.
    assert max(values) > 10 * min(values)
    assert len({each.fingerprint for each in found["by_split"]}) == 6


def test_a_refutation(run, capsys):
    run("reading_a_refutation.md")
    said = capsys.readouterr().out.splitlines()
    assert [line.split()[-1] for line in said[:3]] == ["supported", "inconclusive", "refuted"]
    assert said[3] == "refuted supported inconclusive"
    # "Nearly the same number".
    first, second = (float(line.split()[-1]) for line in said[4:])
    assert abs(first - second) < 0.1


def test_singular_learning_theory(run):
    found = run("singular_learning_theory.md")
    assert found["low"] < found["exact"].value < found["high"]
    betas = [0.0, *found["free_energy"]]
    energies = [0.0, *found["free_energy"].values()]
    slopes = [(f - e) / (b - a) for a, b, e, f in zip(betas, betas[1:], energies, energies[1:], strict=False)]
    assert slopes == sorted(slopes, reverse=True), "the free energy is concave"


@pytest.mark.parametrize(("bound", "verdict"), [("0.01", "supported"), ("0.5", "refuted")])
def test_my_claim_is_judged_and_can_be_refuted(pytester, bound, verdict):
    (text,) = code(CLAIM)
    assert text.count("at_least(0.01,") == 1
    pytester.makepyfile(test_bits=text.replace("at_least(0.01,", f"at_least({bound},"))
    done = pytester.runpytest_inprocess("-p", "harness.run.entry", "-p", "no:cacheprovider", "test_bits.py")
    done.stdout.fnmatch_lines([f"*1/2 ? {verdict}:*", f"*2/2 ? {verdict}:*"])


def test_every_page_with_code_is_run():
    run_here = {page for page in PAGES if f'run("{page}")' in Path(__file__).read_text()} | {CLAIM}
    assert {page for page in PAGES if code(page)} - NOT_RUN == run_here


@pytest.mark.parametrize("page", NOTEBOOKS)
def test_a_notebook_says_to_jupytext_what_it_is(page):
    """Without this header all of a page would be one cell; at the top level `jupytext` would be another format's."""
    header = (DOCS / page).read_text().partition("\n---\n")[0]
    assert header.startswith("---\njupyter:\n  jupytext:\n    text_representation:\n      extension: .md\n")
    assert "      format_name: markdown\n" in header
    assert header.endswith("  kernelspec:\n    display_name: Python 3\n    language: python\n    name: python3")


def test_every_page_is_in_the_menu():
    menu = (ROOT / "mkdocs.yml").read_text().partition("\nnav:\n")[2].partition("\nvalidation")[0]
    assert sorted(re.findall(r"\S+\.md", menu)) == PAGES


def test_every_calibrated_interval_is_of_one_estimator():
    cases = site_pages.COVERAGE.findall((DOCS / "estimators.md").read_text())
    names = {row["name"] for row in site_pages.rows_of_coverage()}
    claimed = {name: [case for case in cases if re.match(case, name)] for name in names}
    assert {name: which for name, which in claimed.items() if len(which) != 1} == {}


def test_every_estimator_says_what_it_rests_on():
    sections = (DOCS / "estimators.md").read_text().split("\n### ")[1:]
    assert len(sections) > 20
    for section in sections:
        assert re.findall(r"^- (\w+):", section, flags=re.MULTILINE) == ["Formula", "Assumes", "Source", "Coverage"]


def test_coverage_is_the_calibrations():
    rows = [row for row in site_pages.rows_of_coverage() if row["name"].startswith("total variation, near-uniform")]
    assert [row["nominal"] for row in rows] == [0.95, 0.99, 0.998]
    first, second, third = (f"{100 * row['measured']:.1f} % at {100 * row['nominal']:g} %" for row in rows)
    said = f"{first}; {second}; {third} (one case, {rows[0]['simulations']:,.0f} simulations each)"
    assert site_pages.coverage("total variation, near-uniform") == said
    with pytest.raises(ValueError, match="No case of the calibration begins with nothing"):
        site_pages.coverage("nothing")


def test_pages_are_filled_in(tmp_path):
    site_pages.main(tmp_path / "pages")
    text = (tmp_path / "pages" / "glossary.md").read_text()
    assert all(term.line.replace("|", r"\|") in text for term in TERMS)
    assert not [page for page in (tmp_path / "pages").rglob("*.md") if "<!-- " in page.read_text()]
    shown = re.findall(r"reference/[\w-]+\.\w+", (tmp_path / "pages" / "reading_the_report.md").read_text())
    assert shown
    assert all((tmp_path / "pages" / name).exists() for name in shown)


def test_every_request_of_the_lab_is_listed_with_its_arguments():
    found = {name: arguments for name, arguments, _ in site_pages.requests()}
    assert found["rejection_posterior"] == "architecture, problem, draws=20000, last_layers=64, sample=0"
    assert found["prior_on_sets"] == "architecture, sets, draws=100000, sample=0"
    # Without a docstring of their own.
    silent = {name for name in dir(Lab) if name[0] != "_" and hasattr(inspect.getattr_static(Lab, name), "__wrapped__")}
    assert set(found) == silent
    assert {"prior", "rejection_posterior", "hidden_draws_on_sets"} <= silent
    assert all(said.endswith((".", ":")) for *_, said in site_pages.requests())


def test_what_the_api_names_is_there_and_says_what_it_is():
    named = re.findall(r"^::: (\S+)$", (DOCS / "api.md").read_text(), flags=re.MULTILINE)
    for name in named:
        module, _, thing = name.rpartition(".")
        found = getattr(import_module(module), thing, None) or import_module(name)
        assert found.__doc__, name
    exported = {f"harness.networks.{name}" for name in networks.__all__} - {"harness.networks.Parameter"}
    exported |= {f"harness.statistics.distances.{name}" for name in distances.__all__}
    assert exported - set(named) == set()


def test_the_citation_is_valid_and_of_this_version():
    checker = Path(sys.executable).with_name("check-jsonschema")
    command = [checker, "--builtin-schema", "vendor.citation-file-format", ROOT / "CITATION.cff"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    said = (ROOT / "CITATION.cff").read_text().splitlines()
    assert f"version: {project['version']}" in said
    assert f"license: {project['license']}" in said
