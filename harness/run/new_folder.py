"""python -m harness init: the claims in a folder of one's own, with what pytest needs to run them there."""

import argparse
import os
import secrets
import shutil
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import harness
from harness.arguments import path_option
from harness.errors import BadInput
from harness.execution.machine import versions

_NAME = "inductive-bias-harness"
_PARTS = ("claims", "examples", "reports/accepted.json")
# A configuration of its own, so that the folder can lie in a project with another one. A conftest.py that names a
# plugin would be refused there.
_PYTEST = """\
[pytest]
addopts = -p harness.run.plugin -ra --strict-markers
console_output_style = classic
pythonpath = .
# A claim's file is called what the claim is called.
python_files = test_*.py */claims/*/*.py
"""
_IGNORED = ".store/\nreports/latest/\nreports/compare/\nreports/history/\n__pycache__/\n.pytest_cache/\n"
_COMMANDS = """\
cd {folder}
python -m pytest claims/ -k perceptron_prefers    # one claim, in seconds
python -m pytest claims/                          # all of them at smoke scale; writes reports/latest/report.html
python -m pytest claims/ -p examples.own          # with a network, optimiser and data of your own in the grids
python -m harness show reports/latest/results.json
python -m harness plan --scale standard           # what a larger run would cost
"""
_README = """\
# Claims about the inductive bias

The claims of inductive-bias-harness {version}, yours to change: a folder in `claims/` for each subject, a file for each
claim. `examples/own.py` adds a network, an optimiser and data of your own to the grids. `reports/accepted.json` has the
verdicts of a reference run; a run says what came out otherwise.

```
{commands}```

After `pip install pytest-xdist`, `-n auto --dist worksteal` uses every core. Samples are kept in `.store/`.
"""


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command and its options."""
    parser = commands.add_parser("init", help="copy the claims into a new folder, ready for pytest")
    parser.add_argument("folder", type=path_option, help="a folder that is new or empty")
    parser.set_defaults(run=run)


def run(asked: argparse.Namespace) -> int:
    """Write the folder and print the commands to go on with."""
    write(asked.folder)
    print(f"{asked.folder} has the claims. Next:\n\n{_COMMANDS.format(folder=asked.folder)}", end="")
    return 0


def write(folder: Path) -> None:
    """Copy claims, examples and accepted verdicts into a folder, and write what pytest and git need there.

    All or nothing: if that fails or is interrupted, what was there before is there again, and nothing else.

    Args:
        folder: a folder that is new or empty.

    Raises:
        BadInput: the folder has something in it or cannot be written, or this installation lacks the claims.
    """
    source = installed()
    # Without its links being followed.
    place = Path(os.path.abspath(folder))  # noqa: PTH100
    try:
        if os.path.lexists(place) and (not place.is_dir() or any(place.iterdir())):
            raise BadInput(f"{folder} is there and not an empty folder; init overwrites nothing, so name another one.")
        _make(place, source)
    except OSError as error:
        raise BadInput(f"{folder} cannot be written ({error.strerror}); name a folder that can.") from None


def _make(place: Path, source: Path) -> None:
    """Make the folder, or leave no trace.

    It is made beside a new one, so that a kill leaves the name free; an empty one stays itself, with owner and mode.
    """
    missing = [each for each in (place, *place.parents) if not os.path.lexists(each)]
    within = not missing
    unfinished = (place if within else place.parent) / f".{place.name[:100]}.{secrets.token_hex(8)}.unfinished"
    parts: list[str] = []
    try:
        unfinished.mkdir(parents=True)
        _fill(unfinished, source)
        if within:
            parts = sorted(each.name for each in unfinished.iterdir())
            for part in parts:
                (unfinished / part).rename(place / part)
            unfinished.rmdir()
        else:
            unfinished.rename(place)
    except BaseException:
        for part in parts:
            if not (unfinished / part).exists():
                _remove(place / part)
        _remove(unfinished)
        for each in missing:
            with suppress(OSError):
                each.rmdir()
        raise


def _fill(folder: Path, source: Path) -> None:
    for part in _PARTS:
        _copy(source / part, folder / part)
    (folder / "pytest.ini").write_text(_PYTEST)
    (folder / ".gitignore").write_text(_IGNORED)
    commands = _COMMANDS.partition("\n")[2]
    (folder / "README.md").write_text(_README.format(version=versions()[_NAME], commands=commands))


def installed() -> Path:
    """The folder that has the claims: the checkout, or where the wheel's are, by its own list of files.

    BadInput if neither has them.
    """
    folders = [Path(harness.__file__).parents[1]]
    with suppress(PackageNotFoundError):
        for file in distribution(_NAME).files or ():
            if file.as_posix().endswith(f"share/{_NAME}/{_PARTS[-1]}"):
                folders.append(Path(str(file.locate())).resolve().parents[1])
    for folder in folders:
        if all((folder / part).exists() for part in _PARTS):
            return folder
    raise BadInput(f"The claims are not in {' or '.join(map(str, folders))}; install {_NAME} again.")


def _copy(source: Path, target: Path) -> None:
    """The files without their modes: an installation's may be read-only, and the copies are there to be changed."""
    files = sorted(source.rglob("*")) if source.is_dir() else [source]
    for file in files:
        within = file.relative_to(source)
        if file.is_file() and "__pycache__" not in within.parts:
            (target / within).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target / within)


def _remove(path: Path) -> None:
    shutil.rmtree(path, ignore_errors=True)
    with suppress(OSError):
        path.unlink()
