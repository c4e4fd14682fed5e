"""The check on docstrings finds a function that lacks a part, and lets others pass."""

import textwrap

import pytest

from tools.check_docstrings import main

WHOLE = '''
    """Draw a number between two others.

    Args:
        low: smallest number.
        high: largest number, in the same unit;
            None: no largest number.
        seed: seed of the stream.

    Returns:
        A number.

    Raises:
        BadInput: low is above high.
    """
'''
BODY = """
    if low > high:
        raise BadInput("low is above high.")
    return low
"""
HEAD = "def draw(low: float, *, high: float | None, seed: int) -> float:"


@pytest.fixture
def lacks(tmp_path, capsys):
    """Function of a file's text -> the parts that are lacking, None if there are none."""

    def check(text):
        (tmp_path / "module.py").write_text(text)
        code = main([str(tmp_path)])
        printed = capsys.readouterr().out
        assert code == bool(printed)
        return printed.partition(" lacks ")[2].strip() or None

    return check


def test_a_whole_docstring_passes(lacks):
    assert lacks(HEAD + WHOLE + BODY) is None


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        ("others.", "others", "a first sentence"),
        ("seed: seed", "seeds: seed", "seed in Args, an argument called seeds"),
        ("high: largest", "high:\n        largest", "high in Args"),
        ("Returns:", "Gives:", "Returns"),
        ("Raises:", "Fails:", "Raises"),
    ],
)
def test_a_part_that_is_lacking_is_named(lacks, old, new, part):
    assert old in WHOLE
    assert lacks(HEAD + WHOLE.replace(old, new) + BODY) == part


def test_methods_are_checked_without_self(lacks):
    method = textwrap.indent("def draw(self, low, high):\n    return low\n", "    ")
    assert lacks("class Public:\n" + method) is None
    worse = method.replace("high", "high, seed")
    assert lacks("class Public:\n" + worse) == "a first sentence, low in Args, high in Args, seed in Args, Returns"
    assert lacks("class _Private:\n" + worse) is None


def test_a_method_with_other_arguments_than_a_protocols_is_not_exempt(lacks):
    assert lacks("class Mine:\n    def step(self, rows, gradients, other) -> None: ...") is not None


@pytest.mark.parametrize(
    "text",
    [
        "def draw(low, high): return low",
        "def _draw(low, high, seed): return low",
        "def outer():\n    def draw(low, high, seed): return low",
        # Optimiser, a Protocol, says what a step takes.
        "class Mine:\n    def step(self, rows, gradients, state): return rows",
    ],
)
def test_exempt(lacks, text):
    assert lacks(text) is None
