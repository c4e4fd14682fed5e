"""Whatever is given to an option of the command line: it is taken, or refused in one sentence, and leaves no file.

The commands and their options are those that the parser has, so that a new one is tried without further ado.
"""

import argparse
import os
from contextlib import suppress
from pathlib import Path
from random import Random

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
LIKELY = (
    "1", "4", "8,16", "1d", "90d", "20m", "0.5", "smoke", "full", "cpu", "digits", "mnist", "3/8", "sgd", "good.json",
    "good.npz", "a.npz", "net.py:Net", "new", "new.json", "new/page.html", ".store", "text.py", "perceptron",
)  # fmt: skip
PAIRS = 16
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
OPTIONS = [(words, action) for words, takes in COMMANDS.items() for action in range(len(takes))]


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


def arguments(words, texts=None):
    """The command with what it needs, and texts for some of its options or places, by their number."""
    texts = texts or {}
    named, places = [], []
    for number, each in enumerate(COMMANDS[words]):
        given = texts.get(number, GIVEN.get(each.dest))
        if given is None or not (each.required or number in texts or each.dest == "older_than"):
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


def taken_or_refused(words, texts, capsys):
    before = {each.name for each in Path().iterdir()}
    code, out, said = ended(arguments(words, texts), capsys)
    assert code in (0, 1, 2), texts
    assert "Traceback" not in said, texts
    assert all(line.isprintable() for line in f"{out}\n{said}".split("\n")), (texts, out, said)
    assert not any(line.startswith("::") for line in f"{out}\n{said}".split("\n")), texts
    if code == 2:
        last = said.strip().splitlines()[-1]
        assert "rror: " in last or last.startswith("ERROR: "), (texts, said)
        assert len(last) < 700, (texts, len(last))
        assert {each.name for each in Path().iterdir()} == before, texts


@pytest.mark.parametrize(
    ("words", "action"), OPTIONS, ids=[f"{' '.join(words)} {COMMANDS[words][action].dest}" for words, action in OPTIONS]
)
def test_any_text_is_taken_or_refused_in_a_sentence(place, capsys, words, action):
    for text in ODD:
        taken_or_refused(words, {action: text}, capsys)


@pytest.mark.parametrize("words", [words for words in COMMANDS if len(COMMANDS[words]) > 1], ids=" ".join)
def test_pairs_are_taken_or_refused_in_a_sentence(place, capsys, words):
    """Some pairs, always the same: half of the texts are such as an option might take."""
    random = Random(" ".join(words))
    for _ in range(PAIRS):
        two = random.sample(range(len(COMMANDS[words])), 2)
        taken_or_refused(words, {each: random.choice(random.choice((ODD, LIKELY))) for each in two}, capsys)
