"""Options of every kind of text: taken as they say, or refused in one sentence with a non-zero exit code."""

import math
import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from harness.__main__ import main
from harness.claim import SCALES
from harness.errors import BadInput
from harness.machine import check_device_name
from harness.session import Session, parse_budget, parse_seed

ODD = [
    "", " ", "0", "-1", "1e3", "٣", "1_0", "9" * 30, "nan", "inf", "30m", "1.5h", "0s", "2h ", "90", "smoke", "cuda:0",
       "cuda:0,1", "cuda:٣", "auto", "../x", "/", ".", "a\0b", "x" * 300, "\ud800", "90d", "\n"]  # fmt: skip
TEXT = st.sampled_from(ODD) | st.text(max_size=12)
OPTIONS = ("scale", "device", "seed", "budget", "store", "data", "report")
reuses_folders = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def plain(value):
    return value.isascii() and value.isdigit()


@given(TEXT)
@example("9" * 30)
@example("٣")
@example("1\n")
def test_a_seed_is_a_whole_number(text):
    try:
        assert str(parse_seed(text)) == text.lstrip("0") or int(text) == 0
        assert plain(text)
    except BadInput as refused:
        assert not plain(text) or len(text) > 18, refused  # noqa: PT017


@given(TEXT | st.from_regex(r"[0-9]{1,400}(\.[0-9]{1,5})?[smh]", fullmatch=True))
@example("9" * 400 + "h")
@example("0.00s")
@example("1s\n")
def test_a_budget_is_a_positive_time(text):
    try:
        seconds = parse_budget(text)
    except BadInput:
        return
    assert 0 < seconds < math.inf
    assert text[-1] in "smh"
    assert text.isascii()


@given(TEXT)
@example("cuda:0\n")
@example("cuda:٣")
def test_a_device_has_a_name_of_its_own(text):
    try:
        check_device_name(text)
    except BadInput:
        return
    assert text in ("auto", "cpu", "cuda") or text.startswith("cuda:")
    assert text.isascii()
    assert text.isprintable()


@reuses_folders
@example("data", "a\0b")
@example("report", "a\0b")
@example("store", "a\0b")
@given(st.sampled_from(OPTIONS), TEXT)
def test_a_run_is_asked_for_as_it_says_or_refused_in_a_sentence(tmp_path, monkeypatch, option, text):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HARNESS_DATA", raising=False)
    given = {
        "scale": "smoke",
        "device": "cpu",
        "seed": "0",
        "budget": None,
        "store": None,
        "data": None,
        "report": None,
    }
    more = {"fresh": False, "workers": None, "cluster": None, "accept_verdicts": False}
    asked = SimpleNamespace(**{**given, **more, option: text})
    try:
        session = Session.from_options(asked, tmp_path)
    except BadInput as refused:
        sentence = str(refused)
        assert sentence.isprintable() and sentence.endswith("."), sentence  # noqa: PT018
        return
    assert session.scale in SCALES
    # A folder such as / is refused once it is looked at, before anything is drawn: see `test_bad_input.py`.
    assert session.report.name != "results.json"
    assert list(tmp_path.iterdir()) == []
    assert Path(os.environ.get("HARNESS_DATA", "/")).is_dir()


COMMANDS = [
    ("store", "info", "--store"), ("store", "verify", "--store"), ("store", "prune", "--older-than"), ("show",),
    ("summary",), ("gate",), ("report",), ("history", "add"), ("report", "none.json", "--history"),
    ("report", "none.json", "--against"), ("report", "none.json", "--out"),
]  # fmt: skip


@reuses_folders
@example(("show",), "a\0b")
@example(("store", "info", "--store"), "a\0b")
@example(("store", "prune", "--older-than"), "9" * 400 + "d")
@given(st.sampled_from(COMMANDS), TEXT.filter(lambda text: not text.startswith("-")))
def test_no_command_stumbles_over_an_argument(tmp_path, monkeypatch, capsys, command, text):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HARNESS_STORE", raising=False)
    try:
        code = main([*command, text])
    except SystemExit as left:
        code = left.code
    error = capsys.readouterr().err
    assert code in (0, 2)
    assert "Traceback" not in error
    assert code == 0 or error.strip()


@pytest.mark.parametrize("name", ["a\0b", "\ud800", "x" * 300])
def test_names_that_no_file_has_are_said_to_be_none(capsys, name):
    with pytest.raises(SystemExit) as left:
        main(["gate", name])
    assert left.value.code == 2
    assert "No file can be called" in capsys.readouterr().err.splitlines()[-1]
