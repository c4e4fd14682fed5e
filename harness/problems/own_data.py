"""Points and labels as users keep them: arrays, data sets of torch or Hugging Face, npz, CSV and Parquet files.

Nothing here downloads: a data set is an object in memory, or a file or folder that is there.
"""

import csv
import io
import re
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from torch import Tensor
from torch.utils.data import DataLoader

from harness.arguments import as_path, is_whole, package, short_repr, unmasked
from harness.errors import BadInput
from harness.reading import read_bytes

_INPUTS = "The inputs"
# What a column or an argument is called in the sentences that refuse it.
Columns = str | int | Sequence[str] | None


def standardised(x: np.ndarray, pool: np.ndarray | None = None) -> np.ndarray:
    """Shift and scale by the one mean and the one standard deviation of all numbers of the pool; None: of x."""
    pool = x if pool is None else pool
    mean, std = pool.mean(dtype=np.float64), pool.std(dtype=np.float64)
    return ((x - mean) / std).astype(np.float32)


def points_and_labels(data: Any, x: Columns, y: str | int | None) -> tuple[np.ndarray, np.ndarray]:
    """Read all points and labels.

    Args:
        data: arrays (x, y); a data set of torch, whose items are pairs or mappings, or a loader of one; one of Hugging
            Face; or the path of an .npz, .csv or .parquet file or of a folder written by `save_to_disk`.
        x: name or number of the inputs' column, of a table also several; None: "x" or the first, of a table all but the
            labels'.
        y: name or number of the labels' column; None: "y" or the second, of a table the last.

    Returns:
        Inputs (points, ...), images with channels last, and labels (points,), numbers or words.

    Raises:
        BadInput: it is none of these, or a column is missing.
        Unavailable: a package that reads it is not installed.
    """
    for column in (y, *(x if isinstance(x, list | tuple) else [x])):
        if not isinstance(column, str | None) and not is_whole(column):
            raise BadInput(f"A column is given by its name or number, not as {short_repr(column)}.")
    if isinstance(data, str | Path):
        return _from_path(as_path(data), x, y)
    if isinstance(data, DataLoader):
        data = data.dataset
    if isinstance(data, tuple) and len(data) == 2:
        return _images(data[0]), _labels(data[1])
    if isinstance(data, Mapping):
        return _of_columns(data, x, y, "The arrays", table=False)
    if hasattr(data, "column_names") and hasattr(data, "features"):
        return _hugging_face(data, x, y)
    single = isinstance(data, np.ndarray | Tensor) and not data.ndim
    if single or not hasattr(data, "__getitem__") or not hasattr(data, "__len__"):
        raise BadInput(
            "Data are arrays (x, y), a data set with a length, of torch or Hugging Face, or the path of an .npz, .csv "
            f"or .parquet file or of a saved data set, not {short_repr(data)}."
        )
    items = [data[i] for i in range(len(data))]
    inputs, labels = (0 if x is None else x), (1 if y is None else y)
    if items and isinstance(items[0], Mapping):
        return _of_columns({key: [item[key] for item in items] for key in items[0]}, x, y, "The data set", table=False)
    try:
        return _images([item[inputs] for item in items]), _labels([item[labels] for item in items])
    except (TypeError, IndexError, KeyError):
        raise BadInput(
            f"Items {short_repr(inputs)} and {short_repr(labels)} of the data set's points are no input and label; "
            "name their places by x and y."
        ) from None


def in_groups(labels: np.ndarray, task: str | None, what: str) -> tuple[np.ndarray, int]:
    """Number classes by the groups of a task.

    Args:
        labels: (points,) numbers or words.
        task: groups of classes by name that are labelled 0, 1, …, such as "cat,dog/ship"; None: each class by
            itself, in order.
        what: name of the data, in the sentence that refuses a task.

    Returns:
        (points,) the numbers, −1 where a class is in no group; and how many groups there are.

    Raises:
        BadInput: there are no two groups, or a class is not there or in two of them.
    """
    known = np.unique(labels).tolist()
    names = [str(each) for each in known]
    words = task if isinstance(task, str) else ""
    groups = [[name] for name in names] if task is None else [each.split(",") for each in words.split("/")]
    flat = [name for group in groups for name in group]
    if len(groups) < 2 or len(set(flat)) < len(flat) or not set(flat) <= set(names):
        raise BadInput(
            f"A task on {what} names at least two groups of its classes, each once, such as "
            f"{'/'.join(names[:2]) or 'cat/dog'!r}, not {short_repr(task)}; its classes are {', '.join(names[:10])}"
            f"{' …' if len(names) > 10 else ''}."
        )
    number = {name: i for i, group in enumerate(groups) for name in group}
    return np.array([number.get(str(each), -1) for each in labels.tolist()]), len(groups)


def _from_path(path: Path, x: Columns, y: str | int | None) -> tuple[np.ndarray, np.ndarray]:
    readers: dict[str, Callable[[Path], Mapping[str, Any]]] = {".csv": _csv, ".parquet": _parquet, ".npz": read_npz}
    if path.is_dir():
        datasets = package("datasets", "Saved data sets of Hugging Face")
        try:
            saved = datasets.load_from_disk(str(path))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BadInput(f"{path} is no saved data set ({short_repr(error)}); write it with save_to_disk.") from None
        return _hugging_face(saved, x, y)
    if not path.is_file() or path.suffix.lower() not in readers:
        raise BadInput(
            f"{path} is no .npz, .csv or .parquet file and no folder of a saved data set; give the path of one that is "
            "there, since nothing is downloaded."
        )
    suffix = path.suffix.lower()
    return _of_columns(readers[suffix](path), x, y, str(path), table=suffix != ".npz")


def _of_columns(
    columns: Mapping[str, Any], x: Columns, y: str | int | None, what: str, *, table: bool
) -> tuple[np.ndarray, np.ndarray]:
    names = list(columns)

    def name_of(column: str | int | None, default: str | None) -> str:
        found = names[column] if isinstance(column, int) and -len(names) <= column < len(names) else column
        found = default if found is None else found
        if found not in columns:
            raise BadInput(f"{what} has no column {short_repr(found)}; it has {', '.join(map(str, names[:20]))}.")
        return str(found)

    label = name_of(y, names[-1] if table and names else "y")
    if table and (x is None or not isinstance(x, str | int)):
        inputs = [name for name in names if name != label] if x is None else [name_of(each, None) for each in x]
        stacked = np.stack([_numbers(columns[name], name, what) for name in inputs], axis=1)
    else:
        named = name_of(x if isinstance(x, str | int) else None, "x")
        column = columns[named]
        single = table and len(column) and isinstance(column[0], str | int | float)
        stacked = _numbers(column, named, what)[:, None] if single else _images(column)
    return stacked, _labels(columns[label])


def _numbers(values: Iterable[Any], name: str, what: str) -> np.ndarray:
    try:
        return np.array([float(each) for each in values])
    except (TypeError, ValueError):
        raise BadInput(f"The column {name!r} of {what} does not hold numbers alone; name the inputs' by x.") from None


def _csv(path: Path) -> dict[str, list[str]]:
    """The columns under the names of the first line."""
    try:
        lines = io.StringIO(read_bytes(path).decode("utf-8-sig"), newline="")
        head, *rows = [row for row in csv.reader(lines) if row] or [[]]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadInput(f"{path} is no CSV file in UTF-8 ({error}); write it anew.") from None
    if len(set(head)) < len(head):
        raise BadInput(f"{path} has several columns of one name, among {short_repr(head)}; rename them.")
    if not rows or any(len(row) != len(head) for row in rows):
        raise BadInput(f"{path} needs a first line of names, and lines of as many values; correct it.")
    return {name: [row[i] for row in rows] for i, name in enumerate(head)}


def _parquet(path: Path) -> Mapping[str, Any]:
    parquet = package("pyarrow.parquet", "Parquet files")
    try:
        columns: Mapping[str, Any] = parquet.read_table(str(path)).to_pydict()
    except (OSError, ValueError) as error:
        raise BadInput(f"{path} is no Parquet file ({short_repr(error)}); write it anew.") from None
    return columns


def read_npz(path: Path) -> dict[str, np.ndarray]:
    """The arrays of an .npz file by name; BadInput if it is none."""
    found = _loaded(path)
    if isinstance(found, dict):
        return found
    why = "it holds a single array" if isinstance(found, np.ndarray) else found
    raise BadInput(f"{path} is no npz file of plain arrays ({why}); write it with numpy.savez.")


def read_npy(path: Path) -> np.ndarray:
    """The array of an .npy file; BadInput if it is none."""
    found = _loaded(path)
    if isinstance(found, np.ndarray):
        return found
    why = "it holds several arrays" if isinstance(found, dict) else found
    raise BadInput(f"{path} cannot be read as an npy file of numbers ({why}); write it with numpy.save.")


def _loaded(path: Path) -> np.ndarray | dict[str, np.ndarray] | str:
    """The array, or the arrays by name, that a file holds; or why it holds none."""
    try:
        found = np.load(io.BytesIO(read_bytes(path)), allow_pickle=False)
        return found if isinstance(found, np.ndarray) else dict(found)
    except (OSError, ValueError, TypeError, EOFError, MemoryError, RuntimeError, BadZipFile, zlib.error) as error:
        return getattr(error, "strerror", None) or short_repr(str(error))


def _hugging_face(data: Any, x: Columns, y: str | int | None) -> tuple[np.ndarray, np.ndarray]:
    """A Hugging Face data set; classes under their names."""
    if not hasattr(data, "column_names") or isinstance(data.column_names, Mapping):
        raise BadInput("The saved data set has several parts; give one of them, such as load_from_disk(path)['train'].")
    names: list[str] = data.column_names
    label = names[y] if isinstance(y, int) else y or ("label" if "label" in names else "y")
    inputs = names[x] if isinstance(x, int) else x or ("image" if "image" in names else "x")
    columns = {name: data[name] for name in names if name in (inputs, label)}
    points, labels = _of_columns(columns, inputs, label, f"The data set of columns {', '.join(names)}", table=False)
    known = getattr(data.features[label], "names", None)
    return points, labels if known is None else np.array(known)[labels]


def _plain(value: Any) -> Any:
    """A label as a number or a word; whole numbers of a text as numbers, so that 10 comes after 9."""
    value = value.item() if isinstance(value, Tensor | np.generic) else value
    return int(value) if isinstance(value, str) and re.fullmatch(r"-?\d+", value) else value


def _labels(values: Any) -> np.ndarray:
    """(points,) numbers or words."""
    array = unmasked(values, "The labels")
    if array.ndim != 1:
        raise BadInput(f"Labels are one number or word a point, in a row, not an array of shape {array.shape}.")
    plain = array if array.dtype != object and array.dtype.kind not in "US" else np.asarray([*map(_plain, values)])
    if plain.dtype == object:
        raise BadInput("The labels are neither numbers nor words alone, as None is neither; write a class for each.")
    return plain


def _images(values: Any) -> np.ndarray:
    """An array of all points. Tensors of three axes are images with channels first, and go last; a single channel's
    axis goes.
    """
    first = values if isinstance(values, Tensor) else values[0] if len(values) else values
    tensors = isinstance(first, Tensor)
    if isinstance(values, Tensor | np.ndarray):
        array = unmasked(values, _INPUTS)
    else:
        each = [unmasked(value, _INPUTS) for value in values] or [np.zeros(1)]
        if any(one.shape != each[0].shape for one in each):
            raise BadInput("The inputs are of different shapes; crop or pad them to one.")
        array = np.stack(each)[: len(values)]
    if tensors and array.ndim == 4:
        array = np.moveaxis(array, 1, 3)
    return array[..., 0] if array.ndim == 4 and array.shape[-1] == 1 else array
