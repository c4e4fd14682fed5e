"""Files beside the store: a regular one is replaced at once, nothing else is, and no other file is touched."""

import os
import stat
import time

import pytest

import harness
from harness.__main__ import main
from harness.errors import BadInput
from harness.report import accepted, history, results
from harness.writing import check_writable, write_text
from tests.support.report_documents import sample

ADVICE = "name another place."


@pytest.fixture(params=["device", "pipe", "link", "broken link", "link to a folder"])
def other(request, tmp_path):
    """Something that is no regular file, and whether it is still there as it was."""
    path, beside = tmp_path / "page.html", tmp_path / "beside"
    if request.param == "device":
        try:
            os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 3))
        except OSError:
            pytest.skip("only root may make a device, and not everywhere")
    elif request.param == "pipe":
        os.mkfifo(path)
    else:
        if request.param == "link":
            beside.write_text("kept")
        elif request.param == "link to a folder":
            beside.mkdir()
        path.symlink_to(beside)
    before = path.lstat()

    def untouched():
        after = path.lstat()
        assert (after.st_mode, after.st_ino, after.st_rdev) == (before.st_mode, before.st_ino, before.st_rdev)
        assert not beside.is_file() or beside.read_text() == "kept"
        assert {each.name for each in tmp_path.iterdir()} <= {"page.html", "beside"}

    return path, untouched


def test_what_is_no_regular_file_is_refused_and_stays(other):
    path, untouched = other
    for write in (
        lambda: check_writable(path),
        lambda: write_text(path, "new", ADVICE),
        lambda: results.write(path, sample()),
        lambda: accepted.write(path, {}),
    ):
        with pytest.raises(BadInput, match=r"page.html is a (device, pipe or socket|link|folder); "):
            write()
    untouched()


def test_no_command_replaces_it(other, tmp_path_factory, capsys):
    path, untouched = other
    file = tmp_path_factory.mktemp("run") / "results.json"
    results.write(file, sample())
    assert main(["report", str(file), "--out", str(path)]) == 2
    assert main(["plan", "-k", "nothing", "--json", str(path)]) == 2
    assert capsys.readouterr().err.count("page.html is a ") == 2
    untouched()


@pytest.mark.parametrize("name", ["report.html", "results.json"])
def test_nor_does_a_run(project, name):
    path, beside = project.folder / name, project.folder / "beside"
    beside.write_text("kept")
    path.symlink_to(beside)
    project.given("figures", 0.9)
    project.run("--report", "report.html").one_sentence(f"{name} is a link; name another place with --report")
    assert path.is_symlink()
    assert beside.read_text() == "kept"


@pytest.mark.parametrize("kind", ["pipe", "link"])
def test_older_results_take_the_place_of_older_results_only(tmp_path, kind):
    path, previous = tmp_path / "results.json", tmp_path / "previous.json"
    path.write_text("old")
    if kind == "pipe":
        os.mkfifo(previous)
    else:
        previous.symlink_to(tmp_path / "beside")
    before = previous.lstat()
    results.set_aside(path)
    assert path.read_text() == "old"
    assert (previous.lstat().st_mode, previous.lstat().st_ino) == (before.st_mode, before.st_ino)
    previous.unlink()
    results.set_aside(path)
    assert previous.read_text() == "old"


@pytest.mark.parametrize(
    "command",
    [
        ("report", "results.json", "--out", "results.json"),
        ("report", "results.json", "--out", "./results.json"),
        ("report", "results.json", "--against", "base.json", "--out", "base.json"),
        ("judge", "a.npz", "b.npz", "--problem", "p.npz", "--json", "a.npz"),
        ("judge", "a.npz", "b.npz", "--problem", "p.npz", "--json", "p.npz"),
    ],
    ids=" ".join,
)
def test_what_is_read_is_not_written_over(tmp_path, monkeypatch, capsys, command):
    monkeypatch.chdir(tmp_path)
    for name in ("results.json", "base.json"):
        results.write(tmp_path / name, sample())
    for name in ("a.npz", "b.npz", "p.npz"):
        (tmp_path / name).write_bytes(b"kept")
    before = {each: each.read_bytes() for each in tmp_path.iterdir()}
    assert main([*command]) == 2
    assert "is what is read here, and would be lost; name another place with --" in capsys.readouterr().err
    assert {each: each.read_bytes() for each in tmp_path.iterdir()} == before


def test_nor_is_a_network_or_data(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "mine_to_keep.py").write_text("import harness\n\nNET = harness.perceptron()\n")
    (tmp_path / "data.csv").write_text("a,b,y\n" + "".join(f"{i},{i * i % 7},{i % 2}\n" for i in range(80)))
    before = {each: each.read_bytes() for each in tmp_path.glob("*.*")}
    for page in ("mine_to_keep.py", "data.csv"):
        with pytest.raises(BadInput, match=f"{page} is what is read here"):
            harness.compare("mine_to_keep.py:NET", "data.csv", 4, n=8, report=page)
    assert {each: each.read_bytes() for each in tmp_path.glob("*.*")} == before


@pytest.mark.parametrize("name", ["results.json", "previous.json"])
def test_a_page_is_not_called_as_what_lies_beside_it(name):
    with pytest.raises(BadInput, match=f"{name} lies beside it"):
        harness.compare(harness.perceptron(), "digits", 4, report=name)


def test_a_night_is_no_link_either(tmp_path):
    written = history.add(tmp_path / "nights", sample())
    written.rename(tmp_path / "kept")
    written.symlink_to(tmp_path / "kept")
    before = (tmp_path / "kept").read_text()
    with pytest.raises(BadInput, match="is a link; name another folder with --history"):
        history.add(tmp_path / "nights", sample())
    assert (tmp_path / "kept").read_text() == before


def test_no_file_that_can_be_foreseen_is_written(tmp_path, monkeypatch):
    """Links under every name that a process could know, as another user of the folder might lay them."""
    path, victim = tmp_path / "results.json", tmp_path / "victim"
    victim.write_text("kept")
    opened = []
    monkeypatch.setattr(os, "fsync", lambda _: opened.append({each.name for each in tmp_path.iterdir()}))
    check_writable(path)
    write_text(path, "a", ADVICE)
    write_text(path, "b", ADVICE)
    names = set().union(*opened) - {"results.json", "victim"}
    assert len(names) == 3
    monkeypatch.setattr("secrets.token_hex", lambda _: "known")
    (tmp_path / ".results.json.known.unfinished").symlink_to(victim)
    with pytest.raises(BadInput, match="File exists"):
        write_text(path, "c", ADVICE)
    assert victim.read_text() == "kept"
    assert path.read_text() == "b"


def test_what_a_power_cut_left_is_removed_a_day_later(tmp_path):
    old, young, others = (tmp_path / f".{name}.unfinished" for name in ("page.html.a", "page.html.b", "data.html.a"))
    for each in (old, young, others):
        each.touch()
    for each in (old, others):
        os.utime(each, (time.time() - 2 * 86_400,) * 2)
    check_writable(tmp_path / "page.html")
    assert not old.exists()
    assert young.exists()
    assert others.exists()


@pytest.mark.parametrize("name", ["a**b.html", "a[1].html", "*"])
def test_a_name_may_look_like_a_pattern(tmp_path, name):
    left, other = (tmp_path / f".{each}.a.unfinished" for each in (name, "aaaab.html"))
    for each in (left, other):
        each.touch()
        os.utime(each, (time.time() - 2 * 86_400,) * 2)
    check_writable(tmp_path / name)
    assert [*tmp_path.iterdir()] == [other]


def test_text_that_utf_8_has_no_place_for_costs_nothing(tmp_path):
    path = tmp_path / "results.json"
    document = sample()
    document["run"]["command"] = "pytest --report /x\udcff/r.html"
    results.write(path, document)
    assert results.read(path)["run"]["command"] == r"pytest --report /x\xff/r.html"
    write_text(tmp_path / "page.html", "a\udcff", ADVICE)
    assert (tmp_path / "page.html").read_text() == r"a\udcff"
