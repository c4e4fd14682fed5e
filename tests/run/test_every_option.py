"""Whatever is given to an option of the command line: it is taken, or refused in one sentence, and leaves no file.

The commands and their options are those that the parser has, so that a new one is tried without further ado.
"""

import argparse
import os
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

import harness
from harness.__main__ import _parser, main
from harness.report import results
from harness.run import new_folder
from harness.run.compare import comparison
from harness.run.hunt import targets
from harness.store import Store
from tests.support.report_documents import sample

# Some begin like an option, and some are no text that UTF-8 has.
ODD = (
    "", " ", "x", "0", "-1", "2.5", "nan", "inf", "1e999", "٣", "9" * 30, "9" * 5000, "x" * 300, "a\0b",
    "\x1b[31mred", "line\n::error::", "\ud800", "\udcff", "\u202e", "**[", "~", "~nobody/x", ".", "..", "none/x",
    "pipe", "link", "loop", "text.npz", "text.npz/x", "good.json", "-", "--", "90d", "smoke", "cuda:0", "digits",
    "text.py:Net", "::", "{}",
)  # fmt: skip
GIVEN = {
    "results": "good.json", "trained": "a.npz", "sampled": "a.npz", "problem": "good.npz", "folder": "new", "m": "4",
    "network": "net.py:Net", "data": "digits", "older_than": "90d",
}  # fmt: skip
NET = "from torch import nn\n\n\ndef Net():\n    return nn.LazyLinear(1)\n"


def commands(parser, words=()):
    """Words -> what they take, of every command that has no others below it."""
    below = [each for each in parser._actions if isinstance(each, argparse._SubParsersAction)]
    if not below:
        yield words, [each for each in parser._actions if each.nargs != 0 and each.dest != "help"]
    for each in below:
        for word, further in each.choices.items():
            yield from commands(further, (*words, word))


PARSER = _parser()
NAMED = targets.targets
COMMANDS = dict(commands(PARSER))
OPTIONS = [(words, action) for words, takes in COMMANDS.items() for action in takes]


class Taken(Exception):
    """Everything was checked, and would now be computed."""


def taken(*_, **__):
    raise Taken


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("HARNESS_STORE", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("harness.__main__._parser", lambda: PARSER)
    monkeypatch.setattr(comparison, "_run", taken)
    monkeypatch.setattr(new_folder, "_copy", taken)
    monkeypatch.setattr("harness.report.write_report", taken)
    monkeypatch.setattr("harness.statistics.one_problem.compare_samples", taken)
    monkeypatch.setattr("harness.run.plan.requests.claims", list)
    monkeypatch.setattr("harness.run.plan.requests.record", lambda *_: [])
    monkeypatch.setattr("harness.run.hunt.hunting.hunt_target", taken)
    monkeypatch.setattr(targets, "targets", lambda claims, names: NAMED(claims, names) if names else ["any"])
    os.mkfifo("pipe")
    Path("link").symlink_to("none at all")
    Path("loop").symlink_to("loop")
    Path("text.npz").write_text("text")
    Path("text.py").write_text("raise ZeroDivisionError")
    Path("net.py").write_text(NET)
    Store(".store").put({"sampler": "none"}, {}, {"seconds": 0.0})
    problem = harness.digits(m=4, n=4)
    harness.save_problem(problem, "good.npz")
    harness.save_labels("a.npz", np.random.default_rng(0).integers(0, 2, (30, 4)), problem)
    results.write(Path("good.json"), sample())


def arguments(words, action=None, text=""):
    """The command with what it needs, and a text for one of its options or places."""
    named, places = [], []
    for each in COMMANDS[words]:
        given = text if each is action else GIVEN.get(each.dest)
        if given is None or not (each.required or each is action or each.dest == "older_than"):
            continue
        if each.option_strings:
            named.append(f"{each.option_strings[-1]}={given}" if each.option_strings[-1][1] == "-" else f"-k{given}")
        else:
            places.append(given)
    return [*words, *named, *(["--", *places] if places else [])]


def ended(asked, capsys):
    """The exit code, and what was said on both streams."""
    code = 0
    with suppress(Taken):
        try:
            code = main(asked)
        except SystemExit as left:
            code = left.code
    said = capsys.readouterr()
    return code, said.out, said.err


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_what_is_right_is_taken(place, capsys, words):
    code, _, said = ended(arguments(words), capsys)
    assert code in (0, 1), said
    assert said == ""


@pytest.mark.parametrize(
    ("words", "action"), OPTIONS, ids=[f"{' '.join(words)} {action.dest}" for words, action in OPTIONS]
)
def test_any_text_is_taken_or_refused_in_a_sentence(place, capsys, words, action):
    for text in ODD:
        before = {each.name for each in Path().iterdir()}
        code, out, said = ended(arguments(words, action, text), capsys)
        assert code in (0, 1, 2), text
        assert "Traceback" not in said, text
        assert all(line.isprintable() for line in f"{out}\n{said}".split("\n")), (text, out, said)
        assert not any(line.startswith("::") for line in f"{out}\n{said}".split("\n")), text
        if code == 2:
            last = said.strip().splitlines()[-1]
            assert "rror: " in last or last.startswith("ERROR: "), (text, said)
            assert len(last) < 700, (text, len(last))
            assert {each.name for each in Path().iterdir()} == before, text
