"""The digest of code is of the code that runs, and the same in every process."""

import os
import subprocess
import sys

import pytest

from harness.source import source_digest

# Names in a set, which the compiler keeps as one constant.
SET = """
from harness.source import source_digest
names = {}
exec(compile("def f(x): return x in {'a', 'b', 'c', 'd'}", "<typed in>", "exec"), names)
names["f"].__module__ = "__main__"
print(source_digest(names["f"]))
"""


def defined(code, file):
    names = {"__name__": "__main__"}
    exec(compile(code, str(file), "exec"), names)
    return names["f"]


@pytest.mark.parametrize("text", ["# Text\n\nIt is (not code:\n", "Text\n" * 9, "def f(x):\n    return 3\n"])
def test_code_under_the_name_of_another_text_is_digested_as_compiled(tmp_path, text):
    page = tmp_path / "page.md"
    page.write_text(text)
    first, same, other = (defined(f"def f(x):\n    return x + {n}\n", page) for n in (1, 1, 2))
    assert source_digest(first) == source_digest(same) != source_digest(other)


def test_the_text_of_a_file_of_python_counts(tmp_path):
    file = tmp_path / "own.py"
    digests = []
    for words in ("one", "two"):
        file.write_text(f"def f(x):\n    return x  # {words}\n")
        digests.append(source_digest(defined(file.read_text(), file)))
    assert digests[0] != digests[1]


def test_a_set_of_constants_has_one_digest_in_every_process():
    digests = {
        subprocess.run(
            [sys.executable, "-c", SET],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3", "4")
    }
    assert len(digests) == 1
