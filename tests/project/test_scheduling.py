"""The groups in which xdist runs these tests."""

from pathlib import Path

import pytest

pytest.importorskip("xdist")

from xdist.scheduler import LoadScopeScheduling

from tests.support.scheduling import PROCESSES, ByGroup, group

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", PROCESSES)
def test_those_named_are_there(name):
    file, _, function = name.partition("::")
    assert not function or f"def {function}(" in (ROOT / file).read_text()
    assert (ROOT / file).is_file()
    assert group(f"{name}[0.5]" if function else f"{name}::test") == "processes"


def test_others_are_groups_of_their_own_and_xdist_is_told():
    names = [f"tests/lab/test_lab.py::test[{number}]" for number in range(2)]
    assert len({*map(group, names), group("tests/browser/test_page.py::test"), "gpu"}) == 4
    asked = [f"tests/claims/test_excluded_nulls.py::test_{each}]" for each in ("a[one/x-truth", "b[one/y", "a[two/x")]
    assert [*map(group, asked)] == ["one", "one", "two"]
    assert group("tests/samplers/test_gpu.py::test") == group("tests/execution/test_machine.py::test_a_gpu") == "gpu"
    # A method that it calls, not one of a name that it knows no longer.
    assert "_split_scope" in vars(LoadScopeScheduling)
    assert "_split_scope" in vars(ByGroup)
