"""What is printed can be shown by any terminal, and is text to whatever reads it."""

import io
import json

import pytest

from harness.__main__ import main
from harness.report.screen import Screen
from harness.store import Store
from tests.support.report_documents import sample

ESCAPE = "\x1b[2J\x9b2J\x07\u202e"
ORDERS = "::error::no\n ::set-output name=a::b\n##[error]no\n##vso[task.complete result=Failed]"


def written(text, encoding):
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="\n")
    Screen(stream).write(text)
    stream.flush()
    return stream.buffer.getvalue().decode(encoding)


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        ("utf-8", "✓ χ² −3.2×10⁻⁵ ≤ ½, Šimek 日"),
        ("latin-1", "v chi² -3.2×10-5 <= ½, Simek ?"),
        ("ascii", "v chi2 -3.2x10-5 <= 1?2, Simek ?"),
    ],
)
def test_what_an_encoding_lacks_is_said_in_plain_letters(encoding, expected):
    assert written("✓ χ² −3.2×10⁻⁵ ≤ ½, Šimek 日", encoding) == expected


def test_no_line_is_one_that_a_job_obeys():
    lines = written(f"claims/a.py::test_a\n{ORDERS}\n# heading, C#[1]", "utf-8").splitlines()
    assert not any(line.lstrip().startswith("::") or "##" in line for line in lines)
    assert lines[0] == "claims/a.py::test_a"
    assert lines[-1] == "# heading, C#[1]"


@pytest.fixture
def hostile(tmp_path):
    """Results all of whose texts steer a terminal and order a job, as far as they may be any text at all."""

    def spoilt(value, key=""):
        if isinstance(value, dict):
            return {name: spoilt(each, name) for name, each in value.items()}
        if isinstance(value, list):
            return [spoilt(each, key) for each in value]
        fixed = ("claim", "slug", "verdict", "outcome", "kind", "speaks_for", "started", "holds")
        return f"{ORDERS}{ESCAPE}{value}" if isinstance(value, str) and key not in fixed else value

    document = spoilt(sample())
    name = f"{ORDERS}{ESCAPE}"
    first = next(iter(document["claims"]))
    document["claims"] = {name if slug == first else slug: claim for slug, claim in document["claims"].items()}
    for cell in document["cells"]:
        cell["claim"] = name if cell["claim"] == first else cell["claim"]
        cell["outcome"] = "error"
    path = tmp_path / "results.json"
    path.write_text(json.dumps(document))
    return path


def test_texts_of_files_are_harmless_in_a_terminal_and_in_a_log(hostile, tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    nights, file = str(tmp_path / "nights"), str(hostile)
    for arguments in (
        ("show", file),
        ("show", file, "error"),
        ("show", file, "nowhere"),
        ("gate", file),
        ("summary", file),
        ("published", file),
        ("history", "add", file, "--history", nights),
        ("report", file, "--out", str(tmp_path / "page.html"), "--history", nights, "--against", file),
    ):
        main(arguments)
        said = "".join(capsys.readouterr())
        assert said
        assert all(each.isprintable() or each == "\n" for each in said), arguments
        assert not any(line.lstrip().startswith("::") or "##[" in line or "##vso" in line for line in said.splitlines())
        if arguments[0] == "gate":
            assert sum(line.startswith("error: ") for line in said.splitlines()) == len(sample()["cells"])


def test_names_of_samplers_are_harmless_too(tmp_path, capsys):
    store = Store(tmp_path)
    store.put({"sampler": f"{ESCAPE}\nprior"}, {}, {"seconds": 1.0})
    assert main(["store", "info", "--store", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "prior" in said
    assert all(each.isprintable() or each == "\n" for each in said)
