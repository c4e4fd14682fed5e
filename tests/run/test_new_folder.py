"""python -m harness init: a folder in which the claims run, in a project of others or not; nothing is overwritten."""

import configparser
import errno
import filecmp
import itertools
import os
import shutil
import stat
import subprocess
import sys
import tomllib
from importlib.metadata import PathDistribution
from pathlib import Path

import pytest

import harness
from harness.__main__ import main
from harness.errors import BadInput
from harness.run import new_folder

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path, capsys):
    assert main(["init", str(tmp_path / "mine")]) == 0
    said = capsys.readouterr().out
    assert f"cd {tmp_path / 'mine'}\n" in said
    return tmp_path / "mine"


def python_files(folder):
    return sorted(
        str(path.relative_to(folder)) for part in ("claims", "examples") for path in (folder / part).rglob("*.py")
    )


def test_the_folder_has_every_claim_and_example(folder):
    assert python_files(folder) == python_files(ROOT)
    assert filecmp.cmpfiles(ROOT, folder, [*python_files(ROOT), "reports/accepted.json"], shallow=False)[1:] == ([], [])
    assert not list(folder.rglob("__pycache__"))
    # Among others' tests a conftest.py that names a plugin is refused.
    assert not list(folder.rglob("conftest.py"))


def test_its_configuration_is_the_projects_and_names_the_plugin(folder):
    found = configparser.ConfigParser()
    found.read(folder / "pytest.ini")
    given = dict(found["pytest"])
    given["addopts"] = given["addopts"].removeprefix("-p harness.run.plugin ")
    ours = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
    del ours["markers"]  # of the project's own tests
    assert given == {name: value if isinstance(value, str) else " ".join(value) for name, value in ours.items()}


def test_its_claims_are_collected_in_a_folder_with_another_configuration(folder, pytester):
    (folder.parent / "pytest.ini").write_text("[pytest]\naddopts = --of-others\n")
    arguments = [
        str(folder / "claims" / "instruments"),
        "-k",
        "one_hot",
        "--collect-only",
        "-q",
        "-p",
        "no:cacheprovider",
    ]
    done = pytester.runpytest_inprocess(*arguments)
    assert done.ret == 0
    done.stdout.fnmatch_lines(["claims/instruments/one_hot_labels_are_independent_coins.py::*"])


def test_nothing_is_overwritten(folder, capsys):
    before = (folder / "pytest.ini").stat().st_mtime_ns
    for taken in (folder, folder / "pytest.ini"):
        assert main(["init", str(taken)]) == 2
        said = capsys.readouterr().err
        assert (
            said == f"ERROR: {taken} is there and not an empty folder; init overwrites nothing, so name another one.\n"
        )
    assert (folder / "pytest.ini").stat().st_mtime_ns == before


def test_an_empty_folder_will_do(tmp_path):
    assert main(["init", str(tmp_path)]) == 0
    assert (tmp_path / "README.md").read_text().startswith("# Claims")


def test_a_place_that_cannot_be_written_is_a_sentence(tmp_path, capsys):
    (tmp_path / "file").touch()
    assert main(["init", str(tmp_path / "file" / "mine")]) == 2
    assert "cannot be written (Not a directory); name a folder that can." in capsys.readouterr().err


@pytest.fixture
def few(tmp_path, monkeypatch):
    """An installation of few files, some of which nobody may write."""
    for name in ("claims/__init__.py", "claims/own/a.py", "claims/__pycache__/a.pyc", "examples/own.py"):
        (tmp_path / "from" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "from" / name).write_text(name)
    (tmp_path / "from" / "accepted.json").write_text("{}")
    (tmp_path / "from" / "claims" / "own" / "a.py").chmod(0o444)
    (tmp_path / "from" / "claims" / "own").chmod(0o555)
    monkeypatch.setattr(new_folder, "_PARTS", ("claims", "examples", "accepted.json"))
    monkeypatch.setattr(new_folder, "installed", lambda: tmp_path / "from")
    (tmp_path / "to").mkdir()
    return tmp_path / "to"


def everything(folder):
    return {str(each.relative_to(folder)): (each.lstat().st_mode, each.lstat().st_ino) for each in folder.rglob("*")}


def fail_at(monkeypatch, at, error):
    """The at-th of all that is made, written and renamed fails, after half of it if it is a file."""
    count = itertools.count()

    def fails(kind, name):
        plain = getattr(kind, name)

        def call(*arguments, **options):
            # What is there already is not made.
            if (name == "mkdir" and os.path.lexists(arguments[0])) or next(count) != at:
                return plain(*arguments, **options)
            if name == "copyfile":
                Path(arguments[1]).write_bytes(b"half")
            raise error

        monkeypatch.setattr(kind, name, call)

    for kind, name in ((os, "mkdir"), (shutil, "copyfile"), (Path, "write_text"), (Path, "rename")):
        fails(kind, name)
    return count


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()], ids=repr)
@pytest.mark.parametrize("name", ["new", "new/within/new", "there", "there/new"])
def test_what_fails_leaves_nothing_and_can_be_asked_again(few, monkeypatch, capsys, name, error):
    (few / "there").mkdir(mode=0o700)
    before = everything(few)
    for at in itertools.count():
        with monkeypatch.context() as patched:
            count = fail_at(patched, at, error)
            try:
                code = main(["init", str(few / name)])
            except KeyboardInterrupt:
                code = "interrupted"
        if next(count) <= at:
            break
        assert everything(few) == before, at
        if isinstance(error, OSError):
            said = f"ERROR: {few / name} cannot be written (No space left on device); name a folder that can.\n"
            assert (code, capsys.readouterr().err) == (2, said)
        else:
            assert code == "interrupted"
    # No write was left to fail, and the same command, after all these, has made the folder.
    assert at > 8
    assert code == 0
    after = everything(few)
    assert {key: after[key] for key in before} == before
    found = {str(each.relative_to(few / name)) for each in (few / name).rglob("*") if each.is_file()}
    written = {".gitignore", "README.md", "pytest.ini"}
    assert found == {"claims/__init__.py", "claims/own/a.py", "examples/own.py", "accepted.json", *written}
    assert not [each for each in after if "unfinished" in each]


def test_the_copies_can_be_changed_whatever_the_installation_allows(few):
    new_folder.write(few / "new")
    for each in (few / "new").rglob("*"):
        assert each.stat().st_mode & stat.S_IWUSR, each


def test_what_others_put_there_meanwhile_stays(few, monkeypatch):
    """Both for a new folder and for one that was empty."""
    plain = new_folder._fill
    (few / "there").mkdir()

    def fill(folder, source):
        plain(folder, source)
        (few / name / "claims").mkdir(parents=True)
        (few / name / "claims" / "theirs").touch()

    monkeypatch.setattr(new_folder, "_fill", fill)
    for name in ("new", "there"):
        with pytest.raises(BadInput, match="cannot be written"):
            new_folder.write(few / name)
        assert [str(each.relative_to(few / name)) for each in (few / name).rglob("*")] == ["claims", "claims/theirs"]
    assert {each.name for each in few.iterdir()} == {"new", "there"}


def test_the_folder_of_the_shell_and_a_name_with_dots_will_do(few, monkeypatch):
    monkeypatch.chdir(few)
    new_folder.write(Path("none/../new"))
    assert {each.name for each in few.iterdir()} == {"new"}
    monkeypatch.chdir("new")
    shutil.rmtree("claims")
    with pytest.raises(BadInput, match=r"^\. is there and not an empty folder"):
        new_folder.write(Path())
    for each in Path().iterdir():
        shutil.rmtree(each) if each.is_dir() else each.unlink()
    new_folder.write(Path())
    assert Path("claims/own/a.py").is_file()


def test_the_claims_of_a_wheel_are_found_wherever_its_data_went(tmp_path, monkeypatch):
    """As for all users, for one user, or in an environment: the list of files says where."""
    site, shared = tmp_path / "lib" / "site-packages", tmp_path / "share" / "inductive-bias-harness"
    facts = site / "inductive_bias_harness-0.1.0.dist-info"
    facts.mkdir(parents=True)
    for part in ("claims", "examples", "reports/accepted.json"):
        (shared / part).mkdir(parents=True)
    listed = [f"../../share/inductive-bias-harness/{name},,\n" for name in ("claims/a.py", "reports/accepted.json")]
    (facts / "RECORD").write_text("".join(listed))
    monkeypatch.setattr(new_folder, "distribution", lambda _: PathDistribution(facts))
    monkeypatch.setattr(harness, "__file__", str(site / "harness" / "__init__.py"))
    assert new_folder.installed() == shared


def test_an_installation_without_claims_is_a_sentence(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(new_folder, "_PARTS", ("nothing",))
    assert main(["init", str(tmp_path / "mine")]) == 2
    assert "install inductive-bias-harness again." in capsys.readouterr().err
    assert not (tmp_path / "mine").exists()


def test_a_package_of_others_that_is_called_claims_does_not_come_first(folder, tmp_path):
    """Found in the folder, whatever is installed behind it."""
    others = tmp_path / "site" / "claims"
    others.mkdir(parents=True)
    (others / "__init__.py").touch()
    code = "import sys; sys.path[:0] = sys.argv[1:]; import importlib.util as u; print(u.find_spec('claims').origin)"
    command = [sys.executable, "-S", "-c", code, str(folder), str(others.parent)]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    assert found == str(folder / "claims" / "__init__.py")
