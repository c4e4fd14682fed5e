"""Files of the wrong shape are refused in one sentence, by every command, and nothing is written but where asked."""

import copy
import json

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from harness.__main__ import main
from harness.errors import BadInput
from harness.report import accepted, history, results
from tests.support.report_documents import sample
from tests.support.report_page import ATTACK, Page

DEEP = "[" * 5000 + "]" * 5000
WRONG = st.sampled_from(
    [None, True, 0, -1, 2.5, 10**400, 10**30, 1e308, float("nan"), float("inf"), "", "x", "../../x", "/etc/x", "a\0b",
     "\ud800", "1\n2", ATTACK, [], {}, [1], [[]], {"a": 1}, "supported", "not a date"]
)  # fmt: skip
BASE = sample()


def places(value, path=()):
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from places(child, (*path, key))


# One place of each kind: cells and points of plots are alike.
KINDS = {tuple("·" if isinstance(key, int) else key for key in path): path for path in places(BASE)}
PLACES = st.sampled_from(list(KINDS.values())) | st.sampled_from(list(places(BASE)))


def changed(path, how, value):
    """The document with one place taken out, replaced, doubled or renamed."""
    document = copy.deepcopy(BASE)
    if not path:
        return value
    inner = document
    for key in path[:-1]:
        inner = inner[key]
    if how == "removed":
        del inner[path[-1]]
    elif how == "doubled" and isinstance(inner, list):
        inner.append(inner[path[-1]])
    elif how == "renamed" and isinstance(inner, dict):
        inner[str(value)] = inner.pop(path[-1])
    else:
        inner[path[-1]] = value
    return document


def tree(folder):
    return sorted(path for path in folder.rglob("*"))


def run(capsys, *arguments):
    """The exit code of a command, which did or said in one line why not."""
    code = main(list(map(str, arguments)))
    error = capsys.readouterr().err
    assert code in (0, 1, 2)
    assert len(error.splitlines()) == (code == 2), error
    assert "Traceback" not in error
    return code


reuses_folders = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@settings(reuses_folders, max_examples=30)
@example(("cells", 0), "doubled", None)
@example(("cells", 0, "claim"), "removed", None)
@example(("cells", 0, "kind"), "removed", None)
@example(("cells", 0, "estimate", "value"), "replaced", 10**400)
@example(("cells", 0, "details", "scatter", 0, "x"), "replaced", float("nan"))
@example(("cells", 0, "details", "secondary", 0, "value"), "replaced", "x")
@example(("cells", 6, "details", "complexity", 0, "p"), "removed", None)
@example(("cells", 8, "details", "states", "networks", 0, "test_error"), "replaced", [])
@example(("run", "complete"), "removed", None)
@example(("cells", 0, "predicted", "reason"), "replaced", {})
@example(("run", "started"), "replaced", "\ud800")
@example(("cells", 0, "id"), "replaced", "../../x")
@given(PLACES, st.sampled_from(["removed", "replaced", "doubled", "renamed"]), WRONG)
def test_no_command_stumbles_over_a_damaged_results_file(tmp_path, capsys, monkeypatch, path, how, value):
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "in" / "results.json"
    file.parent.mkdir(exist_ok=True)
    text = json.dumps(changed(path, how, value))
    file.write_text(text)
    codes = {run(capsys, command, file) for command in ("show", "summary", "gate")}
    codes.add(run(capsys, "show", file, "optimisers"))
    codes.add(run(capsys, "history", "add", file, "--history", tmp_path / "nights"))
    # What is refused by one is refused by all, but for what only some of them read.
    assert codes <= {0, 1} or 2 in codes
    names = {each.relative_to(tmp_path).parts[0] for each in tree(tmp_path)}
    assert names <= {"in", "nights"}
    assert all(each.suffix == ".jsonl" for each in tree(tmp_path / "nights"))


@settings(reuses_folders, max_examples=15)
@example(("cells", 0, "details", "scatter", 0, "x_interval"), [])
@example(("cells", 0, "details", "scatter_axes"), "x")
@example(("claims", "limits", "sentence"), ATTACK)
@given(PLACES, WRONG)
def test_the_report_is_written_or_refused_and_never_runs_what_it_shows(tmp_path, capsys, path, value):
    file, page = tmp_path / "results.json", tmp_path / "page.html"
    page.unlink(missing_ok=True)
    file.write_text(json.dumps(changed(path, "replaced", value)))
    code = run(capsys, "report", file, "--out", page, "--history", tmp_path)
    assert page.exists() == (code == 0)
    assert set(tree(tmp_path)) <= {file, page}
    if page.exists():
        assert "window.attacked" not in "".join(
            each["text"]
            for each in Page(page.read_text()).all("script")
            if "data" not in each["attributes"].get("class", "")
        )
        assert not Page(page.read_text()).all("img", src="x")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"\xef\xbb\xbf{}",
        b"[]",
        b"null",
        b"{",
        DEEP.encode(),
        b'{"schema": NaN}',
        b"\0",
        b'"\\ud800"',
    ],
    ids=["empty", "bytes", "BOM", "list", "null", "cut", "deep", "NaN", "NUL", "half"],
)
def test_files_that_are_something_else_are_refused(tmp_path, capsys, content):
    file = tmp_path / "results.json"
    file.write_bytes(content)
    for command in (("show",), ("gate",), ("summary",), ("history", "add"), ("report",)):
        assert run(capsys, *command, file) == 2
    if content != b"{}":
        with pytest.raises(BadInput, match="does not hold accepted verdicts"):
            accepted.read(file)
    night = tmp_path / "nights" / "a.jsonl"
    night.parent.mkdir()
    night.write_bytes(content)
    found, said = history.read(night.parent)
    assert found == []
    assert "Left out" in said


@given(st.recursive(WRONG, lambda inner: st.dictionaries(st.text(max_size=3), inner, max_size=3), max_leaves=6))
@example({"a": {"b": {"verdict": "supported", "predicted": 3}}})
@example({"a": []})
@reuses_folders
def test_accepted_verdicts_are_read_as_they_are_or_refused(tmp_path, table):
    file = tmp_path / "accepted.json"
    file.write_text(json.dumps(table))
    try:
        found = accepted.read(file)
    except BadInput:
        return
    assert all(entry.verdict in accepted.DECIDED for cells in found.values() for entry in cells.values())


@given(
    st.text(max_size=20) | st.sampled_from(["NaN", "1e999", "-Infinity", "9" * 5000, DEEP, '"\\ud800"', "{}", "[1]"])
)
def test_strict_json_takes_what_can_be_written_again(text):
    try:
        found = results.strict_json(text)
    except ValueError:
        return
    assert json.loads(json.dumps(found, allow_nan=False, ensure_ascii=False).encode()) == found
