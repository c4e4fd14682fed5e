"""Runs of pytest inside a test leave to the tests after them what these need."""

import sys


def test_what_a_run_inside_a_test_imports_first_is_not_imported_again(pytester, monkeypatch):
    # As parts of numba that it imports when it first compiles, and which cannot be imported twice.
    monkeypatch.delitem(sys.modules, "wave", raising=False)
    pytester.makepyfile(test_first="import wave\n\ndef test_imports():\n    wave.first = True\n")
    pytester.runpytest_inprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)
    assert sys.modules["wave"].first
    assert "test_first" not in sys.modules
