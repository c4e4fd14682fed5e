"""Labs on one store against fresh labs on empty ones: whatever is asked, in any order, interrupted, damaged, pruned or
seeded meanwhile, every sample is that of a fresh lab, bit for bit, and no whole entry is lost or drawn again.
"""

import sys
import tempfile
import warnings
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

import harness
from harness.claim import Scale
from harness.lab import SAMPLERS_VERSION, Lab
from harness.store import Store
from harness.store.maintenance import prune, verify
from tests.support.every_request import CPU, NETWORK, REQUESTS, TASK, arrays

SCALE = Scale("test", 1e9, effort=1, looks=2)
ASKED = {
    name: REQUESTS[name]
    for name in (
        "prior", "rejection_posterior", "subset_posterior", "train", "train_on_sets", "kernel", "infinite_prior",
        "named_volumes", "log_volumes", "least_frozen_width", "exact_volumes", "hidden_draws",
    )
} | {"twice": lambda lab: [lab.prior(NETWORK, TASK, draws=n) for n in (20, 20, 21)]}  # fmt: skip
names, looks, labs = st.sampled_from(sorted(ASKED)), st.integers(0, 1), st.integers(0, 2)
damages = st.sampled_from(["bit", "cut", "empty", "foreign"])
calls = st.builds(lambda power, more: 2**power + more, st.integers(0, 9), st.integers(0, 20))
HARNESS = str(Path(harness.__file__).parent)
# The labs' seeds: two of the same.
SEEDS = (0, 0, 1)


def bits(found):
    """A sample as bytes."""
    if isinstance(found, list):
        return [bits(each) for each in found]
    return {name: (str(each.dtype), each.shape, each.tobytes()) for name, each in arrays(found).items()}


def ask(lab, name, look):
    lab.look = look
    return bits(ASKED[name](lab))


@cache
def expected(name, look, seed):
    with tempfile.TemporaryDirectory() as folder:
        return ask(Lab(SCALE, CPU, seed, Store(folder)), name, look)


class LabAsAModel(RuleBasedStateMachine):
    """damaged: entries that are not whole, by path. before: what was asked: number of the lab, name, look."""

    @initialize()
    def begin(self):
        self.place = tempfile.TemporaryDirectory()
        self.folder = Path(self.place.name) / "store"
        self.labs = [Lab(SCALE, CPU, seed, Store(self.folder)) for seed in SEEDS]
        self.damaged, self.before = set(), set()

    def teardown(self):
        self.place.cleanup()

    def entries(self):
        return list(Store(self.folder).entries())

    def contents(self):
        return {path: path.read_bytes() for path in self.entries() if path not in self.damaged}

    def asked(self, number, name, look):
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "The stored entry")
            found = ask(self.labs[number], name, look)
        self.damaged = {path for path, whole in verify(Store(self.folder)) if not whole}
        self.before.add((number, name, look))
        assert found == expected(name, look, SEEDS[number])

    @rule(number=labs, name=names, look=looks, anew=st.booleans())
    def ask(self, number, name, look, anew):
        """anew: of a lab that has asked for nothing before."""
        if anew:
            self.labs[number] = Lab(SCALE, CPU, SEEDS[number], Store(self.folder))
        before = self.contents()
        self.asked(number, name, look)
        # What was whole is read and not drawn again.
        after = self.contents()
        assert {path: after.get(path) for path in before} == before

    @rule(number=labs, name=names, look=looks, at=calls)
    def interrupt(self, number, name, look, at):
        """Ctrl-C at the so many-th call of a function of the harness, in a sampler, the lab or the store; then again.

        Not of others': numpy's compiled code takes an interrupted call for a wrong type.
        """
        left = at

        def interrupting(frame, event, _):
            nonlocal left
            if event == "call" and frame.f_code.co_filename.startswith(HARNESS):
                left -= 1
                if left == 0:
                    raise KeyboardInterrupt

        expected(name, look, SEEDS[number])
        before = self.contents()
        sys.setprofile(interrupting)
        try:
            self.asked(number, name, look)
        except KeyboardInterrupt:
            pass
        finally:
            sys.setprofile(None)
        after = self.contents()
        assert {path: after.get(path) for path in before} == before
        self.asked(number, name, look)

    @rule(number=labs, name=names, look=looks)
    def draw_afresh(self, number, name, look):
        """The same bits, though they are drawn again."""
        fresh = Lab(SCALE, CPU, SEEDS[number], Store(self.folder), fresh=True)
        fresh.look = look
        assert bits(ASKED[name](fresh)) == expected(name, look, SEEDS[number])
        self.damaged = {path for path, whole in verify(Store(self.folder)) if not whole}

    @rule()
    def ask_for_all_again(self):
        """A new lab, for what others of its seed have asked, which may be damaged or lost by now."""
        for number, name, look in sorted(self.before):
            self.ask(number, name, look, True)

    @rule(which=st.integers(0, 999), place=st.integers(0, 10**6), how=damages)
    def damage(self, which, place, how):
        """Of one entry; or of all, which then hold whole entries of others."""
        if not (there := self.entries()):
            return
        every = [path.read_bytes() for path in there]
        if how == "foreign" and len(there) > 1:
            changed = dict(zip(there, every[1:] + every[:1], strict=True))
        else:
            path, content = there[which % len(there)], bytearray(every[which % len(there)])
            if how == "bit" and content:
                content[place % len(content)] ^= 1 << place % 8
            changed = {path: content if how == "bit" else content[: place % len(content)] if how == "cut" else b""}
        for path, content in changed.items():
            path.write_bytes(content)
        self.damaged |= set(changed)

    @rule(which=st.integers(0, 999))
    def lose(self, which):
        if there := self.entries():
            there[which % len(there)].unlink()

    @rule()
    def prune(self):
        before = self.contents()
        prune(Store(self.folder), SAMPLERS_VERSION, stale=True)
        assert self.contents() == before

    @rule(number=labs)
    def begin_a_cell(self, number):
        self.labs[number].begin("another")

    @rule(seed=st.integers(0, 3))
    def seed_the_global_generators(self, seed):
        torch.manual_seed(seed)
        np.random.seed(seed)  # noqa: NPY002 — what a notebook may do

    @invariant()
    def whole_entries_stay_whole(self):
        if hasattr(self, "labs"):
            assert {path for path, whole in verify(Store(self.folder)) if not whole} <= self.damaged


# A lock that is let go as rubbish may be interrupted, too; nobody hears of that.
TestLabAsAModel = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")(LabAsAModel.TestCase)
TestLabAsAModel.settings = settings(max_examples=settings.default.max_examples // 12, stateful_step_count=15)
