"""One cell, look by look: when it stops, what it spends, and what it says it still needs."""

import pytest

from harness.claim import Question
from harness.errors import NotAsked, StoreUnusable, Unavailable, Undecided
from harness.run.judging import Allowance, judge_cell
from harness.verdicts import Estimate, Looks, Verdict, at_least, needed, nothing_yet, within
from harness.verdicts.intervals import proportion

LOOKS = Looks(0.05, 5, 4)


class Given:
    """A lab that counts looks and work; each look costs as much as all before it, and takes as many seconds."""

    def __init__(self, seconds=1.0):
        self.seconds, self.look, self.spent, self.begun = seconds, 0, 0.0, 0

    def begin(self, _, first):
        self.begun, self.first = self.begun + 1, first

    @property
    def work(self):
        return self.spent

    ahead = taken = work

    def units(self, first):
        self.spent = self.seconds * 2**self.look
        return first * 2**self.look


def question(prediction, excluded=lambda **_: None):
    return Question("given", "empirical", "share", prediction, {}, excluded)


def share(p, first=100):
    def ask(lab):
        n = lab.units(first)
        return proportion(round(p * n), n, quantity="share", unit="draws")

    return ask


NO_END = Allowance()


def judged(ask, prediction, allowance=NO_END, lab=None):
    return judge_cell(ask, question(prediction), {}, lab or Given(), LOOKS, allowance)


def test_an_easy_cell_stops_at_its_first_look():
    found = judged(share(0.9), at_least(0.5, because="given"))
    assert (found.verdict, found.looks, found.share) == (Verdict.SUPPORTED, 1, 1 / 8)
    assert found.needed is None
    # One-sided: each end at 0.05/(5·4).
    assert found.level == pytest.approx(1 - 2 * 0.05 / 20)


def test_a_harder_cell_goes_on_until_it_is_decided():
    found = judged(share(0.6), at_least(0.5, because="given"))
    assert found.verdict is Verdict.SUPPORTED
    assert found.looks > 1
    assert found.estimate.n == 100 * 2 ** (found.looks - 1)
    assert found.share == 2.0 ** (found.looks - 4)


def test_a_hopeless_cell_is_given_up_at_once_and_says_what_it_needs():
    found = judged(share(0.51), at_least(0.5, because="given"))
    assert (found.verdict, found.looks) == (Verdict.INCONCLUSIVE, 1)
    more = int(found.needed.split("about ")[1].split(" more")[0].replace(",", ""))
    # z = 2.81 at 0.0025: (2.81·0.5/0.01)² = 19,700.
    assert more == pytest.approx(19_700, rel=0.15)
    # At the second that these took for a hundred.
    assert found.needed.endswith("more draws, about 3.6 min on one core")


def test_a_cell_just_out_of_reach_is_looked_at_to_the_end():
    found = judged(share(0.54), at_least(0.5, because="given"))
    assert (found.verdict, found.looks) == (Verdict.INCONCLUSIVE, 4)


def test_on_the_bound_no_size_is_in_sight():
    assert "no sample size" in judged(share(0.5), at_least(0.5, because="given")).needed


def test_widths_that_shrink_faster_are_worth_another_look():
    """An interval of width 1/n about 1, as of a distance near 0: hopeless by the usual n^(−1/2), decided at look 4."""

    def ask(lab):
        n = lab.units(100)

        def ahead(alpha, growth):
            return 1 - 14 / (n * growth), 1.0

        return Estimate("bias explained", 1.0, lambda alpha: ahead(alpha, 1), n, "draws", n, "given", foreseen=ahead)

    found = judged(ask, within(1.0, 0.02, because="given"))
    assert (found.verdict, found.looks) == (Verdict.SUPPORTED, 4)


def test_nothing_yet_asks_for_more():
    found = judged(lambda lab: nothing_yet("share", lab.units(1), "draws"), at_least(0.5, because="given"))
    assert (found.verdict, found.looks) == (Verdict.INCONCLUSIVE, 4)
    assert "more units" in found.needed


@pytest.mark.parametrize(("of", "two_looks"), [("work", 2.2), ("seconds", 3.0)])
def test_the_allowance_ends_a_cell_but_not_before_its_first_look(of, two_looks):
    found = judged(share(0.56), at_least(0.5, because="given"), allowance=Allowance(**{of: two_looks}))
    assert (found.looks, found.seconds, found.cut) == (2, 2.0, of == "seconds")
    found = judged(share(0.56), at_least(0.5, because="given"), allowance=Allowance(**{of: 0.5}))
    assert (found.looks, found.seconds, found.cut) == (1, 1.0, of == "seconds")


def test_a_need_far_beyond_the_work_that_is_left_ends_a_cell_at_once():
    # Some 30 times its sample would decide it: within its looks and their factor of 4, and beyond twice its sample.
    found = judged(share(0.55), at_least(0.5, because="given"))
    assert found.looks > 2
    found = judged(share(0.55), at_least(0.5, because="given"), allowance=Allowance(work=2.0))
    assert found.looks == 1
    assert found.needed.endswith("on one core")


def test_a_cell_that_is_foreseen_to_be_decided_is_given_more_work():
    """0.61 of 100 needs less than twice the sample, 0.58 less than four times, 0.56 more."""
    region = at_least(0.5, because="given")
    factors = [needed(region, share(p)(Given()), LOOKS.alpha_at(0)) for p in (0.61, 0.58, 0.56)]
    assert factors[0] < 2 < factors[1] < 4 < factors[2]
    # A second look makes it 2 seconds, a third 4.
    for p, work, looks in [(0.61, 0.6, 1), (0.61, 0.7, 2), (0.58, 1.3, 1), (0.58, 1.4, 3), (0.56, 1.4, 1)]:
        allowance = Allowance(work=work, foreseen=3 * work)
        assert judged(share(p), region, allowance=allowance).looks == looks
    assert judged(share(0.61), region, allowance=Allowance(work=0.7)).looks == 1


def test_looks_that_are_stored_are_taken_whatever_time_is_left():
    for seconds in (0.0, 3.0):
        for stored in (2, 3, 4):
            allowance = Allowance(seconds=seconds, stored=stored)
            found = judged(share(0.56), at_least(0.5, because="given"), allowance=allowance)
            assert found.looks == stored
            assert found.cut == (stored < 4)


def test_nothing_is_drawn_once_the_budget_is_spent():
    lab = Given()
    found = judged(share(0.9), at_least(0.5, because="given"), allowance=Allowance(seconds=0.0), lab=lab)
    assert (found.verdict, found.looks, lab.spent) == (Verdict.INCONCLUSIVE, 0, 0.0)
    assert found.cut
    assert found.reason.startswith("Cut by time: --budget was spent before this cell.")


def test_samples_that_cannot_speak_leave_a_cell_inconclusive_at_once():
    def ask(lab):
        n = lab.units(100)
        if lab.look == 1:
            raise Undecided("Runs disagree.")
        return proportion(54 * n // 100, n, quantity="share", unit="draws")

    found = judged(ask, at_least(0.5, because="given"))
    assert (found.verdict, found.reason, found.looks, found.seconds) == (Verdict.INCONCLUSIVE, "Runs disagree.", 1, 2.0)
    assert found.estimate.n == 100


def test_cells_without_a_verdict():
    lab = Given()
    made_no_sense = question(at_least(0.5, because="given"), lambda **_: "it makes no sense")
    found = judge_cell(share(0.9), made_no_sense, {}, lab, LOOKS, Allowance())
    assert (found.verdict, found.reason, lab.begun) == (Verdict.NOT_ASKED, "it makes no sense", 0)

    def raises(error):
        def ask(lab):
            raise error

        return ask

    found = judged(raises(Unavailable("There is no oracle here.")), at_least(0.5, because="given"))
    assert (found.verdict, found.reason) == (Verdict.UNAVAILABLE, "There is no oracle here.")
    found = judged(raises(NotAsked("Few networks fit.")), at_least(0.5, because="given"))
    assert (found.verdict, found.reason, found.estimate) == (Verdict.NOT_ASKED, "Few networks fit.", None)
    found = judged(raises(ZeroDivisionError("a bug")), at_least(0.5, because="given"))
    assert found.verdict is Verdict.ERROR
    assert "a bug" in found.reason
    with pytest.raises(StoreUnusable):
        judged(raises(StoreUnusable("full")), at_least(0.5, because="given"))


def test_a_region_may_depend_on_the_cell():
    asked = question(lambda bound: at_least(bound, because="given"))
    for bound, verdict in ((0.5, Verdict.SUPPORTED), (0.99, Verdict.REFUTED)):
        found = judge_cell(lambda lab, **_: share(0.9)(lab), asked, {"bound": bound}, Given(), LOOKS, Allowance())
        assert found.verdict is verdict
