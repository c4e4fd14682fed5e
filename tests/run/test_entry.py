"""What pytest loads wherever the package is installed: nothing happens without a claim, and a claim is judged or says
what it needs."""

import subprocess
import sys

import pytest

from harness.run import entry
from tests.conftest import GIVEN

CLAIM = GIVEN.replace("KIND", "empirical").replace("BOUND", "0.5").replace("VALUES", "[0.9]")
# The options of the claims, in the hands of someone else.
OTHERS = """
import pytest

def pytest_addoption(parser):
    for name in ("--seed", "--data", "--report", "--store", "--scale", "--device", "--workers", "--budget"):
        parser.addoption(name, default="theirs")

@pytest.fixture
def lab(request):
    return request.config.option.seed
"""
UNRELATED = """
def test_theirs(lab, pytestconfig):
    assert lab == "theirs"
    assert not pytestconfig.pluginmanager.has_plugin("harness.run.plugin")
"""


def run(pytester, *arguments):
    return pytester.runpytest_inprocess("-p", "harness.run.entry", "-p", "no:cacheprovider", *arguments)


def test_a_suite_without_claims_is_as_ever(pytester):
    pytester.makeconftest(OTHERS)
    pytester.makepyfile(UNRELATED)
    latest = pytester.path / "reports" / "latest" / "results.json"
    latest.parent.mkdir(parents=True)
    latest.write_text("theirs")
    done = run(pytester)
    done.assert_outcomes(passed=1)
    assert latest.read_text() == "theirs"


def test_a_file_of_claims_that_is_named_is_judged_with_all_options(pytester):
    path = pytester.makepyfile(test_mine=CLAIM)
    done = run(pytester, f"{path}::test_number", "--scale", "smoke", "--report", "page.html")
    done.assert_outcomes(passed=1)
    assert (pytester.path / "page.html").exists()


def test_a_claim_among_other_tests_says_what_it_needs(pytester):
    pytester.makepyfile(test_mine=CLAIM, test_theirs="def test_theirs():\n    pass\n")
    done = run(pytester)
    assert done.ret == pytest.ExitCode.INTERRUPTED
    done.stdout.fnmatch_lines(["test_mine.py has claims, which a plugin judges: name the file*-p harness.run.plugin*"])
    done.stdout.no_fnmatch_line("*Traceback*")


def test_two_plugins_with_one_option_are_a_sentence(pytester):
    pytester.makepyfile(theirs="def pytest_addoption(parser):\n    parser.addoption('--seed')\n", test_mine=CLAIM)
    pytester.syspathinsert()
    done = run(pytester, "-p", "theirs", "test_mine.py")
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines(["ERROR: Another plugin has an option of the claims (*--seed*); run them without it."])


def test_it_loads_nothing_else_of_the_package():
    code = f"import sys, {entry.__name__}; print(*(name for name in sys.modules if name.startswith('harness.')))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert sorted(found) == ["harness.errors", "harness.reading", "harness.run", "harness.run.entry"]
