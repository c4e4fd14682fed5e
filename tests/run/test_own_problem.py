"""Data of one's own from a file in the claims' grids."""

from types import SimpleNamespace

import numpy as np
import pytest

from harness.claim import registry
from harness.errors import BadInput
from harness.run import own_problem


@pytest.fixture
def added(monkeypatch):
    monkeypatch.setattr(registry, "data", {})
    return registry.data


@pytest.fixture
def rings(tmp_path):
    """Points of three rings, 80 on each, by name."""
    rng = np.random.default_rng(0)
    of = np.repeat([0, 1, 2], 80)
    angle, radius = rng.uniform(0, 2 * np.pi, 240), 1 + of + 0.2 * rng.normal(size=240)
    path = tmp_path / "rings.npz"
    np.savez(
        path, x=np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1), y=np.array(["in", "mid", "out"])[of]
    )
    return path


def add(problem, columns=None, task=None):
    asked = SimpleNamespace(problem=None if problem is None else str(problem), columns=columns, task=task)
    own_problem.add(asked)
    return own_problem.options(asked)


def test_a_files_data_are_drawn_as_packaged_ones_are(added, rings):
    assert add(rings, task="in/mid,out") == f" --problem {rings} --task in/mid,out"
    problem, other = added["rings"](16, 32), added["rings"](16, 32, split=1)
    assert (problem.m, problem.n, problem.classes) == (16, 32, 2)
    assert problem.fingerprint != other.fingerprint
    # Inner points are labelled 0, by the task, whose radius is the least.
    radius = np.hypot(*problem.train_x.T)
    assert radius[problem.train_y == 0].max() < radius[problem.train_y == 1].min()


def test_columns_of_a_table_are_named(added, tmp_path):
    path = tmp_path / "table.csv"
    rng = np.random.default_rng(0)
    rows = [f"{i},{a:.3f},{b:.3f},{'ab'[i % 2]}" for i, (a, b) in enumerate(rng.normal(size=(60, 2)))]
    path.write_text("\n".join(["number,u,v,kind", *rows]))
    add(path, columns="u,v,kind")
    assert added["table"](8, 8).train_x.shape == (8, 2)
    added.clear()
    add(path, columns="u,kind")
    assert added["table"](8, 8).train_x.shape == (8, 1)


def test_what_cannot_be_asked_is_a_sentence(added, rings, tmp_path):
    for arguments, said in (
        ((rings,), "has 3 classes, and the claims ask about two; name two groups"),
        ((rings, None, "in/gone"), "its classes are in, mid, out"),
        ((rings, "x"), "--columns names the columns of inputs and labels, as image,label, not 'x'"),
        ((rings, "x,z"), "has no column 'z'; it has x, y"),
        ((None, None, "in/out"), "--columns and --task say how the file of --problem is read"),
        ((tmp_path / "none.npz",), "give the path of one that is there"),
    ):
        with pytest.raises(BadInput, match=said):
            add(*arguments)
    assert not added
    assert add(None) == ""


CLAIM = '''
"""Half of the training points are of either class.

Source: they are dealt so.
"""
from harness.claim import claim, over, registry
from harness.verdicts import within
from harness.verdicts.intervals import proportion


@claim(kind="empirical", speaks_for="instrument", of="share of label 1", predicts=within(0.5, 0.5, because="dealt"))
@over(data=list(registry.data))
def test_share(lab, data):
    labels = registry.data[data](8, 8).train_y
    return proportion(int(labels.sum()), len(labels), quantity="share of label 1", unit="points")
'''


def test_a_cell_of_own_data_is_judged_and_says_how_to_repeat_it(project, added, rings):
    project.claim("halves", CLAIM)
    ran = project.run("--problem", str(rings), "--task", "in/mid,out")
    assert ran.outcomes == {"share: rings": "supported"}, ran.out
    assert ran.results["cells"][0]["rerun"].endswith(f" --problem {rings} --task in/mid,out")
    added.clear()
    project.run("--problem", str(rings)).one_sentence("3 classes, and the claims ask about two")
