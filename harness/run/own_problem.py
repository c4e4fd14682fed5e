"""Data of one's own in every grid of images, from a file: pytest claims/ --problem mine.npz."""

import shlex
from functools import partial
from typing import Any

from harness.arguments import as_path, short_repr
from harness.errors import BadInput

# Training points, and as many for evaluation, of a first draw that shows whether the data can be had so.
_FEW = 8


def add(option: Any) -> None:
    """Add the data that `--problem` names, or none, to the claims' grids, before these are read.

    Args:
        option: pytest's options.

    Raises:
        BadInput: the data cannot be read, or are none of two classes.
        Unavailable: a package that reads them is not installed.
    """
    if option.problem is None:
        if option.columns is not None or option.task is not None:
            raise BadInput("--columns and --task say how the file of --problem is read; name one.")
        return
    from harness.claim import registry
    from harness.problems.training_sets import splits_of

    path = as_path(option.problem)
    draw: Any = splits_of(path, path.stem, *columns(option.columns))
    if option.task is not None:
        draw = partial(draw, task=option.task)
    first = draw(_FEW, _FEW)
    if first.classes != 2:
        raise BadInput(
            f"{path} has {first.classes} classes, and the claims ask about two; name two groups of them, such as "
            "--task cat,dog/ship."
        )
    registry.add_data(path.stem, draw)


def options(option: Any) -> str:
    """The same options again, for the command that repeats a cell; empty without `--problem`."""
    given = ((name, getattr(option, name, None)) for name in ("problem", "columns", "task"))
    return "".join(f" --{name} {shlex.quote(value)}" for name, value in given if value is not None)


def columns(text: str | None) -> tuple[Any, str | None]:
    """Read `--columns`.

    Args:
        text: names with commas between them; None: nothing is said.

    Returns:
        The column of the inputs, or several, and that of the labels; None twice where nothing is said.

    Raises:
        BadInput: it does not name two.
    """
    if text is None:
        return None, None
    *inputs, label = text.split(",")
    if not inputs or not all((*inputs, label)):
        raise BadInput(f"--columns names the columns of inputs and labels, as image,label, not {short_repr(text)}.")
    return inputs[0] if len(inputs) == 1 else inputs, label
