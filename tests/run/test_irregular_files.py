"""Where a file is expected there is a pipe, a socket, a device or a folder: one sentence, at once, and it stays."""

import os
import signal
import socket
import sys

import numpy as np
import pytest

import harness
from harness.__main__ import main
from harness.errors import BadInput, StoreUnusable
from harness.lab.outside import outside
from harness.problems.datasets import external
from harness.reading import read_bytes
from harness.report import accepted, history, results
from harness.run.entry import _declares
from harness.store import Store
from tests.support.any_values import refusal
from tests.support.report_documents import sample

KINDS = ("pipe", "socket", "device", "folder")
# A fault in what writes must not reach a device of the machine.
WRITTEN = ("pipe", "socket", "folder")


def make(path, kind):
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        # The name of a socket may be 107 bytes long.
        with pytest.MonkeyPatch.context() as here, socket.socket(socket.AF_UNIX) as bound:
            here.chdir(path.parent)
            bound.bind(path.name)
    elif kind == "device":
        # It never ends; a link to it is read as what it leads to.
        path.symlink_to("/dev/zero")
    else:
        path.mkdir()
    return path


@pytest.fixture(autouse=True)
def at_once():
    """Whoever waits for a writer is ended, so that this fails and does not hang."""

    def waited(*_):
        raise AssertionError("it waits")

    before = signal.signal(signal.SIGALRM, waited)
    signal.alarm(300)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


def test_a_regular_file_is_read_and_so_is_what_a_link_leads_to(tmp_path):
    (tmp_path / "a").write_bytes(b"content")
    (tmp_path / "b").symlink_to("a")
    assert read_bytes(tmp_path / "a") == read_bytes(tmp_path / "b") == b"content"
    with pytest.raises(FileNotFoundError):
        read_bytes(tmp_path / "none")


@pytest.mark.parametrize(
    "command",
    [
        ("show", "ODD"), ("show", "ODD", "optimisers"), ("gate", "ODD"), ("summary", "ODD"), ("published", "ODD"),
        ("report", "ODD"), ("history", "add", "ODD"), ("summary", "GOOD", "--against", "ODD"),
        ("report", "GOOD", "--against", "ODD"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_no_command_that_reads_waits_for_it(tmp_path, monkeypatch, capsys, kind, command):
    refused(tmp_path, monkeypatch, capsys, kind, command)


@pytest.mark.parametrize("kind", WRITTEN)
@pytest.mark.parametrize("command", [("report", "GOOD", "--out", "ODD"), ("plan", "--json", "ODD")], ids=" ".join)
def test_no_command_that_writes_waits_for_it(tmp_path, monkeypatch, capsys, kind, command):
    # Another place is named by the same option.
    assert command[-2] in refused(tmp_path, monkeypatch, capsys, kind, command)


def refused(tmp_path, monkeypatch, capsys, kind, command):
    """In one line that names it, and it stays; the line."""
    monkeypatch.chdir(tmp_path)
    results.write(tmp_path / "good.json", sample())
    odd = make(tmp_path / "odd", kind)
    before = odd.lstat()
    assert main([{"ODD": "odd", "GOOD": "good.json"}.get(each, each) for each in command]) == 2
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert "odd" in said
    assert (odd.lstat().st_mode, odd.lstat().st_ino) == (before.st_mode, before.st_ino)
    return said


@pytest.mark.parametrize(
    "command",
    [("store", "info"), ("store", "verify"), ("store", "prune", "--stale"), ("report", "good.json"), ("history",)],
    ids=" ".join,
)
def test_none_of_them_is_a_folder(tmp_path, monkeypatch, capsys, kind, command):
    if kind == "folder":
        return
    monkeypatch.chdir(tmp_path)
    results.write(tmp_path / "good.json", sample())
    make(tmp_path / "odd", kind)
    command = ("history", "add", "good.json") if command == ("history",) else command
    option = "--store" if command[0] == "store" else "--history"
    assert main([*command, option, "odd"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_night_that_is_none_is_left_out(tmp_path, kind):
    history.add(tmp_path, sample())
    make(tmp_path / "0.jsonl", kind)
    nights, said = history.read(tmp_path)
    assert len(nights) == 1
    assert "0.jsonl, of which nothing can be used" in said


def test_accepted_verdicts_are_in_a_file(tmp_path, kind):
    path = make(tmp_path / "accepted.json", kind)
    with pytest.raises(BadInput, match=r"does not hold accepted verdicts \(it is a (device, pipe|folder)"):
        accepted.read(path)


def test_nor_does_a_run_wait(project, kind):
    project.given("figures", 0.9)
    (project.folder / "reports").mkdir()
    make(project.folder / "reports" / "accepted.json", kind)
    project.run().one_sentence(r"accepted.json does not hold accepted verdicts \(it is a ")


@pytest.mark.parametrize(
    ("option", "kind"),
    [("--data", "device"), *((each, kind) for each in ("--store", "--data", "--report") for kind in WRITTEN)],
)
def test_no_option_of_a_run_waits(project, kind, option):
    project.drawn()
    make(project.folder / "odd", kind)
    ran = project.run(option, "odd")
    if kind == "folder" and option != "--report":
        assert ran.code == 0
    else:
        ran.one_sentence("odd")
        assert project.computed == []


def test_the_full_data_are_in_a_file(tmp_path, monkeypatch, kind):
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path))
    make(tmp_path / "mnist_10k.npz", kind)
    with pytest.raises(BadInput, match=r"mnist_10k.npz cannot be read \(it is a .*; fetch it again\."):
        external("mnist_10k.npz")


PROBLEM = harness.digits(m=4, n=4)


@pytest.mark.parametrize(
    ("read", "name"),
    [
        (harness.load_problem, "p.npz"), (harness.read, "results.json"),
        (lambda path: outside(path, PROBLEM), "a.npy"), (lambda path: outside(path, PROBLEM), "a.npz"),
        (lambda path: harness.Problem.from_dataset(path, 2, 2), "a.csv"),
        (lambda path: harness.Problem.from_dataset(path, 2, 2), "a.npz"),
        (lambda path: harness.Problem.from_dataset(path, 2, 2), "a.parquet"),
        (lambda path: harness.compare(f"{path}:Net", PROBLEM), "net.py"),
    ],
)  # fmt: skip
def test_nothing_that_is_read_by_its_path_waits(tmp_path, monkeypatch, kind, read, name):
    monkeypatch.chdir(tmp_path)
    _, sentence = refusal(lambda: read(make(tmp_path / name, kind)))
    # A folder is read as a saved data set, where the package for that is there.
    assert name in sentence or kind == "folder"


@pytest.mark.parametrize("kind", WRITTEN)
@pytest.mark.parametrize(
    "write",
    [
        lambda path: harness.save_problem(PROBLEM, path),
        lambda path: harness.save_labels(path, np.zeros((2, 4)), PROBLEM),
        lambda path: main(["judge", "a.npy", "b.npy", "--problem", "digits", "--json", str(path)]) and sys.exit(2),
    ],
)
def test_nothing_is_written_over_it(tmp_path, kind, write):
    odd = make(tmp_path / "odd.npz", kind)
    before = odd.lstat()
    with pytest.raises((BadInput, SystemExit)):
        write(odd)
    assert (odd.lstat().st_mode, odd.lstat().st_ino) == (before.st_mode, before.st_ino)
    assert [*tmp_path.iterdir()] == [odd]


def test_a_pipe_that_is_called_like_a_file_of_claims_is_none(tmp_path, kind):
    assert not _declares(str(make(tmp_path / "claim.py", kind)))


@pytest.mark.parametrize("name", ["entry", "layout.json"])
def test_a_store_has_files(tmp_path, kind, name):
    store = Store(tmp_path / "store")
    store.put({"shard": 0}, {}, {})
    path = store._path({"shard": 0}) if name == "entry" else store.folder / name
    path.unlink()
    make(path, kind)
    with pytest.raises(StoreUnusable):
        Store(store.folder).get({"shard": 0})


@pytest.mark.parametrize("kind", ["pipe", "socket", "folder"])
def test_the_summary_of_a_job_is_no_pipe_that_nobody_reads(tmp_path, monkeypatch, capsys, kind):
    results.write(tmp_path / "results.json", sample())
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(make(tmp_path / "job", kind)))
    assert main(["summary", str(tmp_path / "results.json")]) == 2
    assert "cannot be written" in capsys.readouterr().err
