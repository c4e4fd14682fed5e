"""Problems of users' own data: one content, whatever it is kept in; and what is refused."""

import io
import socket
import sys
import warnings
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Dataset, TensorDataset

from harness.errors import BadInput, Unavailable
from harness.problems import Problem, digits
from harness.problems.datasets import EVEN_ODD, TEN, arrays_of, packaged


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def refused(*_, **__):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refused)


@pytest.fixture(scope="module")
def raw():
    arrays = arrays_of(packaged("digits.npz"))
    return arrays["x"], arrays["y"]


class Mappings(Dataset):
    def __init__(self, x, y):
        self.x, self.y = x, y

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return {"image": self.x[i], "digit": int(self.y[i])}


class Saved:
    """What a data set of Hugging Face has of what is used here."""

    def __init__(self, x, y, names=None):
        self._columns = {"image": list(x), "label": list(y)}
        self.column_names = list(self._columns)
        self.features = {"image": None, "label": SimpleNamespace(names=names)}

    def __getitem__(self, name):
        return self._columns[name]


@pytest.mark.parametrize(
    "kept",
    ["arrays", "tensors", "images", "loader", "mappings", "npz", "csv", "parquet", "hugging face", "folder"],
)
@pytest.mark.parametrize("task", [EVEN_ODD, TEN, "3/8"])
def test_digits_are_the_same_whatever_they_are_kept_in(kept, task, raw, tmp_path, monkeypatch):
    x, y = raw
    columns, wanted = {}, digits(16, 20, task)
    if kept == "arrays":
        data = (x, y)
    elif kept in ("tensors", "loader"):
        data = TensorDataset(torch.tensor(x), torch.tensor(y))
        data = DataLoader(data, batch_size=7) if kept == "loader" else data
    elif kept == "images":
        data = TensorDataset(torch.tensor(x)[:, None], torch.tensor(y))
    elif kept == "mappings":
        data, columns = Mappings(x, y), {"x": "image", "y": "digit"}
    elif kept == "npz":
        data, columns = tmp_path / "d.npz", {"x": "pixels"}
        np.savez(data, pixels=x, y=y)
    elif kept in ("csv", "parquet"):
        data = tmp_path / f"d.{kept}"
        table = {**{f"p{i}": x.reshape(-1, 64)[:, i].tolist() for i in range(64)}, "digit": y.tolist()}
        data.write_text(
            "\n".join([",".join(table), *(",".join(map(str, row)) for row in zip(*table.values(), strict=True))])
        )
        if kept == "parquet":
            reader = ModuleType("pyarrow.parquet")
            reader.read_table = lambda _: SimpleNamespace(to_pydict=lambda: table)
            monkeypatch.setitem(sys.modules, "pyarrow", ModuleType("pyarrow"))
            monkeypatch.setitem(sys.modules, "pyarrow.parquet", reader)
    else:
        data = Saved(x, y)
        if kept == "folder":
            package, saved, data = ModuleType("datasets"), data, tmp_path
            package.load_from_disk = lambda _: saved
            monkeypatch.setitem(sys.modules, "datasets", package)
    found = Problem.from_dataset(data, 16, 20, task=task, name="digits", **columns)
    np.testing.assert_array_equal(found.train_y, wanted.train_y)
    np.testing.assert_array_equal(found.eval_x.reshape(20, -1), wanted.eval_x.reshape(20, -1))
    if kept not in ("csv", "parquet"):
        assert found.fingerprint == wanted.fingerprint


def test_images_of_several_channels_have_them_last():
    x, y = torch.rand(12, 3, 4, 5), torch.arange(12) % 2
    found = Problem.from_dataset(TensorDataset(x, y), 4, 8, standardise=False)
    assert found.eval_x.shape == (8, 4, 5, 3)
    rows = {each.tobytes() for each in x.permute(0, 2, 3, 1).contiguous().numpy()}
    assert {each.tobytes() for each in found.inputs} == rows


def test_classes_by_name():
    words = np.array(["ship", "cat", "dog"] * 6)
    x = np.arange(18.0)[:, None]
    found = Problem.from_dataset((x, words), 6, 6, task="dog,cat/ship", standardise=False)
    labels = [*found.train_y, *found.eval_y]
    ships = set(x[words == "ship", 0])
    assert all((each[0] in ships) == label for each, label in zip(found.inputs, labels, strict=True))
    every = Problem.from_dataset((x, words), 6, 6)
    assert every.classes == 3
    named = Saved(x, np.arange(18) % 3, names=["ship", "cat", "dog"])
    assert Problem.from_dataset(named, 6, 6, task="dog,cat/ship", standardise=False).fingerprint == found.fingerprint


def test_evaluation_from_data_of_their_own():
    rng = np.random.default_rng(0)
    train, other = (rng.normal(size=(40, 3)) for _ in range(2))
    y = np.arange(40) % 2
    one, more = (Problem.from_dataset((train, y), m, 10, evaluation=(other, y), standardise=False) for m in (4, 8))
    assert {row.tobytes() for row in one.eval_x} <= {row.tobytes() for row in other.astype(np.float32)}
    np.testing.assert_array_equal(one.eval_x, more.eval_x)
    np.testing.assert_array_equal(one.train_x, more.train_x[:4])


def test_classes_that_the_evaluation_data_lack_keep_their_numbers():
    x, y = np.arange(12.0)[:, None], np.arange(12) % 3
    found = Problem.from_dataset((x, y), 3, 2, evaluation=(x[y > 0], y[y > 0]), balanced=False, standardise=False)
    assert found.classes == 3
    np.testing.assert_array_equal(found.eval_y, found.eval_x[:, 0] % 3)


def test_splits_differ(raw):
    prints = {Problem.from_dataset(raw, 8, 8, task="3/8", split=split).fingerprint for split in range(3)}
    assert len(prints) == 3


def test_refusals(raw, tmp_path, monkeypatch):
    x, y = raw
    monkeypatch.setitem(sys.modules, "datasets", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    np.savez(tmp_path / "d.npz", x=x, y=y)
    (tmp_path / "d.csv").write_text("a,b\n1,2\n3\n")
    (tmp_path / "words.csv").write_text("a,b\nred,1\nblue,0\n")
    (tmp_path / "d.parquet").write_text("")
    for data, how, error, sentence in (
        (tmp_path / "none.npz", {}, BadInput, "nothing is downloaded"),
        (tmp_path / "d.npz", {"x": "pixels"}, BadInput, "has no column 'pixels'; it has x, y"),
        (tmp_path / "d.csv", {}, BadInput, "first line of names"),
        (tmp_path / "words.csv", {}, BadInput, "does not hold numbers alone"),
        (tmp_path / "d.parquet", {}, Unavailable, "pip install pyarrow"),
        (tmp_path, {}, Unavailable, "pip install datasets"),
        ((x, y), {"task": "3"}, BadInput, "at least two groups"),
        ((x, y), {"task": "3/11"}, BadInput, "its classes are 0, 1"),
        ((x, y[:-1]), {}, BadInput, "a label for each input"),
        ((np.zeros((9, 2)), np.arange(9) % 2), {}, BadInput, "cannot be standardised"),
        (TensorDataset(torch.tensor(x)), {}, BadInput, "no input and label"),
        (3, {}, BadInput, "Data are arrays"),
        ((x[:9], y[:9]), {"task": "3/8"}, BadInput, "too few"),
    ):
        with pytest.raises(error, match=sentence):
            Problem.from_dataset(data, 8, 8, **how)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.csv", b"a,b\n\xff\xfe,1\n", "is no CSV file in UTF-8"),
        ("a.csv", b"a,b\n" + b"1" * 200_000 + b",1\n", "field larger than field limit"),
        ("a.csv", b"a,a\n1,0\n2,1\n", "several columns of one name"),
        ("a.csv", b"", "first line of names"),
        ("a.npz", b"", "no npz file of plain arrays"),
        ("a.npz", b"PK\x03\x04 and no more", "no npz file of plain arrays"),
        ("a.npz", "cut", "no npz file of plain arrays"),
        ("a.npz", "changed", "no npz file of plain arrays"),
        ("a.npz", "one array", "no npz file of plain arrays"),
    ],
)
def test_files_that_are_something_else(raw, tmp_path, name, content, sentence):
    path, buffer = tmp_path / name, io.BytesIO()
    if isinstance(content, str):
        np.save(buffer, raw[0]) if content == "one array" else np.savez(buffer, x=raw[0], y=raw[1])
        whole = buffer.getvalue()
        cut, changed = whole[: len(whole) // 2], whole[:200] + b"\0\1\2" + whole[203:]
        content = {"cut": cut, "changed": changed}.get(content, whole)
    path.write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(BadInput, match=sentence):
            Problem.from_dataset(path, 2, 2)


def test_a_table_of_a_spreadsheet_begins_with_a_mark(tmp_path):
    """Byte order mark, which is part of no name."""
    (tmp_path / "a.csv").write_bytes("x,y\n1,0\n2,1\n3,0\n4,1\n".encode("utf-8-sig"))
    found = [Problem.from_dataset(tmp_path / "a.csv", 2, 2, x=x, y="y", standardise=False) for x in ("x", ["x"], None)]
    for each in found:
        assert set(each.train_x.ravel()) | set(each.eval_x.ravel()) == {1, 2, 3, 4}
        np.testing.assert_array_equal(each.train_x, found[0].train_x)


X, Y = np.arange(24.0).reshape(8, 3), np.array([0, 1] * 4)


@pytest.mark.parametrize(
    ("x", "y", "sentence"),
    [
        (np.ma.masked_equal(X, 5), Y, "inputs hold masked entries"),
        ([np.ma.masked_equal(row, 5) for row in X], Y, "inputs hold masked entries"),
        (X, np.ma.masked_equal(Y, 1), "labels hold masked entries"),
        (torch.tensor(X, requires_grad=True), Y, "requires grad"),
        (torch.tensor(X).bfloat16(), Y, "cannot be read as an array"),
        (torch.tensor(X).to_sparse(), Y, "cannot be read as an array"),
        (torch.zeros(8, 3, device="meta"), Y, "cannot be read as an array"),
        ([[1, 2], [3]] * 4, Y, "of different shapes"),
        (X, 3, "in a row, not an array of shape"),
        (X, Y[:, None], "in a row, not an array of shape"),
        (X, [None] * 8, "neither numbers nor words"),
        (X, torch.tensor(Y.astype(float), requires_grad=True), "requires grad"),
    ],
)
def test_arrays_that_are_none(x, y, sentence):
    with pytest.raises(BadInput, match=sentence):
        Problem.from_dataset((x, y), 2, 2)


def test_no_data_are_no_data():
    with pytest.raises(BadInput, match="Data are arrays"):
        Problem.from_dataset(None, 2, 2)


@pytest.mark.parametrize(
    "same",
    [lambda x: x.astype(np.float16), lambda x: np.asfortranarray(x), lambda x: np.repeat(x, 2, axis=0)[::2],
     lambda x: x.astype(np.longdouble), lambda x: x.astype(object), lambda x: x.tolist(), torch.tensor,
     lambda x: torch.tensor(x).half(), lambda x: np.require(x, requirements="O").view()],
)  # fmt: skip
def test_the_same_numbers_in_another_form(same):
    expected = Problem.from_arrays(X, Y, X[:2], Y[:2])
    found = Problem.from_arrays(same(X), same(Y), same(X)[:2], same(Y)[:2])
    np.testing.assert_array_equal(found.train_x, expected.train_x)
    np.testing.assert_array_equal(found.train_y, expected.train_y)
    assert found.train_x.dtype == expected.train_x.dtype
