"""The store against a dictionary: whatever is put, interrupted, damaged, pruned or opened anew, in any order, what is
got is what was put last or nothing, and what was finished is lost to damage and prune alone."""

import os
import tempfile
import time
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from harness.store import Store
from harness.store.maintenance import contents, prune, verify

NOW, DAY = 7, 86400.0
specs = st.builds(
    lambda shard, version: ("prior", version, shard), st.integers(0, 2), st.sampled_from((NOW - 1, NOW, NOW + 1))
)
values = st.integers(0, 9)
calls = st.integers(1, 6)


class Interrupted(BaseException):
    """Ctrl-C."""


def described(spec):
    return dict(zip(("sampler", "version", "shard"), spec, strict=True))


def arrays(value):
    return {"a": np.full(3, value)}


class StoreAsAModel(RuleBasedStateMachine):
    """model: by description, the value put last. damaged, old: descriptions whose file is so."""

    @initialize()
    def begin(self):
        self.place = tempfile.TemporaryDirectory()
        self.store = Store(Path(self.place.name) / "store")
        self.model, self.damaged, self.old = {}, set(), set()

    def teardown(self):
        self.place.cleanup()

    def got(self, spec):
        entry = self.store.get(described(spec))
        return None if entry is None else int(entry.arrays["a"][0])

    def written(self, spec, value):
        self.model[spec] = value
        self.damaged.discard(spec)
        self.old.discard(spec)

    def lost(self, spec):
        self.model.pop(spec, None)
        self.damaged.discard(spec)
        self.old.discard(spec)

    @rule(spec=specs, value=values)
    def put(self, spec, value):
        self.store.put(described(spec), arrays(value), {"seconds": 1.0})
        self.written(spec, value)

    @rule(spec=specs)
    def get(self, spec):
        if spec in self.damaged:
            with pytest.warns(UserWarning, match="damaged"):
                assert self.got(spec) is None
            self.lost(spec)
        assert self.got(spec) == self.model.get(spec)

    @rule(spec=specs, value=values, fresh=st.booleans())
    def fetch(self, spec, value, fresh):
        there = spec in self.model and spec not in self.damaged and not fresh
        if spec in self.damaged and not fresh:
            with pytest.warns(UserWarning, match="damaged"):
                entry = self.store.fetch(described(spec), lambda: (arrays(value), {}), fresh)
        else:
            entry = self.store.fetch(described(spec), lambda: (arrays(value), {}), fresh)
        if not there:
            self.written(spec, value)
        assert int(entry.arrays["a"][0]) == self.model[spec]

    @rule(spec=specs)
    def interrupt_a_computation(self, spec):
        def compute():
            raise Interrupted

        with pytest.raises(Interrupted):
            self.store.fetch(described(spec), compute, fresh=True)

    @rule(spec=specs, value=values, at=calls)
    def interrupt_a_write(self, spec, value, at):
        """At the so many-th of the calls to the system that bring it to the disk."""
        left = [at]

        def counted(real):
            def call(*arguments):
                left[0] -= 1
                if left[0] == 0:
                    raise Interrupted
                return real(*arguments)

            return call

        before = None if spec in self.damaged else self.model.get(spec)
        try:
            with mock.patch("os.fsync", counted(os.fsync)), mock.patch("os.replace", counted(os.replace)):
                self.store.put(described(spec), arrays(value), {})
        except Interrupted:
            path = self.store._path(described(spec))
            if spec in self.damaged and not dict(verify(self.store))[path]:
                return
            found = self.got(spec)
            assert found in (before, value)
            if found == before:
                return
        self.written(spec, value)

    @rule(spec=specs, place=st.integers(0, 10_000))
    def damage(self, spec, place):
        if spec in self.model and spec not in self.damaged:
            path = self.store._path(described(spec))
            content = bytearray(path.read_bytes())
            content[place % len(content)] ^= 1
            path.write_bytes(content)
            self.damaged.add(spec)
            self.old.discard(spec)

    @rule(spec=specs)
    def grow_old(self, spec):
        if spec in self.model:
            written = time.time() - 3 * DAY
            os.utime(self.store._path(described(spec)), (written, written))
            self.old.add(spec)

    @rule()
    def prune_the_old(self):
        prune(self.store, NOW, older_than_days=2.0)
        for spec in set(self.old):
            self.lost(spec)

    @rule()
    def prune_the_stale(self):
        """Those of older versions; of the damaged, those whose head no longer says what they are, perhaps."""
        prune(self.store, NOW, stale=True)
        there = set(self.store.entries())
        for spec in list(self.model):
            gone = self.store._path(described(spec)) not in there
            assert gone == (spec[1] < NOW) or spec in self.damaged
            if gone:
                self.lost(spec)

    @rule()
    def open_anew(self):
        self.store = Store(self.store.folder)

    @invariant()
    def what_is_there_is_what_was_put(self):
        if hasattr(self, "model"):
            files = {self.store._path(described(spec)): spec for spec in self.model}
            assert dict(verify(self.store)) == {path: spec not in self.damaged for path, spec in files.items()}
            assert contents(self.store, NOW).unfinished == 0


TestStoreAsAModel = StoreAsAModel.TestCase
TestStoreAsAModel.settings = settings(max_examples=60, stateful_step_count=25, deadline=None, derandomize=True)
