"""What a value is in an address: values that draw differently differ there, and the same value is the same anywhere."""

import pickle
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

import numpy as np
import pytest
import torch

from harness.errors import BadInput
from harness.networks import FullyConnected
from harness.optimisers import SGD
from harness.store.identity import stated


def of(thing):
    return stated(thing, "A value")


def from_source(source):
    """What `make()` of a module of this source gives."""
    module = {"__name__": "notebook", "dataclass": dataclass, "FullyConnected": FullyConnected, "torch": torch}
    exec(source, module)
    return module["make"]()


CELL = """
SCALE = {scale}
def bent(x): return x {bent} 2
class Base(FullyConnected):
    def prepare(self, inputs): return inputs.reshape(len(inputs), -1) {base}
@dataclass(frozen=True)
class Mine(Base):
    def features(self, parameters, x):
        {comment}
        return SCALE * bent(super().features(parameters, x))
def make(): return Mine((4,))
"""
PLAIN = {"scale": "1", "bent": "*", "base": "+ 0", "comment": "pass"}


def cell(**changed):
    return of(from_source(CELL.format(**{**PLAIN, **changed})))


def test_of_this_package_a_value_is_its_repr():
    for thing in (FullyConnected((4,)), SGD(0.1)):
        assert of(thing) == repr(thing)


def test_code_from_outside_counts_whatever_its_comments():
    assert cell() == cell() == cell(comment="# another comment\n\n        pass")
    assert cell().startswith("Mine(hidden=(4,)")


@pytest.mark.parametrize("changed", [{"scale": "2"}, {"bent": "+"}, {"base": "+ 1"}, {"comment": "x = x.square()"}])
def test_edited_code_is_another_value(changed):
    assert cell(**changed) != cell()


def test_another_process_finds_the_same():
    source = CELL.format(**PLAIN) + "class Words:\n    words = frozenset('abcdefgh')\n"
    source = source.replace("SCALE * bent", "SCALE * ('a' in {'a', 'b', 'c'}) * bent")
    script = f"import sys; sys.path.insert(0, {str(__file__).rsplit('/', 1)[0]!r}); from test_identity import *\n"
    script += f"print(of(from_source({source!r})))"
    found = {subprocess.check_output([sys.executable, "-c", script], text=True) for _ in range(2)}
    assert len(found) == 1


@dataclass(frozen=True)
class Held:
    """A value of any kind, which the repr need not show."""

    value: Any = field(repr=False)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (np.arange(5000), np.where(np.arange(5000) == 2500, 0, np.arange(5000))),
        (np.zeros(3), np.zeros(3, dtype=np.float32)),
        (torch.zeros(3), torch.tensor([0.0, 1e-9, 0.0])),
        (lambda x: x + 1, lambda x: x + 2),
        (partial(torch.clamp, min=0), partial(torch.clamp, min=1)),
        (torch.relu, torch.tanh),
        ({"rate": 0.1}, {"rate": 0.2}),
        (Held(Held(1)), Held(Held(2))),
        (SGD(0.1), SGD(0.2)),
        (1, 1.0),
        ({1, 2}, {1, 3}),
    ],
)
def test_what_a_repr_leaves_out_or_shortens_counts(one, other):
    assert of(Held(one)) == of(Held(one))
    assert of(Held(one)) != of(Held(other))


def test_weights_that_a_module_holds_count():
    one, other = torch.nn.Linear(2, 2), torch.nn.Linear(2, 2)
    assert repr(one) == repr(other)
    assert of(Held(one)) != of(Held(other))


class Written:
    """A class with a repr of its own that says too little."""

    def __init__(self, width):
        self.width = width

    def __repr__(self):
        return "Written()"

    @cached_property
    def twice(self):
        return 2 * self.width


class Slotted:
    """As `Written`, without a dict."""

    __slots__ = ("width",)

    def __init__(self, width):
        self.width = width

    __repr__ = Written.__repr__


@pytest.mark.parametrize("kind", [Written, Slotted])
def test_state_counts_beside_a_repr_that_is_written(kind):
    assert of(kind(1)) != of(kind(2))


def test_what_was_computed_once_does_not_count():
    thing = Written(1)
    before = of(thing)
    assert thing.twice == 2
    assert of(thing) == before


class Noted(Written):
    """With an annotation."""

    width: int


@pytest.mark.parametrize("kind", [Noted, Written])
def test_a_look_at_annotations_does_not_count(kind):
    thing = kind(1)
    before = of(thing)
    assert set(kind.__annotations__) <= {"width"}
    assert of(thing) == before


@pytest.mark.parametrize("kind", [Noted, Written])
def test_that_a_value_was_pickled_does_not_count(kind):
    thing = kind(1)
    before = of(thing)
    pickle.dumps(thing)
    assert "__slotnames__" in vars(kind)
    assert of(thing) == before


def test_annotations_do_not_count():
    source = "class Noted:\n    width: {}\n    def __repr__(self): return 'Noted()'\ndef make(): return Noted()"
    assert of(from_source(source.format("int"))) == of(from_source(source.format("float")))


class Bare:
    """No repr."""


@dataclass(frozen=True)
class Shown:
    """A dataclass that shows what it holds."""

    value: Any


@pytest.mark.parametrize(
    "thing", [Bare(), Shown(Bare()), Shown([Bare()]), Shown(lambda x: x), Shown(partial(torch.clamp, min=0))]
)
def test_a_place_in_memory_is_refused(thing):
    with pytest.raises(BadInput, match="repr is its address in the store and must say what it is"):
        of(thing)
